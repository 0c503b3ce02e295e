package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/report"
)

const (
	letter         = `{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"How many days?"}]}`
	streamedLetter = `{"stream":true,"model":"m","max_tokens":100,"messages":[{"role":"user","content":"How many days?"}]}`
)

// readAnthropicProblem is the type and the message of an error in Anthropic's shape.
func readAnthropicProblem(t *testing.T, body []byte) (kind, message string) {
	t.Helper()
	var o anthropicError
	if err := json.Unmarshal(body, &o); err != nil || o.Type != "error" || o.Error.Message == "" {
		t.Fatalf("no error in Anthropic's shape, but %q (%v)", body, err)
	}
	return o.Error.Type, o.Error.Message
}

func TestFailuresInAnthropicsShape(t *testing.T) {
	t.Parallel()
	fail := func(kind llm.Kind, status int) error {
		return &llm.Error{Kind: kind, Status: status, Provider: "deepseek", Err: errors.New("as it says")}
	}
	for name, c := range map[string]struct {
		err    error
		status int
		kind   string
	}{
		"bad request":    {fail(llm.BadRequest, 422), 400, "invalid_request_error"},
		"context window": {fail(llm.ContextWindow, 400), 400, "invalid_request_error"},
		"key refused":    {fail(llm.Unauthorised, 401), 401, "authentication_error"},
		"forbidden":      {fail(llm.Unauthorised, 403), 403, "permission_error"},
		"no funds":       {fail(llm.NoFunds, 402), 402, "billing_error"},
		"model gone":     {fail(llm.NoSuchModel, 404), 404, "not_found_error"},
		"rate limited":   {fail(llm.RateLimited, 429), 429, "rate_limit_error"},
		"over budget":    {fail(llm.OverBudget, 0), 429, "rate_limit_error"},
		"timeout":        {fail(llm.Timeout, 0), 504, "timeout_error"},
		"overloaded":     {fail(llm.Overloaded, 503), 529, "overloaded_error"},
		"broken":         {fail(llm.Overloaded, 500), 500, "api_error"},
		"unreachable":    {fail(llm.Unreachable, 0), 502, "api_error"},
		"unforeseen":     {errors.New("canary"), 500, "api_error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := open(t, llmtest.NewScript(llmtest.Step{Err: c.err}), nil)
			for _, body := range []string{letter, streamedLetter} {
				w := ask(t, g, http.MethodPost, "/v1/messages", body)
				kind, message := readAnthropicProblem(t, w.Body.Bytes())
				if w.Code != c.status || kind != c.kind || strings.Contains(message, "canary") {
					t.Errorf("status %d %s, want %d %s: %s", w.Code, kind, c.status, c.kind, message)
				}
				if id := w.Header().Get("Request-Id"); id == "" || id != w.Header().Get("X-Litellm-Call-Id") {
					t.Errorf("request id = %q", id)
				}
			}
		})
	}
}

func TestWhatAnthropicsClientsAreRefused(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) {
		o.MaxBody = 1000
		o.Keys = &keyring{keys: []llm.Key{virtual(func(k *llm.Key) { k.Models = []string{"other"} })}}
	})
	for name, c := range map[string]struct {
		method, body, key string
		status            int
		kind, message     string
	}{
		"no key":        {http.MethodPost, letter, "", 401, "authentication_error", "key"},
		"wrong key":     {http.MethodPost, letter, "sk-ant-wrong", 401, "authentication_error", "not known"},
		"another model": {http.MethodPost, letter, secret, 403, "permission_error", "may not use"},
		"unknown model": {http.MethodPost, strings.Replace(letter, `"m"`, `"ghost"`, 1), master, 400, "invalid_request_error", "ghost"},
		"no max_tokens": {http.MethodPost, strings.Replace(letter, "max_tokens", "other", 1), master, 400, "invalid_request_error", "max_tokens: Field required"},
		"an address":    {http.MethodPost, strings.Replace(letter, "{", `{"api_base":"http://evil.example",`, 1), master, 400, "invalid_request_error", "api_base"},
		"no JSON":       {http.MethodPost, `{"model":`, master, 400, "invalid_request_error", "at byte"},
		"too large":     {http.MethodPost, letter + strings.Repeat(" ", 1000), master, 413, "request_too_large", "larger"},
		"GET":           {http.MethodGet, "", master, 405, "invalid_request_error", "POST"},
	} {
		w := ask(t, g, c.method, "/v1/messages", c.body, "Authorization", "", "X-Api-Key", c.key)
		kind, message := readAnthropicProblem(t, w.Body.Bytes())
		if w.Code != c.status || kind != c.kind || !strings.Contains(message, c.message) {
			t.Errorf("%s: status %d %s %q", name, w.Code, kind, message)
		}
	}
}

func TestAnthropicsRequestBecomesOpenAIs(t *testing.T) {
	t.Parallel()
	model := &listener{Model: llmtest.NewScript(llmtest.Say("Yes."))}
	g := open(t, model, nil)
	body := strings.Replace(letter, "{", `{"system":"Be brief.","fallbacks":["other"],"metadata":{"user_id":"u1"},"litellm_metadata":{"tags":["a"]},"x_new":1,`, 1)
	if w := ask(t, g, http.MethodPost, "/v1/messages", body); w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	want := map[string]string{llm.LabelMaster: "true", llm.LabelUser: "u1", llm.LabelTags: "a", report.LabelMetadata: `{"tags":["a"]}`}
	if diff := cmp.Diff(want, model.got.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&llm.Asks{Fallbacks: []string{"other"}}, model.got.Asks); diff != "" {
		t.Errorf("asks (-want +got):\n%s", diff)
	}
	sent := string(model.got.Body)
	for _, want := range []string{`"role":"system"`, "Be brief.", `"x_new":1`} {
		if !strings.Contains(sent, want) {
			t.Errorf("%s is missing: %s", want, sent)
		}
	}
	if strings.Contains(sent, "fallbacks") || strings.Contains(sent, "litellm_metadata") {
		t.Errorf("the gateway's own fields went on: %s", sent)
	}
}

func TestAnthropicsClient(t *testing.T) {
	t.Parallel()
	_, base := between(t,
		llmtest.Say("Fourteen days."), llmtest.Say("Four", "teen ", "days."), llmtest.Call("call_1", "leave_days", `{"year":2026}`),
		llmtest.TooMany("7"))
	client := anthropic.NewClient(
		option.WithBaseURL(strings.TrimSuffix(base, "/v1")), option.WithAPIKey(secret), option.WithMaxRetries(0))
	params := anthropic.MessageNewParams{
		Model: "m", MaxTokens: 100, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("How many?"))},
	}
	whole, err := client.Messages.New(t.Context(), params)
	if err != nil || whole.Content[0].Text != "Fourteen days." || whole.Usage.OutputTokens != 7 || whole.StopReason != "end_turn" {
		t.Fatalf("%+v, %v", whole, err)
	}
	stream := client.Messages.NewStreaming(t.Context(), params)
	var all anthropic.Message
	for stream.Next() {
		if err := all.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Err(); err != nil || all.Content[0].Text != "Fourteen days." || all.Usage.OutputTokens != 7 || all.StopReason != "end_turn" {
		t.Fatalf("%+v, %v", all, err)
	}
	called, err := client.Messages.New(t.Context(), params)
	if err != nil || called.Content[0].Name != "leave_days" || string(called.Content[0].Input) != `{"year":2026}` || called.StopReason != "tool_use" {
		t.Fatalf("%+v, %v", called, err)
	}
	_, err = client.Messages.New(t.Context(), params)
	e, ok := errors.AsType[*anthropic.Error](err)
	if !ok || e.StatusCode != http.StatusTooManyRequests || e.Response.Header.Get("Retry-After") != "7" || e.RequestID == "" {
		t.Errorf("limited: %v", err)
	}
}

func TestAnthropicsClientSeesACut(t *testing.T) {
	t.Parallel()
	_, base := between(t, llmtest.CutAfter(1, "one", "two"))
	client := anthropic.NewClient(option.WithBaseURL(strings.TrimSuffix(base, "/v1")), option.WithAPIKey(secret), option.WithMaxRetries(0))
	stream := client.Messages.NewStreaming(t.Context(), anthropic.MessageNewParams{
		Model: "m", MaxTokens: 100, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("How many?"))},
	})
	var types []string
	for stream.Next() {
		types = append(types, stream.Current().Type)
	}
	if stream.Err() == nil || len(types) == 0 || types[len(types)-1] == "message_stop" {
		t.Errorf("events %v, error %v", types, stream.Err())
	}
}

func TestAnthropicsPing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := llmtest.NewGate("two")
		g := open(t, llmtest.NewScript(llmtest.Say("one", "two").Hold(gate)), nil)
		body := make(chan string)
		go func() { body <- ask(t, g, http.MethodPost, "/v1/messages", streamedLetter).Body.String() }()
		wait(DefaultPing + time.Second)
		gate.Open()
		if got := <-body; !strings.Contains(got, "event: ping\ndata: {\"type\":\"ping\"}\n\n") || !strings.Contains(got, "event: message_stop") {
			t.Errorf("stream: %s", got)
		}
	})
}
