package edge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm/edge"
)

// TestClientKeepsConnections holds that many calls at once find their
// connections again afterwards.
func TestClientKeepsConnections(t *testing.T) {
	t.Parallel()
	const calls = 128
	var mu sync.Mutex
	remotes := map[string]bool{}
	arrived := make(chan struct{}, calls)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		remotes[r.RemoteAddr] = true
		mu.Unlock()
		arrived <- struct{}{}
		<-release
	}))
	t.Cleanup(server.Close)
	client := edge.NewClient()
	t.Cleanup(client.CloseIdleConnections)
	for range 3 {
		var group sync.WaitGroup
		for range calls {
			group.Go(func() { get(t, client, server.URL) })
		}
		for range calls {
			<-arrived
		}
		for range calls {
			release <- struct{}{}
		}
		group.Wait()
	}
	if n := len(remotes); n > calls+calls/4 {
		t.Errorf("%d connections for %d calls at a time", n, calls)
	}
}

// TestClientSharesConnections holds that more calls than one HTTP/2 connection
// carries (250 at net/http's servers) run at the same time all the same.
func TestClientSharesConnections(t *testing.T) {
	t.Parallel()
	const calls = 300
	arrived := make(chan struct{}, calls)
	release := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("%s was spoken", r.Proto)
		}
		arrived <- struct{}{}
		<-release
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client := edge.NewClient()
	edge.TransportOf(client).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	t.Cleanup(client.CloseIdleConnections)
	var group sync.WaitGroup
	for range calls {
		group.Go(func() { get(t, client, server.URL) })
	}
	for range calls {
		<-arrived
	}
	close(release)
	group.Wait()
}

// TestStraight holds that a client's own policy is left alone, and the client too.
func TestStraight(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	usual := server.Client()
	willing := *usual
	willing.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
	for name, test := range map[string]struct {
		client *http.Client
		want   int
	}{
		"straight":          {edge.Straight(usual), http.StatusFound},
		"with its own will": {edge.Straight(&willing), http.StatusTeapot},
		"the one before":    {usual, http.StatusTeapot},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := test.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != test.want {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, test.want)
		}
	}
}

func get(t *testing.T, client *http.Client, address string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Error(err)
		return
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
}

func TestAPIBase(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://api.example.com/v1/":                   "https://api.example.com/v1",
		"https://me:secret@h:81/v1?api-version=x&k=y#z": "https://h:81/v1",
		"http://h?": "http://h",
		"https://h/openai/deployments/a%2Fb?key=secret": "https://h/openai/deployments/a%2Fb",
		"https://user@h/v1":                             "https://h/v1",
		"http://[::1]:4000/v1":                          "http://[::1]:4000/v1",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := edge.APIBase(u); got != want || u.String() != address {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}

// body says how often it was closed.
type body struct {
	io.Reader

	closed int
}

func (b *body) Close() error { b.closed++; return nil }

func TestReadAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text   string
		length int64
		want   error
	}{
		"announced":               {"hello world", 11, nil},
		"not announced":           {"hello world", -1, nil},
		"announced too short":     {"hello world", 2, nil},
		"announced too long":      {"hello", 11, nil},
		"nothing":                 {"", 0, nil},
		"exactly the limit":       {strings.Repeat("x", 64), 64, nil},
		"more than the limit":     {strings.Repeat("x", 65), -1, edge.ErrTooLong},
		"too much, and announced": {"", 65, edge.ErrTooLong},
		"an enormous promise":     {"hello", 1 << 60, edge.ErrTooLong},
	} {
		b := &body{Reader: strings.NewReader(test.text)}
		got, err := edge.Limits{Bytes: 64}.ReadAnswer(t.Context(), &http.Response{Body: b, ContentLength: test.length})
		if !errors.Is(err, test.want) || err == nil && string(got) != test.text || b.closed != 1 {
			t.Errorf("%s: %q, %v, closed %d times", name, got, err, b.closed)
		}
	}
	long := &body{Reader: strings.NewReader(strings.Repeat("no ", 1<<20))}
	if got := edge.ReadRefusal(&http.Response{Body: long, ContentLength: -1}); len(got) != 64<<10 || long.closed != 1 {
		t.Errorf("%d bytes of a refusal, closed %d times", len(got), long.closed)
	}
}

// TestLargeAnswersShareTheirRoom has more large answers come at the same time
// than there is room for: they are read one after another, and a small one does
// not wait.
func TestLargeAnswersShareTheirRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const large = 3 << 20
		l := edge.Limits{Bytes: 32 << 20, Room: edge.NewRoom(4 << 20)}
		read := func(body io.Reader, length int64) error {
			got, err := l.ReadAnswer(t.Context(), &http.Response{Body: io.NopCloser(body), ContentLength: length})
			if err == nil && int64(len(got)) != max(length, large) {
				return fmt.Errorf("%d bytes", len(got))
			}
			return err
		}
		// The first one stops in the middle and keeps its room.
		head, tail := io.Pipe()
		done := make(chan error, 3)
		go func() { done <- read(head, large) }()
		go func() { _, _ = tail.Write(make([]byte, 2<<20)) }()
		synctest.Wait()
		go func() { done <- read(bytes.NewReader(make([]byte, large)), large) }()
		go func() { done <- read(bytes.NewReader(make([]byte, large)), -1) }()
		synctest.Wait()
		if len(done) != 0 {
			t.Fatal("a second large answer was read beside the first")
		}
		small := &http.Response{Body: io.NopCloser(strings.NewReader("hello")), ContentLength: 5}
		if got, err := l.ReadAnswer(t.Context(), small); err != nil || string(got) != "hello" {
			t.Errorf("a small answer: %q %v", got, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		late := &http.Response{Body: io.NopCloser(bytes.NewReader(make([]byte, large))), ContentLength: large}
		if _, err := l.ReadAnswer(ctx, late); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("whoever waits too long: %v", err)
		}
		_, _ = tail.Write(make([]byte, 1<<20))
		_ = tail.Close()
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

// TestWatchCostsNoTimer holds that a token takes nothing from the heap.
func TestWatchCostsNoTimer(t *testing.T) { //nolint:paralleltest // it counts allocations
	_, w := edge.Limits{}.OrDefault().Start(t.Context(), "d")
	defer w.Stop()
	if n := testing.AllocsPerRun(100, func() { w.Await(); w.Got() }); n != 0 {
		t.Errorf("%v allocations a token", n)
	}
}

// TestStoppedWatch holds that nothing of a watch is left once it is stopped, not
// even where somebody still waits.
func TestStoppedWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, w := edge.Limits{Total: time.Hour, First: time.Minute, Idle: time.Minute}.Start(t.Context(), "d")
		w.Await()
		w.Stop()
		w.Await()
		<-ctx.Done()
		timer := time.NewTimer(2 * time.Hour) // longer than any limit
		<-timer.C
		if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
			t.Errorf("a limit passed after the end: %v", cause)
		}
	})
}
