package edge_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm/edge"
)

// fickle answers the first request of each connection, and closes it when the
// next one comes: as a server looks that closes idle connections, and did not
// know yet that there is work. It reads the head of that request, or all of it.
type fickle struct {
	listener    net.Listener
	whole       bool
	all, served atomic.Int32 // connections, and requests that were answered
}

func newFickle(t *testing.T, whole bool) *fickle {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	f := &fickle{listener: listener, whole: whole}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f.all.Add(1)
			go f.serve(conn)
		}
	}()
	return f
}

func (f *fickle) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answer := http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	if answer.Write(conn) != nil {
		return
	}
	f.served.Add(1)
	if r, err = http.ReadRequest(in); err == nil && f.whole {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

// TestAConnectionThatHasJustBeenClosed makes calls one after the other, all but
// the first of which meet a connection that is closed under them.
func TestAConnectionThatHasJustBeenClosed(t *testing.T) {
	t.Parallel()
	const calls = 4
	for name, test := range map[string]struct {
		size  int
		whole bool
	}{
		"the whole request was read": {100, true},
		"only its head":              {100, false},
		"a long request":             {8 << 20, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newFickle(t, test.whole)
			client := edge.NewClient()
			t.Cleanup(client.CloseIdleConnections)
			prompt := strings.Repeat("x", test.size)
			for range calls {
				got, err := post(t.Context(), client, "http://"+server.listener.Addr().String(), prompt)
				if err != nil || got != prompt {
					t.Fatalf("%d bytes, %v", len(got), err)
				}
			}
			if all, served := server.all.Load(), server.served.Load(); all != calls || served != calls {
				t.Errorf("%d connections and %d answers for %d calls", all, served, calls)
			}
		})
	}
}

func post(ctx context.Context, client *http.Client, address, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return string(got), err
}

// TestResendingIsRare is the table of failures that are left to whoever called.
func TestResendingIsRare(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fails    int // that many times
		reused   bool
		answered bool
		after    time.Duration
		leave    bool // the caller leaves meanwhile
		want     int  // how often it was sent
	}{
		"it goes well":            {0, true, false, 0, false, 1},
		"closed at once":          {1, true, false, 0, false, 2},
		"closed twice":            {9, true, false, 0, false, 2},
		"a new connection":        {9, false, false, 0, false, 1},
		"an answer has begun":     {9, true, true, 0, false, 1},
		"a slow line":             {1, true, false, 1900 * time.Millisecond, false, 2},
		"it may have been worked": {9, true, false, 2 * time.Second, false, 1},
		"the caller has left":     {9, true, false, time.Second, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				sent := 0
				client := &http.Client{Transport: edge.Resending(roundTrip(func(r *http.Request) (*http.Response, error) {
					sent++
					body, err := io.ReadAll(r.Body)
					if err != nil || string(body) != "prompt" {
						t.Errorf("sent %q, %v", body, err)
					}
					if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
						trace.GotConn(httptrace.GotConnInfo{Reused: test.reused})
						if test.answered {
							trace.GotFirstResponseByte()
						}
					}
					timer := time.NewTimer(test.after)
					<-timer.C
					if test.leave {
						leave()
					}
					if sent <= test.fails {
						return nil, errClosed
					}
					return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
				}))}
				_, err := post(ctx, client, "http://provider.example", "prompt")
				if failed := test.fails >= test.want; sent != test.want || errors.Is(err, errClosed) != failed {
					t.Errorf("sent %d times, %v, want %d", sent, err, test.want)
				}
			})
		})
	}
}

var errClosed = errors.New("the connection is closed")

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
