package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

var errBroken = errors.New("the model is down")

// report returns a handler that sends what it gets and succeeds.
func report(c chan<- bots.Question) worker.Handler[bots.Question] {
	return func(_ context.Context, q bots.Question) error {
		c <- q
		return nil
	}
}

func TestAQuestionArrivesWhole(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	want := question("100", 1)
	want.Collections, want.Group, want.InThread = []string{"hr"}, "cheap", true
	hear(t, q, want)
	got := make(chan bots.Question, 1)
	consume(t, q, Work{Handler: report(got)})
	if diff := cmp.Diff(want, receive(t, got, "the question")); diff != "" {
		t.Error(diff)
	}
	settledDown(t, q)
	rec, err := q.Records().Load(t.Context(), want.ID)
	if err != nil || rec.State != worker.Final || rec.Tries != 1 {
		t.Errorf("record %+v, %v", rec, err)
	}
}

func TestOneQuestionOfAThreadAtATimeAndThreadsSideBySide(t *testing.T) {
	t.Parallel()
	const threads, each = 8, 5
	q := open(t, Options{})
	var (
		mu      sync.Mutex
		running = map[string]int{}
		seen    = map[string][]string{}
		overlap int
	)
	// Every handler of a round waits until all threads have one running, which
	// only comes about if threads do not wait for one another.
	var rounds [each]sync.WaitGroup
	for i := range rounds {
		rounds[i].Add(threads)
	}
	handler := func(_ context.Context, e bots.Question) error {
		key := e.Thread.Key()
		mu.Lock()
		if running[key]++; running[key] > 1 {
			overlap++
		}
		round := len(seen[key])
		seen[key] = append(seen[key], e.Message)
		mu.Unlock()
		rounds[round].Done()
		rounds[round].Wait()
		mu.Lock()
		running[key]--
		mu.Unlock()
		return nil
	}
	want := map[string][]string{}
	for n := range each {
		for i := range threads {
			e := question(fmt.Sprintf("t%d", i), n)
			hear(t, q, e)
			want[e.Thread.Key()] = append(want[e.Thread.Key()], e.Message)
		}
	}
	stop := consume(t, q, Work{Handler: handler})
	settledDown(t, q)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if overlap != 0 {
		t.Errorf("%d questions ran while another of their thread was running", overlap)
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("order within the threads: %s", diff)
	}
}

func TestParallelIsALimit(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	var now, most atomic.Int32
	two := make(chan struct{}, 2)
	for i := range 20 {
		hear(t, q, question(fmt.Sprintf("t%d", i), 1))
	}
	consume(t, q, Work{Parallel: 2, Handler: func(context.Context, bots.Question) error {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		two <- struct{}{}
		defer func() { <-two }()
		return nil
	}})
	settledDown(t, q)
	if n := most.Load(); n > 2 {
		t.Errorf("%d questions ran at once", n)
	}
	if s := state(t, q); s.Kept != 20 {
		t.Errorf("kept %d questions", s.Kept)
	}
}

func TestADroppedWorkersQuestionsComeAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, Options{Dir: dir})
	hear(t, first, question("1", 1), question("1", 2), question("2", 1))
	begun := make(chan bots.Question, 3)
	blocked := consume(t, first, Work{Handler: func(ctx context.Context, e bots.Question) error {
		begun <- e
		<-ctx.Done()
		return ctx.Err()
	}})
	receive(t, begun, "a running question")
	receive(t, begun, "a second one, of the other thread")
	shut(t, first) // no acknowledgement, nothing given back
	if err := blocked(); err == nil {
		t.Error("Consume says nothing about a queue that was closed under it")
	}

	second := open(t, Options{Dir: dir})
	got := make(chan bots.Question, 3)
	consume(t, second, Work{Handler: report(got)})
	ids := map[string]int{}
	for range 3 {
		ids[receive(t, got, "a question that was dropped").Message]++
	}
	if diff := cmp.Diff(map[string]int{"1.1": 1, "1.2": 1, "2.1": 1}, ids); diff != "" {
		t.Error(diff)
	}
	settledDown(t, second)
}

func TestRepeatsAreKnownAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := question("1", 1)
	first := open(t, Options{Dir: dir})
	hear(t, first, e, e)
	got := make(chan bots.Question, 4)
	stop := consume(t, first, Work{Handler: report(got)})
	receive(t, got, "the question")
	settledDown(t, first)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	shut(t, first)

	second := open(t, Options{Dir: dir})
	hear(t, second, e)
	if s := state(t, second); s.Kept != 1 {
		t.Errorf("the server kept %d copies", s.Kept)
	}
	// Long after the server's own window the record still knows it.
	if err := second.publishQuestion(t.Context(), e, "a later event", nil); err != nil {
		t.Fatal(err)
	}
	consume(t, second, Work{Handler: report(got)})
	settledDown(t, second)
	nothing(t, got, "the question was handled again")
}

func TestAnEditIsHandledWithTheSameMessage(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	e := question("1", 1)
	hear(t, q, e)
	recs := make(chan worker.Record, 2)
	consume(t, q, Work{Handler: func(ctx context.Context, e bots.Question) error {
		rec, ok := Claimed(ctx)
		if !ok {
			return worker.Never(errors.New("no record in the handler's context"))
		}
		recs <- rec
		rec.State, rec.Ref, rec.Answer = worker.Answered, []byte(`{"channel":"C","message":"9"}`), []byte(`{}`)
		_, err := q.Records().Save(ctx, e.ID, rec)
		return err
	}})
	if rec := receive(t, recs, "the first wording"); rec.State != worker.Opening || rec.Revision == 0 {
		t.Errorf("a new question's record: %+v", rec)
	}
	settledDown(t, q)
	e.Revision, e.Text = 1, "another wording"
	hear(t, q, e)
	rec := receive(t, recs, "the second wording")
	if rec.State != worker.Open || string(rec.Ref) != `{"channel":"C","message":"9"}` || rec.Answer != nil || rec.Tries != 1 {
		t.Errorf("an edited question's record: %+v", rec)
	}
	settledDown(t, q)
	// The first wording, late: a newer one has been answered.
	e.Revision = 0
	if err := q.publishQuestion(t.Context(), e, "late", nil); err != nil {
		t.Fatal(err)
	}
	settledDown(t, q)
	nothing(t, recs, "an outdated wording was handled")
}

func TestLaterOutlivesARestartAndIsNoTry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, Options{Dir: dir})
	e := question("1", 1)
	hear(t, first, e)
	var putOff time.Time
	stop := consume(t, first, Work{Handler: func(context.Context, bots.Question) error {
		putOff = time.Now()
		return worker.Later(1200*time.Millisecond, errors.New("not this channel's turn"))
	}})
	eventually(t, "the question waits", func() bool { s := state(t, first); return s.Scheduled == 1 && s.Working == 0 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	shut(t, first)

	second := open(t, Options{Dir: dir})
	tries := make(chan int, 1)
	consume(t, second, Work{Handler: func(ctx context.Context, got bots.Question) error {
		rec, _ := Claimed(ctx)
		if diff := cmp.Diff(e, got); diff != "" {
			t.Error(diff)
		}
		tries <- rec.Tries
		return nil
	}})
	if n := receive(t, tries, "the question's return"); n != 1 {
		t.Errorf("the wait counted as a try: %d", n)
	}
	if waited := time.Since(putOff); waited < 1200*time.Millisecond || waited > 8*time.Second {
		t.Errorf("came back after %s", waited)
	}
	settledDown(t, second)
}

func TestAShortLaterAndManyOfThem(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	hear(t, q, question("1", 1))
	done := make(chan int, 1)
	n := 0
	consume(t, q, Work{MaxTries: 2, Handler: func(ctx context.Context, _ bots.Question) error {
		if n++; n <= 6 {
			return worker.Later(-time.Hour+time.Duration(n)*time.Millisecond, errBroken)
		}
		rec, _ := Claimed(ctx)
		done <- rec.Tries
		return nil
	}})
	if tries := receive(t, done, "the question"); tries != 1 {
		t.Errorf("waits counted as tries: %d", tries)
	}
	settledDown(t, q)
}

func TestAFailureComesAgainAndCounts(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	hear(t, q, question("1", 1))
	tries := make(chan int, 4)
	consume(t, q, Work{Backoff: []time.Duration{time.Millisecond, time.Second}, Handler: func(ctx context.Context, _ bots.Question) error {
		rec, _ := Claimed(ctx)
		tries <- rec.Tries
		if rec.Tries < 3 {
			return errBroken
		}
		return nil
	}})
	for want := 1; want <= 3; want++ {
		if got := receive(t, tries, "a try"); got != want {
			t.Errorf("try %d is counted as %d", want, got)
		}
	}
	settledDown(t, q)
}

func TestALongAnswerIsKeptAlive(t *testing.T) {
	t.Parallel()
	const ackWait = 600 * time.Millisecond
	_, o := cluster(t, t.TempDir(), 0)
	o.ackWait = ackWait
	q, other := open(t, o), open(t, o)
	begun, got := make(chan bots.Question, 8), make(chan bots.Question, 8)
	consume(t, q, Work{Parallel: 1, Handler: func(ctx context.Context, e bots.Question) error {
		begun <- e
		pause(ctx, 4*ackWait)
		return ctx.Err()
	}})
	hear(t, q, question("1", 1))
	receive(t, begun, "the long answer")
	hear(t, q, question("1", 2)) // waits its turn, in whichever worker's hands
	consume(t, other, Work{Handler: report(got)})
	started := time.Now()
	select {
	case e := <-got:
		if e.ID != question("1", 2).ID {
			t.Errorf("the long answer was begun twice")
		}
	case e := <-begun:
		if e.ID != question("1", 2).ID {
			t.Errorf("the long answer was begun twice")
		}
	case <-time.NewTimer(patience).C:
		t.Fatal("the second question of the thread never came")
	}
	if waited := time.Since(started); waited < 3*ackWait {
		t.Errorf("a question of the same thread ran after %s, beside the long answer", waited)
	}
	settledDown(t, q)
	if rec, err := q.Records().Load(t.Context(), question("1", 1).ID); err != nil || rec.Tries != 1 || rec.State != worker.Final {
		t.Errorf("record %+v, %v", rec, err)
	}
}

func TestManyQuestionsAreHeldWithinBounds(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	const n = 60
	for i := range n {
		hear(t, q, question(fmt.Sprintf("t%d", i), 1))
	}
	release, got := make(chan struct{}), make(chan bots.Question, n)
	consume(t, q, Work{Parallel: 2, Handler: func(ctx context.Context, e bots.Question) error {
		<-release
		return report(got)(ctx, e)
	}})
	eventually(t, "the worker is busy", func() bool { return state(t, q).Working >= 2*holdPerSlot })
	if s := state(t, q); s.Working > 2*2*holdPerSlot || s.Waiting+s.Working != n {
		t.Errorf("state %+v", s)
	}
	close(release)
	settledDown(t, q)
	if len(got) != n {
		t.Errorf("%d of %d came through", len(got), n)
	}
}

func TestTheWorkNeedsAHandler(t *testing.T) {
	t.Parallel()
	q := open(t, Options{})
	if err := q.Consume(t.Context(), Work{}); err == nil {
		t.Error("Consume without a handler")
	}
}
