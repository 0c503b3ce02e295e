package report

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/tribunebot/tribune/llm"
)

// eventually asks until something has become true.
func eventually(t *testing.T, happened func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !happened() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not happen within 30 seconds")
		}
	}
}

// graves are callbacks that are no use, each in another way.
func graves() map[string]func(*testing.T) string {
	serve := func(h http.HandlerFunc) func(*testing.T) string {
		return func(t *testing.T) string {
			t.Helper()
			s := httptest.NewServer(h)
			t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
			return s.URL
		}
	}
	return map[string]func(*testing.T) string{
		"refuses connections": func(t *testing.T) string {
			t.Helper()
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			return "http://" + l.Addr().String()
		},
		"hangs": serve(func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}),
		"answers 500": serve(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "row contains secret words", http.StatusInternalServerError)
		}),
		"trickles for ever": serve(func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				<-time.NewTimer(5 * time.Millisecond).C
			}
		}),
		"sends it elsewhere": serve(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/stolen", http.StatusTemporaryRedirect)
		}),
		"hangs up": serve(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
	}
}

// callback is what Spans and Supabase have in common.
type callback interface {
	llm.Observer
	Run(ctx context.Context) error
	State() QueueState
}

func callbacks(t *testing.T, url string, limits Limits, log *slog.Logger) map[string]callback {
	t.Helper()
	o := Langfuse(url, "public-key-123", "secret-key-456")
	o.Limits, o.Log, o.Text = limits, log, true
	spans, err := NewSpans(o)
	if err != nil {
		t.Fatal(err)
	}
	supabase, err := NewSupabase(SupabaseOptions{URL: url, Key: "secret-key-456", Limits: limits, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]callback{"langfuse": spans, "supabase": supabase}
}

// A dead callback: calls go on at once, memory stays bounded, every lost report
// is counted and nothing secret is logged.
func TestDeadCallbacks(t *testing.T) {
	t.Parallel()
	limits := Limits{
		Items: 50, Bytes: 256 << 10, Batch: 10, Attempts: 2, Interval: time.Millisecond, Backoff: time.Millisecond,
		Timeout: 100 * time.Millisecond, Grace: 200 * time.Millisecond,
	}
	for name, dig := range graves() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &safeLog{}
			for kind, c := range callbacks(t, dig(t), limits, slog.New(slog.NewTextHandler(log, nil))) {
				outlive(t, kind, c, limits)
			}
			for _, secret := range []string{"secret-key-456", "public-key-123", "secret words", "notice", "cHVibGlj"} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("%q is in the log: %s", secret, log)
				}
			}
			if n := strings.Count(log.String(), "callback="); n < 2 || n > 6 {
				t.Errorf("%d lines of log: %s", n, log)
			}
		})
	}
}

func outlive(t *testing.T, kind string, c callback, limits Limits) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	const calls = 2000
	var worst time.Duration
	before := time.Now()
	for range calls {
		c.Observe(ctx, simpleCall())
		if s := c.State(); s.Waiting > limits.Items || s.Bytes > limits.Bytes {
			t.Fatalf("%s: %+v", kind, s)
		}
		worst = time.Since(before)
	}
	if worst > 5*time.Second { // 2.5 ms a call, on the slowest of machines
		t.Errorf("%s: %d calls were held up for %v", kind, calls, worst)
	}
	ended := time.Now()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("%s: Run returned %v", kind, err)
	}
	if took := time.Since(ended); took > 5*time.Second {
		t.Errorf("%s: the end took %v", kind, took)
	}
	if s := c.State(); s.Sent != 0 || s.Dropped != calls || s.Waiting != 0 || s.Bytes != 0 {
		t.Errorf("%s: %+v", kind, s)
	}
}

// What does not fit is not kept by something else either.
func TestDroppedCallsAreForgotten(t *testing.T) {
	t.Parallel()
	for kind, c := range callbacks(t, "http://127.0.0.1:1", Limits{Items: 5}, nil) {
		var bodies []weak.Pointer[byte]
		for range 200 {
			body := make([]byte, 100<<10)
			bodies = append(bodies, weak.Make(&body[0]))
			call := simpleCall()
			call.Body = body
			c.Observe(t.Context(), call)
		}
		runtime.GC()
		alive := 0
		for _, b := range bodies {
			if b.Value() != nil {
				alive++
			}
		}
		if alive < 5 || alive > 6 { // the last one may still be on the stack
			t.Errorf("%s: %d bodies are in memory", kind, alive)
		}
		runtime.KeepAlive(c)
	}
}

// safeLog is a log that several may write.
type safeLog struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write adds a line.
func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is the whole log.
func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
