package gateway

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// instant answers are as good as free: what is measured is the gateway.
type free struct {
	response llm.Response
	chunks   []llm.Chunk
}

func newFree() free {
	cost := 0.00123
	served := llm.Served{
		Deployment: "d1", Group: "m", Provider: "openai", Model: "gpt-4", APIBase: "https://api.openai.com/v1", Attempts: 1, Took: time.Millisecond,
		CostUSD: &cost, Route: "simple-shuffle", Header: providersHeader(),
	}
	f := free{response: llm.Response{Served: served, Body: json.RawMessage(`{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"Fourteen days."}}]}`)}}
	for range 50 {
		f.chunks = append(f.chunks, llm.Chunk{Body: json.RawMessage(`{"id":"1","choices":[{"index":0,"delta":{"content":"Fourteen "}}]}`)})
	}
	f.chunks[0].From = &served
	f.chunks = append(f.chunks, llm.Chunk{Served: &served})
	return f
}

func (f free) Complete(context.Context, llm.Request) (llm.Response, error) { return f.response, nil }

func (f free) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		for _, c := range f.chunks {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// providersHeader is what OpenAI's answers carry.
func providersHeader() http.Header {
	h := http.Header{}
	for _, name := range []string{
		"Date", "Content-Type", "Content-Length", "Connection", "Access-Control-Expose-Headers", "Openai-Organization", "Openai-Processing-Ms",
		"Openai-Project", "Openai-Version", "X-Envoy-Upstream-Service-Time", "X-Ratelimit-Limit-Requests", "X-Ratelimit-Limit-Tokens",
		"X-Ratelimit-Remaining-Requests", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Requests", "X-Ratelimit-Reset-Tokens", "X-Request-Id",
		"Cf-Cache-Status", "Set-Cookie", "Strict-Transport-Security", "X-Content-Type-Options", "Server", "Cf-Ray", "Alt-Svc",
	} {
		h[name] = []string{"some value of it"}
	}
	return h
}

// longer is a question with a prompt of 4 kB.
func longer(body string) string {
	return strings.Replace(body, "How many days?", strings.Repeat("How many days have I got? ", 160), 1)
}

func BenchmarkGateway(b *testing.B) {
	g := open(b, newFree(), func(o *Options) { o.Keys = &keyring{keys: []llm.Key{virtual(nil)}} })
	// What net/http and the test's client cost without a gateway.
	answer := newFree().response.Body
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Write(answer)
	})
	for _, c := range []struct {
		name    string
		body    string
		handler http.Handler
	}{
		{"plain", longer(question), g},
		{"stream of 50", longer(streamed), g},
		{"nothing", longer(question), bare},
	} {
		b.Run(c.name+"/direct", func(b *testing.B) { direct(b, c.handler, c.body) })
		b.Run(c.name+"/alone", func(b *testing.B) { alone(b, c.handler, c.body) })
		b.Run(c.name+"/server", func(b *testing.B) { served(b, c.handler, c.body) })
	}
}

func request(b *testing.B, url, body string) *http.Request {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	return r
}

// null takes an answer and does nothing with it.
type null struct{ header http.Header }

func (n *null) Header() http.Header              { return n.header }
func (n *null) Write(p []byte) (int, error)      { return len(p), nil }
func (n *null) WriteHeader(int)                  {}
func (n *null) Flush()                           {}
func (n *null) SetReadDeadline(time.Time) error  { return nil }
func (n *null) SetWriteDeadline(time.Time) error { return nil }

// alone leaves out what a test's request and answer cost.
func alone(b *testing.B, h http.Handler, body string) {
	b.Helper()
	r := request(b, "http://x", body)
	text := strings.NewReader(body)
	r.Body = io.NopCloser(text)
	w := &null{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		text.Reset(body)
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

func direct(b *testing.B, h http.Handler, body string) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, request(b, "http://x", body)); w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}

func served(b *testing.B, h http.Handler, body string) {
	b.Helper()
	s := httptest.NewServer(h)
	defer s.Close()
	b.ReportAllocs()
	for b.Loop() {
		resp, err := s.Client().Do(request(b, s.URL, body))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp.Status, err)
		}
		resp.Body.Close()
	}
}
