package post_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// counts shows 1, 2, 3 ..., one each step, and then answers. It claims that each
// is final, which is not its to say.
func counts(steps int, step time.Duration) func(context.Context, bots.Question, func(bots.Content)) (bots.Answer, error) {
	return func(ctx context.Context, q bots.Question, live func(bots.Content)) (bots.Answer, error) {
		for i := range steps {
			live(bots.Content{Text: strconv.Itoa(i + 1), Final: true})
			if err := pass(ctx, step); err != nil {
				return bots.Answer{}, err
			}
		}
		return bots.Answer{QuestionID: q.ID, Text: theAnswer}, nil
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		platform func(r *rig) bots.Platform
		pace     time.Duration
	}{
		"the platform's": {func(r *rig) bots.Platform { return r.platform }, 3 * time.Second},
		"the usual":      {func(r *rig) bots.Platform { return paceless{r.platform} }, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				r.room.MinPace = 3 * time.Second
				r.desk.Platforms[r.room.Name()] = c.platform(r)
				r.answerer.script = counts(95, 100*time.Millisecond)
				if err := r.deliver(t.Context()); err != nil {
					t.Fatal(err)
				}
				at := r.times("write")
				for i := 1; i < len(at); i++ {
					if gap := at[i].Sub(at[i-1]); gap != c.pace {
						t.Errorf("%s between two live writes", gap)
					}
				}
				if want := int(9500*time.Millisecond/c.pace) + 1; len(at) != want {
					t.Errorf("%d live writes, want %d", len(at), want)
				}
				newestWins(t, r, c.pace)
			})
		})
	}
}

// newestWins checks that each write shows the newest content of its moment, and
// that the answer comes last.
func newestWins(t *testing.T, r *rig, pace time.Duration) {
	t.Helper()
	writes := r.room.Writes(r.q.ID)
	for i, c := range writes[:len(writes)-1] {
		shown, err := strconv.Atoi(c.Text)
		// At one moment the next content may come before the write or after it.
		if newest := i*int(pace/(100*time.Millisecond)) + 1; err != nil || shown < newest-1 || shown > newest {
			t.Errorf("write %d shows %q, and the newest was %d", i, c.Text, newest)
		}
		if c.Final {
			t.Errorf("the live write %d is final", i)
		}
	}
	if last := writes[len(writes)-1]; !last.Final || last.Text != theAnswer {
		t.Errorf("the last write is %+v", last)
	}
}

// paceless is a platform that names no pace.
type paceless struct{ bots.Platform }

// TestNothingAfterTheFinal: what is offered late is not shown, be it while the
// last live write is on the way or after the answer.
func TestNothingAfterTheFinal(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		var late func(bots.Content)
		r.answerer.script = func(ctx context.Context, q bots.Question, live func(bots.Content)) (bots.Answer, error) {
			late = live
			live(bots.Content{Text: "first"})
			err := pass(ctx, time.Second)
			live(bots.Content{Text: "claims to be final", Final: true})
			return bots.Answer{QuestionID: q.ID, Text: theAnswer}, err
		}
		r.before = func(_ int, kind string) error {
			if kind == "write" {
				late(bots.Content{Text: "second"})
				return pass(t.Context(), 5*time.Second) // longer than the answer takes
			}
			if kind == "final" {
				late(bots.Content{Text: "third"})
			}
			return nil
		}
		if err := r.deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		late(bots.Content{Text: "fourth"})
		var texts []string
		for _, c := range r.room.Writes(r.q.ID) {
			texts = append(texts, c.Text)
		}
		if want := []string{"first", theAnswer}; !slices.Equal(texts, want) {
			t.Errorf("written was %q, want %q", texts, want)
		}
	})
}

// TestLiveTooFast: what the platform asks to wait is waited, and the final
// write comes in spite of it.
func TestLiveTooFast(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.answerer.script = counts(40, 100*time.Millisecond)
		r.before = on("write", tooFast(2*time.Second))
		if err := r.deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.shows(t, theAnswer)
		at := r.times("write")
		if gap := at[1].Sub(at[0]); gap < 2*time.Second {
			t.Errorf("written again after %s", gap)
		}
	})
}

// TestOpenOutlivesTheAnswer: the answer is ready before its message is.
func TestOpenOutlivesTheAnswer(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		r.before = on("open", tooFast(10*time.Second))
		if err := r.deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.shows(t, theAnswer)
		if got := r.posted(); !slices.Equal(got, []string{"open", "open", "final"}) {
			t.Errorf("calls %q", got)
		}
	})
}

// TestNobodyWouldSeeIt: an answer is not paid for when it cannot be shown.
func TestNobodyWouldSeeIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strike error
		right  func(err error) bool
	}{
		"gone":       {gone(), worker.IsNever},
		"taken over": {nil, func(err error) bool { return errors.Is(err, worker.ErrLost) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				r.answerer.script = counts(1000, time.Second)
				r.before = func(_ int, kind string) error {
					if kind == "open" && c.strike == nil {
						r.records.claim(r.q.ID)
					}
					if kind == "open" {
						return c.strike
					}
					return nil
				}
				began := time.Now()
				if err := r.deliver(t.Context()); !c.right(err) {
					t.Errorf("verdict %v", err)
				}
				if took := time.Since(began); took > 0 {
					t.Errorf("answered for %s in vain", took)
				}
			})
		})
	}
}

// TestAnswererPanics: the panic passes through, and by then nobody writes.
func TestAnswererPanics(t *testing.T) {
	t.Parallel()
	bubble(t, func(r *rig) {
		t := r.t
		usual := r.answerer.script
		r.answerer.script = func(ctx context.Context, _ bots.Question, live func(bots.Content)) (bots.Answer, error) {
			live(bots.Content{Text: "half"})
			if err := pass(ctx, time.Second/2); err != nil {
				return bots.Answer{}, err
			}
			panic("the answerer's fault")
		}
		busy := false
		r.before = func(_ int, kind string) error {
			if kind != "write" {
				return nil
			}
			busy = true
			defer func() { busy = false }()
			return pass(t.Context(), time.Second)
		}
		func() {
			defer func() {
				if p := recover(); p != "the answerer's fault" {
					t.Errorf("recovered %v", p)
				}
				if busy {
					t.Error("a live write is still on the way")
				}
			}()
			_ = r.deliver(t.Context())
		}()
		r.answerer.script = usual
		r.finishes(t)
	})
}

// TestPlatformPanics: on the goroutine that shows, nobody else would catch it.
func TestPlatformPanics(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"open", "write"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(r *rig) {
				t := r.t
				r.before = func(_ int, k string) error {
					if k == kind {
						panic("the platform's fault")
					}
					return nil
				}
				if err := r.deliver(t.Context()); err == nil {
					t.Error("a panic is no error")
				}
				r.finishes(t)
				if n := len(r.kinds("answer")); n != 1 {
					t.Errorf("answered %d times", n)
				}
			})
		})
	}
}
