package messages_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/messages"
)

// same compares JSON by what it means.
func same(t *testing.T, what, want string, got json.RawMessage) {
	t.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%s: the golden is no JSON: %v", what, err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%s: %v in %s", what, err, got)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"a question": {
			`{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}`,
			`{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}`,
		},
		"settings, and fields that nobody knows": {
			`{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}],"temperature":0.5,"top_p":0.9,"top_k":5,
				"stream":true,"stop_sequences":["END"],"metadata":{"user_id":"u1"},"service_tier":"auto","brand_new":{"x":12345678901234567890}}`,
			`{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}],"temperature":0.5,"top_p":0.9,"top_k":5,
				"stream":true,"stop":["END"],"user":"u1","service_tier":"auto","brand_new":{"x":12345678901234567890}}`,
		},
		"system text": {
			`{"max_tokens":1,"system":"Be kind.","messages":[{"role":"user","content":"hi"}]}`,
			`{"max_tokens":1,"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"hi"}]}`,
		},
		"system blocks": {
			`{"max_tokens":1,"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},{"type":"text","text":"B"}],"messages":[{"role":"user","content":"hi"}]}`,
			`{"max_tokens":1,"messages":[{"role":"system","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]},{"role":"user","content":"hi"}]}`,
		},
		"pictures": {
			`{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO"}},
				{"type":"image","source":{"type":"url","url":"https://x.example/a.png"}},{"type":"text","text":"What?"}]}]}`,
			`{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}},
				{"type":"image_url","image_url":{"url":"https://x.example/a.png"}},{"type":"text","text":"What?"}]}]}`,
		},
		"documents": {
			`{"max_tokens":1,"messages":[{"role":"user","content":[
				{"type":"document","title":"Law","source":{"type":"text","media_type":"text/plain","data":"Article 1"}},
				{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"citations":{"enabled":true}},
				{"type":"document","source":{"type":"content","content":[{"type":"text","text":"inside"}]}},
				{"type":"search_result","title":"T","source":"https://x.example","content":[{"type":"text","text":"found"}]}]}]}`,
			`{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"Law"},{"type":"text","text":"Article 1"},
				{"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,JVBE"}},{"type":"text","text":"inside"},
				{"type":"text","text":"T\nhttps://x.example"},{"type":"text","text":"found"}]}]}`,
		},
		"tools in a conversation": {
			`{"max_tokens":1,"messages":[{"role":"user","content":"weather?"},
				{"role":"assistant","content":[{"type":"text","text":"Let me "},{"type":"text","text":"look."},{"type":"tool_use","id":"t1","name":"weather","input":{"city": "Köln"}},{"type":"tool_use","id":"t2","name":"time","input":{}}]},
				{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"rain"},{"type":"image","source":{"type":"url","url":"https://x.example/sky.png"}}]},
					{"type":"tool_result","tool_use_id":"t2","is_error":true,"content":"no clock"},{"type":"tool_result","tool_use_id":"t3"},{"type":"text","text":"And?"}]}]}`,
			`{"max_tokens":1,"messages":[{"role":"user","content":"weather?"},
				{"role":"assistant","content":"Let me look.","tool_calls":[{"id":"t1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Köln\"}"}},{"id":"t2","type":"function","function":{"name":"time","arguments":"{}"}}]},
				{"role":"tool","tool_call_id":"t1","content":"rain"},{"role":"tool","tool_call_id":"t2","content":"Error: no clock"},{"role":"tool","tool_call_id":"t3","content":""},
				{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/sky.png"}},{"type":"text","text":"And?"}]}]}`,
		},
		"thinking that was signed, and that was not": {
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"xx"},{"type":"tool_use","id":"t","name":"f","input":{}}]},
				{"role":"assistant","content":[{"type":"thinking","thinking":"free","signature":""},{"type":"text","text":"ok"}]},
				{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"text","text":"found"}]}]}`,
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"xx"}],"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},
				{"role":"assistant","content":"ok","reasoning_content":"free"},{"role":"assistant","content":"found"}]}`,
		},
		"tools": {
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","description":"does","input_schema":{"type":"object","properties":{"a":{"type":"string"}}},"cache_control":{"type":"ephemeral"}},
				{"type":"custom","name":"g","input_schema":{"type":"object"},"strict":true},{"type":"web_search_20250305","name":"web_search","max_uses":3}],"tool_choice":{"type":"any","disable_parallel_tool_use":true}}`,
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","description":"does","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}},
				{"type":"function","function":{"name":"g","parameters":{"type":"object"},"strict":true}},{"type":"web_search_20250305","name":"web_search","max_uses":3}],"tool_choice":"required","parallel_tool_calls":false}`,
		},
		"one tool": {
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f"}],"tool_choice":{"type":"tool","name":"f"}}`,
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}],"tool_choice":{"type":"function","function":{"name":"f"}}}`,
		},
		"a choice among nothing": {
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[],"tool_choice":{"type":"auto"}}`,
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}]}`,
		},
		"thinking much": {
			`{"max_tokens":9000,"messages":[{"role":"user","content":"hi"}],"thinking":{"type":"enabled","budget_tokens":8000}}`,
			`{"max_tokens":9000,"messages":[{"role":"user","content":"hi"}],"thinking":{"type":"enabled","budget_tokens":8000},"reasoning_effort":"high"}`,
		},
		"thinking a little": {
			`{"max_tokens":2000,"messages":[{"role":"user","content":"hi"}],"thinking":{"type":"enabled","budget_tokens":1024}}`,
			`{"max_tokens":2000,"messages":[{"role":"user","content":"hi"}],"thinking":{"type":"enabled","budget_tokens":1024},"reasoning_effort":"low"}`,
		},
		"not thinking": {
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"thinking":{"type":"disabled"}}`,
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"thinking":{"type":"disabled"}}`,
		},
		"a form for the answer": {
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"output_config":{"effort":"max","format":{"type":"json_schema","schema":{"type":"object"}}}}`,
			`{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"output_config":{"effort":"max","format":{"type":"json_schema","schema":{"type":"object"}}},
				"reasoning_effort":"high","response_format":{"type":"json_schema","json_schema":{"name":"output","schema":{"type":"object"}}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := messages.Request(json.RawMessage(c.in))
			if err != nil {
				t.Fatal(err)
			}
			same(t, name, c.want, got)
		})
	}
}

func TestRequestsThatAreNone(t *testing.T) {
	t.Parallel()
	one := func(content string) string {
		return `{"max_tokens":1,"messages":[{"role":"user","content":[` + content + `]}]}`
	}
	for want, in := range map[string]string{
		"no Messages API request":        `[1]`,
		"max_tokens: Field required":     `{"messages":[{"role":"user","content":"hi"}]}`,
		"at least 1":                     `{"max_tokens":0,"messages":[{"role":"user","content":"hi"}]}`,
		"at least one message":           `{"max_tokens":1,"messages":[]}`,
		`messages.0: role: "robot"`:      `{"max_tokens":1,"messages":[{"role":"robot","content":"hi"}]}`,
		"neither text nor a list":        `{"max_tokens":1,"messages":[{"role":"user","content":5}]}`,
		"system: content is neither":     `{"max_tokens":1,"system":7,"messages":[{"role":"user","content":"hi"}]}`,
		"tool_use_id":                    one(`{"type":"tool_result","content":"x"}`),
		"has no place here":              one(`{"type":"hologram"}`),
		"image: source: Field required":  one(`{"type":"image"}`),
		`media_type, or its url`:         one(`{"type":"image","source":{"type":"file","file_id":"f"}}`),
		"document's data":                one(`{"type":"document","source":{"type":"url","url":"https://x.example/a.pdf"}}`),
		"no provider but Anthropic":      one(`{"type":"container_upload","file_id":"f"}`),
		"id and name":                    `{"max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{}}]}]}`,
		"tools.0: name: Field required":  `{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"description":"x"}]}`,
		`tool_choice: type: "must"`:      `{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f"}],"tool_choice":{"type":"must"}}`,
		"tool_choice: name: Field requi": `{"max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f"}],"tool_choice":{"type":"tool"}}`,
	} {
		_, err := messages.Request(json.RawMessage(in))
		if llm.KindOf(err) != llm.BadRequest || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
			continue
		}
		status, body := messages.Error(llm.AsError(err))
		var told struct {
			Type  string
			Error struct{ Type, Message string }
		}
		if json.Unmarshal(body, &told) != nil || status != 400 || told.Type != "error" || told.Error.Type != "invalid_request_error" || !strings.Contains(told.Error.Message, want) {
			t.Errorf("%d %s", status, body)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add(`{"max_tokens":1,"system":"s","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],"tools":[{"name":"f"}]}`)
	f.Add(`{"max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"b","input":[1]}]}]}`)
	f.Fuzz(func(t *testing.T, in string) {
		out, err := messages.Request(json.RawMessage(in))
		if err != nil {
			if llm.KindOf(err) != llm.BadRequest {
				t.Errorf("%v", err)
			}
			return
		}
		if !json.Valid(out) {
			t.Errorf("%s", out)
		}
	})
}
