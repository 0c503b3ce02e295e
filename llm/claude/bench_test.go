package claude_test

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
	"github.com/tribunebot/tribune/llm/llmtest"
)

// answering is a provider that answers at once with the same bytes: 100 pieces of
// a stream, or a message of as much text.
func answering(b *testing.B) *httptest.Server {
	b.Helper()
	var events strings.Builder
	event := func(name, data string) { events.WriteString("event: " + name + "\ndata: " + data + "\n\n") }
	event("message_start", `{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"c","content":[],`+
		`"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":900,"cache_read_input_tokens":0,"output_tokens":1}}}`)
	event("content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`)
	for i := range 100 {
		event("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word `+strconv.Itoa(i)+` "}}`)
	}
	event("content_block_stop", `{"type":"content_block_stop","index":0}`)
	event("message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":160}}`)
	event("message_stop", `{"type":"message_stop"}`)
	whole := `{"id":"m1","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"` + strings.Repeat("word ", 160) +
		`"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":900,"cache_read_input_tokens":0,"output_tokens":160}}`
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
	for _, mode := range []string{"complete", "stream"} {
		b.Run(mode, func(b *testing.B) {
			server := answering(b)
			m := open(b, llmtest.Setup{URL: server.URL, Key: "k", Client: server.Client()})
			r := llmtest.Ask(b, strings.Repeat("a passage of the handbook ", 200))
			raw, err := llm.SetFields(r.Body, map[string]any{"model": "m", "stream": mode != "complete"})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
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
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/v1/messages", bytes.NewReader(body))
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
