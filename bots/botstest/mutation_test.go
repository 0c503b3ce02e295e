package botstest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/markdown"
)

// recorder is a testing.TB that only remembers whether the test failed.
type recorder struct {
	testing.TB

	mu       sync.Mutex
	failures []string
	skipped  bool
	cleanups []func()
}

func (r *recorder) Helper()              {}
func (r *recorder) Log(...any)           {}
func (r *recorder) Logf(string, ...any)  {}
func (r *recorder) Cleanup(f func())     { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Error(args ...any)    { r.fail(fmt.Sprint(args...)) }
func (r *recorder) Skip(args ...any)     { r.skip() }
func (r *recorder) Skipf(string, ...any) { r.skip() }

func (r *recorder) Errorf(format string, args ...any) { r.fail(fmt.Sprintf(format, args...)) }

func (r *recorder) Fatal(args ...any) {
	r.fail(fmt.Sprint(args...))
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.fail(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (r *recorder) skip() {
	r.skipped = true
	runtime.Goexit()
}

func (r *recorder) fail(message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, message)
}

// record runs one promise against a harness and returns what it complains of.
func record(t *testing.T, p promise, h Harness) (failures []string, skipped bool) {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(r.cleanups) {
				f()
			}
		}()
		p.keep(r, start(r, h))
	}()
	<-done
	return r.failures, r.skipped
}

// bad is a platform with one defect: the functions that are set replace those
// of the room.
type bad struct {
	*Room

	listen  func(ctx context.Context, in bots.Inbox) error
	open    func(ctx context.Context, q bots.Question) (bots.Ref, error)
	write   func(ctx context.Context, r bots.Ref, c bots.Content) error
	find    func(ctx context.Context, q bots.Question) (bots.Ref, bool, error)
	earlier func(ctx context.Context, th bots.Thread, limit int) ([]bots.Turn, error)
	notice  func(ctx context.Context, q bots.Question) error
	heard   func(q bots.Question) []bots.Question // what is made of a question
	verdict func(err error) error                 // what is made of the inbox's answer
}

func (b *bad) Listen(ctx context.Context, in bots.Inbox) error {
	if b.listen != nil {
		return b.listen(ctx, in)
	}
	return b.Room.Listen(ctx, filter{b, in})
}

// filter stands between the room and the inbox.
type filter struct {
	*bad

	in bots.Inbox
}

func (f filter) Hear(ctx context.Context, e bots.Event) error {
	questions := []bots.Question{e.(bots.Question)}
	if f.heard != nil {
		questions = f.heard(questions[0])
	}
	var err error
	for _, q := range questions {
		err = errors.Join(err, f.in.Hear(ctx, q))
	}
	if f.verdict != nil {
		return f.verdict(err)
	}
	return err
}

func (b *bad) Open(ctx context.Context, q bots.Question) (bots.Ref, error) {
	if b.open != nil {
		return b.open(ctx, q)
	}
	return b.Room.Open(ctx, q)
}

func (b *bad) Write(ctx context.Context, r bots.Ref, c bots.Content) error {
	if b.write != nil {
		return b.write(ctx, r, c)
	}
	return b.Room.Write(ctx, r, c)
}

func (b *bad) Find(ctx context.Context, q bots.Question) (bots.Ref, bool, error) {
	if b.find != nil {
		return b.find(ctx, q)
	}
	return b.Room.Find(ctx, q)
}

func (b *bad) Earlier(ctx context.Context, th bots.Thread, limit int) ([]bots.Turn, error) {
	if b.earlier != nil {
		return b.earlier(ctx, th, limit)
	}
	return b.Room.Earlier(ctx, th, limit)
}

func (b *bad) Notice(ctx context.Context, q bots.Question) error {
	if b.notice != nil {
		return b.notice(ctx, q)
	}
	return b.Room.Notice(ctx, q)
}

// changed makes a defect that changes every question.
func changed(change func(q *bots.Question)) func(b *bad) {
	return func(b *bad) {
		b.heard = func(q bots.Question) []bots.Question {
			change(&q)
			return []bots.Question{q}
		}
	}
}

// rewritten makes a defect that changes all content before it is written.
func rewritten(change func(c *bots.Content)) func(b *bad) {
	return func(b *bad) {
		b.write = func(ctx context.Context, r bots.Ref, c bots.Content) error {
			change(&c)
			return b.Room.Write(ctx, r, c)
		}
	}
}

// mapped makes a defect that changes the errors of Open and Write.
func mapped(change func(err error) error) func(b *bad) {
	return func(b *bad) {
		b.open = func(ctx context.Context, q bots.Question) (bots.Ref, error) {
			r, err := b.Room.Open(ctx, q)
			return r, change(err)
		}
		b.write = func(ctx context.Context, r bots.Ref, c bots.Content) error {
			return change(b.Room.Write(ctx, r, c))
		}
	}
}

// says makes a defect of the outside: something else arrives than was said.
type says struct {
	*Room

	change func(s *Said)
}

func (w says) Say(tb testing.TB, s Said) {
	tb.Helper()
	w.change(&s)
	w.Room.Say(tb, s)
}

// mixed makes a defect that takes one kind of message for another.
func mixed(from, to Kind) func(h *Harness, room *Room) {
	return func(h *Harness, room *Room) {
		h.World = says{room, func(s *Said) {
			if s.Kind == from {
				s.Kind = to
			}
		}}
	}
}

// bare writes text as it is: what a careless adapter does.
type bare struct{ markdown.CommonMark }

func (bare) Text(s string) string     { return s }
func (bare) CodeSpan(s string) string { return s }

func careless(c bots.Content, limit int) []string {
	doc := markdown.Parse(c.Text)
	parts := markdown.Split(markdown.Render(doc, bare{}), markdown.Limit{Max: limit, Trailer: trailer(c, bare{})})
	return append(parts, "")[:max(1, len(parts))]
}

// TestKitNoticesDefects: the kit is only worth something if it fails for bad
// platforms. Every promise has at least one defect that breaks it.
func TestKitNoticesDefects(t *testing.T) {
	t.Parallel()
	known := map[string]promise{}
	broken := map[string]bool{}
	for _, p := range promises() {
		known[p.name] = p
	}
	for _, d := range slices.Concat(hearingDefects(), postingDefects(), failingDefects(), contentDefects(), threadDefects()) {
		broken[d.breaks] = true
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			p, ok := known[d.breaks]
			if !ok {
				t.Fatalf("there is no promise %q", d.breaks)
			}
			failures, skipped := record(t, p, d.harness())
			if len(failures) == 0 || skipped {
				t.Errorf("%q was kept (skipped: %v)", d.breaks, skipped)
			}
		})
	}
	for name := range known {
		if !broken[name] {
			t.Errorf("no defect breaks the promise %q", name)
		}
	}
}

// harness is a room with the defect.
func (d defect) harness() Harness {
	room := NewRoom()
	b := &bad{Room: room}
	h := Harness{Platform: b, World: room, Patience: 300 * time.Millisecond, Secrets: []string{"xoxb-secret"}}
	if d.bad != nil {
		d.bad(b)
	}
	if d.world != nil {
		d.world(&h, room)
	}
	if d.room != nil {
		d.room(room)
	}
	return h
}

// TestKitAcceptsGood: the same ways of checking find nothing wrong with the
// room itself, so that the failures above come from the defects.
func TestKitAcceptsGood(t *testing.T) {
	t.Parallel()
	for _, p := range promises() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			h := defect{}.harness()
			h.Patience = defaultPatience
			if failures, skipped := record(t, p, h); len(failures) > 0 || skipped {
				t.Errorf("skipped: %v; %q", skipped, failures)
			}
		})
	}
}
