package messages_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/messages"
)

func TestResponse(t *testing.T) {
	t.Parallel()
	whole := func(message, finish, usage string) string {
		return `{"id":"c1","model":"m","choices":[{"index":0,"message":` + message + `,"finish_reason":` + finish + `}],"usage":` + usage + `}`
	}
	answer := func(content, stop, usage string) string {
		return `{"id":"msg_c1","type":"message","role":"assistant","model":"m","content":` + content + `,"stop_reason":"` + stop + `","stop_sequence":null,"usage":` + usage + `}`
	}
	const free, zero = `null`, `{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}`
	for name, c := range map[string]struct{ in, want string }{
		"text": {
			whole(`{"role":"assistant","content":"hello"}`, `"stop"`, `{"prompt_tokens":10,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}`),
			answer(`[{"type":"text","text":"hello"}]`, "end_turn", `{"input_tokens":6,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":2}`),
		},
		"reasoning": {
			whole(`{"content":"4","reasoning_content":"2+2"}`, `"length"`, free),
			answer(`[{"type":"thinking","thinking":"2+2","signature":""},{"type":"text","text":"4"}]`, "max_tokens", zero),
		},
		"reasoning by its other name, text in parts": {
			whole(`{"content":[{"type":"text","text":"4"}],"reasoning":"2+2"}`, `"stop"`, free),
			answer(`[{"type":"thinking","thinking":"2+2","signature":""},{"type":"text","text":"4"}]`, "end_turn", zero),
		},
		"signed thinking": {
			whole(`{"content":"4","reasoning_content":"2+2","thinking_blocks":[{"type":"thinking","thinking":"2+2","signature":"s"},{"type":"redacted_thinking","data":"d"}]}`, `"stop"`, free),
			answer(`[{"type":"thinking","thinking":"2+2","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"4"}]`, "end_turn", zero),
		},
		"tools": {
			whole(`{"content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"function":{"name":"g","arguments":""}},{"id":"t3","function":{"name":"h","arguments":"{broken"}}]}`, `"stop"`, free),
			answer(`[{"type":"tool_use","id":"t1","name":"f","input":{"a":1}},{"type":"tool_use","id":"toolu_1","name":"g","input":{}},{"type":"tool_use","id":"t3","name":"h","input":{"arguments":"{broken"}}]`, "tool_use", zero),
		},
		"a refusal": {
			whole(`{"content":null,"refusal":"I won't."}`, `"content_filter"`, free),
			answer(`[{"type":"text","text":"I won't."}]`, "refusal", zero),
		},
		"nothing": {whole(`{"content":""}`, `null`, free), answer(`[]`, "end_turn", zero)},
	} {
		got, err := messages.Response(json.RawMessage(c.in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same(t, name, c.want, got)
	}
	for _, in := range []string{`{"choices":[]}`, `[]`, ``, `{"choices":5}`} {
		if _, err := messages.Response(json.RawMessage(in)); llm.KindOf(err) != llm.BadResponse {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e      llm.Error
		status int
		kind   string
	}{
		{llm.Error{Kind: llm.BadRequest, Status: 422}, 400, "invalid_request_error"},
		{llm.Error{Kind: llm.BadRequest, Status: 413}, 413, "request_too_large"},
		{llm.Error{Kind: llm.ContextWindow}, 400, "invalid_request_error"},
		{llm.Error{Kind: llm.ContentPolicy}, 400, "invalid_request_error"},
		{llm.Error{Kind: llm.Unauthorised, Status: 401}, 401, "authentication_error"},
		{llm.Error{Kind: llm.Unauthorised, Status: 403}, 403, "permission_error"},
		{llm.Error{Kind: llm.NoFunds}, 402, "billing_error"},
		{llm.Error{Kind: llm.NoSuchModel}, 404, "not_found_error"},
		{llm.Error{Kind: llm.RateLimited, Status: 429}, 429, "rate_limit_error"},
		{llm.Error{Kind: llm.OverBudget}, 429, "rate_limit_error"},
		{llm.Error{Kind: llm.NoDeployment}, 429, "rate_limit_error"},
		{llm.Error{Kind: llm.Timeout}, 504, "timeout_error"},
		{llm.Error{Kind: llm.Overloaded, Status: 503}, 529, "overloaded_error"},
		{llm.Error{Kind: llm.Overloaded, Status: 500}, 500, "api_error"},
		{llm.Error{Kind: llm.Unreachable}, 502, "api_error"},
		{llm.Error{Kind: llm.BadResponse}, 502, "api_error"},
		{llm.Error{Kind: llm.Cancelled}, 503, "api_error"},
		{llm.Error{Kind: "new"}, 500, "api_error"},
	} {
		c.e.Provider, c.e.Err = "p", errors.New("it said \"no\"")
		status, body := messages.Error(&c.e)
		if status != c.status {
			t.Errorf("%s: status %d, want %d", c.e.Kind, status, c.status)
		}
		text, err := json.Marshal(c.e.Error())
		if err != nil {
			t.Fatal(err)
		}
		same(t, string(c.e.Kind), `{"type":"error","error":{"type":"`+c.kind+`","message":`+string(text)+`}}`, body)
	}
}
