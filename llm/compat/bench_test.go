package compat_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

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

// BenchmarkOverhead is what the model adds to a call, see llmtest.Overhead.
func BenchmarkOverhead(b *testing.B) {
	for _, mode := range []string{"complete", "stream", "stream padded"} {
		b.Run(mode, func(b *testing.B) {
			server := fixed(b, mode == "stream padded")
			m, err := compat.New(compat.Options{Model: "m", BaseURL: server.URL, Key: "k", HTTPClient: server.Client()})
			if err != nil {
				b.Fatal(err)
			}
			llmtest.Overhead(b, m, server.Client(), server.URL+"/chat/completions", mode != "complete")
		})
	}
}
