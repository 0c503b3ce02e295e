package messages_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/google/go-cmp/cmp"
	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/claude"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/messages"
)

// face serves a model to Anthropic's own client, as a gateway would.
func face(t *testing.T, m llm.Model) anthropic.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		chat, err := messages.Request(raw)
		switch {
		case err != nil:
			refuse(w, err)
		case string(llm.Field(chat, "stream")) == "true":
			stream(r.Context(), w, m, chat)
		default:
			whole(r.Context(), w, m, chat)
		}
	}))
	t.Cleanup(server.Close)
	return anthropic.NewClient(option.WithoutEnvironmentDefaults(), option.WithBaseURL(server.URL), option.WithAPIKey("k"), option.WithMaxRetries(0))
}

func refuse(w http.ResponseWriter, err error) {
	status, body := messages.Error(llm.AsError(err))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}

func whole(ctx context.Context, w http.ResponseWriter, m llm.Model, chat json.RawMessage) {
	resp, err := m.Complete(ctx, llm.Request{Body: chat})
	if err != nil {
		refuse(w, err)
		return
	}
	body, err := messages.Response(resp.Body)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

func stream(ctx context.Context, w http.ResponseWriter, m llm.Model, chat json.RawMessage) {
	w.Header().Set("Content-Type", "text/event-stream")
	s := messages.NewStream()
	for c, err := range m.Stream(ctx, llm.Request{Body: chat}) {
		var events []messages.Event
		if err == nil {
			events, err = s.Chunk(c)
		}
		for _, e := range events {
			w.Write(e.Append(nil))
		}
		if err != nil {
			w.Write(s.Error(llm.AsError(err)).Append(nil))
			return
		}
	}
}

// providers are one OpenAI-shaped and one of Anthropic's.
func providers(t *testing.T, steps ...llmtest.Step) map[string]provider {
	t.Helper()
	all := map[string]provider{}
	for name, open := range map[string]func(s *llmtest.Server) (llm.Model, error){
		"openai": func(s *llmtest.Server) (llm.Model, error) {
			return compat.New(compat.Options{Provider: "acme", Model: "m", BaseURL: s.URL + "/v1", Key: "key-of-the-provider", HTTPClient: s.Client()})
		},
		"anthropic": func(s *llmtest.Server) (llm.Model, error) {
			return claude.New(claude.Options{Model: "m", BaseURL: s.URL, Key: "key-of-the-provider", HTTPClient: s.Client()})
		},
	} {
		server := llmtest.NewServer(t, steps...)
		m, err := open(server)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = provider{m, server}
	}
	return all
}

type provider struct {
	llm.Model

	server *llmtest.Server
}

func ask() anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model: "claude-x", MaxTokens: 1000, System: []anthropic.TextBlockParam{{Text: "Be brief."}},
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("What does 辞退 cost?"))},
		Tools: []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
			Name: "law", Description: anthropic.String("finds articles"),
			InputSchema: anthropic.ToolInputSchemaParam{Properties: map[string]any{"n": map[string]any{"type": "integer"}}},
		}}},
		ToolChoice: anthropic.ToolChoiceUnionParam{OfAuto: &anthropic.ToolChoiceAutoParam{DisableParallelToolUse: anthropic.Bool(true)}},
	}
}

// TestAnthropicsClient lets Anthropic's own client read what is written here,
// whole and streamed, from both sorts of providers.
func TestAnthropicsClient(t *testing.T) {
	t.Parallel()
	step := llmtest.Step{
		Reasoning: "Article 47.", Pieces: []string{"Let me ", "look."}, Finish: "tool_calls", Usage: &llm.Usage{Prompt: 20, Completion: 7, Cached: 5},
		Tools: []openai.ToolCall{{ID: "t1", Type: "function", Function: openai.FunctionCall{Name: "law", Arguments: `{"n":47}`}}},
	}
	for name, p := range providers(t, step) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := face(t, p)
			message, err := client.Messages.New(t.Context(), ask())
			if err != nil {
				t.Fatal(err)
			}
			check(t, "whole", *message)
			raw := client.Messages.NewStreaming(t.Context(), ask())
			var sum anthropic.Message
			for raw.Next() {
				if err := sum.Accumulate(raw.Current()); err != nil {
					t.Fatal(err)
				}
			}
			if raw.Err() != nil {
				t.Fatal(raw.Err())
			}
			check(t, "streamed", sum)
		})
	}
}

func check(t *testing.T, how string, m anthropic.Message) {
	t.Helper()
	var got []string
	for _, b := range m.Content {
		switch b.Type {
		case "thinking":
			got = append(got, "thinking "+b.Thinking)
		case "text":
			got = append(got, "text "+b.Text)
		case "tool_use":
			got = append(got, "tool "+b.ID+" "+b.Name+" "+string(b.Input))
		}
	}
	if diff := cmp.Diff([]string{"thinking Article 47.", "text Let me look.", `tool t1 law {"n":47}`}, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", how, diff)
	}
	u := m.Usage
	if m.StopReason != "tool_use" || m.Role != "assistant" || m.Model == "" || u.InputTokens != 15 || u.CacheReadInputTokens != 5 || u.OutputTokens != 7 {
		t.Errorf("%s: stop %q, usage %+v", how, m.StopReason, u)
	}
}

// TestClientSeesErrors shows refusals and breaks as Anthropic's client knows
// them.
func TestClientSeesErrors(t *testing.T) {
	t.Parallel()
	for name, p := range providers(t, llmtest.Step{Status: http.StatusTooManyRequests, Pieces: []string{"slow down"}}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := face(t, p)
			_, err := client.Messages.New(t.Context(), ask())
			if e, ok := errors.AsType[*anthropic.Error](err); !ok || e.StatusCode != http.StatusTooManyRequests {
				t.Errorf("err = %v", err)
			}
			raw := client.Messages.NewStreaming(t.Context(), ask())
			for raw.Next() {
				t.Errorf("got %s", raw.Current().Type)
			}
			if raw.Err() == nil {
				t.Error("a refused stream ended well")
			}
			bad := ask()
			bad.Messages = nil
			if _, err := client.Messages.New(t.Context(), bad); err == nil {
				t.Error("no messages, no error")
			}
		})
	}
}

// TestRoundTrip shows what of a request is left when it goes through OpenAI's
// words to Anthropic.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	p := providers(t)["anthropic"]
	in := `{"model":"m","max_tokens":4000,"system":[{"type":"text","text":"Be kind."}],"temperature":0.5,"top_k":4,
		"metadata":{"user_id":"u1"},"stop_sequences":["END"],"thinking":{"type":"enabled","budget_tokens":2000},
		"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"a":{"type":"string"}}}}],
		"tool_choice":{"type":"any","disable_parallel_tool_use":true},
		"messages":[
			{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO"}},{"type":"text","text":"look"}]},
			{"role":"assistant","content":[{"type":"text","text":"ok"},{"type":"tool_use","id":"t1","name":"f","input":{"a":"x"}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"rain"}]},{"type":"text","text":"and?"}]}]}`
	chat, err := messages.Request(json.RawMessage(in))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Complete(t.Context(), llm.Request{Body: chat}); err != nil {
		t.Fatal(err)
	}
	seen := p.server.Requests()
	same(t, "what Anthropic got", in, seen[len(seen)-1].Body)
}
