package post_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/worker"
	"github.com/tribunebot/tribune/worker/post"
)

// This file is what the tests of the desk stand on: a room, the records in
// memory, a scripted answerer, and the queue's part in a question's life.

var (
	errBroken = errors.New("broken")
	errLost   = errors.New("the reply was lost")
	errGrace  = errors.New("the grace period is over")
)

// call is one call of the desk to the world around it.
type call struct {
	kind string // open, find, write, final; load, save; answer
	at   time.Time
}

// world sees all calls, and lets tests interfere with them.
type world struct {
	mu    sync.Mutex
	calls []call
	// before and after are asked around a call's effect; n counts all calls
	// from 1. An error is what the caller gets.
	before, after func(n int, kind string) error
}

// call notes a call around do.
func (w *world) call(kind string, do func() error) error {
	w.mu.Lock()
	w.calls = append(w.calls, call{kind, time.Now()})
	n, before, after := len(w.calls), w.before, w.after
	w.mu.Unlock()
	if before != nil {
		if err := before(n, kind); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	if after != nil {
		return after(n, kind)
	}
	return nil
}

// kinds lists the calls so far, of some kinds only.
func (w *world) kinds(only ...string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kinds []string
	for _, c := range w.calls {
		if len(only) == 0 || slices.Contains(only, c.kind) {
			kinds = append(kinds, c.kind)
		}
	}
	return kinds
}

// posted lists the calls to the platform that changed something or tried to.
func (w *world) posted() []string { return w.kinds("open", "write", "final") }

// times is when the calls of one kind were made.
func (w *world) times(kind string) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	var at []time.Time
	for _, c := range w.calls {
		if c.kind == kind {
			at = append(at, c.at)
		}
	}
	return at
}

// platform is a Room whose calls the world sees.
type platform struct {
	*botstest.Room

	world *world
	via   string // what every Ref carries
	blind int    // how many Finds see nothing yet
}

func (p *platform) Open(ctx context.Context, q bots.Question) (ref bots.Ref, err error) {
	err = p.world.call("open", func() (err error) {
		ref, err = p.Room.Open(ctx, q)
		ref.Via = p.via
		return err
	})
	if err != nil {
		return bots.Ref{}, err
	}
	return ref, nil
}

func (p *platform) Write(ctx context.Context, ref bots.Ref, c bots.Content) error {
	kind := "write"
	if c.Final {
		kind = "final"
	}
	return p.world.call(kind, func() error {
		if ref.Via != p.via {
			return fmt.Errorf("the message is written with the secret %q", ref.Via)
		}
		return p.Room.Write(ctx, ref, c)
	})
}

func (p *platform) Find(ctx context.Context, q bots.Question) (ref bots.Ref, found bool, err error) {
	err = p.world.call("find", func() (err error) {
		ref, found, err = p.Room.Find(ctx, q)
		if p.blind > 0 {
			p.blind--
			ref, found = bots.Ref{}, false
			return err
		}
		ref.Via = p.via
		return err
	})
	return ref, found && err == nil, err
}

// records are worker.Records in memory. Like the queue's they leave a Ref's
// secret out of what Load returns.
type records struct {
	world *world

	mu       sync.Mutex
	revision uint64
	stored   map[string]worker.Record
	saved    []worker.Record          // all that was ever stored by Save
	stale    map[string]worker.Record // what the next Loads return
	lag      int                      // how many Loads are stale
}

func (r *records) Load(ctx context.Context, id string) (rec worker.Record, err error) {
	err = r.world.call("load", func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		rec = r.stored[id]
		if r.lag > 0 {
			r.lag--
			rec = r.stale[id]
		}
		rec.Ref = []byte(strings.ReplaceAll(string(rec.Ref), "secret", "hidden"))
		return ctx.Err()
	})
	return rec, err
}

func (r *records) Save(ctx context.Context, id string, rec worker.Record) (worker.Record, error) {
	next := rec
	err := r.world.call("save", func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.stored[id].Revision != rec.Revision {
			return fmt.Errorf("the record of %s: %w", id, worker.ErrLost)
		}
		next = r.put(id, rec)
		r.saved = append(r.saved, next)
		return nil
	})
	return next, err
}

// put stores a record. r.mu is held.
func (r *records) put(id string, rec worker.Record) worker.Record {
	r.revision++
	rec.Revision = r.revision
	r.stale[id] = r.stored[id]
	r.stored[id] = rec
	return rec
}

// amend is the queue's hand on a record.
func (r *records) amend(id string, change func(rec *worker.Record)) worker.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec := r.stored[id]
	change(&rec)
	return r.put(id, rec)
}

// claim takes a question over, as the queue does for each delivery.
func (r *records) claim(id string) worker.Record {
	return r.amend(id, func(rec *worker.Record) {
		if rec.State == "" {
			rec.State = worker.Opening
		}
		rec.Tries++
		rec.Claim = fmt.Sprintf("claim %d", r.revision)
	})
}

func (r *records) of(id string) worker.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stored[id]
}

// states lists the states that Save stored, each step once.
func (r *records) states() []worker.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	var states []worker.State
	for _, rec := range r.saved {
		states = append(states, rec.State)
	}
	return slices.Compact(states)
}

// answerer answers by a script.
type answerer struct {
	world  *world
	script func(ctx context.Context, q bots.Question, live func(bots.Content)) (bots.Answer, error)
}

func (a *answerer) Answer(ctx context.Context, q bots.Question, live func(bots.Content)) (answer bots.Answer, err error) {
	err = a.world.call("answer", func() (err error) {
		answer, err = a.script(ctx, q, live)
		return err
	})
	return answer, err
}

func (*answerer) Limited(q bots.Question, wait time.Duration) bots.Answer {
	return bots.Answer{QuestionID: q.ID, Text: "Too many questions; again in " + wait.String(), Refused: true}
}

func (*answerer) GivenUp(q bots.Question, expired bool) bots.Answer {
	text := "Sorry, no answer."
	if expired {
		text = "Sorry, too late."
	}
	return bots.Answer{QuestionID: q.ID, Text: text, Refused: true}
}

// rig is a desk with everything around it.
type rig struct {
	*world

	t        *testing.T // of the bubble that it was made in
	room     *botstest.Room
	platform *platform
	records  *records
	answerer *answerer
	desk     *post.Desk
	q        bots.Question
}

type claimKey struct{}

const theAnswer = "Thirty days [1]."

// newRig makes a desk, and a question that was asked. The answer takes a
// second and grows in two steps, unless the test says otherwise.
func newRig(t *testing.T) *rig {
	t.Helper()
	w := &world{}
	r := &rig{
		world: w, t: t, room: botstest.NewRoom(),
		records:  &records{world: w, stored: map[string]worker.Record{}, stale: map[string]worker.Record{}},
		answerer: &answerer{world: w, script: says("Thirty", "Thirty days")},
	}
	r.room.MinPace = 100 * time.Millisecond
	r.platform = &platform{Room: r.room, world: w}
	r.desk = &post.Desk{
		Platforms: map[string]bots.Platform{r.room.Name(): r.platform}, Records: r.records, Answerer: r.answerer,
		Claimed: func(ctx context.Context) (worker.Record, bool) {
			rec, ok := ctx.Value(claimKey{}).(worker.Record)
			return rec, ok
		},
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
	r.q = r.room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: "How long is the notice?"})
	return r
}

// says shows contents, half a second before each and before the answer.
func says(contents ...string) func(context.Context, bots.Question, func(bots.Content)) (bots.Answer, error) {
	return func(ctx context.Context, q bots.Question, live func(bots.Content)) (bots.Answer, error) {
		for _, text := range contents {
			if err := pass(ctx, time.Second/2); err != nil {
				return bots.Answer{}, err
			}
			live(bots.Content{Text: text})
		}
		err := pass(ctx, time.Second/2)
		return bots.Answer{QuestionID: q.ID, Text: theAnswer}, err
	}
}

// fails is an answerer's script that ends so.
func fails(err error) func(context.Context, bots.Question, func(bots.Content)) (bots.Answer, error) {
	return func(context.Context, bots.Question, func(bots.Content)) (bots.Answer, error) {
		return bots.Answer{}, err
	}
}

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// deliver claims the question and lets the desk handle it.
func (r *rig) deliver(ctx context.Context) error {
	return r.desk.Handle(context.WithValue(ctx, claimKey{}, r.records.claim(r.q.ID)), r.q)
}

// finishes delivers the question once more, without any trouble.
func (r *rig) finishes(t *testing.T) {
	t.Helper()
	r.before, r.after = nil, nil
	if err := r.deliver(t.Context()); err != nil {
		t.Fatalf("the last delivery: %v", err)
	}
	r.shows(t, theAnswer)
	if state := r.records.of(r.q.ID).State; state != worker.Final {
		t.Errorf("the record is %q in the end", state)
	}
}

// shows checks that there is one message, and that it reads as wanted.
func (r *rig) shows(t *testing.T, want string) {
	t.Helper()
	shown := r.room.Shown(t, r.q)
	if len(shown) != 1 || strings.ReplaceAll(shown[0].Text, `\`, "") != want {
		t.Errorf("shown is %q, want one message %q", shown, want)
	}
}

// on is a hook that strikes the calls of one kind, one error each.
func on(kind string, errs ...error) func(int, string) error {
	var mu sync.Mutex
	return func(_ int, k string) error {
		mu.Lock()
		defer mu.Unlock()
		if k != kind || len(errs) == 0 {
			return nil
		}
		err := errs[0]
		errs = errs[1:]
		return err
	}
}

// at is a hook that does something at the nth call.
func at(nth int, do func() error) func(int, string) error {
	return func(n int, _ string) error {
		if n == nth {
			return do()
		}
		return nil
	}
}

func tooFast(after time.Duration) error { return &bots.Refusal{After: after, Err: errBroken} }
func gone() error                       { return &bots.Refusal{Final: true, Err: errBroken} }
