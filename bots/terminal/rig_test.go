package terminal_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/terminal"
)

// This file is what the tests stand on: a relay that loses things, and the
// other end of it.

var (
	errBroken  = errors.New("broken")
	errGivenUp = errors.New("given up")
	errStopped = errors.New("interrupted")
)

// relay carries live text in memory, and loses what it is told to lose.
type relay struct {
	mu       sync.Mutex
	watchers map[string][]*func(json.RawMessage)
	lose     func(data string) bool
	broken   error
}

func (r *relay) Send(ctx context.Context, topic string, data json.RawMessage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.broken != nil {
		return r.broken
	}
	if r.lose != nil && r.lose(string(data)) {
		return nil
	}
	for _, got := range r.watchers[topic] {
		(*got)(data)
	}
	return nil
}

func (r *relay) Watch(_ context.Context, topic string, got func(json.RawMessage)) (func(), error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return nil, r.broken
	}
	if r.watchers == nil {
		r.watchers = map[string][]*func(json.RawMessage){}
	}
	r.watchers[topic] = append(r.watchers[topic], &got)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.watchers[topic] = slices.DeleteFunc(r.watchers[topic], func(w *func(json.RawMessage)) bool { return w == &got })
		if len(r.watchers[topic]) == 0 {
			delete(r.watchers, topic)
		}
	}, nil
}

// watching counts the topics that somebody watches.
func (r *relay) watching() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.watchers)
}

// desk is the other end: what was finished, and what was given up.
type desk struct {
	mu      sync.Mutex
	answers map[string]bots.Answer
	err     error
	looks   int
}

func (d *desk) Finished(_ context.Context, id string) (bots.Answer, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looks++
	a, done := d.answers[id]
	return a, done, d.err
}

func (d *desk) finish(a bots.Answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.answers == nil {
		d.answers = map[string]bots.Answer{}
	}
	d.answers[a.QuestionID] = a
}

func (d *desk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// rig is a terminal, and an inbox that hands each question to work.
type rig struct {
	*terminal.Terminal

	relay *relay
	desk  *desk
	work  func(ctx context.Context, q bots.Question)
	done  sync.WaitGroup
}

func newRig() *rig {
	r := &rig{relay: &relay{}, desk: &desk{}}
	r.Terminal = &terminal.Terminal{Relay: r.relay, Finished: r.desk.Finished}
	return r
}

// Hear implements bots.Inbox.
func (r *rig) Hear(ctx context.Context, e bots.Event) error {
	if r.work != nil {
		r.done.Go(func() { r.work(ctx, e.(bots.Question)) })
	}
	return nil
}

// answers works on a question as a desk does, a step each 1.1 s: never at the
// moment in which Ask looks for itself.
func (r *rig) answers(t *testing.T, contents ...string) func(context.Context, bots.Question) {
	t.Helper()
	return func(ctx context.Context, q bots.Question) {
		ref, err := r.Open(ctx, q)
		if err != nil {
			t.Errorf("Open: %v", err)
		}
		for _, text := range contents {
			pass(ctx, step)
			if err := r.Write(ctx, ref, bots.Content{Text: text}); err != nil {
				t.Errorf("Write: %v", err)
			}
		}
		pass(ctx, step)
		a := bots.Answer{QuestionID: q.ID, Text: "The answer to " + q.Text}
		r.desk.finish(a)
		if err := r.Write(ctx, ref, a.Content()); err != nil {
			t.Errorf("Write: %v", err)
		}
	}
}

const step = 1100 * time.Millisecond

func pass(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func question(id string) bots.Question {
	return bots.Question{
		ID: "terminal:local:ask:" + id, Text: "question " + id,
		Thread: bots.Thread{Platform: terminal.Name, Team: "local", Channel: "ask", Root: id},
	}
}
