// Package worker says how a unit of work ends, and what is remembered of a
// question while it is worked on. It knows neither chat, nor models, nor
// documents; the packages below it join those three.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Handler does one unit of work. What it returns is the verdict: nil is done;
// Later puts it back for a while; Never gives it up; any other error puts it
// back on the usual schedule until its tries or its deadline are used up.
type Handler[T any] func(ctx context.Context, msg T) error

// later is the verdict of Later.
type later struct {
	after time.Duration
	err   error
}

func (l *later) Error() string { return fmt.Sprintf("again after %s: %v", l.after, l.err) }
func (l *later) Unwrap() error { return l.err }

// Later is the verdict "not now": again after d, because of err. It does not
// count as a try.
func Later(d time.Duration, err error) error { return &later{after: d, err: err} }

// IsLater takes a Later verdict apart.
func IsLater(err error) (time.Duration, bool) {
	if l, ok := errors.AsType[*later](err); ok {
		return l.after, true
	}
	return 0, false
}

// never is the verdict of Never.
type never struct{ err error }

func (n *never) Error() string { return fmt.Sprintf("given up: %v", n.err) }
func (n *never) Unwrap() error { return n.err }

// Never is the verdict "not at all": the message goes to the dead letters.
func Never(err error) error { return &never{err: err} }

// IsNever tells whether err is or wraps a Never verdict.
func IsNever(err error) bool {
	_, ok := errors.AsType[*never](err)
	return ok
}

// State is how far a question has come.
type State string

// The states of a question, in their order.
const (
	Opening  State = "opening"  // a worker has it; whether its message exists is unknown
	Open     State = "open"     // the answer's message exists
	Answered State = "answered" // the answer is stored, not yet wholly posted
	Final    State = "final"    // posted; nothing is left to do
	Dead     State = "dead"     // given up; kept among the dead letters
)

// Record is what is remembered of a question.
type Record struct {
	// Revision is the store's: a Save with an old one fails with ErrLost.
	Revision uint64 `json:"-"`

	State State  `json:"state"`
	Claim string `json:"claim"` // who works on it: a new value for each delivery
	Tries int    `json:"tries"` // deliveries that counted
	// Ref names the answer's message, Answer is the finished answer; both are
	// the JSON of package bots' types of these names.
	Ref       json.RawMessage `json:"ref,omitempty"`
	Answer    json.RawMessage `json:"answer,omitempty"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// ErrLost says that somebody else took the question over: whoever gets it must
// write nothing more, anywhere.
var ErrLost = errors.New("another worker has taken this question over")

// Records keeps a Record per question.
type Records interface {
	// Load returns the record of the question id; the zero Record where there
	// is none yet.
	Load(ctx context.Context, id string) (Record, error)
	// Save writes r if the stored one still has r.Revision, and returns r with
	// its new revision; ErrLost otherwise.
	Save(ctx context.Context, id string, r Record) (Record, error)
}
