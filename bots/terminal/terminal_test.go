package terminal_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
)

// The conformance kit of package botstest cannot run here: it has no way to
// leave a promise out, and three do not hold for a terminal. An answer that was
// opened shows nothing yet (there is no placeholder to be edited), every
// answer's message is found (its name is the question's), and no thread is
// kept. The promises that do hold are tested below, in the terminal's own form.

func TestAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.work = r.answers(t, "a", "a b", "a b c")
		var shown []string
		a, err := r.Ask(t.Context(), r, question("1"), func(c bots.Content) { shown = append(shown, c.Text) })
		if err != nil || a.Text != "The answer to question 1" {
			t.Errorf("got %+v, %v", a, err)
		}
		if diff := cmp.Diff([]string{"a", "a b", "a b c", "The answer to question 1"}, shown); diff != "" {
			t.Errorf("shown (-want +got):\n%s", diff)
		}
		if n := r.relay.watching(); n != 0 {
			t.Errorf("%d topics are still watched", n)
		}
		r.done.Wait()
	})
}

// TestAskLosesLiveText: whatever the relay loses or garbles, the answer comes.
func TestAskLosesLiveText(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(string) bool{
		"everything": func(string) bool { return true },
		"the end":    func(data string) bool { return strings.Contains(data, "final") },
		"the middle": func(data string) bool { return !strings.Contains(data, "final") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig()
				r.relay.lose, r.work = lose, r.answers(t, "half", "more")
				began := time.Now()
				a, err := r.Ask(t.Context(), r, question("1"), func(bots.Content) {})
				if err != nil || a.Text != "The answer to question 1" {
					t.Errorf("got %+v, %v", a, err)
				}
				if took := time.Since(began); took > 4*time.Second {
					t.Errorf("took %s for an answer that was finished after 3.3 s", took)
				}
				r.done.Wait()
			})
		})
	}
}

func TestAskGarbage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		answer := r.answers(t, "half")
		r.work = func(ctx context.Context, q bots.Question) {
			for _, data := range []string{`{`, `[]`, `"x"`, `{"text":1}`} {
				if err := r.relay.Send(ctx, "terminal."+q.ID, json.RawMessage(data)); err != nil {
					t.Error(err)
				}
			}
			answer(ctx, q)
		}
		var shown []string
		a, err := r.Ask(t.Context(), r, question("1"), func(c bots.Content) { shown = append(shown, c.Text) })
		if err != nil || !slices.Equal(shown, []string{"half", a.Text}) {
			t.Errorf("got %q, %v", shown, err)
		}
		r.done.Wait()
	})
}

// TestAskSlowly: a terminal that is slow holds nobody up, and gets its answer.
func TestAskSlowly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		const many = 1000
		var last string
		r.work = func(ctx context.Context, q bots.Question) {
			for i := range many {
				if err := r.Write(ctx, bots.Ref{Message: q.ID}, bots.Content{Text: strconv.Itoa(i)}); err != nil {
					t.Error(err)
				}
			}
			r.answers(t)(ctx, q)
		}
		a, err := r.Ask(t.Context(), r, question("1"), func(c bots.Content) {
			pass(t.Context(), 100*time.Millisecond)
			last = c.Text
		})
		if err != nil || a.Text == "" || last == "" {
			t.Errorf("got %+v, %v after %q", a, err, last)
		}
		r.done.Wait()
	})
}

// TestAskGivenUp: the last word that is written is no answer; the error says so.
func TestAskGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.work = func(ctx context.Context, q bots.Question) {
			if err := r.Write(ctx, bots.Ref{Message: q.ID}, bots.Content{Text: "Sorry.", Final: true}); err != nil {
				t.Error(err)
			}
			pass(ctx, 5*time.Second) // the question is not among the dead letters yet
			r.desk.fail(errGivenUp)
		}
		var shown []string
		_, err := r.Ask(t.Context(), r, question("1"), func(c bots.Content) { shown = append(shown, c.Text) })
		if !errors.Is(err, errGivenUp) || !slices.Equal(shown, []string{"Sorry."}) {
			t.Errorf("got %v, shown %q", err, shown)
		}
		r.done.Wait()
	})
}

func TestAskInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(1700*time.Millisecond, func() { cancel(errStopped) })
		began := time.Now()
		_, err := r.Ask(ctx, r, question("1"), func(bots.Content) {})
		if !errors.Is(err, errStopped) || time.Since(began) != 1700*time.Millisecond {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
		if n := r.relay.watching(); n != 0 {
			t.Errorf("%d topics are still watched", n)
		}
	})
}

func TestAskFailsAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("the relay", func(t *testing.T) {
		t.Parallel()
		r := newRig()
		r.relay.broken = errBroken
		if _, err := r.Ask(t.Context(), r, question("1"), nil); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
		if err := r.Write(t.Context(), bots.Ref{Message: "1"}, bots.Content{}); !errors.Is(err, errBroken) {
			t.Errorf("Write: %v", err)
		}
	})
	t.Run("the inbox", func(t *testing.T) {
		t.Parallel()
		r, in := newRig(), &botstest.Inbox{}
		in.Fail(errBroken)
		if _, err := r.Ask(t.Context(), in, question("1"), nil); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
		if n := r.relay.watching(); n != 0 {
			t.Errorf("%d topics are still watched", n)
		}
	})
}

// TestPoster: the promises of bots.Poster that hold for a terminal.
func TestPoster(t *testing.T) {
	t.Parallel()
	r := newRig()
	q := question("1")
	ref, err := r.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if found, ok, err := r.Find(t.Context(), q); found != ref || !ok || err != nil {
		t.Errorf("found %v %v, %v", found, ok, err)
	}
	if again, err := r.Open(t.Context(), q); again != ref || err != nil {
		t.Errorf("opened another: %v, %v", again, err)
	}
	if other, err := r.Open(t.Context(), question("2")); other == ref || err != nil {
		t.Errorf("two questions share the message %v, %v", other, err)
	}
	if err := r.Write(t.Context(), ref, bots.Content{Text: "nobody listens", Final: true}); err != nil {
		t.Errorf("Write: %v", err)
	}
	if turns, err := r.Earlier(t.Context(), q.Thread, 10); len(turns) > 0 || err != nil {
		t.Errorf("Earlier: %v, %v", turns, err)
	}
	if r.Name() != "terminal" || r.Pace() <= 0 || r.Pace() > 100*time.Millisecond {
		t.Errorf("%s at %s", r.Name(), r.Pace())
	}
}

// TestFinishedContextEndsACall is the promise of the same name in the kit.
func TestFinishedContextEndsACall(t *testing.T) {
	t.Parallel()
	r := newRig()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Listen(ctx, r); err != nil {
		t.Errorf("Listen: %v", err)
	}
	if _, err := r.Open(ctx, question("1")); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v", err)
	}
	if _, _, err := r.Find(ctx, question("1")); !errors.Is(err, context.Canceled) {
		t.Errorf("Find: %v", err)
	}
	if err := r.Write(ctx, bots.Ref{Message: "1"}, bots.Content{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Write: %v", err)
	}
}

// TestSideBySide: questions asked at once do not mix, and content passes whole,
// with sources, note and length.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		r.work = func(ctx context.Context, q bots.Question) {
			a := bots.Answer{
				QuestionID: q.ID, Text: strings.Repeat(q.Text+"，", 5000), Note: "<!channel> @everyone", Language: "zh",
				Sources: []bots.Source{{N: 1, Title: "员工手册", Ref: "a#1", URL: "https://a.example/?x=1&y=<z>", Quote: "三十日"}},
			}
			r.desk.finish(a)
			if err := r.Write(ctx, bots.Ref{Message: q.ID}, a.Content()); err != nil {
				t.Error(err)
			}
		}
		var asking sync.WaitGroup
		for i := range 20 {
			asking.Go(func() {
				var last bots.Content
				q := question(strconv.Itoa(i))
				a, err := r.Ask(t.Context(), r, q, func(c bots.Content) { last = c })
				if err != nil || a.QuestionID != q.ID {
					t.Errorf("%s got the answer of %s, %v", q.ID, a.QuestionID, err)
				}
				if diff := cmp.Diff(a.Content(), last); diff != "" {
					t.Errorf("shown (-answer +shown):\n%s", diff)
				}
			})
		}
		asking.Wait()
		r.done.Wait()
	})
}
