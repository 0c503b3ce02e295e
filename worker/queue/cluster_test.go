package queue

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tribunebot/tribune/bots"
)

// tally counts handlings and overlaps across workers.
type tally struct {
	mu       sync.Mutex
	running  map[string]string // by thread: the worker that has it
	handled  map[string]int    // by question
	by       map[string]int    // by worker
	overlaps int
	late     int // questions that ran after a later one of their thread
	last     map[string]int
}

func newTally() *tally {
	return &tally{running: map[string]string{}, handled: map[string]int{}, by: map[string]int{}, last: map[string]int{}}
}

func (c *tally) handler(name string, took time.Duration) func(context.Context, bots.Question) error {
	return func(ctx context.Context, e bots.Question) error {
		key := e.Thread.Key()
		c.mu.Lock()
		if c.running[key] != "" {
			c.overlaps++
		}
		var n int
		if _, err := fmt.Sscanf(e.Message, e.Thread.Root+".%d", &n); err != nil {
			return err
		}
		if n < c.last[key] {
			c.late++
		}
		c.last[key] = max(n, c.last[key])
		c.running[key] = name
		c.handled[e.ID]++
		c.by[name]++
		c.mu.Unlock()
		pause(ctx, took)
		c.mu.Lock()
		delete(c.running, key)
		c.mu.Unlock()
		return nil
	}
}

func TestTwoWorkersShareOneServer(t *testing.T) {
	t.Parallel()
	const threads, each = 20, 6
	_, o := cluster(t, t.TempDir(), 0)
	// The second worker's own clock is an hour fast, the first one's slow.
	slow, fast := o, o
	slow.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	fast.Now = func() time.Time { return time.Now().Add(time.Hour) }
	first, second := open(t, slow), open(t, fast)
	counts := newTally()
	consume(t, first, Work{Parallel: 8, Handler: counts.handler("first", 4*time.Millisecond)})
	consume(t, second, Work{Parallel: 8, Handler: counts.handler("second", 4*time.Millisecond)})
	for n := range each {
		for i := range threads {
			hear(t, first, question(fmt.Sprintf("t%d", i), n))
		}
	}
	settledDown(t, second)
	counts.mu.Lock()
	defer counts.mu.Unlock()
	if len(counts.handled) != threads*each || counts.overlaps != 0 {
		t.Errorf("%d of %d questions handled, %d overlaps", len(counts.handled), threads*each, counts.overlaps)
	}
	for id, times := range counts.handled {
		if times != 1 {
			t.Errorf("%s was handled %d times", id, times)
		}
	}
	if counts.by["first"] == 0 || counts.by["second"] == 0 {
		t.Errorf("the work was not shared: %v", counts.by)
	}
	t.Logf("shared %v, %d of %d out of order", counts.by, counts.late, threads*each)
}

func TestAWorkerCutOffIsReplaced(t *testing.T) {
	t.Parallel()
	_, o := cluster(t, t.TempDir(), 0)
	first, second := open(t, o), open(t, o)
	begun := make(chan bots.Question, 8)
	consume(t, first, Work{Handler: func(ctx context.Context, e bots.Question) error {
		begun <- e
		<-ctx.Done()
		return ctx.Err()
	}})
	hear(t, second, question("1", 1), question("1", 2), question("2", 1))
	receive(t, begun, "a question of the first worker")
	receive(t, begun, "and one of its other thread")
	got := make(chan bots.Question, 8)
	consume(t, second, Work{Handler: report(got)})
	nothing(t, got, "a question of a thread that another worker has")
	cut := time.Now()
	first.conn.Close()
	for range 3 {
		receive(t, got, "a question of the worker that was cut off")
	}
	if took := time.Since(cut); took > testAckWait+2*time.Second {
		t.Errorf("the take-over took %s", took)
	}
	settledDown(t, second)
}

func TestAServerThatComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, o := cluster(t, dir, 0)
	port := s.Addr().String()
	q := open(t, o)
	shared, err := q.Store(t.Context(), "limits", Shared)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan bots.Question, 8)
	consume(t, q, Work{Handler: report(got)})
	hear(t, q, question("1", 1))
	receive(t, got, "the question before")
	s.Shutdown()
	s.WaitForShutdown()
	eventually(t, "the client notices", func() bool { return !q.conn.IsConnected() })
	begun := time.Now()
	if err := q.Hear(t.Context(), question("1", 2)); err == nil {
		t.Error("heard a question without a server")
	}
	if took := time.Since(begun); took > hearLimit+time.Second {
		t.Errorf("Hear took %s to say no", took)
	}
	if err := q.Ready(t.Context()); err == nil {
		t.Error("ready without a server")
	}
	var number int
	if _, err := fmt.Sscanf(port, "127.0.0.1:%d", &number); err != nil {
		t.Fatal(err)
	}
	cluster(t, dir, number)
	eventually(t, "a question is heard again", func() bool { return q.Hear(t.Context(), question("1", 2)) == nil })
	if e := receive(t, got, "the question after"); e.ID != question("1", 2).ID {
		t.Errorf("got %s", e.ID)
	}
	eventually(t, "ready again", func() bool { return q.Ready(t.Context()) == nil })
	eventually(t, "the shared store works again", func() bool {
		_, err := shared.Put(t.Context(), "k", []byte("v"), 0)
		return err == nil
	})
	settledDown(t, q)
	nothing(t, got, "a question was handled twice")
}

func TestOpeningSaysWhatToDo(t *testing.T) {
	t.Parallel()
	bare := listening(t, server.Options{Username: "u", Password: "p"})
	full, o := cluster(t, t.TempDir(), 0)
	for name, c := range map[string]struct {
		o    Options
		says string
	}{
		"nobody there":      {Options{URL: fmt.Sprintf("nats://u:hidden@127.0.0.1:%d", freePort(t))}, "cannot be reached"},
		"wrong password":    {Options{URL: "nats://" + full.Addr().String(), User: "tribune", Password: "x"}, "check the credentials"},
		"no JetStream":      {Options{URL: "nats://" + bare.Addr().String(), User: "u", Password: "p"}, "JetStream is off"},
		"not enough room":   {Options{URL: o.URL, User: o.User, Password: o.Password, MaxStore: 1 << 40}, "set a lower limit"},
		"no such authority": {Options{URL: o.URL, CA: "/nonexistent/ca.pem"}, "ca.pem"},
		"no such creds":     {Options{URL: o.URL, Creds: "/nonexistent/x.creds"}, "x.creds"},
		"no place":          {Options{}, "no directory"},
	} {
		q, err := Open(t.Context(), c.o)
		if err == nil {
			shut(t, q)
		}
		checkError(t, name, err, c.says)
	}
	for version, ok := range map[string]bool{
		"2.12.0": true, "2.15.2": true, "3.0.0": true, "2.11.9": false, "2.9.1": false, "1.99.0": false, "": false, "dev": false, "2": false,
	} {
		if err := newEnough(version); (err == nil) != ok {
			t.Errorf("version %q: %v", version, err)
		}
	}
}
