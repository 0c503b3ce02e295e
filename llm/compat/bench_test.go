package compat_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// fixed is a provider that answers at once with the same bytes: 100 chunks of a
// stream, or a completion of as much text. Padded chunks end in a text of
// changing length, as OpenAI's do.
func fixed(b *testing.B, padded bool) *httptest.Server {
	b.Helper()
	var events strings.Builder
	for i := range 100 {
		pad := ""
		if padded {
			pad = `,"obfuscation":"` + strings.Repeat("x", i%7) + `"`
		}
		events.WriteString(`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"word ` +
			strconv.Itoa(i) + ` "},"finish_reason":null}]` + pad + "}\n\n")
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
// HTTP client, in turns: what is reported are the medians' ratio within one run,
// which does not depend on the machine, and what the model adds to a call.
func BenchmarkOverhead(b *testing.B) {
	for _, mode := range []string{"complete", "stream", "stream padded"} {
		b.Run(mode, func(b *testing.B) {
			server := fixed(b, mode == "stream padded")
			m, err := compat.New(compat.Options{Model: "m", BaseURL: server.URL, Key: "k", HTTPClient: server.Client()})
			if err != nil {
				b.Fatal(err)
			}
			r := llmtest.Ask(b, strings.Repeat("a passage of the handbook ", 200))
			raw, err := llm.SetFields(r.Body, map[string]any{"model": "m", "stream": mode != "complete"})
			if err != nil {
				b.Fatal(err)
			}
			var ours, bare []time.Duration
			for b.Loop() {
				ours = append(ours, timed(b, func() error { return ask(b.Context(), m, r, mode) }))
				bare = append(bare, timed(b, func() error { return plainCall(b.Context(), server, raw) }))
			}
			b.ReportMetric(float64(median(ours))/float64(median(bare)), "x-bare")
			b.ReportMetric(float64(median(ours)-median(bare))/1e3, "µs-added")
		})
	}
}

func timed(b *testing.B, call func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := call(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
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
