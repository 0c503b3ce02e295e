package claude_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

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

// BenchmarkOverhead is what the model adds to a call, see llmtest.Overhead.
func BenchmarkOverhead(b *testing.B) {
	for _, mode := range []string{"complete", "stream"} {
		b.Run(mode, func(b *testing.B) {
			server := answering(b)
			m := open(b, llmtest.Setup{URL: server.URL, Key: "k", Client: server.Client()})
			llmtest.Overhead(b, m, server.Client(), server.URL+"/v1/messages", mode != "complete")
		})
	}
}
