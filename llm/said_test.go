package llm_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want []llm.Message
	}{
		"text and parts": {
			`{"messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"what "},{"type":"image_url","image_url":{"url":"data:x"}},{"type":"text","text":"is it?"}]}]}`,
			[]llm.Message{{Role: "system", Text: "be brief"}, {Role: "user", Text: "what is it?"}},
		},
		"no text":     {`{"messages":[{"role":"assistant","content":null,"tool_calls":[]}]}`, []llm.Message{{Role: "assistant"}}},
		"no messages": {`{"prompt":"x"}`, nil},
		"no JSON":     {`{"messages":`, nil},
		"odd types":   {`{"messages":"hello"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, llm.Messages(json.RawMessage(test.body))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
