package compat_test

import (
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestBodies is the table of what a deployment's options make of a body.
func TestBodies(t *testing.T) {
	t.Parallel()
	const parts = `[{"type":"text","text":"a"},{"type":"text","text":"\n<b>"}]`
	const picture = `[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:"}}]`
	fields := map[string]any{"max_tokens": 9, "temperature": 0.5, "top_k": nil}
	for name, test := range map[string]struct {
		options    compat.Options
		body, want string
	}{
		"nothing":             {compat.Options{}, `{"x":1}`, `{"x":1,"model":"m","stream":false}`},
		"in their places":     {compat.Options{}, `{"model":1,"stream":true,"stream_options":{},"x":1}`, `{"model":"m","stream":false,"x":1}`},
		"twice":               {compat.Options{}, `{"model":1,"x":1,"model":2}`, `{"model":"m","x":1,"stream":false}`},
		"fields":              {compat.Options{Fields: fields}, `{}`, `{"max_tokens":9,"temperature":0.5,"top_k":null,"model":"m","stream":false}`},
		"the request's own":   {compat.Options{Fields: fields}, `{"temperature":0,"max_completion_tokens":3,"top_k":1}`, `{"temperature":0,"max_completion_tokens":3,"top_k":1,"model":"m","stream":false}`},
		"model is no field":   {compat.Options{Fields: map[string]any{"model": "x", "stream": true}}, `{}`, `{"model":"m","stream":false}`},
		"dropped":             {compat.Options{Fields: fields, Drop: []string{"temperature", "seed", "nothing"}}, `{"seed":1,"max_tokens":1}`, `{"max_tokens":1,"top_k":null,"model":"m","stream":false}`},
		"newer limit":         {compat.Options{Provider: "openai"}, `{"max_tokens":1}`, `{"max_completion_tokens":1,"model":"m","stream":false}`},
		"both limits, newer":  {compat.Options{Provider: "openai"}, `{"max_tokens":1,"max_completion_tokens":2}`, `{"max_completion_tokens":2,"model":"m","stream":false}`},
		"older limit":         {compat.Options{Provider: "mistral"}, `{"max_completion_tokens":1}`, `{"max_tokens":1,"model":"m","stream":false}`},
		"both limits, older":  {compat.Options{Provider: "poe"}, `{"max_completion_tokens":1,"max_tokens":2}`, `{"max_tokens":2,"model":"m","stream":false}`},
		"required":            {compat.Options{Provider: "moonshot"}, `{"tool_choice":"required"}`, `{"tool_choice":"auto","model":"m","stream":false}`},
		"a tool by its name":  {compat.Options{Provider: "moonshot"}, `{"tool_choice":{"type":"function"}}`, `{"tool_choice":{"type":"function"},"model":"m","stream":false}`},
		"too hot":             {compat.Options{Provider: "moonshot"}, `{"temperature":1.7}`, `{"temperature":1,"model":"m","stream":false}`},
		"not too hot":         {compat.Options{Provider: "moonshot"}, `{"temperature":0.70}`, `{"temperature":0.70,"model":"m","stream":false}`},
		"own quirks":          {compat.Options{Provider: "moonshot", Quirks: &compat.Quirks{}}, `{"temperature":1.7}`, `{"temperature":1.7,"model":"m","stream":false}`},
		"parts become text":   {compat.Options{Provider: "dashscope"}, `{"messages":[{"role":"user","content":` + parts + `,"x":1e2},{"role":"user","content":"b"}]}`, `{"messages":[{"role":"user","content":"a\n\u003cb\u003e","x":1e2},{"role":"user","content":"b"}],"model":"m","stream":false}`},
		"pictures stay":       {compat.Options{Provider: "dashscope"}, `{"messages":[{"role":"user","content":` + picture + `}]}`, `{"messages":[{"role":"user","content":` + picture + `}],"model":"m","stream":false}`},
		"no content":          {compat.Options{Provider: "dashscope"}, `{"messages":[{"role":"assistant","content":null},7]}`, `{"messages":[{"role":"assistant","content":null},7],"model":"m","stream":false}`},
		"reasoning of tools":  {compat.Options{Provider: "moonshot"}, `{"messages":[{"role":"assistant","tool_calls":[{}]},{"role":"assistant","tool_calls":[{}],"reasoning_content":"x"},{"role":"assistant","tool_calls":[]}]}`, `{"messages":[{"role":"assistant","tool_calls":[{}],"reasoning_content":" "},{"role":"assistant","tool_calls":[{}],"reasoning_content":"x"},{"role":"assistant","tool_calls":[]}],"model":"m","stream":false}`},
		"tools' results only": {compat.Options{Provider: "zai"}, `{"messages":[{"role":"user","content":` + parts + `},{"role":"tool","content":` + parts + `}]}`, `{"messages":[{"role":"user","content":` + parts + `},{"role":"tool","content":"a\n\u003cb\u003e"}],"model":"m","stream":false}`},
	} {
		server := llmtest.NewServer(t, llmtest.Say("Yes."))
		o := test.options
		o.Model, o.BaseURL, o.HTTPClient = "m", server.URL, server.Client()
		if o.Provider == "" {
			o.Provider = "any"
		}
		m, err := compat.New(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Complete(t.Context(), llm.Request{Body: []byte(test.body)}); err != nil {
			t.Fatal(err)
		}
		if got := string(server.Requests()[0].Body); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.want)
		}
	}
	if m, err := compat.New(compat.Options{Model: "m", BaseURL: "http://h", Fields: map[string]any{"f": func() {}}}); err == nil {
		t.Errorf("a field that is no JSON was taken: %v", m.Fields)
	}
}

func TestEmptyFinish(t *testing.T) {
	t.Parallel()
	const call = `[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]`
	const delta = `{"id":"i","choices":[{"index":0,"delta":{"tool_calls":` + call + `},"finish_reason":""}],"usage":{"prompt_tokens":1}}`
	whole := `{"choices":[{"message":{"content":"","tool_calls":` + call + `},"finish_reason":""},{"index":1,"message":{"content":"x"},"finish_reason":""}]}`
	model := func(kind, body string) *compat.Model {
		m, err := compat.New(compat.Options{Model: "m", Provider: "xai", BaseURL: serve(t, kind, nil, body).BaseURL})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.HTTPClient.CloseIdleConnections)
		return m
	}
	resp, err := model("application/json", whole).Complete(t.Context(), llmtest.Ask(t, "Really?"))
	want := `{"choices":[{"message":{"content":"","tool_calls":` + call + `},"finish_reason":"tool_calls"},{"index":1,"message":{"content":"x"},"finish_reason":""}]}`
	if err != nil || string(resp.Body) != want {
		t.Errorf("%s, %v", resp.Body, err)
	}
	chunks, err := llmtest.Read(t.Context(), model("text/event-stream", "data: "+delta+"\n\ndata: [DONE]\n\n"), llmtest.Ask(t, "Really?"))
	if err != nil || len(chunks) != 3 || string(chunks[1].Body) != `{"id":"i","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}` {
		t.Errorf("%+v, %v", chunks, err)
	}
}
