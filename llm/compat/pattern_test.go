package compat

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	ordinary = `{"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}`
	padded   = `{"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}],"obfuscation":"xy"}`
)

func learnt(tb testing.TB, raw string) pattern {
	tb.Helper()
	text := []byte(raw)
	s, ok := look(text)
	if !ok {
		tb.Fatalf("%s is no JSON", raw)
	}
	var p pattern
	p.learn(text, s)
	return p
}

func TestPattern(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{ordinary, padded} {
		p := learnt(t, raw)
		for text, want := range map[string]bool{
			raw: true,
			strings.Replace(raw, `"a"`, `"\n long text \" "`, 1):              true,
			strings.Replace(raw, `"a"`, `""`, 1):                              true,
			strings.Replace(raw, `"a"`, `"a","x":"b"`, 1):                     false,
			strings.Replace(raw, `"a"`, `"\"`, 1):                             false,
			strings.Replace(raw, `null`, `"stop"`, 1):                         false,
			strings.Replace(raw, `"xy"`, `"much more"`, 1):                    true,
			strings.Replace(raw, `"xy"`, `"x","usage":{"total_tokens":1}`, 1): raw == ordinary,
			strings.Replace(raw, `"xy"`, `{"a":"b"}`, 1):                      raw == ordinary,
			"":  false,
			`}`: false,
		} {
			if got := p.matches([]byte(text)); got != want {
				t.Errorf("%s is like %s: %t", text, raw, got)
			}
		}
	}
	for _, raw := range []string{
		`{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}`, `{"choices":[{"delta":{"role":"assistant"}}]}`,
		`{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}`, `{"choices":[],"usage":{}}`,
		`{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1}}`, `{"choices":[{"delta":{"content":["a"]}}]}`,
		`{"choices":[{"delta":{"content":"a"},"usage":{"prompt_tokens":1}}]}`, `{"error":"x","choices":[{"delta":{"content":"a"}}]}`,
	} {
		if p := learnt(t, raw); p.before != nil {
			t.Errorf("something was learnt of %s", raw)
		}
	}
}

// FuzzPattern holds that a chunk that fits the pattern would have told nothing
// else had it been read: it is JSON, and is the learnt one but for two texts.
func FuzzPattern(f *testing.F) {
	f.Add(ordinary, true)
	f.Add(padded, false)
	f.Add(`{"id":"c","choices":[{"index":0,"delta":{"content":"x,\"obfuscation\":\"y"},"finish_reason":null}],"obfuscation":"z"}`, false)
	f.Fuzz(func(t *testing.T, raw string, plain bool) {
		from := padded
		if plain {
			from = ordinary
		}
		p := learnt(t, from)
		if !p.matches([]byte(raw)) {
			return
		}
		var want, got map[string]any
		if err := json.Unmarshal([]byte(raw), &got); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if err := json.Unmarshal([]byte(from), &want); err != nil {
			t.Fatal(err)
		}
		for _, m := range []map[string]any{want, got} {
			delete(m, "obfuscation")
			m["choices"].([]any)[0].(map[string]any)["delta"].(map[string]any)["content"] = "text"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-learnt +taken for it):\n%s", raw, diff)
		}
	})
}
