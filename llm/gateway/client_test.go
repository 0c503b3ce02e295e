package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	official "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

type netConn = net.Conn

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// deployment is a real adapter that calls a scripted provider.
func deployment(t *testing.T, upstream *llmtest.Server) llm.Model {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	m, err := compat.New(compat.Options{
		Provider: "openai", Model: "gpt-4", BaseURL: upstream.URL + "/v1", Key: "sk-canary-of-the-deployment",
		HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// between puts a gateway with a virtual key between a client and a provider.
func between(t *testing.T, steps ...llmtest.Step) (*llmtest.Server, string) {
	t.Helper()
	upstream := llmtest.NewServer(t, steps...)
	g := open(t, deployment(t, upstream), func(o *Options) { o.Keys = &keyring{keys: []llm.Key{virtual(nil)}} })
	return upstream, server(t, g).URL + "/v1"
}

func goOpenAI(base, key string) *openai.Client {
	config := openai.DefaultConfig(key)
	config.BaseURL = base
	return openai.NewClientWithConfig(config)
}

func openAI(base, key string) official.Client {
	return official.NewClient(option.WithBaseURL(base), option.WithAPIKey(key), option.WithMaxRetries(0))
}

func weatherTool() openai.Tool {
	return openai.Tool{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{
		Name: "leave_days", Parameters: map[string]any{"type": "object"},
	}}
}

func TestGoOpenAI(t *testing.T) {
	t.Parallel()
	upstream, base := between(t,
		llmtest.Say("Fourteen days."), llmtest.Say("Four", "teen ", "days."), llmtest.Call("call_1", "leave_days", `{"year":2026}`))
	client := goOpenAI(base, secret)
	req := openai.ChatCompletionRequest{Model: "m", Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "How many?"}}}
	whole, err := client.CreateChatCompletion(t.Context(), req)
	if err != nil || whole.Choices[0].Message.Content != "Fourteen days." {
		t.Fatalf("%+v, %v", whole, err)
	}
	if got := whole.Header().Get("X-Litellm-Model-Id"); got != "openai/gpt-4" {
		t.Errorf("model id = %q", got)
	}
	if got := streamedText(t, client, req); got != "Fourteen days." {
		t.Errorf("streamed %q", got)
	}
	req.Tools = []openai.Tool{weatherTool()}
	called, err := client.CreateChatCompletion(t.Context(), req)
	if err != nil || called.Choices[0].Message.ToolCalls[0].Function.Arguments != `{"year":2026}` {
		t.Fatalf("%+v, %v", called, err)
	}
	for i, r := range upstream.Requests() {
		if got := r.Header.Get("Authorization"); got != "Bearer sk-canary-of-the-deployment" {
			t.Errorf("call %d went out with %q", i, got)
		}
		if bytes.Contains(r.Body, []byte(secret)) {
			t.Errorf("call %d carries the client's key", i)
		}
	}
}

func streamedText(t *testing.T, client *openai.Client, req openai.ChatCompletionRequest) string {
	t.Helper()
	stream, err := client.CreateChatCompletionStream(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	var b strings.Builder
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(part.Choices[0].Delta.Content)
	}
}

func TestGoOpenAIErrors(t *testing.T) {
	t.Parallel()
	_, base := between(t, llmtest.TooMany("7"))
	req := openai.ChatCompletionRequest{Model: "m"}
	for name, c := range map[string]struct {
		client *openai.Client
		model  string
		status int
		code   string
	}{
		"limited":     {goOpenAI(base, secret), "m", 429, "rate_limit_exceeded"},
		"wrong key":   {goOpenAI(base, "sk-wrong"), "m", 401, "invalid_api_key"},
		"wrong model": {goOpenAI(base, secret), "ghost", 400, "model_not_found"},
	} {
		req.Model = c.model
		_, err := c.client.CreateChatCompletion(t.Context(), req)
		apiError, ok := errors.AsType[*openai.APIError](err)
		if !ok || apiError.HTTPStatusCode != c.status || apiError.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenAIClient(t *testing.T) {
	t.Parallel()
	_, base := between(t,
		llmtest.Say("Fourteen days."), llmtest.Say("Four", "teen ", "days."), llmtest.Call("call_1", "leave_days", `{"year":2026}`))
	client := openAI(base, secret)
	params := official.ChatCompletionNewParams{
		Model: "m", Messages: []official.ChatCompletionMessageParamUnion{official.UserMessage("How many?")},
	}
	var raw *http.Response
	whole, err := client.Chat.Completions.New(t.Context(), params, option.WithResponseInto(&raw))
	if err != nil || whole.Choices[0].Message.Content != "Fourteen days." {
		t.Fatalf("%+v, %v", whole, err)
	}
	if got := raw.Header.Get("x-litellm-model-id"); got != "openai/gpt-4" {
		t.Errorf("model id = %q", got)
	}
	params.StreamOptions = official.ChatCompletionStreamOptionsParam{IncludeUsage: official.Bool(true)}
	stream := client.Chat.Completions.NewStreaming(t.Context(), params)
	all := official.ChatCompletionAccumulator{}
	for stream.Next() {
		all.AddChunk(stream.Current())
	}
	if err := stream.Err(); err != nil || all.Choices[0].Message.Content != "Fourteen days." || all.Usage.TotalTokens != 18 {
		t.Fatalf("%+v, %v", all, err)
	}
	params.StreamOptions = official.ChatCompletionStreamOptionsParam{}
	called, err := client.Chat.Completions.New(t.Context(), params)
	if err != nil || called.Choices[0].Message.ToolCalls[0].Function.Name != "leave_days" {
		t.Fatalf("%+v, %v", called, err)
	}
}

func TestOpenAIClientErrors(t *testing.T) {
	t.Parallel()
	_, base := between(t, llmtest.TooMany("7"))
	for name, c := range map[string]struct {
		key, model string
		want       told
	}{
		"limited":     {secret, "m", told{429, "rate_limit_error", "rate_limit_exceeded", "", "7"}},
		"wrong key":   {"sk-wrong", "m", told{401, "auth_error", "invalid_api_key", "", ""}},
		"wrong model": {secret, "ghost", told{400, "invalid_request_error", "model_not_found", "model", ""}},
	} {
		client := openAI(base, c.key)
		_, err := client.Chat.Completions.New(t.Context(), official.ChatCompletionNewParams{Model: c.model})
		e, ok := errors.AsType[*official.Error](err)
		if !ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := told{e.StatusCode, e.Type, e.Code, e.Param, e.Response.Header.Get("Retry-After")}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Both clients must see that a stream was cut.
func TestClientsSeeACut(t *testing.T) {
	t.Parallel()
	_, base := between(t, llmtest.CutAfter(1, "one", "two"))
	client := openAI(base, secret)
	stream := client.Chat.Completions.NewStreaming(t.Context(), official.ChatCompletionNewParams{Model: "m"})
	for stream.Next() {
		continue
	}
	if stream.Err() == nil {
		t.Error("openai-go takes a cut stream for a whole one")
	}
	other, err := goOpenAI(base, secret).CreateChatCompletionStream(context.WithoutCancel(t.Context()), openai.ChatCompletionRequest{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for err == nil {
		_, err = other.Recv()
	}
	if errors.Is(err, io.EOF) {
		t.Error("go-openai takes a cut stream for a whole one")
	}
}
