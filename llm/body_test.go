package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm"
)

func TestSetFields(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   string
		fields map[string]any
		want   string
	}{
		"replaced where it stands": {
			`{"a":1,"model":"x","z":[1, 2]}`, map[string]any{"model": "y"}, `{"a":1,"model":"y","z":[1, 2]}`,
		},
		"appended in order": {`{"a":1}`, map[string]any{"z": true, "b": nil, "m": "x"}, `{"a":1,"m":"x","z":true}`},
		"removed":           {`{"a":1,"b":{"c":"}"},"d":null}`, map[string]any{"b": nil}, `{"a":1,"d":null}`},
		"to nothing":        {` { "a" : 1 } `, map[string]any{"a": nil}, `{}`},
		"from nothing":      {`{}`, map[string]any{"a": 1}, `{"a":1}`},
		"large numbers and odd escapes stay": {
			`{"n":12345678901234567890.10, "s":"\u00e9\"\\", "f":1e400,"t":true}`,
			map[string]any{"model": "m"},
			`{"n":12345678901234567890.10,"s":"\u00e9\"\\","f":1e400,"t":true,"model":"m"}`,
		},
		"twice becomes once":     {`{"model":1,"a":2,"model":3}`, map[string]any{"model": "m"}, `{"model":"m","a":2}`},
		"escaped name":           {`{"mod\u0065l":1}`, map[string]any{"model": 2}, `{"mod\u0065l":2}`},
		"nested names are apart": {`{"a":{"model":1},"b":[{"model":1}]}`, map[string]any{"model": 2}, `{"a":{"model":1},"b":[{"model":1}],"model":2}`},
	} {
		got, err := llm.SetFields(json.RawMessage(test.body), test.fields)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, test.want)
		}
	}
	for _, bad := range []string{"", "null", "[]", `"x"`, "{", `{"a":}`, `{"a":1}}`, `{"a":1`} {
		if got, err := llm.SetFields(json.RawMessage(bad), nil); err == nil {
			t.Errorf("SetFields(%q) = %s, want an error", bad, got)
		}
	}
	if _, err := llm.SetFields(json.RawMessage("{}"), map[string]any{"f": func() {}}); err == nil {
		t.Error("a value that is no JSON was written")
	}
}

func FuzzSetFields(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[{"b":"\\\""}],"model":"x"}`, ` {"a" : -1e9 , "b":{}}`, `[]`, `{"":""}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := llm.SetFields(json.RawMessage(body), map[string]any{"model": "m"})
		if err != nil {
			return
		}
		var before, after map[string]json.RawMessage
		if json.Unmarshal([]byte(body), &before) != nil || json.Unmarshal(got, &after) != nil {
			t.Fatalf("%q became %q", body, got)
		}
		before["model"] = json.RawMessage(`"m"`)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%q: (-want +got):\n%s", body, diff)
		}
	})
}

func TestField(t *testing.T) {
	t.Parallel()
	body := json.RawMessage(`{"a":{"b":1},"b":[2],"a\n":3,"a":4}`)
	for name, want := range map[string]string{"a": "4", "b": "[2]", "a\n": "3", "c": ""} {
		if got := string(llm.Field(body, name)); got != want {
			t.Errorf("Field(%q) = %s, want %s", name, got, want)
		}
	}
	if got := llm.Field(json.RawMessage("nonsense"), "a"); got != nil {
		t.Errorf("Field of nonsense = %s", got)
	}
}

func TestChat(t *testing.T) {
	t.Parallel()
	body, err := llm.Chat(openai.ChatCompletionRequest{
		Model: "m", Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "<b> & 你好"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var back openai.ChatCompletionRequest
	if err := json.Unmarshal(body, &back); err != nil || back.Messages[0].Content != "<b> & 你好" {
		t.Errorf("%s, %v", body, err)
	}
	if _, err := llm.Chat(openai.ChatCompletionRequest{Tools: []openai.Tool{{Parameters: map[string]any{"type": 1}}}}); err == nil {
		t.Error("a tool that cannot be written was")
	}
}

func chunk(body string) llm.Chunk { return llm.Chunk{Body: json.RawMessage(body)} }

func TestText(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"choices":[{"message":{"content":"Yes."}}]}`:                                                   "Yes.",
		`{"choices":[{"message":{"content":[{"type":"text","text":"Ye"},{"type":"x"},{"text":"s."}]}}]}`: "Yes.",
		`{"choices":[{"message":{"content":null,"tool_calls":[]}}]}`:                                     "",
		`{"choices":[]}`: "",
		`nonsense`:       "",
		`{"id":7,"choices":[{"index":"0","message":{"content":"Yes.","odd":{}}}]}`: "Yes.",
	} {
		if got := (llm.Response{Body: json.RawMessage(body)}).Text(); got != want {
			t.Errorf("Text of %s = %q, want %q", body, got, want)
		}
	}
	for body, want := range map[string]struct {
		text, finish string
		speaks       bool
	}{
		`{"choices":[{"index":0,"delta":{"content":"Yes."}}]}`:                {"Yes.", "", true},
		`{"choices":[{"index":1,"delta":{"content":"No."}}]}`:                 {"", "", true},
		`{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`: {"", "", false},
		`{"choices":[{"index":0,"delta":{"reasoning_content":"Hm."}}]}`:       {"", "", false},
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]}}]}`:      {"", "", true},
		`{"choices":[{"index":0,"delta":{"refusal":"No."}}]}`:                 {"", "", true},
		`{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}`:       {"", "length", false},
		`{"choices":[],"usage":{"prompt_tokens":1}}`:                          {"", "", false},
		``: {"", "", false},
	} {
		c := chunk(body)
		if c.Text() != want.text || c.Finish() != want.finish || c.Speaks() != want.speaks {
			t.Errorf("%s: %q, %q, %v, want %v", body, c.Text(), c.Finish(), c.Speaks(), want)
		}
	}
}

func stream(err error, served *llm.Served, bodies ...string) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		for _, b := range bodies {
			if !yield(chunk(b), nil) {
				return
			}
		}
		if served != nil && !yield(llm.Chunk{Served: served}, nil) {
			return
		}
		if err != nil {
			yield(llm.Chunk{}, err)
		}
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	resp, err := llm.Collect(stream(nil, &llm.Served{Deployment: "d", Attempts: 1},
		`{"id":"c1","object":"chat.completion.chunk","model":"m","usage":null,"x_new":{"n":12345678901234567890},"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`,
		`{"choices":[{"index":0,"delta":{"reasoning_content":"Hm. "}},{"index":1,"delta":{"content":"No."}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"Ye"}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"s.","tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}}]}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}},{"index":1,"id":"t2","function":{"name":"g","arguments":"{}"}}]}}]}`,
		`{"choices":[{"index":1,"delta":{},"finish_reason":"stop"},{"index":0,"delta":{},"finish_reason":"tool_calls"}]}`,
		`{"choices":[],"usage":{"prompt_tokens":3,"x":1}}`,
	))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"choices":[` +
		`{"finish_reason":"tool_calls","index":0,"message":{"content":"Yes.","reasoning_content":"Hm. ","role":"assistant","tool_calls":[` +
		`{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},` +
		`{"index":1,"id":"t2","type":"function","function":{"name":"g","arguments":"{}"}}]}},` +
		`{"finish_reason":"stop","index":1,"message":{"content":"No.","role":"assistant"}}],` +
		`"id":"c1","model":"m","object":"chat.completion","usage":{"prompt_tokens":3,"x":1},"x_new":{"n":12345678901234567890}}`
	if diff := cmp.Diff(want, string(resp.Body)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if resp.Text() != "Yes." || resp.Deployment != "d" {
		t.Errorf("text %q, served %+v", resp.Text(), resp.Served)
	}
}

func TestCollectBroken(t *testing.T) {
	t.Parallel()
	broken := &llm.Error{Kind: llm.Unreachable, Provider: "p", Err: errors.New("cut")}
	half := `{"choices":[{"index":0,"delta":{"content":"So far"}}]}`
	resp, err := llm.Collect(stream(broken, nil, half))
	if !errors.Is(err, broken) || resp.Text() != "So far" {
		t.Errorf("%q, %v: want the half answer and the error", resp.Text(), err)
	}
	if _, err := llm.Collect(stream(nil, nil, half)); llm.KindOf(err) != llm.BadResponse {
		t.Errorf("error = %v: a stream that says not who served it looks finished", err)
	}
	if _, err := llm.Collect(stream(nil, nil)); err == nil || !strings.Contains(err.Error(), "without") {
		t.Errorf("error = %v for an empty stream", err)
	}
}

func TestAsError(t *testing.T) {
	t.Parallel()
	known := &llm.Error{Kind: llm.NoFunds, Provider: "p", Err: errors.New("x")}
	for want, err := range map[llm.Kind]error{
		"":              nil,
		llm.NoFunds:     errors.Join(errors.New("first"), known),
		llm.Cancelled:   fmt.Errorf("call: %w", context.Canceled),
		llm.Timeout:     fmt.Errorf("call: %w", context.DeadlineExceeded),
		llm.Unreachable: errors.New("anything"),
	} {
		if got := llm.KindOf(err); got != want {
			t.Errorf("KindOf(%v) = %q, want %q", err, got, want)
		}
	}
	if llm.AsError(nil) != nil {
		t.Error("no error became one")
	}
}
