package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

func TestRunningQuestionsFinishAndWaitingOnesGoBack(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	hear(t, q, question("1", 1), question("1", 2), question("1", 3))
	begun, finish := make(chan bots.Question, 4), make(chan struct{})
	stop := consume(t, q, Work{Parallel: 1, Handler: func(ctx context.Context, e bots.Question) error {
		begun <- e
		<-finish
		return ctx.Err()
	}})
	first := receive(t, begun, "the first question")
	hear(t, q, question("2", 1)) // only now: threads begin in any order
	eventually(t, "all questions are held", func() bool { return state(t, q).Working == 4 })

	got := make(chan bots.Question, 4)
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	// Another worker gets what had not begun, while the first one still runs.
	consume(t, q, Work{Handler: report(got)})
	var others []string
	for range 1 {
		others = append(others, receive(t, got, "a question of the other thread").ID)
	}
	if diff := cmp.Diff([]string{question("2", 1).ID}, others); diff != "" {
		t.Error(diff)
	}
	nothing(t, ended, "the worker did not wait for its running question")
	nothing(t, got, "a question ran beside another of its thread")
	close(finish)
	if err := receive(t, ended, "the end of the worker"); err != nil {
		t.Error(err)
	}
	for _, want := range []bots.Question{question("1", 2), question("1", 3)} {
		if e := receive(t, got, "the rest of the thread"); e.ID != want.ID {
			t.Errorf("got %s, want %s", e.ID, want.ID)
		}
	}
	settledDown(t, q)
	if rec, err := q.Records().Load(t.Context(), first.ID); err != nil || rec.State != worker.Final {
		t.Errorf("the running question's record: %+v, %v", rec, err)
	}
	nothing(t, got, "the first question was handled twice")
}

func TestWhatOutlivesTheGraceIsHandedOverAtOnce(t *testing.T) {
	t.Parallel()
	q := open(t, Options{ackWait: time.Minute}) // so that only a hand-over can be quick
	e := question("1", 1)
	hear(t, q, e)
	begun, cause := make(chan struct{}, 1), make(chan error, 1)
	stop := consume(t, q, Work{Grace: 50 * time.Millisecond, Handler: func(ctx context.Context, _ bots.Question) error {
		begun <- struct{}{}
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return ctx.Err()
	}})
	receive(t, begun, "the question")
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := receive(t, cause, "the cause"); !errors.Is(err, ErrGrace) {
		t.Errorf("cause %v", err)
	}
	tries := make(chan int, 1)
	handed := time.Now()
	consume(t, q, Work{Handler: func(ctx context.Context, _ bots.Question) error {
		rec, _ := Claimed(ctx)
		tries <- rec.Tries
		return nil
	}})
	if n := receive(t, tries, "the take-over"); n != 1 {
		t.Errorf("the hand-over counted as a try: %d", n)
	}
	if took := time.Since(handed); took > 3*time.Second {
		t.Errorf("the take-over took %s", took)
	}
	settledDown(t, q)
}

func TestShutdownUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	const n = 60
	var handled [n]atomic.Int32
	handler := func(ctx context.Context, e bots.Question) error {
		var i int
		for i = range n {
			if question("t", i).ID == e.ID {
				break
			}
		}
		handled[i].Add(1)
		return ctx.Err()
	}
	var stop func() error
	for i := range n {
		if i%15 == 0 {
			if stop != nil {
				if err := stop(); err != nil {
					t.Error(err)
				}
			}
			stop = consume(t, q, Work{Handler: handler})
		}
		e := question("t", i)
		e.Thread.Root = e.Message // threads of their own
		hear(t, q, e)
	}
	settledDown(t, q)
	for i := range handled {
		if times := handled[i].Load(); times != 1 {
			t.Errorf("question %d was handled %d times", i, times)
		}
	}
}
