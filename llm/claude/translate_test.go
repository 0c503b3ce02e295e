package claude_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/claude"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// sent returns what Anthropic is asked when we are asked this.
func sent(t *testing.T, body string) (map[string]any, error) {
	t.Helper()
	server := llmtest.NewServer(t, llmtest.Say("Yes."))
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	if _, err := m.Complete(t.Context(), llm.Request{Body: json.RawMessage(body)}); err != nil {
		return nil, err
	}
	r := server.Requests()[0]
	if r.Header.Get("Anthropic-Version") == "" || r.Header.Get("Authorization") != "" {
		t.Errorf("headers = %v", r.Header)
	}
	var got map[string]any
	if err := json.Unmarshal(r.Body, &got); err != nil {
		t.Fatal(err)
	}
	return got, nil
}

const hello = `"messages":[{"role":"user","content":"Hello"}]`

func TestRequestFields(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"plain": {
			`{` + hello + `}`,
			`"max_tokens":8192,"messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}]`,
		},
		"limits and sampling": {
			`{` + hello + `,"max_tokens":100,"max_completion_tokens":200,"temperature":1.7,"top_p":0.5,"stop":["END"," "],"user":"u1"}`,
			`"max_tokens":200,"temperature":1,"stop_sequences":["END"],"metadata":{"user_id":"u1"},
			 "messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}]`,
		},
		"top_p alone, one stop": {
			`{` + hello + `,"top_p":0.5,"stop":"END","max_tokens":null}`,
			`"max_tokens":8192,"top_p":0.5,"stop_sequences":["END"],"messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}]`,
		},
		"unknown passes, OpenAI's own does not": {
			`{` + hello + `,"seed":1,"n":1,"logprobs":true,"metadata":{"a":"b"},"thinking":{"type":"adaptive"},"top_k":5,"stream_options":{"include_usage":true}}`,
			`"max_tokens":8192,"thinking":{"type":"adaptive"},"top_k":5,"messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}]`,
		},
		"a conversation": {
			`{"messages":[
				{"role":"system","content":"Be brief."},
				{"role":"developer","content":[{"type":"text","text":"Be kind."}]},
				{"role":"user","content":"Hi"},{"role":"user","content":"there"},
				{"role":"assistant","content":"Hello."},{"role":"assistant","content":""},
				{"role":"user","content":[{"type":"text","text":"See:"},
					{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
					{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}]}`,
			`"max_tokens":8192,"system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Be kind."}],"messages":[
				{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"text","text":"there"}]},
				{"role":"assistant","content":[{"type":"text","text":"Hello."}]},
				{"role":"user","content":[{"type":"text","text":"See:"},
					{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
					{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}]}]`,
		},
		"tools and their results": {
			`{"messages":[{"role":"user","content":"Hi"},
				{"role":"assistant","content":null,"tool_calls":[
					{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":12345678}"}},
					{"id":"t2","type":"function","function":{"name":"g","arguments":"oops"}}]},
				{"role":"tool","tool_call_id":"t1","content":"one"},
				{"role":"tool","tool_call_id":"t2","content":[{"type":"text","text":"two"}]}],
			  "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"anyOf":[{"type":"integer"}]}}}}},
				{"type":"function","function":{"name":"g"}}],
			  "tool_choice":"required","parallel_tool_calls":false}`,
			`"max_tokens":8192,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]},
				{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"a":12345678}},{"type":"tool_use","id":"t2","name":"g","input":{}}]},
				{"role":"user","content":[
					{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"one"}]},
					{"type":"tool_result","tool_use_id":"t2","content":[{"type":"text","text":"two"}]}]}],
			 "tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"a":{"anyOf":[{"type":"integer"}]}}}},
				{"name":"g","input_schema":{"type":"object"}}],
			 "tool_choice":{"type":"any","disable_parallel_tool_use":true}`,
		},
	} {
		got, err := sent(t, test.body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(`{"model":"claude-haiku-5-5",`+test.want+`}`), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestToolChoice(t *testing.T) {
	t.Parallel()
	const tools = `,"tools":[{"type":"function","function":{"name":"f"}}]`
	for choice, want := range map[string]string{
		`"auto"`: `{"type":"auto"}`, `"none"`: `{"type":"none"}`, `"required"`: `{"type":"any"}`, `null`: `{"type":"auto"}`,
		`{"type":"function","function":{"name":"f"}}`: `{"type":"tool","name":"f"}`,
	} {
		got, err := sent(t, `{`+hello+tools+`,"tool_choice":`+choice+`}`)
		if err != nil {
			t.Fatal(err)
		}
		var wanted any
		if json.Unmarshal([]byte(want), &wanted) != nil || !cmp.Equal(wanted, got["tool_choice"]) {
			t.Errorf("%s became %v, want %s", choice, got["tool_choice"], want)
		}
	}
}

func TestResponseFormatIsAnInstruction(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		`{"type":"json_object"}`: "one JSON object",
		`{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","required":["answer"]}}}`: `"required":["answer"]`,
	} {
		got, err := sent(t, `{`+hello+`,"response_format":`+format+`}`)
		if err != nil {
			t.Fatal(err)
		}
		if system := fmt.Sprint(got["system"]); !strings.Contains(system, want) {
			t.Errorf("%s: system = %s, want %q in it", format, system, want)
		}
	}
	if got, err := sent(t, `{`+hello+`,"response_format":{"type":"text"}}`); err != nil || got["system"] != nil {
		t.Errorf("plain text: %v, %v", got["system"], err)
	}
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no JSON":         `hello`,
		"no messages":     `{"messages":[]}`,
		"only the system": `{"messages":[{"role":"system","content":"x"}]}`,
		"unknown role":    `{"messages":[{"role":"narrator","content":"x"}]}`,
		"sound":           `{"messages":[{"role":"user","content":[{"type":"input_audio"}]}]}`,
		"odd content":     `{"messages":[{"role":"user","content":7}]}`,
		"odd picture":     `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,x"}}]}]}`,
		"whose result":    `{"messages":[{"role":"user","content":"x"},{"role":"tool","content":"y"}]}`,
	} {
		if _, err := sent(t, body); llm.KindOf(err) != llm.BadRequest {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

func TestFinishReasonsAndUsage(t *testing.T) {
	t.Parallel()
	for finish, want := range map[string]string{
		"stop": "stop", "length": "length", "stop_sequence": "stop", "pause_turn": "stop", "content_filter": "content_filter",
		"model_context_window_exceeded": "length",
	} {
		step := llmtest.Say("Yes, ", "so far")
		step.Finish = finish
		step.Usage = &llm.Usage{Prompt: 100, Completion: 9, Cached: 60}
		server := llmtest.NewServer(t, step)
		m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
		whole, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
		if err != nil {
			t.Fatal(err)
		}
		streamed, err := llm.Collect(m.Stream(t.Context(), llmtest.Ask(t, "Really?")))
		if err != nil {
			t.Fatal(err)
		}
		for mode, resp := range map[string]llm.Response{"complete": whole, "stream": streamed} {
			var body struct {
				Choices []struct {
					Finish string `json:"finish_reason"`
				}
				Usage struct {
					Total   int `json:"total_tokens"`
					Details struct {
						Cached int `json:"cached_tokens"`
					} `json:"prompt_tokens_details"`
				}
			}
			if err := json.Unmarshal(resp.Body, &body); err != nil {
				t.Fatal(err)
			}
			if body.Choices[0].Finish != want || body.Usage.Total != 109 || body.Usage.Details.Cached != 60 {
				t.Errorf("%s, %s: %s", finish, mode, resp.Body)
			}
			if diff := cmp.Diff(step.Usage, resp.Usage); diff != "" {
				t.Errorf("%s, %s: usage (-want +got):\n%s", finish, mode, diff)
			}
		}
	}
}

func TestWithheld(t *testing.T) {
	t.Parallel()
	step := llmtest.Say()
	step.Finish = "content_filter"
	server := llmtest.NewServer(t, step)
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	_, whole := m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
	_, streamed := llmtest.Read(t.Context(), m, llmtest.Ask(t, "Really?"))
	for _, err := range []error{whole, streamed} {
		if e := llm.AsError(err); e == nil || e.Kind != llm.ContentPolicy || e.Provider != "anthropic" {
			t.Errorf("error = %v", err)
		}
	}
}

// TestSamplingIsDropped holds that a model that takes no temperature is asked
// again without, and never with one after that.
func TestSamplingIsDropped(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Respond(func(r llmtest.Request) llmtest.Step {
		if llm.Field(r.Body, "temperature") != nil {
			return llmtest.Refuse(http.StatusBadRequest, "temperature is not supported by this model")
		}
		return llmtest.Say("Yes.")
	}))
	body := json.RawMessage(`{` + hello + `,"temperature":0.2}`)
	for _, first := range []string{"complete", "stream"} {
		m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
		before := len(server.Requests())
		for range 2 {
			var err error
			if first == "stream" {
				_, err = llmtest.Read(t.Context(), m, llm.Request{Body: body})
			} else {
				_, err = m.Complete(t.Context(), llm.Request{Body: body})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := len(server.Requests()) - before; n != 3 {
			t.Errorf("%s: %d calls for 2 answers, want 3", first, n)
		}
	}
}

// TestEventsAsTheyCome is the table of streams that a script does not send.
func TestEventsAsTheyCome(t *testing.T) {
	t.Parallel()
	event := func(name, data string) string { return "event: " + name + "\ndata: " + data + "\n\n" }
	start := event("message_start", `{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"c","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}`)
	text := event("content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Ye"}}`) +
		event("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"s."}}`)
	end := event("message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}`)
	stop := event("message_stop", `{"type":"message_stop"}`)
	searched := event("content_block_start", `{"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}`) +
		event("content_block_delta", `{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}`)
	for name, test := range map[string]struct {
		body, text string
		want       llm.Kind
	}{
		"as it should be":     {start + text + end + stop, "Yes.", ""},
		"new kinds of events": {start + event("surprise", `{"type":"surprise"}`) + text + searched + end + stop, "Yes.", ""},
		"no last event":       {start + text + end, "Yes.", ""},
		"cut":                 {start + text, "Yes.", llm.Unreachable},
		"nothing":             {"", "", llm.BadResponse},
		"no JSON":             {start + event("content_block_delta", `{"type":`), "", llm.BadResponse},
		"error":               {start + text + event("error", `{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}`), "Yes.", llm.RateLimited},
		"error that is text":  {start + event("error", `upstream died`), "", llm.BadResponse},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.Write([]byte(test.body))
		}))
		t.Cleanup(server.Close)
		resp, err := llm.Collect(open(t, llmtest.Setup{URL: server.URL, Client: server.Client()}).Stream(t.Context(), llmtest.Ask(t, "Really?")))
		if llm.KindOf(err) != test.want || resp.Text() != test.text || strings.Contains(string(resp.Body), "tool_calls") {
			t.Errorf("%s: %s, %v", name, resp.Body, err)
		}
		if test.want == "" && (resp.Usage == nil || *resp.Usage != llm.Usage{Prompt: 5, Completion: 4}) {
			t.Errorf("%s: usage = %+v", name, resp.Usage)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := claude.New(claude.Options{}); err == nil {
		t.Error("a model without a name was made")
	}
	if _, err := claude.New(claude.Options{Model: "m", BaseURL: "api.example.com"}); err == nil {
		t.Error("an address without a scheme was taken")
	}
	server := llmtest.NewServer(t, llmtest.Say("Yes."))
	m, err := claude.New(claude.Options{
		ID: "d", Model: "m", BaseURL: server.URL + "/v1/", Key: "k", MaxTokens: 7, Header: http.Header{"X-Team": {"blue"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.HTTPClient.CloseIdleConnections)
	resp, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
	if err != nil || resp.Deployment != "d" || resp.Provider != "anthropic" {
		t.Fatalf("%+v, %v", resp.Served, err)
	}
	r := server.Requests()[0]
	if r.Header.Get("X-Api-Key") != "k" || r.Header.Get("X-Team") != "blue" || string(llm.Field(r.Body, "max_tokens")) != "7" {
		t.Errorf("headers %v, body %s", r.Header, r.Body)
	}
}
