package report

import (
	"encoding/json"
	"strings"
)

// answerText is what the model says in tests.
const answerText = "Thirty days, in writing."

// chunks are a stream of it.
func chunks() []json.RawMessage {
	head, tail, _ := strings.Cut(answerText, ",")
	return []json.RawMessage{
		[]byte(`{"id":"chatcmpl-7","choices":[{"index":0,"delta":{"role":"assistant","content":"` + head + `"}}]}`),
		[]byte(`{"id":"chatcmpl-7","choices":[{"index":0,"delta":{"content":",` + tail + `"}}]}`),
		[]byte(`{"id":"chatcmpl-7","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`),
	}
}

// answer is the same as a whole completion.
func answer() json.RawMessage {
	return []byte(`{"id":"chatcmpl-7","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"` + answerText + `"}}]}`)
}
