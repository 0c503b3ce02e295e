package compat_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// serve starts a provider that answers every call with these bytes.
func serve(t *testing.T, kind string, header map[string]string, body string) *compat.Model {
	t.Helper()
	return handle(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.Write([]byte(body))
	})
}

func handle(t *testing.T, handler http.HandlerFunc) *compat.Model {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	m, err := compat.New(compat.Options{
		ID: "dep-1", Provider: "openrouter", Model: "m", BaseURL: server.URL + "/", HTTPClient: server.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestUsageOfEveryProvider(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		usage string
		want  *llm.Usage
		cost  *float64
	}{
		"OpenAI": {
			`{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}`,
			&llm.Usage{Prompt: 10, Completion: 5, Cached: 4, Reasoning: 2}, nil,
		},
		"DeepSeek": {
			`{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}`,
			&llm.Usage{Prompt: 10, Completion: 5, Cached: 6}, nil,
		},
		"Moonshot": {`{"prompt_tokens":10,"completion_tokens":5,"cached_tokens":3}`, &llm.Usage{Prompt: 10, Completion: 5, Cached: 3}, nil},
		"xAI counts reasoning beside": {
			`{"prompt_tokens":10,"completion_tokens":5,"total_tokens":22,"completion_tokens_details":{"reasoning_tokens":7}}`,
			&llm.Usage{Prompt: 10, Completion: 12, Reasoning: 7}, nil,
		},
		"OpenRouter tells the cost": {
			`{"prompt_tokens":10,"completion_tokens":5,"cost":0.00042}`, &llm.Usage{Prompt: 10, Completion: 5}, new(0.00042),
		},
		"nulls":   {`{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":null}`, &llm.Usage{Prompt: 10, Completion: 5}, nil},
		"nothing": {`{}`, nil, nil},
		"null":    {`null`, nil, nil},
		"words":   {`"many"`, nil, nil},
	} {
		m := serve(t, "application/json", nil, `{"choices":[{"message":{"content":"Yes."}}],"usage":`+test.usage+`}`)
		resp, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := llm.Served{
			Deployment: "dep-1", Provider: "openrouter", Model: "m", Attempts: 1, Usage: test.want, CostUSD: test.cost,
			APIBase: m.BaseURL, Header: resp.Header,
		}
		if diff := cmp.Diff(want, resp.Served); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestProxyHeaders(t *testing.T) {
	t.Parallel()
	headers := map[string]string{
		"x-litellm-response-cost": "0.0123", "x-litellm-model-id": "abc-1", "x-litellm-model-group": "smart",
		"x-litellm-attempted-retries": "1", "x-litellm-attempted-fallbacks": "2",
	}
	body := `{"model":"deepseek-v4-pro","choices":[{"message":{"content":"Yes."}}]}`
	proxy := serve(t, "application/json", headers, body)
	resp, err := proxy.Complete(t.Context(), llmtest.Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	want := llm.Served{
		Deployment: "dep-1", Provider: "openrouter", Model: "deepseek-v4-pro", Attempts: 4, CostUSD: new(0.0123),
		Route:   "the proxy chose its deployment abc-1 of smart after 2 fallbacks",
		APIBase: proxy.BaseURL, Header: resp.Header,
	}
	if diff := cmp.Diff(want, resp.Served); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "free", "-1", "NaN", "Inf"} {
		m := serve(t, "application/json", map[string]string{"x-litellm-response-cost": bad}, body)
		if resp, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?")); err != nil || resp.CostUSD != nil {
			t.Errorf("cost %q became %v, %v", bad, resp.CostUSD, err)
		}
	}
}

// TestStreamsAsTheyCome is the table of streams that real servers send.
func TestStreamsAsTheyCome(t *testing.T) {
	t.Parallel()
	const yes = `data: {"choices":[{"index":0,"delta":{"content":"Yes."}}]}` + "\n\n"
	const stop = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	const done = "data: [DONE]\n\n"
	for name, test := range map[string]struct {
		kind, body, text string
		want             llm.Kind
	}{
		"as it should be":         {body: yes + stop + done, text: "Yes."},
		"no finish reason":        {body: yes + done, text: "Yes."},
		"no [DONE]":               {body: yes + stop, text: "Yes."},
		"neither":                 {body: yes, text: "Yes.", want: llm.Unreachable},
		"no last line break":      {body: yes + strings.TrimSpace(stop), text: "Yes."},
		"[DONE] without break":    {body: yes + "data:[DONE]", text: "Yes."},
		"CR LF and no space":      {body: strings.ReplaceAll(strings.ReplaceAll(yes+stop+done, "\n", "\r\n"), "data: ", "data:"), text: "Yes."},
		"byte order mark":         {body: "\xef\xbb\xbf" + yes + stop, text: "Yes."},
		"keep-alives":             {body: strings.Repeat(": keep-alive\n\n", 2000) + yes + ": OPENROUTER PROCESSING\n\n" + stop + done, text: "Yes."},
		"ids and events":          {body: "id: 1\nevent: message\nretry: 5\n" + yes + stop, text: "Yes."},
		"empty data":              {body: "data:\n\n" + yes + "data: \n\n" + stop, text: "Yes."},
		"null error in a chunk":   {body: `data: {"error":null,"choices":[{"index":0,"delta":{"content":"Yes."}}]}` + "\n\n" + stop, text: "Yes."},
		"an object of no meaning": {body: "data: {}\n\n" + yes + stop + done, text: "Yes."},
		"only [DONE]":             {body: done, want: llm.BadResponse},
		"nothing":                 {body: "", want: llm.BadResponse},
		"no text, then [DONE]":    {body: `data: {"choices":[{"index":0,"text":null}]}` + "\n\n" + done, want: llm.BadResponse},
		"role, then [DONE]":       {body: `data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}` + "\n\n" + done, want: llm.BadResponse},
		"two choices, one cut": {
			body: yes + `data: {"choices":[{"index":1,"delta":{"content":"No."}}]}` + "\n\n" + stop, text: "Yes.", want: llm.Unreachable,
		},
		"error after comments":   {body: ": wait\n\n" + `data: {"error":{"code":429,"message":"slow down"}}` + "\n\n", want: llm.RateLimited},
		"error after text":       {body: yes + `data: {"id":"x","error":{"message":"Overloaded","type":"overloaded_error"}}` + "\n\n" + done, text: "Yes.", want: llm.Overloaded},
		"error event":            {body: "event:error\n" + `data:{"code":"Arrearage","message":"pay first"}` + "\n\n", want: llm.NoFunds},
		"flat error":             {body: `data: {"code":"InvalidApiKey","message":"no"}` + "\n\n", want: llm.Unauthorised},
		"error without a stream": {kind: "application/json", body: "{\n \"error\": {\n  \"message\": \"x\", \"code\": \"insufficient_quota\"\n }\n}\n", want: llm.NoFunds},
		"a web page":             {kind: "text/html", body: "<html>\n<title>Log in</title>\n</html>", want: llm.BadResponse},
		"out of resources":       {body: yes + `data: {"choices":[{"index":0,"delta":{},"finish_reason":"insufficient_system_resource"}]}` + "\n\n", text: "Yes.", want: llm.Overloaded},
		"filtered":               {body: `data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"content_filter"}]}` + "\n\n" + done, want: llm.ContentPolicy},
		"filtered half way":      {body: yes + `data: {"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}` + "\n\n" + done, text: "Yes."},
	} {
		kind := test.kind
		if kind == "" {
			kind = "text/event-stream"
		}
		chunks, err := llmtest.Read(t.Context(), serve(t, kind, nil, test.body), llmtest.Ask(t, "Really?"))
		var said strings.Builder
		served := 0
		for _, c := range chunks {
			said.WriteString(c.Text())
			if c.Served != nil {
				served++
			}
		}
		text := said.String()
		if llm.KindOf(err) != test.want || text != test.text || (served == 1) != (test.want == "") {
			t.Errorf("%s: %q, %v, %d times served; want %q, kind %q", name, text, err, served, test.text, test.want)
		}
	}
}

func TestCompletionsAsTheyCome(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, text string
		want       llm.Kind
	}{
		"odd types":        {`{"id":1,"created":"now","choices":[{"index":"0","message":{"content":"Yes."},"finish_reason":7}]}`, "Yes.", ""},
		"parts":            {`{"choices":[{"message":{"content":[{"type":"text","text":"Yes."}]}}]}`, "Yes.", ""},
		"no choices":       {`{"choices":[]}`, "", llm.BadResponse},
		"a list":           {`[]`, "", llm.BadResponse},
		"a word":           {`"ok"`, "", llm.BadResponse},
		"nothing":          {``, "", llm.BadResponse},
		"error with 200":   {`{"error":{"message":"x","code":"context_length_exceeded"}}`, "", llm.ContextWindow},
		"filtered":         {`{"choices":[{"message":{"role":"assistant","content":""},"finish_reason":"content_filter"}]}`, "", llm.ContentPolicy},
		"Zhipu: sensitive": {`{"choices":[{"message":{"role":"assistant","content":""},"finish_reason":"sensitive"}]}`, "", llm.ContentPolicy},
	} {
		resp, err := serve(t, "application/json", nil, test.body).Complete(t.Context(), llmtest.Ask(t, "Really?"))
		if llm.KindOf(err) != test.want || resp.Text() != test.text {
			t.Errorf("%s: %q, %v, want %q, kind %q", name, resp.Text(), err, test.text, test.want)
		}
		if err == nil && string(resp.Body) != test.body {
			t.Errorf("%s: the body was changed: %s", name, resp.Body)
		}
	}
}

// TestStreamOptions holds that usage is asked for, beside the caller's own
// options, and that an endpoint that refuses that is asked again, once.
func TestStreamOptions(t *testing.T) {
	t.Parallel()
	picky := llmtest.Respond(func(r llmtest.Request) llmtest.Step {
		if llm.Field(r.Body, "stream_options") != nil {
			return llmtest.Refuse(http.StatusUnprocessableEntity, "stream_options: extra fields not permitted")
		}
		return llmtest.Say("Yes.")
	})
	server := llmtest.NewServer(t, picky)
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	body, err := llm.SetFields(llmtest.Ask(t, "Really?").Body, map[string]any{"stream_options": map[string]any{"x": 1}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := llmtest.Read(t.Context(), m, llm.Request{Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Complete(t.Context(), llm.Request{Body: body}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range server.Requests() {
		got = append(got, string(llm.Field(r.Body, "stream"))+string(llm.Field(r.Body, "stream_options")))
	}
	if diff := cmp.Diff([]string{`true{"x":1,"include_usage":true}`, "true", "true", "false"}, got); diff != "" {
		t.Errorf("stream and its options (-want +got):\n%s", diff)
	}
}

func TestHeadersAndKey(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Say("Yes."))
	for key, want := range map[string]string{"k-1": "Bearer k-1", "": ""} {
		m, err := compat.New(compat.Options{
			Model: "m", BaseURL: server.URL + "/v1", Key: key, Header: http.Header{"X-Team": {"blue"}}, HTTPClient: server.Client(),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?")); err != nil {
			t.Fatal(err)
		}
		calls := server.Requests()
		h := calls[len(calls)-1].Header
		if h.Get("Authorization") != want || h.Get("X-Team") != "blue" || h.Get("Content-Type") != "application/json" {
			t.Errorf("headers = %v", h)
		}
	}
}

func TestBadRequestsAreNotSent(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t)
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	for _, body := range []string{"", "[]", "{", "hello"} {
		r := llm.Request{Body: json.RawMessage(body)}
		_, err := m.Complete(t.Context(), r)
		_, streamed := llmtest.Read(t.Context(), m, r)
		if llm.KindOf(err) != llm.BadRequest || llm.KindOf(streamed) != llm.BadRequest {
			t.Errorf("body %q: %v, %v", body, err, streamed)
		}
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

// TestConnectionIsUsedAgain holds that a stream that was read to its end gives
// its connection back, even when the body ends a little after its last event.
func TestConnectionIsUsedAgain(t *testing.T) {
	t.Parallel()
	remotes := map[string]bool{}
	end := make(chan struct{})
	m := handle(t, func(w http.ResponseWriter, r *http.Request) {
		remotes[r.RemoteAddr] = true // one call at a time
		w.Header().Set("Content-Type", "text/event-stream")
		w.Write([]byte(`data: {"choices":[{"index":0,"delta":{"content":"Yes."},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"))
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-end
	})
	for range 5 {
		for chunk, err := range m.Stream(t.Context(), llmtest.Ask(t, "Really?")) {
			if err != nil {
				t.Fatal(err)
			}
			if chunk.Served != nil {
				end <- struct{}{}
			}
		}
	}
	// One, or two when this machine is too busy to close a body in time.
	if len(remotes) > 2 {
		t.Errorf("%d connections for 5 calls", len(remotes))
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Say("Fourteen days."), llmtest.TooMany("3"))
	var out bytes.Buffer
	m, err := compat.New(compat.Options{
		Model: "m", BaseURL: server.URL, Key: "canary-key-1234", HTTPClient: server.Client(),
		Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, _ = m.Complete(t.Context(), llmtest.Ask(t, "How many days of probation?"))
	}
	text := out.String()
	for _, want := range []string{"model answered", "model failed", "kind=rate_limited", "deployment=openai/m"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q:\n%s", want, text)
		}
	}
	for _, secret := range []string{"canary", "probation", "Fourteen"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q:\n%s", secret, text)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]compat.Options{
		"no model":   {BaseURL: "https://api.example.com"},
		"no address": {Model: "m"},
		"no scheme":  {Model: "m", BaseURL: "api.example.com/v1"},
		"no host":    {Model: "m", BaseURL: "https:///v1"},
		"a file":     {Model: "m", BaseURL: "file:///etc/passwd"},
	} {
		if m, err := compat.New(o); err == nil {
			t.Errorf("%s: %+v", name, m.Options)
		}
	}
}

func TestDefaultClient(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Say("Yes."))
	m, err := compat.New(compat.Options{Model: "m", BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.HTTPClient.CloseIdleConnections)
	resp, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
	if err != nil || resp.Text() != "Yes." || resp.Deployment != "openai/m" {
		t.Errorf("%q, %+v, %v", resp.Text(), resp.Served, err)
	}
}
