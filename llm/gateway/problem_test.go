package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// told is an error as a client of OpenAI's reads it.
type told struct {
	Status int
	Type   string
	Code   string
	Param  string
	After  string
}

func readProblem(t *testing.T, status int, header http.Header, body []byte) (told, string) {
	t.Helper()
	var o struct {
		Error struct {
			Message string  `json:"message"`
			Type    string  `json:"type"`
			Param   *string `json:"param"`
			Code    *string `json:"code"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &o); err != nil || o.Error.Message == "" {
		t.Fatalf("no error in OpenAI's shape, but %q (%v)", body, err)
	}
	got := told{Status: status, Type: o.Error.Type, After: header.Get("Retry-After")}
	if o.Error.Code != nil {
		got.Code = *o.Error.Code
	}
	if o.Error.Param != nil {
		got.Param = *o.Error.Param
	}
	return got, o.Error.Message
}

func TestFailures(t *testing.T) {
	t.Parallel()
	fail := func(kind llm.Kind, status int, after time.Duration) error {
		return &llm.Error{Kind: kind, Status: status, After: after, Provider: "deepseek", Err: errors.New("as it says")}
	}
	for name, c := range map[string]struct {
		err  error
		want told
	}{
		"bad request":        {fail(llm.BadRequest, 400, 0), told{Status: 400, Type: "invalid_request_error"}},
		"unprocessable":      {fail(llm.BadRequest, 422, 0), told{Status: 422, Type: "invalid_request_error"}},
		"context window":     {fail(llm.ContextWindow, 400, 0), told{Status: 400, Type: "invalid_request_error", Code: "context_length_exceeded"}},
		"too large there":    {fail(llm.ContextWindow, 413, 0), told{Status: 400, Type: "invalid_request_error", Code: "context_length_exceeded"}},
		"content policy":     {fail(llm.ContentPolicy, 400, 0), told{Status: 400, Type: "invalid_request_error", Code: "content_policy_violation"}},
		"key refused":        {fail(llm.Unauthorised, 401, 0), told{Status: 401, Type: "authentication_error", Code: "provider_authentication_error"}},
		"forbidden":          {fail(llm.Unauthorised, 403, 0), told{Status: 403, Type: "authentication_error", Code: "provider_authentication_error"}},
		"unknown model":      {fail(llm.NoSuchModel, 0, 0), told{Status: 400, Type: "invalid_request_error", Code: "model_not_found", Param: "model"}},
		"model gone there":   {fail(llm.NoSuchModel, 404, 0), told{Status: 404, Type: "invalid_request_error", Code: "model_not_found", Param: "model"}},
		"rate limited":       {fail(llm.RateLimited, 429, 1500*time.Millisecond), told{Status: 429, Type: "rate_limit_error", Code: "rate_limit_exceeded", After: "2"}},
		"no deployment ever": {fail(llm.NoDeployment, http.StatusBadRequest, 0), told{Status: 400, Type: "invalid_request_error", Code: "no_deployment_available"}},
		"no deployment":      {fail(llm.NoDeployment, 0, 5*time.Second), told{Status: 429, Type: "rate_limit_error", Code: "no_deployment_available", After: "5"}},
		"no funds":           {fail(llm.NoFunds, 402, 0), told{Status: 429, Type: "insufficient_quota", Code: "insufficient_quota"}},
		"over budget":        {fail(llm.OverBudget, 0, time.Hour), told{Status: 429, Type: "budget_exceeded", Code: "budget_exceeded", After: "3600"}},
		"timeout":            {fail(llm.Timeout, 504, 0), told{Status: 408, Type: "timeout_error", Code: "timeout"}},
		"unreachable":        {fail(llm.Unreachable, 0, 0), told{Status: 502, Type: "server_error", Code: "provider_unreachable"}},
		"no completion":      {fail(llm.BadResponse, 200, 0), told{Status: 502, Type: "server_error", Code: "bad_provider_response"}},
		"internal there":     {fail(llm.Overloaded, 500, 0), told{Status: 500, Type: "server_error", Code: "service_unavailable"}},
		"unavailable there":  {fail(llm.Overloaded, 503, time.Second), told{Status: 503, Type: "server_error", Code: "service_unavailable", After: "1"}},
		"overloaded there":   {fail(llm.Overloaded, 529, 0), told{Status: 503, Type: "server_error", Code: "service_unavailable"}},
		"conflict there":     {fail(llm.Overloaded, 409, 0), told{Status: 503, Type: "server_error", Code: "service_unavailable"}},
		"cancelled":          {context.Canceled, told{Status: 503, Type: "server_error", Code: "service_unavailable"}},
		"deadline":           {context.DeadlineExceeded, told{Status: 408, Type: "timeout_error", Code: "timeout"}},
		"wrapped":            {fmt.Errorf("route: %w", fail(llm.RateLimited, 429, 0)), told{Status: 429, Type: "rate_limit_error", Code: "rate_limit_exceeded"}},
		"a kind of tomorrow": {fail("something_new", 0, 0), told{Status: 500, Type: "server_error", Code: "internal_error"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := open(t, llmtest.NewScript(llmtest.Step{Err: c.err}), nil)
			for _, body := range []string{question, streamed} {
				w := ask(t, g, http.MethodPost, "/v1/chat/completions", body)
				got, _ := readProblem(t, w.Code, w.Header(), w.Body.Bytes())
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", body, diff)
				}
				if w.Header().Get("X-Litellm-Call-Id") == "" {
					t.Error("a failed call has no id")
				}
			}
		})
	}
}

func TestKeyRefusedUpstreamIsNotTheClients(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Refuse(http.StatusUnauthorized, "bad key")), nil)
	w := ask(t, g, http.MethodPost, "/v1/chat/completions", question)
	_, message := readProblem(t, w.Code, w.Header(), w.Body.Bytes())
	if w.Code != http.StatusUnauthorized || !strings.Contains(message, "your own key is all right") {
		t.Errorf("status %d, message %q", w.Code, message)
	}
}

// An error that no provider's edge has looked at may hold anything.
func TestUnforeseenErrorsAreNotShown(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Step{Err: errors.New("dial nats://user:canary-secret@10.0.0.1")}), nil)
	w := ask(t, g, http.MethodPost, "/v1/chat/completions", question)
	got, message := readProblem(t, w.Code, w.Header(), w.Body.Bytes())
	if got.Status != http.StatusInternalServerError || got.Code != "internal_error" || strings.Contains(message, "canary") {
		t.Errorf("got %+v, %q", got, message)
	}
}

func TestMessagesAreOneShortLine(t *testing.T) {
	t.Parallel()
	err := &llm.Error{Kind: llm.BadRequest, Provider: "x", Err: errors.New("a\r\nb\x1b[31m\u2028" + strings.Repeat("long ", 1000) + "\xff")}
	w := ask(t, open(t, llmtest.NewScript(llmtest.Step{Err: err}), nil), http.MethodPost, "/chat/completions", question)
	_, message := readProblem(t, w.Code, w.Header(), w.Body.Bytes())
	if strings.ContainsAny(message, "\r\n\x1b\u2028") || len(message) > maxMessage+3 {
		t.Errorf("message of %d bytes: %q", len(message), message)
	}
}

func TestAddressesAndMethods(t *testing.T) {
	t.Parallel()
	var refused []Refusal
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) {
		o.Refused = func(_ context.Context, r Refusal) { refused = append(refused, r) }
	})
	for _, c := range []struct {
		method, path, body string
		want               told
	}{
		{http.MethodGet, "/v1/chat/completions", "", told{Status: 405, Type: "invalid_request_error", Code: "method_not_allowed"}},
		{http.MethodDelete, "/v1/chat/completions", "", told{Status: 405, Type: "invalid_request_error", Code: "method_not_allowed"}},
		{http.MethodOptions, "/chat/completions", "", told{Status: 405, Type: "invalid_request_error", Code: "method_not_allowed"}},
		{http.MethodPost, "/v1/nothing", "{}", told{Status: 404, Type: "invalid_request_error", Code: "not_found"}},
		{http.MethodPost, "/v1/v1/chat/completions", "{}", told{Status: 404, Type: "invalid_request_error", Code: "not_found"}},
		{http.MethodPost, "/v1/chat/completions", `{"model":"unheard-of","messages":[]}`, told{Status: 400, Type: "invalid_request_error", Code: "model_not_found", Param: "model"}},
		{http.MethodPost, "/v1/chat/completions", `{"model":7}`, told{Status: 400, Type: "invalid_request_error", Param: "model"}},
		{http.MethodPost, "/v1/chat/completions", `{"model":"m","messages":[}`, told{Status: 400, Type: "invalid_request_error"}},
		{http.MethodPost, "/v1/chat/completions", `["m"]`, told{Status: 400, Type: "invalid_request_error"}},
		{http.MethodPost, "/v1/chat/completions", ``, told{Status: 400, Type: "invalid_request_error"}},
		{http.MethodPost, "/v1/embeddings", `{"model":"m","input":"x","stream":true}`, told{Status: 400, Type: "invalid_request_error", Param: "stream"}},
	} {
		w := ask(t, g, c.method, c.path, c.body)
		got, _ := readProblem(t, w.Code, w.Header(), w.Body.Bytes())
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %s %s (-want +got):\n%s", c.method, c.path, c.body, diff)
		}
		if len(w.Header().Values("Access-Control-Allow-Origin")) > 0 {
			t.Error("another origin is let in")
		}
	}
	if len(refused) != 11 || refused[0].Path != "/chat/completions" || refused[3].Path != "" || refused[5].Model != "" || refused[5].Class != "BadRequestError" || refused[3].Class != "NotFoundError" {
		t.Errorf("refused = %+v", refused)
	}
}

func TestWhereTheBodyBreaks(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), nil)
	w := ask(t, g, http.MethodPost, "/v1/chat/completions", `{"model":"m",]`)
	if _, message := readProblem(t, w.Code, w.Header(), w.Body.Bytes()); !strings.Contains(message, "at byte 14") {
		t.Errorf("message = %q", message)
	}
}
