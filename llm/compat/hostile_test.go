package compat_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

const hostileChunk = `data: {"choices":[{"index":0,"delta":{"content":"and on "}}]}` + "\n\n"

// pour writes the same text until the caller has left, or n bytes are written.
func pour(w http.ResponseWriter, r *http.Request, text string, n int) {
	big := strings.Repeat(text, 1+(64<<10)/len(text))
	for n > 0 && r.Context().Err() == nil {
		if _, err := io.WriteString(w, big); err != nil {
			return
		}
		n -= len(big)
	}
}

// TestHostileAnswers is the table of providers that have gone mad: each becomes
// an error of a kind, in time, and within the memory that MaxBytes allows.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const forever = 1 << 40
	for name, test := range map[string]struct {
		kind string
		do   func(w http.ResponseWriter, r *http.Request)
		want llm.Kind
	}{
		"half JSON": {"application/json", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"choices":[{"message":{"content":"The salary of Zhang is`)
		}, llm.BadResponse},
		"half an event": {"text/event-stream", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `data: {"choices":[{"delta":{"content":"The salary of Zhang is`)
		}, llm.BadResponse},
		"garbage":            {"application/octet-stream", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "\x00\x01\xff\xfe") }, llm.BadResponse},
		"a web page":         {"text/html", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html><title>Sign in</title></html>") }, llm.BadResponse},
		"wrong content type": {"image/png", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "\x89PNG\r\n\x1a\n") }, llm.BadResponse},
		"nothing":            {"application/json", func(http.ResponseWriter, *http.Request) {}, llm.BadResponse},
		"50 MB of spaces":    {"application/json", func(w http.ResponseWriter, r *http.Request) { pour(w, r, " ", 50<<20) }, llm.BadResponse},
		"50 MB, announced": {"application/json", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "52428800")
			pour(w, r, "x", 50<<20)
		}, llm.BadResponse},
		"endless text":     {"application/json", func(w http.ResponseWriter, r *http.Request) { pour(w, r, "x", forever) }, llm.BadResponse},
		"endless line":     {"text/event-stream", func(w http.ResponseWriter, r *http.Request) { pour(w, r, "data: ", forever) }, llm.BadResponse},
		"endless comments": {"text/event-stream", func(w http.ResponseWriter, r *http.Request) { pour(w, r, ": wait\n\n", forever) }, llm.BadResponse},
		"endless stream":   {"text/event-stream", func(w http.ResponseWriter, r *http.Request) { pour(w, r, hostileChunk, forever) }, llm.BadResponse},
		"endless refusal": {"text/plain", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			pour(w, r, "no ", forever)
		}, llm.Overloaded},
		"comments, slowly on": {"text/event-stream", drip, llm.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // so that the server notices when the caller leaves
				w.Header().Set("Content-Type", test.kind)
				test.do(w, r)
			}))
			t.Cleanup(server.Close)
			o := compat.Options{Model: "m", BaseURL: server.URL, HTTPClient: server.Client(), Timeout: time.Minute}
			if !strings.HasPrefix(name, "50 MB") {
				o.MaxBytes = 2 << 20
			}
			if test.want == llm.Timeout {
				o.FirstToken = 200 * time.Millisecond
			}
			m, err := compat.New(o)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			failed := map[string]error{"stream": drain(t, m)}
			if test.want != llm.Timeout { // a whole answer may take its time
				_, failed["complete"] = m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
			}
			for mode, err := range failed {
				if kind := llm.KindOf(err); kind != test.want || strings.Contains(err.Error(), "Zhang") {
					t.Errorf("%s: %v, want %s", mode, err, test.want)
				}
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestAnOrdinaryClientIsKeptStraight holds that a client that nobody made for
// this is not sent elsewhere either, with the key in a header of its own.
func TestAnOrdinaryClientIsKeptStraight(t *testing.T) {
	t.Parallel()
	elsewhere := llmtest.NewServer(t, llmtest.Say("Caught."))
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/v1/chat/completions", http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	m, err := compat.New(compat.Options{
		Model: "m", BaseURL: server.URL, Key: "a-key", KeyHeader: "api-key", HTTPClient: server.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
	if llm.KindOf(err) != llm.BadResponse || len(elsewhere.Requests()) != 0 {
		t.Errorf("%v, and %d calls elsewhere", err, len(elsewhere.Requests()))
	}
}

// drip sends comments at a slow pace until the caller has left.
func drip(w http.ResponseWriter, r *http.Request) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			io.WriteString(w, ": wait\n\n")
			if http.NewResponseController(w).Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// drain reads a stream without keeping any of it.
func drain(t *testing.T, m llm.Model) error {
	t.Helper()
	for _, err := range m.Stream(t.Context(), llmtest.Ask(t, "Really?")) {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestNoUsageIsNoFailure holds that an answer without usage is one, whose usage
// is not known.
func TestNoUsageIsNoFailure(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Say("Yes.").Uncounted())
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	resp, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
	if err != nil || resp.Usage != nil {
		t.Errorf("%+v, %v", resp.Served, err)
	}
}

// TestManyStreamsTakeLittle holds 256 streams open, and looks at what the whole
// process keeps for them, the server's side among it.
func TestManyStreamsTakeLittle(t *testing.T) { //nolint:paralleltest // it measures the whole process
	const streams, most = 256, 48 << 20
	gate := llmtest.NewGate("far")
	server := llmtest.NewServer(t, llmtest.Say("So ", "far").Hold(gate))
	m, err := compat.New(compat.Options{Model: "m", BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.HTTPClient.CloseIdleConnections)
	before := resident()
	var begun, ended sync.WaitGroup
	begun.Add(streams)
	for range streams {
		ended.Go(func() {
			var first sync.Once
			for chunk, err := range m.Stream(t.Context(), llmtest.Ask(t, "Really?")) {
				if err != nil {
					t.Error(err)
				}
				if chunk.Text() != "" || err != nil {
					first.Do(begun.Done)
				}
			}
		})
	}
	begun.Wait()
	took := int64(resident()) - int64(before)
	gate.Open()
	ended.Wait()
	t.Logf("%d streams take %d KiB each, both sides of them", streams, took/streams>>10)
	if took > most {
		t.Errorf("%d MiB for %d streams, want at most %d", took>>20, streams, most>>20)
	}
}

// resident is the memory that is in use, as near as the runtime tells.
func resident() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapInuse + s.StackInuse
}
