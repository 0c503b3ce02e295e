package claude_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/claude"
)

// provider answers every request with the same bytes, without a network.
type provider struct {
	answer []byte
	asked  func(body []byte)
}

// RoundTrip implements http.RoundTripper.
func (p provider) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if p.asked != nil {
		p.asked(body)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(p.answer)), ContentLength: int64(len(p.answer)), Request: r,
	}, nil
}

func behind(t *testing.T, p provider) llm.Model {
	t.Helper()
	m, err := claude.New(claude.Options{Model: "c", HTTPClient: &http.Client{Transport: p}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// FuzzRequest holds that what is sent is JSON, whatever was asked.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{` + hello + `,"reasoning_effort":"low","stop":["a",1],"tools":[{"function":{"name":7,"parameters":{}}}],"output_config":{}}`))
	f.Add([]byte(`{"messages":[{"role":"user","cache_control":1,"content":[{"type":"text","text":"a","cache_control":{}},{},7,{"image_url":{"url":"data:a;base64,\u0022"},"type":"image_url"}]}]}`))
	f.Add([]byte(`{"messages":[{"role":"assistant","thinking_blocks":[{"type":"thinking","signature":"s"},{"type":"redacted_thinking"}],"tool_calls":[{"id":"\"","function":{"arguments":"{} {}"}},3]},{"role":"tool","tool_call_id":"a\"b","content":[]}],"system":[{}]}`))
	f.Add([]byte(`{"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/x;base64,","filename":"\""}}]}],"metadata":{"user_id":"\u0000"},"response_format":{"type":"json_schema"},"temperature":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m := behind(t, provider{
			answer: []byte(`{"type":"message","role":"assistant"}`),
			asked: func(sent []byte) {
				if !json.Valid(sent) {
					t.Errorf("%q became %q", body, sent)
				}
			},
		})
		if _, err := m.Complete(t.Context(), llm.Request{Body: body}); err != nil && llm.AsError(err) == nil {
			t.Errorf("error = %v", err)
		}
	})
}

// FuzzAnswer holds that what comes back is JSON, whatever a provider says.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"type":"message","role":"assistant","id":7,"content":` + thoughtful + `,"usage":{"input_tokens":-1,"output_tokens":1e9}}`))
	f.Add([]byte(thinks()))
	f.Add([]byte(events(begun(`{"type":"tool_use","input":[" "]}`), closed, added(`{"type":"thinking_delta","thinking":{}}`), ended)))
	f.Fuzz(func(t *testing.T, answer []byte) {
		m := behind(t, provider{answer: answer})
		r := llm.Request{Body: json.RawMessage(`{` + hello + `}`)}
		if resp, err := m.Complete(t.Context(), r); err == nil && !json.Valid(resp.Body) {
			t.Errorf("%q became %q", answer, resp.Body)
		}
		for c, err := range m.Stream(t.Context(), r) {
			if err == nil && len(c.Body) > 0 && !json.Valid(c.Body) {
				t.Errorf("%q became %q", answer, c.Body)
			}
		}
	})
}
