package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tribunebot/tribune/bots"
)

// patience bounds every wait of these tests; none should come near it.
const patience = 20 * time.Second

// testAckWait keeps take-overs quick. Leases last a second, the least there is.
const testAckWait = 1500 * time.Millisecond

// testLog writes to the test's output until the test is over.
type testLog struct {
	t    testing.TB
	mu   sync.Mutex
	done bool
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done {
		return len(p), nil
	}
	return l.t.Output().Write(p)
}

func logTo(tb testing.TB) *slog.Logger {
	tb.Helper()
	l := &testLog{t: tb}
	tb.Cleanup(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.done = true
	})
	return slog.New(slog.NewTextHandler(l, nil))
}

// open opens a queue and closes it with the test. Without Dir or URL it is an
// embedded one of the test's own.
func open(tb testing.TB, o Options) *Queue {
	tb.Helper()
	if o.Dir == "" && o.URL == "" {
		o.Dir = tb.TempDir()
	}
	if o.Log == nil {
		o.Log = logTo(tb)
	}
	if o.ackWait == 0 {
		o.ackWait = testAckWait
	}
	if o.MaxStore == 0 {
		o.MaxStore = 256 << 20
	}
	q, err := Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { shut(tb, q) })
	return q
}

// shut closes a queue; a second time does nothing.
func shut(tb testing.TB, q *Queue) {
	tb.Helper()
	if q.conn.IsClosed() && (q.embedded == nil || !q.embedded.up()) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := q.Close(ctx); err != nil {
		tb.Errorf("closing the queue: %v", err)
	}
}

// consume runs Consume until stop is called, which returns what it returned.
func consume(tb testing.TB, q *Queue, w Work) (stop func() error) {
	tb.Helper()
	return running(tb, "Consume", func(ctx context.Context) error { return q.Consume(ctx, w) })
}

// running runs what ends with its context until stop is called, which returns
// what it returned.
func running(tb testing.TB, name string, run func(context.Context) error) (stop func() error) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.NewTimer(patience).C:
			return errors.New(name + " does not return")
		}
	})
	tb.Cleanup(func() { _ = stop() })
	return stop
}

// question makes the nth question of a thread.
func question(thread string, n int) bots.Question {
	at := strconv.Itoa(n)
	return bots.Question{
		ID:      "slack:T01:C.42:" + thread + "." + at,
		Thread:  bots.Thread{Platform: "slack", Team: "T01", Channel: "C.42", Root: thread},
		Message: thread + "." + at, Asker: "U07", Text: "公司恶意辞退怎么办？ " + at,
		AskedAt: time.Now().UTC(), Visibility: bots.Public,
	}
}

// hear asks the questions in order, and each again while the disk is too busy to
// take it in time, as a platform would.
func hear(t *testing.T, q *Queue, questions ...bots.Question) {
	t.Helper()
	for _, e := range questions {
		eventually(t, e.ID+" is heard", func() bool {
			err := q.Hear(t.Context(), e)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("hearing %s: %v", e.ID, err)
			}
			return err == nil
		})
	}
}

// receive waits for the next value.
func receive[T any](tb testing.TB, c <-chan T, what string) T {
	tb.Helper()
	select {
	case v := <-c:
		return v
	case <-time.NewTimer(patience).C:
		tb.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// nothing fails if something comes within a moment that is long for the queue.
func nothing[T any](t *testing.T, c <-chan T, what string) {
	t.Helper()
	select {
	case v := <-c:
		t.Fatalf("%s: %v", what, v)
	case <-time.NewTimer(200 * time.Millisecond).C:
	}
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("never happened: %s", what)
		}
	}
}

// state reads the queue's state.
func state(t *testing.T, q *Queue) State {
	t.Helper()
	s, err := q.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// settledDown waits until nothing waits or is worked on.
func settledDown(t *testing.T, q *Queue) {
	t.Helper()
	eventually(t, "all questions are done", func() bool {
		s := state(t, q)
		return s.Waiting == 0 && s.Working == 0 && s.Scheduled == 0
	})
}

// freePort finds a port that is free on the loopback interface.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// listening starts a real NATS server on a port of this machine.
func listening(t *testing.T, o server.Options) *server.Server {
	t.Helper()
	o.Host, o.NoSigs, o.NoLog, o.SyncAlways = "127.0.0.1", true, true, true
	if o.Port == 0 {
		o.Port = freePort(t)
	}
	s, err := server.NewServer(&o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}

// cluster is a listening server with JetStream and a password.
func cluster(t *testing.T, dir string, port int) (*server.Server, Options) {
	t.Helper()
	s := listening(t, server.Options{
		JetStream: true, StoreDir: dir, Port: port, Username: "tribune", Password: "s3cret",
		JetStreamMaxStore: 1 << 30, JetStreamMaxMemory: 1 << 28,
	})
	return s, Options{URL: fmt.Sprintf("nats://%s", s.Addr()), User: "tribune", Password: "s3cret"}
}
