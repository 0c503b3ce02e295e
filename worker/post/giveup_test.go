package post_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// giveUp calls GiveUp with the claim of the delivery that failed: that is what
// the queue has, however much the handler saved since.
func (r *rig) giveUp(ctx context.Context, claimed worker.Record, expired bool) error {
	return r.desk.GiveUp(context.WithValue(ctx, claimKey{}, claimed), r.q, expired)
}

func TestGiveUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// what the delivery before it came to
		script  func(context.Context, bots.Question, func(bots.Content)) (bots.Answer, error)
		before  func(int, string) error
		skip    bool // no delivery: its deadline passed in the queue
		expired bool
		want    string
	}{
		"an opened message gets the apology": {script: func(ctx context.Context, _ bots.Question, live func(bots.Content)) (bots.Answer, error) {
			live(bots.Content{Text: "half an answer"})
			return bots.Answer{}, errors.Join(pass(ctx, time.Second), errBroken)
		}, want: "Sorry, no answer."},
		"a stored answer is posted":        {before: on("final", gone(), errBroken), want: theAnswer},
		"nothing was opened":               {before: on("open", gone()), want: "Sorry, no answer."},
		"an open of unknown fate is found": {before: on("find", errBroken), want: theAnswer},
		"expired":                          {skip: true, expired: true, want: "Sorry, too late."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				r.platform.via, r.q.Via = "secret", "secret"
				if c.script != nil {
					r.answerer.script = c.script
				}
				r.before = c.before
				if name == "an open of unknown fate is found" {
					r.after = on("open", errLost)
				}
				claimed := r.records.claim(r.q.ID)
				if !c.skip {
					if err := r.desk.Handle(context.WithValue(t.Context(), claimKey{}, claimed), r.q); err == nil {
						t.Fatal("the delivery did not fail")
					}
				}
				for range 3 { // it may be told more than once
					if err := r.giveUp(t.Context(), claimed, c.expired); err != nil {
						t.Fatal(err)
					}
					r.shows(t, c.want)
				}
				if writes := r.room.Writes(r.q.ID); !writes[len(writes)-1].Final {
					t.Error("the last word is not final")
				}
			})
		})
	}
}

// TestGiveUpThenAnswered: a question that was dead and is tried again keeps its
// message.
func TestGiveUpThenAnswered(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		if err := r.giveUp(t.Context(), r.records.claim(r.q.ID), false); err != nil {
			t.Fatal(err)
		}
		r.records.amend(r.q.ID, func(rec *worker.Record) { rec.Tries, rec.State = 0, "" })
		r.finishes(t)
		if n := len(r.kinds("open")); n != 1 {
			t.Errorf("opened %d times", n)
		}
	})
}

// TestGiveUpUnsure: the message of a last word whose fate is unknown.
func TestGiveUpUnsure(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		claimed := r.records.claim(r.q.ID)
		r.after, r.before = on("open", errLost), on("find", errBroken)
		if err := r.giveUp(t.Context(), claimed, false); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
		r.records.amend(r.q.ID, func(rec *worker.Record) { rec.Tries, rec.State = 0, "" }) // taken out of the dead letters
		r.finishes(t)
	})
}

func TestGiveUpTakenOver(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		claimed := r.records.claim(r.q.ID)
		r.records.claim(r.q.ID)
		if err := r.giveUp(t.Context(), claimed, false); !errors.Is(err, worker.ErrLost) {
			t.Errorf("got %v", err)
		}
		if calls := r.kinds("open", "write", "final", "find", "save"); len(calls) > 0 {
			t.Errorf("called %q", calls)
		}
	})
}

func TestGiveUpCancelled(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errGrace)
		if err := r.giveUp(ctx, r.records.claim(r.q.ID), true); !errors.Is(err, errGrace) {
			t.Errorf("got %v", err)
		}
		if calls := r.posted(); len(calls) > 0 {
			t.Errorf("posted %q", calls)
		}
	})
}
