package botstest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// Inbox is a bots.Inbox in memory that remembers what it heard. Its zero value
// is ready. Like a real one it clips questions and knows one by its ID and
// revision, however often it is heard. Safe for concurrent use.
type Inbox struct {
	mu        sync.Mutex
	questions []bots.Question
	seen      map[string]bool
	errs      []error
	calls     int
	changed   chan struct{}
}

// errKind is the answer to an event that is no question.
var errKind = errors.New("botstest: this inbox takes questions only")

// Hear implements bots.Inbox.
func (in *Inbox) Hear(ctx context.Context, e bots.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q, ok := e.(bots.Question)
	if !ok {
		return errKind
	}
	q = q.Clip()
	in.mu.Lock()
	defer in.mu.Unlock()
	defer in.signal()
	in.calls++
	if len(in.errs) > 0 {
		err := in.errs[0]
		in.errs = in.errs[1:]
		return err
	}
	key := q.ID + "#" + strconv.Itoa(q.Revision)
	if in.seen == nil {
		in.seen = map[string]bool{}
	}
	if !in.seen[key] {
		in.seen[key] = true
		in.questions = append(in.questions, q)
	}
	return nil
}

// signal wakes who waits. in.mu is held.
func (in *Inbox) signal() {
	if in.changed != nil {
		close(in.changed)
		in.changed = nil
	}
}

// Fail makes the next calls of Hear return errs, one each.
func (in *Inbox) Fail(errs ...error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.errs = append(in.errs, errs...)
}

// Questions returns what was heard so far, each question once, in order.
func (in *Inbox) Questions() []bots.Question {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]bots.Question(nil), in.questions...)
}

// Calls counts the calls of Hear, those that failed and repeats too.
func (in *Inbox) Calls() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.calls
}

// Wait waits until n different questions were heard and returns all of them. It
// fails the test after ten seconds.
func (in *Inbox) Wait(tb testing.TB, n int) []bots.Question {
	tb.Helper()
	if !in.until(defaultPatience, func() bool { return len(in.questions) >= n }) {
		tb.Fatalf("heard %d questions, not %d: %q", len(in.Questions()), n, in.texts())
	}
	return in.Questions()
}

// until waits until done is true; done is called with in.mu held.
func (in *Inbox) until(patience time.Duration, done func() bool) bool {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		in.mu.Lock()
		if done() {
			in.mu.Unlock()
			return true
		}
		if in.changed == nil {
			in.changed = make(chan struct{})
		}
		changed := in.changed
		in.mu.Unlock()
		select {
		case <-changed:
		case <-timeout.C:
			return false
		}
	}
}

// texts lists what was heard, shortened, for the message of a failure.
func (in *Inbox) texts() []string {
	var texts []string
	for _, q := range in.Questions() {
		texts = append(texts, shorten(q.Text))
	}
	return texts
}

// shorten keeps the message of a failure readable.
func shorten(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
