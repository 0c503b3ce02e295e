package bots

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Inbox takes what a Listener heard.
type Inbox interface {
	// Hear returns nil only once the event is on disk (or was there already).
	// On any error the platform must not be told that the event was received,
	// so that it sends it again. Safe for concurrent use.
	Hear(ctx context.Context, e Event) error
}

// Listener hears one platform.
type Listener interface {
	// Listen blocks until ctx is done and everything is let go, or until the
	// platform refuses for good (a wrong token), which it says in its error.
	// Lost connections are its own business: it connects again.
	Listen(ctx context.Context, in Inbox) error
}

// Ref names the one message of an answer. An answer longer than a message may
// hang further messages on this one; how, only the platform's package knows.
type Ref struct {
	Channel string `json:"channel"`
	Message string `json:"message"`
	// Via is Question.Via where writing needs it, as it is: a short-lived
	// secret, which is not stored with the rest.
	Via string `json:"via,omitempty"`
	// Keep is what else the platform needs in order to write, and no secret.
	Keep string `json:"keep,omitempty"`
}

// Poster shows answers.
type Poster interface {
	// Open makes the answer's message appear (placeholder, stream or deferred
	// reply). When it fails and it is not known whether the message appeared,
	// the error is no Refusal, and Find is asked before the next Open.
	Open(ctx context.Context, q Question) (Ref, error)
	// Write replaces what the message shows. Idempotent: the same content
	// twice looks like once, in any number of messages. c.Final ends it.
	Write(ctx context.Context, r Ref, c Content) error
	// Find looks for the message of an earlier Open whose outcome is unknown.
	Find(ctx context.Context, q Question) (Ref, bool, error)
}

// History reads a thread.
type History interface {
	// Earlier returns at most limit turns of the thread, oldest first, the
	// newest kept where there are more.
	Earlier(ctx context.Context, t Thread, limit int) ([]Turn, error)
}

// Platform is all that cmd needs of one: who listens, posts and reads threads.
type Platform interface {
	Name() string // the first word of every Thread of it: "slack"
	Listener
	Poster
	History
}

// Noticer is an optional ability of a Platform: to show at once that a question
// was noticed, by a reaction or a status, never by a message.
type Noticer interface {
	Notice(ctx context.Context, q Question) error
}

// Pacer is an optional ability of a Platform: Pace is the least time between
// two Writes to one message that the platform puts up with. Without it a
// worker assumes one second.
type Pacer interface {
	Pace() time.Duration
}

// Placer is an optional ability of a Platform whose Listener cannot always tell
// who reads along: it may leave Question.Visibility empty, and Visibility is asked
// before the question is answered.
type Placer interface {
	Visibility(ctx context.Context, t Thread) (Visibility, error)
}

// Router is an optional ability of a Platform that is called over HTTP.
type Router interface {
	// Routes returns handlers by net/http pattern ("POST /slack/events").
	// They hand what they hear to in, with the same promise as Listen.
	Routes(in Inbox) map[string]http.Handler
}

// Refusal is a platform's no: the call had no effect.
type Refusal struct {
	After time.Duration // when to try again; 0: the caller's own schedule
	Final bool          // trying again is useless (channel gone, no permission)
	Err   error
}

// Error says what the platform said.
func (r *Refusal) Error() string {
	switch {
	case r.Final:
		return fmt.Sprintf("refused for good: %v", r.Err)
	case r.After > 0:
		return fmt.Sprintf("refused, again in %s: %v", r.After, r.Err)
	default:
		return fmt.Sprintf("refused: %v", r.Err)
	}
}

// Unwrap returns the platform's own error.
func (r *Refusal) Unwrap() error { return r.Err }

// ErrConflict is returned by Store.Put when somebody else wrote first.
var ErrConflict = errors.New("the value was changed by somebody else")

// Store keeps what a platform must remember over restarts (last-seen ids,
// the web chat's threads). Small values; keys are of any characters.
type Store interface {
	// Get returns the value and its revision; nil and 0 where there is none.
	Get(ctx context.Context, key string) (value []byte, revision uint64, err error)
	// Put writes the value if the key is still at revision (0: absent), and
	// returns the new revision; ErrConflict otherwise.
	Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)
}

// Relay carries live text between processes. What it carries may be lost: the
// final state is always in a Store.
type Relay interface {
	Send(ctx context.Context, topic string, data json.RawMessage) error
	// Watch calls got for everything sent to topic after Watch returned, until
	// stop is called or ctx is done. got must not block.
	Watch(ctx context.Context, topic string, got func(json.RawMessage)) (stop func(), err error)
}
