package gateway

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// Whatever is sent, the answer is one in OpenAI's shape, and what goes on is
// JSON without the fields that a client may not set.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		question, streamed, `{"model":"m","fallbacks":["other",{"model":"m"}],"metadata":{"tags":["a"]}}`, `{"model":"m","timeout":1e9}`,
		`{"mod\u0065l":"m","api_base":null}`, `[`, `{}`, `{"model":"m","model":7}`, "\x00", `{"model":"m","stream_options":[]}`,
	} {
		f.Add(seed)
	}
	model := &listener{Model: llmtest.NewScript(llmtest.Say("Yes."))}
	g := open(f, model, nil)
	f.Fuzz(func(t *testing.T, body string) {
		model.got = llm.Request{}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+master)
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			if got, _ := readProblem(t, w.Code, w.Header(), w.Body.Bytes()); got.Status != http.StatusBadRequest {
				t.Fatalf("%q: %+v", body, got)
			}
			return
		}
		if !json.Valid(model.got.Body) {
			t.Fatalf("%q went on as %q", body, model.got.Body)
		}
		for name := range llm.Fields(model.got.Body) {
			if name == "api_base" || name == "fallbacks" || name == "num_retries" {
				t.Fatalf("%q went on with %s", body, name)
			}
		}
	})
}
