package queue

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// given is one call of GiveUp.
type given struct {
	ID     string
	Reason string
}

func collect(c chan<- given) func(context.Context, bots.Question, error) error {
	return func(_ context.Context, e bots.Question, reason error) error {
		c <- given{e.ID, reason.Error()}
		return nil
	}
}

func letters(t *testing.T, q *Queue) []DeadLetter {
	t.Helper()
	list, err := q.Dead(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTriesUsedUpThenRetriedThenDropped(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	e := question("1", 1)
	e.Via = "xapp-short-lived"
	hear(t, q, e)
	told := make(chan given, 8)
	var works atomic.Bool
	handled := make(chan bots.Question, 8)
	consume(t, q, Work{
		MaxTries: 2, Backoff: []time.Duration{time.Millisecond}, GiveUp: collect(told),
		Handler: func(_ context.Context, e bots.Question) error {
			if works.Load() {
				handled <- e
				return nil
			}
			return errBroken
		},
	})
	if got := receive(t, told, "the asker being told"); got != (given{e.ID, errBroken.Error()}) {
		t.Errorf("told %v", got)
	}
	settledDown(t, q)
	list := letters(t, q)
	if len(list) != 1 || list[0].ID != e.ID || list[0].Tries != 2 || list[0].Reason != errBroken.Error() ||
		list[0].Question.Text != e.Text || list[0].Question.Via != "" || list[0].At.IsZero() || list[0].Untold != "" {
		t.Fatalf("letters: %+v", list)
	}
	if rec, err := q.Records().Load(t.Context(), e.ID); err != nil || rec.State != worker.Dead {
		t.Errorf("record %+v, %v", rec, err)
	}
	hear(t, q, e) // a repeat of a question that was given up is not tried again
	settledDown(t, q)

	if err := q.Retry(t.Context(), e.ID); err != nil { // fails again, with all its tries
		t.Fatal(err)
	}
	receive(t, told, "the asker being told again")
	settledDown(t, q)
	if list := letters(t, q); len(list) != 1 || list[0].Tries != 2 {
		t.Fatalf("after a retry that failed: %+v", list)
	}
	works.Store(true)
	if err := q.Retry(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, handled, "the retried question"); got.Text != e.Text {
		t.Errorf("retried %+v", got)
	}
	settledDown(t, q)
	if list := letters(t, q); len(list) != 0 {
		t.Errorf("letters after the retry: %+v", list)
	}
	nothing(t, told, "somebody was told once too often")
	for _, err := range []error{q.Retry(t.Context(), e.ID), q.Drop(t.Context(), "no such id")} {
		if !errors.Is(err, ErrNoLetter) {
			t.Errorf("an unknown id: %v", err)
		}
	}
}

func TestNeverIsADeadLetterAtOnceAndCanBeDropped(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	told := make(chan given, 2)
	consume(t, q, Work{GiveUp: collect(told), Handler: func(context.Context, bots.Question) error {
		return worker.Never(errors.New("the channel\n is gone"))
	}})
	hear(t, q, question("1", 1), question("1", 2), question("1", 3))
	for range 3 {
		receive(t, told, "the asker being told")
	}
	settledDown(t, q)
	list := letters(t, q)
	if len(list) != 3 || list[0].ID != question("1", 3).ID || list[0].Reason != "given up: the channel is gone" || list[0].Tries != 1 {
		t.Fatalf("letters: %+v", list)
	}
	if newest, err := q.Dead(t.Context(), 1); err != nil || len(newest) != 1 || newest[0].ID != list[0].ID {
		t.Errorf("the newest letter: %+v, %v", newest, err)
	}
	if err := q.Drop(t.Context(), list[1].ID); err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, l := range letters(t, q) {
		ids = append(ids, l.ID)
	}
	if diff := cmp.Diff([]string{list[0].ID, list[2].ID}, ids); diff != "" {
		t.Error(diff)
	}
	if s := state(t, q); s.Dead != 2 {
		t.Errorf("state %+v", s)
	}
}

func TestAnAskerWhoCannotBeToldIsNoted(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	calls := make(chan struct{}, 10)
	consume(t, q, Work{
		Handler: func(context.Context, bots.Question) error { return worker.Never(errBroken) },
		GiveUp: func(context.Context, bots.Question, error) error {
			calls <- struct{}{}
			return errors.New("the platform is down")
		},
	})
	hear(t, q, question("1", 1))
	eventually(t, "a dead letter", func() bool { return len(letters(t, q)) == 1 })
	if list := letters(t, q); list[0].Untold != "the platform is down" || list[0].Reason == "" {
		t.Errorf("letter: %+v", list[0])
	}
	if n := len(calls); n != tellTries {
		t.Errorf("tried to tell %d times", n)
	}
}

func TestAQuestionPastItsDeadlineIsNotHandled(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	told := make(chan given, 1)
	handled := make(chan bots.Question, 1)
	old := question("1", 1)
	old.AskedAt = time.Now().Add(-13 * time.Hour)
	hear(t, q, old)
	consume(t, q, Work{GiveUp: collect(told), Handler: report(handled)})
	if got := receive(t, told, "the asker being told"); !strings.Contains(got.Reason, "deadline") {
		t.Errorf("reason %q", got.Reason)
	}
	settledDown(t, q)
	nothing(t, handled, "a question past its deadline was handled")
	// Somebody who tries it again gives it a new deadline.
	if err := q.Retry(t.Context(), old.ID); err != nil {
		t.Fatal(err)
	}
	receive(t, handled, "the retried question")
}

func TestAgeFollowsNoClockThatRunsAhead(t *testing.T) {
	t.Parallel()
	stored := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		asked, now time.Time
		retried    bool
		want       time.Duration
	}{
		"asked before":          {asked: stored.Add(-time.Hour), now: stored, want: time.Hour},
		"platform ahead":        {asked: stored.Add(time.Hour), now: stored.Add(time.Minute), want: time.Minute},
		"no time":               {now: stored.Add(time.Minute), want: time.Minute},
		"our clock behind":      {asked: stored, now: stored.Add(-time.Hour), want: 0},
		"retried":               {asked: stored.Add(-20 * time.Hour), now: stored, retried: true, want: 0},
		"the deadline's own to": {asked: stored.Add(-12 * time.Hour), now: stored, want: 12 * time.Hour},
	} {
		d := &delivery{stored: stored, retried: c.retried, question: bots.Question{AskedAt: c.asked}}
		if got := d.age(c.now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestJunkIsKeptAndStopsNothing(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	for subject, data := range map[string]string{
		"q.slack.T.C.1":     `{"text": "half`,
		"q.slack.T.C.2":     `{"id": 7}`,
		"q.slack.T.C.3":     `{}`,
		"again.slack.T.C.4": strings.Repeat("\xff\n", 20<<10),
	} {
		if _, err := q.js.Publish(t.Context(), subject, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	got := make(chan bots.Question, 1)
	consume(t, q, Work{Handler: report(got), GiveUp: func(context.Context, bots.Question, error) error {
		return errors.New("nobody asked, so nobody is told")
	}})
	hear(t, q, question("1", 1))
	receive(t, got, "the question behind the junk")
	settledDown(t, q)
	list := letters(t, q)
	if len(list) != 4 {
		t.Fatalf("letters: %+v", list)
	}
	for _, l := range list {
		if !strings.HasPrefix(l.ID, "junk:") || l.Raw == "" || len(l.Raw) > 3*bots.MaxText || !strings.HasPrefix(l.Reason, "not a ") || l.Tries != 1 {
			t.Errorf("letter %+v", l)
		}
		if err := q.Retry(t.Context(), l.ID); err == nil || !strings.Contains(err.Error(), "drop it") {
			t.Errorf("retrying junk: %v", err)
		}
		if err := q.Drop(t.Context(), l.ID); err != nil {
			t.Error(err)
		}
	}
	if s := state(t, q); s.Dead != 0 {
		t.Errorf("state %+v", s)
	}
}

func TestAPanicIsAFailureThatQuotesNothing(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	e := question("1", 1)
	consume(t, q, Work{MaxTries: 1, Handler: func(_ context.Context, got bots.Question) error {
		if got.ID == e.ID {
			panic(got.Text)
		}
		var none []int
		return errors.New(strings.Repeat("x", none[1]))
	}})
	hear(t, q, e, question("2", 1))
	eventually(t, "two dead letters", func() bool { return len(letters(t, q)) == 2 })
	for _, l := range letters(t, q) {
		want := "the handler panicked: runtime error: index out of range [1] with length 0"
		if l.ID == e.ID {
			want = "the handler panicked (string)"
		}
		if l.Reason != want {
			t.Errorf("reason %q, want %q", l.Reason, want)
		}
	}
	settledDown(t, q)
}

func TestALetterIsReadableJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(DeadLetter{ID: "junk:QUESTIONS:7", Raw: "{", Reason: "broken"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"id":"junk:QUESTIONS:7","raw":"{","reason":"broken","tries":0,"at":"0001-01-01T00:00:00Z"}`; string(data) != want {
		t.Errorf("%s", data)
	}
}
