package claude_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/claude"
	"github.com/tribunebot/tribune/llm/llmtest"
)

func TestFieldsAndDrop(t *testing.T) {
	t.Parallel()
	thinking := map[string]any{"type": "enabled", "budget_tokens": 2048}
	for name, test := range map[string]struct {
		fields map[string]any
		drop   []string
		body   string
		want   map[string]string
	}{
		"the deployment's":   {map[string]any{"max_tokens": 9, "thinking": thinking}, nil, `{}`, map[string]string{"max_tokens": "9", "thinking": `{"budget_tokens":2048,"type":"enabled"}`}},
		"the request's own":  {map[string]any{"max_tokens": 9, "temperature": 0.5}, nil, `{"max_completion_tokens":3,"temperature":0.1}`, map[string]string{"max_tokens": "3", "temperature": "0.1"}},
		"dropped":            {map[string]any{"temperature": 0.5}, []string{"temperature", "x_probe"}, `{"x_probe":1}`, map[string]string{"temperature": "", "x_probe": ""}},
		"nothing to do":      {nil, nil, `{"x_probe":1}`, map[string]string{"x_probe": "1", "max_tokens": "8192"}},
		"a field that is no": {map[string]any{"x_probe": nil}, nil, `{}`, map[string]string{"x_probe": ""}},
	} {
		server := llmtest.NewServer(t, llmtest.Say("Yes."))
		m, err := claude.New(claude.Options{
			Model: "c", BaseURL: server.URL, Key: "k", HTTPClient: server.Client(), Fields: test.fields, Drop: test.drop,
		})
		if err != nil {
			t.Fatal(err)
		}
		body, err := llm.SetFields(llmtest.Ask(t, "Really?").Body, fields(t, test.body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Complete(t.Context(), llm.Request{Body: body}); err != nil {
			t.Fatal(err)
		}
		for field, want := range test.want {
			if got := string(llm.Field(server.Requests()[0].Body, field)); got != want {
				t.Errorf("%s: %s = %s, want %s", name, field, got, want)
			}
		}
	}
}

func fields(t *testing.T, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOnlyChats(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t)
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	for _, e := range []llm.Endpoint{llm.Completions, llm.Embeddings} {
		r := llm.Request{Endpoint: e, Body: llmtest.Ask(t, "Really?").Body}
		_, err := m.Complete(t.Context(), r)
		_, streamed := llmtest.Read(t.Context(), m, r)
		if llm.KindOf(err) != llm.BadRequest || llm.KindOf(streamed) != llm.BadRequest || !strings.Contains(err.Error(), string(e)) {
			t.Errorf("%s: %v, %v", e, err, streamed)
		}
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}

func TestServedTellsHeadersAndAddress(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Say("Yes.").With("Anthropic-Ratelimit-Requests-Remaining", "9"))
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	for body, asked := range map[string]bool{
		`{"messages":[{"role":"user","content":"Really?"}]}`:                                         false,
		`{"messages":[{"role":"user","content":"Really?"}],"stream_options":{"include_usage":true}}`: true,
	} {
		r := llm.Request{Body: []byte(body)}
		resp, err := m.Complete(t.Context(), r)
		if err != nil || resp.APIBase != server.URL || resp.Header.Get("Anthropic-Ratelimit-Requests-Remaining") != "9" {
			t.Errorf("%+v, %v", resp.Served, err)
		}
		chunks, err := llmtest.Read(t.Context(), m, r)
		if err != nil {
			t.Fatal(err)
		}
		served := chunks[len(chunks)-1].Served
		if served.APIBase != server.URL || served.Header.Get("Anthropic-Ratelimit-Requests-Remaining") != "9" {
			t.Errorf("%+v", served)
		}
		for i, c := range chunks {
			if usage := llm.Field(c.Body, "usage") != nil; c.UsageOnly != (usage && !asked) || usage != (i == len(chunks)-2) {
				t.Errorf("asked %t: chunk %d is %+v: %s", asked, i, c, c.Body)
			}
		}
	}
}
