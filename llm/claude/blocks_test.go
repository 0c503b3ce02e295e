package claude_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/claude"
	"github.com/tribunebot/tribune/llm/llmtest"
)

const cached = `"cache_control":{"type":"ephemeral"}`

// TestBlocks is the table of what becomes of one message's content and fields.
func TestBlocks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ message, want string }{
		"a mark on a part": {
			`"content":[{"type":"text","text":"a",` + cached + `},{"type":"image_url","image_url":{"url":"https://x/y","detail":"low"},` + cached + `}]`,
			`[{"type":"text","text":"a",` + cached + `},{"type":"image","source":{"type":"url","url":"https://x/y"},` + cached + `}]`,
		},
		"a mark on the message":    {`"content":"a",` + cached, `[{"type":"text","text":"a",` + cached + `}]`},
		"a mark on both":           {`"cache_control":{"type":"ephemeral","ttl":"1h"},"content":[{"type":"text","text":"a",` + cached + `}]`, `[{"type":"text","text":"a",` + cached + `}]`},
		"a mark on the last block": {`"content":[{"type":"text","text":"a"},{"text":"b"}],` + cached, `[{"type":"text","text":"a"},{"type":"text","text":"b",` + cached + `}]`},
		"a mark that is null":      {`"content":[{"type":"text","text":"a","cache_control":null}],"cache_control":null`, `[{"type":"text","text":"a"}]`},
		"what OpenAI has there":    {`"content":[{"type":"text","text":"a","image_url":null,"annotations":[],"x_new":1.50}]`, `[{"type":"text","text":"a","x_new":1.50}]`},
		"blank texts":              {`"content":[{"type":"text","text":" \n\t"},{"type":"text","text":"\u00a0"},{"type":"text","text":" \u0061"}]`, `[{"type":"text","text":" a"}]`},
		"Anthropic's own": {
			`"content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"},"citations":{"enabled":true}}]`,
			`[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"},"citations":{"enabled":true}}]`,
		},
		"a PDF": {
			`"content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"},` + cached + `}]`,
			`[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"title":"a.pdf",` + cached + `}]`,
		},
		"a text": {
			`"content":[{"type":"file","file":{"filename":"a.txt","file_data":"data:text/markdown;base64,IkhpIg=="}}]`,
			`[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"\"Hi\""},"title":"a.txt"}]`,
		},
		"a picture as a file": {
			`"content":[{"type":"file","file":{"filename":"a.png","file_data":"data:image\/png;base64,AAAA"}}]`,
			`[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]`,
		},
		"files elsewhere": {
			`"content":[{"type":"file","file":{"file_id":"file_1"}},{"type":"file","file":{"file_id":"https://x/a.pdf"}}]`,
			`[{"type":"document","source":{"type":"file","file_id":"file_1"}},{"type":"document","source":{"type":"url","url":"https://x/a.pdf"}}]`,
		},
	} {
		got, err := sent(t, `{"messages":[{"role":"user",`+test.message+`}]}`)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		raw, err := json.Marshal(got["messages"])
		if err != nil {
			t.Fatal(err)
		}
		same(t, name, `[{"role":"user","content":`+test.want+`}]`, raw)
	}
}

// TestCalls shows how calls of tools, and what they gave, stand in a request.
func TestCalls(t *testing.T) {
	t.Parallel()
	got, err := sent(t, `{"messages":[{"role":"user","content":"Hi"},
		{"role":"assistant","content":[{"type":"refusal","refusal":"No."}],`+cached+`,"tool_calls":[
			{"id":"functions.f:0","type":"function","function":{"name":"f","arguments":" {\"n\":12345678901234567890}"}},
			{"id":"c2","type":"function","function":{"name":"f","arguments":"[1]"}},
			{"id":"c3","type":"function","function":{"name":"f","arguments":{"a":1}}}]},
		{"role":"tool","tool_call_id":"functions.f:0","content":[{"type":"text","text":"one",`+cached+`},{"type":"image_url","image_url":"data:image/png;base64,AA"}]},
		{"role":"tool","tool_call_id":"c2","content":"","is_error":true},
		{"role":"tool","tool_call_id":"c3","content":"three",`+cached+`}],
		"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{}},`+cached+`},"defer_loading":true,"x":null},
			{"type":"web_search_20250305","name":"web_search","max_uses":5},{"type":"custom","custom":{"name":"g"}},
			{"type":"custom","name":"h","input_schema":{"type":"object"}},{"type":"function","function":{"name":"i","parameters":null},`+cached+`}]}`)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{"messages": got["messages"], "tools": got["tools"], "tool_choice": got["tool_choice"]})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "calls", `{"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]},
		{"role":"assistant","content":[{"type":"text","text":"No."},
			{"type":"tool_use","id":"functions_f_0","name":"f","input":{"n":12345678901234567890}},
			{"type":"tool_use","id":"c2","name":"f","input":{}},{"type":"tool_use","id":"c3","name":"f","input":{"a":1},`+cached+`}]},
		{"role":"user","content":[
			{"type":"tool_result","tool_use_id":"functions_f_0","content":[{"type":"text","text":"one",`+cached+`},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA"}}]},
			{"type":"tool_result","tool_use_id":"c2","is_error":true},
			{"type":"tool_result","tool_use_id":"c3","content":[{"type":"text","text":"three"}],`+cached+`}]}],
		"tools":[{"name":"f","input_schema":{"type":"object","properties":{}},`+cached+`,"defer_loading":true},
			{"type":"web_search_20250305","name":"web_search","max_uses":5},{"type":"custom","name":"h","input_schema":{"type":"object"}},
			{"name":"i","input_schema":{"type":"object"},`+cached+`}],
		"tool_choice":{"type":"auto"}}`, raw)
}

// TestAnthropicsFields shows fields that have a place at Anthropic's.
func TestAnthropicsFields(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"known to Anthropic": {
			`"mcp_servers":[{"type":"url","url":"https://x","name":"x"}],"container":"c","context_management":{"edits":[]},"inference_geo":"us"`,
			`"mcp_servers":[{"type":"url","url":"https://x","name":"x"}],"container":"c","context_management":{"edits":[]},"inference_geo":"us"`,
		},
		"who asks":            {`"metadata":{"user_id":"u1","trace":"x"},"user":"u2"`, `"metadata":{"user_id":"u1"}`},
		"who asks, in OpenAI": {`"metadata":{"trace":"x"},"user":"u2"`, `"metadata":{"user_id":"u2"}`},
		"Anthropic's tiers":   {`"service_tier":"standard_only"`, `"service_tier":"standard_only"`},
		"OpenAI's tiers":      {`"service_tier":"flex"`, `"x":1`},
		"Anthropic's stops":   {`"stop_sequences":["A"]`, `"stop_sequences":["A"]`},
		"both":                {`"stop_sequences":["A"],"stop":["B"]`, `"stop_sequences":["B"]`},
		"the system's words":  {`"system":[{"type":"text","text":"Be kind.",` + cached + `}]`, `"system":[{"type":"text","text":"Be kind.",` + cached + `}]`},
		"as a text":           {`"system":"Be kind."`, `"system":[{"type":"text","text":"Be kind."}]`},
		"a form of its own": {
			`"response_format":{"type":"json_object"},"output_config":{"format":{"type":"json_schema","schema":{}}}`,
			`"output_config":{"format":{"type":"json_schema","schema":{}}}`,
		},
		"no limits":      {`"max_tokens":null,"max_completion_tokens":0,"temperature":null,"top_p":0.25`, `"top_p":0.25`},
		"an odd number":  {`"max_tokens":12.0,"temperature":0.70`, `"max_tokens":12,"temperature":0.70`},
		"stops that are": {`"stop":[" ","\n","a\n",null]`, `"stop_sequences":["a\n"]`},
	} {
		if test.want == `"x":1` {
			test.body += `,"x":1`
		}
		got, err := sent(t, `{`+hello+`,`+test.body+`}`)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, usual := range []string{"model", "messages"} {
			delete(got, usual)
		}
		if got["max_tokens"] == 8192.0 {
			delete(got, "max_tokens")
		}
		raw, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		same(t, name, `{`+test.want+`}`, raw)
	}
}

func TestFieldsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no number":        `{` + hello + `,"temperature":"warm"}`,
		"no limit":         `{` + hello + `,"max_tokens":"many"}`,
		"a file of none":   `{"messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a"}}]}]}`,
		"a text in base63": `{"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/plain;base64,!"}}]}]}`,
		"quotes in base64": `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\"}"}}]}]}`,
		"messages of none": `{"messages":"Hello"}`,
		"a list":           `[]`,
		"after the object": `{` + hello + `} {}`,
	} {
		if _, err := sent(t, body); llm.KindOf(err) != llm.BadRequest {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

// TestSignIn shows the headers that endpoints want: Anthropic's key, and a
// bearer token for others, which then is a secret too.
func TestSignIn(t *testing.T) {
	t.Parallel()
	const token = "Bearer canary-token-of-the-cloud"
	server := llmtest.NewServer(t, llmtest.Say("Yes."), llmtest.Refuse(http.StatusUnauthorized, "who is "+token+"?"))
	m, err := claude.New(claude.Options{
		Model: "c", BaseURL: server.URL + "/", HTTPClient: server.Client(),
		Header: http.Header{"Authorization": {token}, "anthropic-beta": {"a,b"}, "anthropic-version": {"2099-01-01"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?")); err != nil {
		t.Fatal(err)
	}
	h := server.Requests()[0].Header
	if h.Get("Authorization") != token || h.Get("Anthropic-Beta") != "a,b" || h.Get("Anthropic-Version") != "2099-01-01" || h.Values("X-Api-Key") != nil {
		t.Errorf("headers = %v", h)
	}
	_, err = m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
	if e := llm.AsError(err); e == nil || e.Kind != llm.Unauthorised || e.Error() == "" || len(m.Header) != 3 {
		t.Errorf("error = %v", err)
	} else if text := e.Error(); strings.Contains(text, "canary-token") {
		t.Errorf("the token is in %q", text)
	}
}
