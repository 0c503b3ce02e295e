package claude_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/claude"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/messages"
)

// same compares JSON by its meaning.
func same(t *testing.T, what, want string, got []byte) {
	t.Helper()
	var wanted, found any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: %v in %s", what, err, want)
	}
	if err := json.Unmarshal(got, &found); err != nil {
		t.Errorf("%s: %v in %s", what, err, got)
		return
	}
	if diff := cmp.Diff(wanted, found); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestThoughtsGoBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ message, want string }{
		"signed and redacted, before all else": {
			`{"role":"assistant","content":"Yes.","reasoning_content":"Hm.","thinking_blocks":[
				{"type":"thinking","thinking":"H\u006d.","signature":"s1"},{"type":"redacted_thinking","data":"xyz"}],
				"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]}`,
			`[{"type":"thinking","thinking":"Hm.","signature":"s1"},{"type":"redacted_thinking","data":"xyz"},
				{"type":"text","text":"Yes."},{"type":"tool_use","id":"t1","name":"f","input":{}}]`,
		},
		"nobody signed it": {
			`{"role":"assistant","content":"Yes.","thinking_blocks":[{"type":"thinking","thinking":"Hm.","signature":""},{"type":"thinking","thinking":"Hm."}]}`,
			`[{"type":"text","text":"Yes."}]`,
		},
		"its text is hidden": {
			`{"role":"assistant","content":"Yes.","thinking_blocks":[{"type":"thinking","thinking":"","signature":"s1"}]}`,
			`[{"type":"thinking","thinking":"","signature":"s1"},{"type":"text","text":"Yes."}]`,
		},
		"in the content": {
			`{"role":"assistant","content":[{"type":"text","text":"Yes."},{"type":"thinking","thinking":"Hm.","signature":"s1"}]}`,
			`[{"type":"thinking","thinking":"Hm.","signature":"s1"},{"type":"text","text":"Yes."}]`,
		},
		"no mark for the cache": {
			`{"role":"assistant","content":"","cache_control":{"type":"ephemeral"},"thinking_blocks":[{"type":"thinking","thinking":"Hm.","signature":"s1"}]}`,
			`[{"type":"thinking","thinking":"Hm.","signature":"s1"}]`,
		},
	} {
		got, err := sent(t, `{"messages":[{"role":"user","content":"Really?"},`+test.message+`,{"role":"user","content":"Sure?"}]}`)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		raw, err := json.Marshal(got["messages"])
		if err != nil {
			t.Fatal(err)
		}
		same(t, name, `[{"role":"user","content":[{"type":"text","text":"Really?"}]},{"role":"assistant","content":`+test.want+`},
			{"role":"user","content":[{"type":"text","text":"Sure?"}]}]`, raw)
	}
}

// thoughtful is an answer with every sort of thought in it.
const thoughtful = `[{"type":"thinking","thinking":"Article \"47\"…\n","signature":"s1"},{"type":"redacted_thinking","data":"xyz"},
	{"type":"thinking","thinking":"","signature":"s2"},{"type":"text","text":"Two "},{"type":"text","text":"\u6708."},
	{"type":"tool_use","id":"t1","name":"law","input":{"n": 47, "q":"<a>"}}]`

func TestThoughtsOfAnAnswer(t *testing.T) {
	t.Parallel()
	m := answers(t, `{"id":"m1","type":"message","role":"assistant","model":"c-1","content":`+thoughtful+`,"stop_reason":"tool_use",
		"usage":{"input_tokens":5,"cache_creation_input_tokens":30,"cache_read_input_tokens":20,"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}}}`)
	resp, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := llm.SetFields(resp.Body, map[string]any{"created": nil})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "completion", `{"id":"m1","object":"chat.completion","model":"c-1","choices":[{"index":0,"finish_reason":"tool_calls","message":{
		"role":"assistant","content":"Two 月.","reasoning_content":"Article \"47\"…\n","thinking_blocks":[
			{"type":"thinking","thinking":"Article \"47\"…\n","signature":"s1"},{"type":"redacted_thinking","data":"xyz"},
			{"type":"thinking","thinking":"","signature":"s2"}],
		"tool_calls":[{"id":"t1","type":"function","function":{"name":"law","arguments":"{\"n\": 47, \"q\":\"<a>\"}"}}]}}],
		"usage":{"prompt_tokens":55,"completion_tokens":9,"total_tokens":64,
			"prompt_tokens_details":{"cached_tokens":20,"cache_creation_tokens":30},"completion_tokens_details":{"reasoning_tokens":4}}}`, body)
	if diff := cmp.Diff(&llm.Usage{Prompt: 55, Completion: 9, Cached: 20, Reasoning: 4}, resp.Usage); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	if resp.Model != "c-1" {
		t.Errorf("model = %q", resp.Model)
	}
}

// TestThoughtsRoundTrip lets Anthropic's protocol go through OpenAI's words to
// Anthropic and back, and then the answer forth again.
func TestThoughtsRoundTrip(t *testing.T) {
	t.Parallel()
	const turns = `{"role":"user","content":[{"type":"text","text":"Really?"}]},{"role":"assistant","content":`
	content := strings.Replace(thoughtful, `{"type":"text","text":"Two "},{"type":"text","text":"\u6708."}`, `{"type":"text","text":"Two \u6708."}`, 1)
	server := llmtest.NewServer(t, llmtest.Say("Yes."))
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	chat, err := messages.Request(json.RawMessage(`{"model":"m","max_tokens":5,"messages":[` + turns + content + `}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Complete(t.Context(), llm.Request{Body: chat}); err != nil {
		t.Fatal(err)
	}
	same(t, "what Anthropic got", `[`+turns+content+`}]`, llm.Field(server.Requests()[0].Body, "messages"))

	whole, err := answers(t, `{"id":"msg_1","type":"message","role":"assistant","model":"c","content":`+content+`,"stop_reason":"tool_use"}`).
		Complete(t.Context(), llmtest.Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	back, err := messages.Response(whole.Body)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "what came back", content, llm.Field(back, "content"))
}

func TestEffort(t *testing.T) {
	t.Parallel()
	const tools = `,"tools":[{"type":"function","function":{"name":"f"}}]`
	const called = `"messages":[{"role":"user","content":"Hi"},{"role":"assistant","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t","content":"x"}]`
	for name, test := range map[string]struct{ body, thinking, temperature string }{
		"low":                       {hello + `,"reasoning_effort":"low"`, `{"type":"enabled","budget_tokens":1024}`, ""},
		"medium, and a temperature": {hello + `,"reasoning_effort":"medium","temperature":0.5`, `{"type":"enabled","budget_tokens":2048}`, ""},
		"high":                      {hello + `,"reasoning_effort":"high","max_tokens":4097`, `{"type":"enabled","budget_tokens":4096}`, ""},
		"no room for an answer":     {hello + `,"reasoning_effort":"high","max_tokens":4096,"temperature":0.5`, "", "0.5"},
		"none":                      {hello + `,"reasoning_effort":"none"`, "", ""},
		"minimal":                   {hello + `,"reasoning_effort":"minimal"`, "", ""},
		"null":                      {hello + `,"reasoning_effort":null`, "", ""},
		"the caller's thinking":     {hello + `,"reasoning_effort":"high","thinking":{"type":"disabled"}`, `{"type":"disabled"}`, ""},
		"the caller's effort":       {hello + `,"reasoning_effort":"high","output_config":{"effort":"low"}`, "", ""},
		"a tool that has to be":     {hello + tools + `,"reasoning_effort":"high","tool_choice":"required"`, "", ""},
		"a tool that may be":        {hello + tools + `,"reasoning_effort":"low","tool_choice":"auto"`, `{"type":"enabled","budget_tokens":1024}`, ""},
		"amid thoughtless calls":    {called + tools + `,"reasoning_effort":"low"`, "", ""},
		"asked anew after calls":    {strings.Replace(called, `"content":"x"}`, `"content":"x"},{"role":"user","content":"And?"}`, 1) + `,"reasoning_effort":"low"`, `{"type":"enabled","budget_tokens":1024}`, ""},
	} {
		got, err := sent(t, `{`+test.body+`,"top_k":5}`)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		thinking, temperature := "", ""
		if got["thinking"] != nil {
			raw, err := json.Marshal(got["thinking"])
			if err != nil {
				t.Fatal(err)
			}
			same(t, name, test.thinking, raw)
			thinking = test.thinking
		}
		if n, ok := got["temperature"].(float64); ok && n == 0.5 {
			temperature = "0.5"
		}
		derived := strings.Contains(test.thinking, "budget")
		if thinking != test.thinking || temperature != test.temperature || (got["top_k"] == nil) != derived || got["reasoning_effort"] != nil {
			t.Errorf("%s: sent %v", name, got)
		}
	}
}

// TestEffortIsLearnt shows which models are asked how, once they have refused.
func TestEffortIsLearnt(t *testing.T) {
	t.Parallel()
	body := json.RawMessage(`{` + hello + `,"reasoning_effort":"medium","output_config":{"format":{"type":"json_schema","schema":{}}}}`)
	for name, test := range map[string]struct {
		refuse func(thinking string) string // why; empty: it answers
		want   []string                     // thinking of the calls for two answers
		config string                       // output_config of the last
	}{
		"newer models": {
			func(thinking string) string {
				if strings.Contains(thinking, "budget") {
					return `"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort"`
				}
				return ""
			},
			[]string{"enabled", "adaptive", "adaptive"},
			`{"effort":"medium","format":{"type":"json_schema","schema":{}}}`,
		},
		"models that do not think": {
			func(thinking string) string {
				if thinking != "" {
					return "this model does not support thinking"
				}
				return ""
			},
			[]string{"enabled", "", ""},
			`{"format":{"type":"json_schema","schema":{}}}`,
		},
		"this request only": {
			func(thinking string) string {
				if thinking != "" {
					return "messages.1.content.0.type: Expected `thinking`, but found `text`"
				}
				return ""
			},
			[]string{"enabled", "", "enabled", ""},
			`{"format":{"type":"json_schema","schema":{}}}`,
		},
	} {
		server := llmtest.NewServer(t, llmtest.Respond(func(r llmtest.Request) llmtest.Step {
			if why := test.refuse(string(llm.Field(r.Body, "thinking"))); why != "" {
				return llmtest.Refuse(http.StatusBadRequest, why)
			}
			return llmtest.Say("Yes.")
		}))
		m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
		for range 2 {
			if _, err := m.Complete(t.Context(), llm.Request{Body: body}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		var got []string
		var config json.RawMessage
		for _, r := range server.Requests() {
			var thinking struct{ Type string }
			if raw := llm.Field(r.Body, "thinking"); raw != nil {
				if err := json.Unmarshal(raw, &thinking); err != nil {
					t.Fatal(err)
				}
			}
			got = append(got, thinking.Type)
			config = llm.Field(r.Body, "output_config")
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: thinking (-want +got):\n%s", name, diff)
		}
		same(t, name, test.config, config)
	}
}

// TestTheCallersThinkingIsNotGivenUp shows that a refusal of what the caller
// asked in Anthropic's own words reaches the caller.
func TestTheCallersThinkingIsNotGivenUp(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Respond(func(r llmtest.Request) llmtest.Step {
		switch {
		case llm.Field(r.Body, "temperature") != nil && llm.Field(r.Body, "thinking") != nil:
			return llmtest.Refuse(http.StatusBadRequest, "temperature may only be set to 1 when thinking is enabled")
		case llm.Field(r.Body, "thinking") != nil:
			return llmtest.Refuse(http.StatusBadRequest, "thinking is not supported")
		}
		return llmtest.Say("Yes.")
	}))
	m, err := claude.New(claude.Options{Model: "c", BaseURL: server.URL, HTTPClient: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	asks := func(extra string) error {
		_, err := m.Complete(t.Context(), llm.Request{Body: json.RawMessage(`{` + hello + `,"temperature":0.2` + extra + `}`)})
		return err
	}
	if err := asks(`,"thinking":{"type":"enabled","budget_tokens":1024}`); llm.KindOf(err) != llm.BadRequest || !strings.Contains(err.Error(), "thinking is not supported") {
		t.Errorf("error = %v", err)
	}
	if err := asks(""); err != nil {
		t.Fatal(err)
	}
	requests := server.Requests()
	if len(requests) != 3 || llm.Field(requests[2].Body, "temperature") == nil {
		t.Errorf("%d calls: a temperature that only thinking forbids was given up for good", len(requests))
	}
}
