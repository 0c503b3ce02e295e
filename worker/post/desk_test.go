package post_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/worker"
	"github.com/tribunebot/tribune/worker/post"
)

// bubble runs a test in a synctest bubble: time is fake there, and the test
// fails when a goroutine is left behind.
func bubble(t *testing.T, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newRig(t)) })
}

func TestWhatWasAnsweredWhereIsTold(t *testing.T) {
	t.Parallel()
	for _, fail := range []error{nil, errors.New("full")} {
		bubble(t, func(r *rig) {
			t := r.t
			var told []string
			r.desk.Answered = func(_ context.Context, q bots.Question, at bots.Ref, a bots.Answer) error {
				told = append(told, q.ID+" "+at.Message+" "+a.Text)
				return fail
			}
			if err := r.deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := []string{r.q.ID + " " + r.room.Shown(t, r.q)[0].ID + " " + theAnswer}
			if diff := cmp.Diff(want, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
			if rec := r.records.of(r.q.ID); rec.State != worker.Final {
				t.Errorf("the record is %q", rec.State)
			}
		})
	}
}

func TestHappyPath(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.platform.via, r.q.Via = "secret", "secret"
		r.before = func(_ int, kind string) error {
			if rec := r.records.of(r.q.ID); kind == "final" && (rec.State != worker.Answered || len(rec.Answer) == 0) {
				t.Errorf("the final content is written while the record is %q", rec.State)
			}
			return nil
		}
		if err := r.deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.shows(t, theAnswer)
		if diff := cmp.Diff([]worker.State{worker.Opening, worker.Open, worker.Answered, worker.Final}, r.records.states()); diff != "" {
			t.Errorf("the record's steps (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"open", "write", "write", "final"}, r.posted()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		rec := r.records.of(r.q.ID)
		if strings.Contains(string(rec.Ref), "secret") {
			t.Errorf("the final record holds the secret: %s", rec.Ref)
		}
		var ref bots.Ref
		if err := json.Unmarshal(rec.Ref, &ref); err != nil || ref.Message != r.room.Shown(t, r.q)[0].ID {
			t.Errorf("the final record names %s, %v", rec.Ref, err)
		}
	})
}

func TestFinished(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		finished := func() (bots.Answer, bool, error) { return post.Finished(t.Context(), r.records, r.q.ID) }
		if _, done, err := finished(); done || err != nil {
			t.Errorf("before: %v, %v", done, err)
		}
		if err := r.deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a, done, err := finished(); !done || err != nil || a.Text != theAnswer {
			t.Errorf("after: %+v, %v, %v", a, done, err)
		}
		r.records.amend(r.q.ID, func(rec *worker.Record) { rec.State = worker.Dead })
		if _, done, err := finished(); done || !errors.Is(err, post.ErrGivenUp) {
			t.Errorf("dead: %v, %v", done, err)
		}
		r.before = on("load", errBroken)
		if _, done, err := finished(); done || !errors.Is(err, errBroken) {
			t.Errorf("broken: %v, %v", done, err)
		}
	})
}

func TestStoredAnswerIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.before = on("final", errBroken, errBroken, errBroken, errBroken)
		if err := r.deliver(t.Context()); !errors.Is(err, errBroken) {
			t.Fatalf("the first delivery: %v", err)
		}
		r.desk.Admit = func(context.Context, bots.Question) (post.Turn, error) {
			t.Error("a question that is answered waits for its turn again")
			return post.Turn{}, nil
		}
		r.finishes(t)
		if n := len(r.kinds("answer")); n != 1 {
			t.Errorf("answered %d times", n)
		}
		if n := len(r.kinds("open")); n != 1 {
			t.Errorf("opened %d times", n)
		}
	})
}

// TestTakenOver: whatever an earlier worker came to, its successor edits the
// message that is there.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"by a known Ref": true, "by Find": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				ref, err := r.room.Open(t.Context(), r.q)
				if err != nil {
					t.Fatal(err)
				}
				r.records.claim(r.q.ID)
				r.records.amend(r.q.ID, func(rec *worker.Record) {
					if known {
						rec.Ref, err = json.Marshal(ref)
					}
				})
				r.finishes(t)
				if n := len(r.kinds("open")); n != 0 {
					t.Errorf("opened %d more", n)
				}
				if n := len(r.kinds("find")); (n == 0) != known {
					t.Errorf("looked for %d times", n)
				}
			})
		})
	}
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		turn  post.Turn
		err   error
		after time.Duration
	}{
		"wait":           {turn: post.Turn{Wait: time.Minute}, after: time.Minute},
		"no room":        {err: worker.Later(time.Hour, errBroken), after: time.Hour},
		"broken":         {err: errBroken},
		"refused no one": {turn: post.Turn{Wait: time.Second, Refuse: false}, after: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				r.desk.Admit = func(context.Context, bots.Question) (post.Turn, error) { return c.turn, c.err }
				err := r.deliver(t.Context())
				after, later := worker.IsLater(err)
				if err == nil || after != c.after || later != (c.after > 0) || c.err != nil && !errors.Is(err, errBroken) {
					t.Errorf("verdict %v", err)
				}
				if calls := r.kinds(); len(calls) > 0 {
					t.Errorf("a question that must wait led to %q", calls)
				}
				r.desk.Admit = nil
				r.finishes(t)
			})
		})
	}
}

func TestRefusedByLimit(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.desk.Admit = func(context.Context, bots.Question) (post.Turn, error) {
			return post.Turn{Wait: time.Minute, Refuse: true}, nil
		}
		r.after = on("save", nil, nil, nil, errLost, errLost, errLost) // the last step is written in vain
		const polite = "Too many questions; again in 1m0s"
		for range 3 {
			_ = r.deliver(t.Context())
			r.shows(t, polite)
			r.desk.Admit = nil // its turn has come meanwhile, but it was answered
		}
		if n := len(r.kinds("answer")); n != 0 {
			t.Errorf("answered %d times", n)
		}
	})
}

func TestAnswererFails(t *testing.T) {
	t.Parallel()
	for name, verdict := range map[string]error{"later": worker.Later(time.Minute, errBroken), "broken": errBroken, "never": worker.Never(errBroken)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				usual := r.answerer.script
				r.answerer.script = fails(verdict)
				if err := r.deliver(t.Context()); !errors.Is(err, verdict) {
					t.Errorf("got %v, want %v", err, verdict)
				}
				if rec := r.records.of(r.q.ID); len(rec.Answer) > 0 {
					t.Errorf("stored the answer %s", rec.Answer)
				}
				r.answerer.script = usual
				r.finishes(t)
				if n := len(r.kinds("open")); n != 1 {
					t.Errorf("opened %d times", n)
				}
			})
		})
	}
}

func TestUnknownPlatform(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		platforms := r.desk.Platforms
		r.desk.Platforms = nil
		for what, err := range map[string]error{"Handle": r.deliver(t.Context()), "GiveUp": r.desk.GiveUp(t.Context(), r.q, false)} {
			if after, later := worker.IsLater(err); !later || after != time.Minute {
				t.Errorf("%s: %v", what, err)
			}
		}
		r.desk.Platforms = platforms
		r.finishes(t)
	})
}

// TestWithoutAClaim: a desk may also work without a queue.
func TestWithoutAClaim(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		if err := r.desk.Handle(t.Context(), r.q); err != nil {
			t.Fatal(err)
		}
		r.shows(t, theAnswer)
		r.before = on("load", errBroken)
		if err := r.desk.Handle(t.Context(), r.q); !errors.Is(err, errBroken) {
			t.Errorf("without records: %v", err)
		}
	})
}

func TestSideBySide(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		const many = 20
		r.answerer.script = func(ctx context.Context, q bots.Question, live func(bots.Content)) (bots.Answer, error) {
			live(bots.Content{Text: "half of " + q.Text})
			err := pass(ctx, time.Second)
			return bots.Answer{QuestionID: q.ID, Text: "all of " + q.Text}, err
		}
		errs := make(chan error, many)
		var questions []bots.Question
		for i := range many {
			q := r.room.Ask(t, botstest.Said{Kind: botstest.Mention, Text: fmt.Sprintf("number %d", i)})
			questions = append(questions, q)
			ctx := context.WithValue(t.Context(), claimKey{}, r.records.claim(q.ID))
			go func() { errs <- r.desk.Handle(ctx, q) }()
		}
		for range many {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		for _, q := range questions {
			var texts []string
			for _, c := range r.room.Writes(q.ID) {
				texts = append(texts, c.Text)
			}
			if want := []string{"half of " + q.Text, "all of " + q.Text}; !slices.Equal(texts, want) {
				t.Errorf("%s got %q", q.ID, texts)
			}
			if shown := r.room.Shown(t, q); len(shown) != 1 || shown[0].Text != "all of "+q.Text {
				t.Errorf("%s shows %q", q.ID, shown)
			}
		}
	})
}
