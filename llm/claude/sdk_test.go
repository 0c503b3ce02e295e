package claude_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestTheSDKReadsOurRequest lets Anthropic's own types read what is sent: they
// know every field, and have nothing to add.
func TestTheSDKReadsOurRequest(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Say("Yes."))
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	body := `{"model":"x","max_tokens":5000,"temperature":0.5,"stop":["END"],"user":"u1","service_tier":"auto","top_k":4,
		"thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"low"},
		"messages":[{"role":"system","content":"Be \"kind\".",` + cached + `},
			{"role":"user","content":[{"type":"text","text":"See 辞退:",` + cached + `},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
				{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}}]},
			{"role":"assistant","content":"Hm.","thinking_blocks":[{"type":"thinking","thinking":"So.","signature":"s1"},{"type":"redacted_thinking","data":"xyz"}],
				"tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
			{"role":"tool","tool_call_id":"t1","content":"one","is_error":true}],
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}},` + cached + `}],
		"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false}`
	if _, err := m.Complete(t.Context(), llm.Request{Body: json.RawMessage(body)}); err != nil {
		t.Fatal(err)
	}
	ours := server.Requests()[0].Body
	var params anthropic.MessageNewParams
	if err := json.Unmarshal(ours, &params); err != nil {
		t.Fatal(err)
	}
	theirs, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "what the SDK makes of it", string(ours), theirs)
	last := params.Messages[len(params.Messages)-1].Content
	if len(params.Messages) != 3 || len(last) != 1 || last[0].OfToolResult == nil || params.Messages[1].Content[0].OfThinking == nil ||
		params.Thinking.OfEnabled == nil || params.ToolChoice.OfTool == nil || params.Tools[0].OfTool == nil {
		t.Errorf("the SDK reads %s", theirs)
	}
}

// TestTheSDKReadsTheSameStream compares our reading of streams with the SDK's.
func TestTheSDKReadsTheSameStream(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"with everything in it": thinks(),
		"carriage returns":      strings.ReplaceAll(thinks(), "\n", "\r\n"),
		"only text":             events(started, begun(`{"type":"text","text":""}`), added(`{"type":"text_delta","text":"\ud83d\ude00 \"q\" \\ é"}`), closed, strings.Replace(ended, "tool_use", "max_tokens", 1), over),
	} {
		m := answers(t, body)
		ours, err := llm.Collect(m.Stream(t.Context(), llmtest.Ask(t, "Really?")))
		if err != nil {
			t.Fatal(err)
		}
		got := reading{text: ours.Text(), usage: *ours.Usage}
		got.add(t, ours.Body)
		if diff := cmp.Diff(theirs(t, body), got, cmp.AllowUnexported(reading{})); diff != "" {
			t.Errorf("%s (-SDK +ours):\n%s", name, diff)
		}
	}
}

// reading is what a stream says.
type reading struct {
	text, thought string
	calls         []string
	usage         llm.Usage
}

func (r *reading) add(t *testing.T, completion json.RawMessage) {
	t.Helper()
	var body struct {
		Choices []struct {
			Message struct {
				Reasoning string `json:"reasoning_content"`
				Calls     []struct {
					ID       string
					Function struct{ Name, Arguments string }
				} `json:"tool_calls"`
			}
		}
	}
	if err := json.Unmarshal(completion, &body); err != nil {
		t.Fatal(err)
	}
	r.thought = body.Choices[0].Message.Reasoning
	for _, c := range body.Choices[0].Message.Calls {
		r.calls = append(r.calls, c.ID+" "+c.Function.Name+" "+compact(t, c.Function.Arguments))
	}
}

// compact is JSON in the one way that encoding/json writes it.
func compact(t *testing.T, raw string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func theirs(t *testing.T, body string) reading {
	t.Helper()
	server := serve(t, body)
	client := anthropic.NewClient(option.WithoutEnvironmentDefaults(), option.WithBaseURL(server.URL), option.WithAPIKey("k"), option.WithMaxRetries(0))
	stream := client.Messages.NewStreaming(t.Context(), anthropic.MessageNewParams{
		Model: "c", MaxTokens: 9, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Really?"))},
	})
	var sum anthropic.Message
	for stream.Next() {
		if err := sum.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if stream.Err() != nil {
		t.Fatal(stream.Err())
	}
	r := reading{usage: llm.Usage{
		Prompt:     int(sum.Usage.InputTokens + sum.Usage.CacheReadInputTokens + sum.Usage.CacheCreationInputTokens),
		Completion: int(sum.Usage.OutputTokens), Cached: int(sum.Usage.CacheReadInputTokens),
		Reasoning: int(sum.Usage.OutputTokensDetails.ThinkingTokens),
	}}
	for _, b := range sum.Content {
		switch b.Type {
		case "text":
			r.text += b.Text
		case "thinking":
			r.thought += b.Thinking
		case "tool_use":
			r.calls = append(r.calls, b.ID+" "+b.Name+" "+compact(t, string(b.Input)))
		}
	}
	return r
}
