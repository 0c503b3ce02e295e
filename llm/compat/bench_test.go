package compat_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// fixed is a provider that answers at once with the same bytes: 100 chunks of a
// stream, or a completion of as much text.
func fixed(b *testing.B) *httptest.Server {
	b.Helper()
	var events strings.Builder
	for i := range 100 {
		events.WriteString(`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"word ` +
			strconv.Itoa(i) + ` "},"finish_reason":null}]}` + "\n\n")
	}
	events.WriteString(`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n")
	whole := `{"id":"c","choices":[{"index":0,"message":{"content":"` + strings.Repeat("word ", 160) +
		`"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":160}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte(`"stream":true`)) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, events.String())
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, whole)
	}))
	b.Cleanup(server.Close)
	return server
}

// BenchmarkOverhead makes each call twice, through the model and with a bare
// HTTP client, in turns: what is reported is the ratio within one run, which
// does not depend on the machine, and what the model adds to a call.
func BenchmarkOverhead(b *testing.B) {
	for _, mode := range []string{"complete", "stream"} {
		b.Run(mode, func(b *testing.B) {
			server := fixed(b)
			m, err := compat.New(compat.Options{Model: "m", BaseURL: server.URL, Key: "k", HTTPClient: server.Client()})
			if err != nil {
				b.Fatal(err)
			}
			r := llmtest.Ask(b, strings.Repeat("a passage of the handbook ", 200))
			raw, err := llm.SetFields(r.Body, map[string]any{"model": "m", "stream": mode == "stream"})
			if err != nil {
				b.Fatal(err)
			}
			var ours, bare time.Duration
			for b.Loop() {
				began := time.Now()
				if err := ask(b.Context(), m, r, mode); err != nil {
					b.Fatal(err)
				}
				ours += time.Since(began)
				began = time.Now()
				if err := plainCall(b.Context(), server, raw); err != nil {
					b.Fatal(err)
				}
				bare += time.Since(began)
			}
			b.ReportMetric(float64(ours)/float64(bare), "x-bare")
			b.ReportMetric(float64(ours-bare)/float64(b.N)/1e3, "µs-added")
		})
	}
}

func ask(ctx context.Context, m llm.Model, r llm.Request, mode string) error {
	if mode == "complete" {
		_, err := m.Complete(ctx, r)
		return err
	}
	for _, err := range m.Stream(ctx, r) {
		if err != nil {
			return err
		}
	}
	return nil
}

func plainCall(ctx context.Context, server *httptest.Server, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
