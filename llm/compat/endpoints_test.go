package compat_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

func TestCompletions(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Say("Ye", "s."))
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	r := llm.Request{Endpoint: llm.Completions, Body: []byte(`{"model":"x","prompt":"Really?","max_tokens":5}`)}
	resp, err := m.Complete(t.Context(), r)
	if err != nil || resp.Text() != "Yes." || resp.Usage == nil || *resp.Usage != llmtest.DefaultUsage() {
		t.Errorf("%q, %+v, %v", resp.Text(), resp.Served, err)
	}
	chunks, err := llmtest.Read(t.Context(), m, r)
	if err != nil {
		t.Fatal(err)
	}
	var said, finish strings.Builder
	for _, c := range chunks {
		said.WriteString(c.Text())
		if c.Text() != "" && !c.Speaks() {
			t.Errorf("%s speaks", c.Body)
		}
		finish.WriteString(c.Finish())
	}
	if last := chunks[len(chunks)-1].Served; said.String() != "Yes." || finish.String() != "stop" || last == nil || last.Usage == nil {
		t.Errorf("%q, %q, %+v", said.String(), finish.String(), last)
	}
	for _, got := range server.Requests() {
		if got.Path != "/v1/completions" || string(llm.Field(got.Body, "model")) != `"deepseek-v4-flash"` || string(llm.Field(got.Body, "max_tokens")) != "5" {
			t.Errorf("asked at %s: %s", got.Path, got.Body)
		}
	}
}

func TestEmbeddings(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t)
	m := open(t, llmtest.Setup{URL: server.URL, Client: server.Client()})
	r := llm.Request{Endpoint: llm.Embeddings, Body: []byte(`{"input":["a","b"],"dimensions":8,"stream":false}`)}
	resp, err := m.Complete(t.Context(), r)
	if err != nil || strings.Count(string(resp.Body), `"embedding":[`) != 2 {
		t.Fatalf("%s, %v", resp.Body, err)
	}
	if diff := cmp.Diff(&llm.Usage{Prompt: 11}, resp.Usage); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	want := `{"input":["a","b"],"dimensions":8,"model":"deepseek-v4-flash"}`
	if got := server.Requests()[0]; got.Path != "/v1/embeddings" || string(got.Body) != want {
		t.Errorf("asked at %s: %s", got.Path, got.Body)
	}
	if _, err := llmtest.Read(t.Context(), m, r); llm.KindOf(err) != llm.BadRequest {
		t.Errorf("a stream of embeddings: %v", err)
	}
	_, err = m.Complete(t.Context(), llm.Request{Endpoint: "images/generations", Body: []byte(`{}`)})
	if llm.KindOf(err) != llm.BadRequest || len(server.Requests()) != 1 {
		t.Errorf("an endpoint that nobody knows: %v", err)
	}
}

// TestEachEndpointHasItsOwnAnswer holds that one endpoint's answer is none of
// another's.
func TestEachEndpointHasItsOwnAnswer(t *testing.T) {
	t.Parallel()
	chat, text, vectors := `{"choices":[{"message":{"content":"a"}}]}`, `{"choices":[{"text":"a"}]}`, `{"data":[{"embedding":[1]}]}`
	for name, test := range map[string]struct {
		endpoint llm.Endpoint
		body     string
		want     llm.Kind
	}{
		"chat":                    {llm.ChatCompletions, chat, ""},
		"text":                    {llm.Completions, text, ""},
		"vectors":                 {llm.Embeddings, vectors, ""},
		"vectors for a chat":      {llm.ChatCompletions, vectors, llm.BadResponse},
		"a chat for vectors":      {llm.Embeddings, chat, llm.BadResponse},
		"no list of vectors":      {llm.Embeddings, `{"data":{}}`, llm.BadResponse},
		"an error for vectors":    {llm.Embeddings, `{"error":{"code":"model_not_found","message":"x"}}`, llm.NoSuchModel},
		"a list of errors":        {llm.ChatCompletions, `[{"error":{"code":429,"message":"x"}}]`, llm.RateLimited},
		"choices that are none":   {llm.ChatCompletions, `{"choices":["a",1]}`, llm.BadResponse},
		"an error beside choices": {llm.ChatCompletions, `{"error":null,"choices":[{"message":{"content":"a"}}]}`, ""},
	} {
		r := llm.Request{Endpoint: test.endpoint, Body: []byte(`{"input":"a","prompt":"a","messages":[]}`)}
		resp, err := serve(t, "application/json", nil, test.body).Complete(t.Context(), r)
		if llm.KindOf(err) != test.want || err == nil && string(resp.Body) != test.body {
			t.Errorf("%s: %s, %v, want %q", name, resp.Body, err, test.want)
		}
	}
}

// TestCostOfAStream holds that a proxy's price is known for streams too.
func TestCostOfAStream(t *testing.T) {
	t.Parallel()
	m := serve(t, "text/event-stream", map[string]string{"X-Litellm-Response-Cost": "0.5", "X-Ratelimit-Remaining-Requests": "9"},
		`data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
	chunks, err := llmtest.Read(t.Context(), m, llmtest.Ask(t, "Really?"))
	if err != nil {
		t.Fatal(err)
	}
	served := chunks[len(chunks)-1].Served
	if served.CostUSD == nil || *served.CostUSD != 0.5 || served.Header.Get("X-Ratelimit-Remaining-Requests") != "9" {
		t.Errorf("served = %+v", served)
	}
	if served.APIBase != m.BaseURL || served.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("served = %+v", served)
	}
}
