package gateway

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

// answers gives one answer, in one piece or streamed.
type answers struct{ served llm.Served }

func (a answers) Complete(context.Context, llm.Request) (llm.Response, error) {
	return llm.Response{Served: a.served, Body: json.RawMessage(`{}`)}, nil
}

func (a answers) Stream(context.Context, llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		_ = yield(llm.Chunk{Body: json.RawMessage(`{}`), From: &a.served}, nil) && yield(llm.Chunk{Served: &a.served}, nil)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	cost := 0.0000123
	served := llm.Served{
		Deployment: "d1", Provider: "deepseek", Model: "deepseek-chat", Group: "cheap", APIBase: "https://api.deepseek.com",
		Attempts: 3, Fallbacks: 1, CostUSD: &cost, Route: "rule 便宜: cheap", Took: 5 * time.Millisecond,
		Header: http.Header{
			"X-Request-Id": {"r1"}, "X-Ratelimit-Remaining-Requests": {"9"}, "Set-Cookie": {"session=canary"}, "Connection": {"close"},
			"Transfer-Encoding": {"chunked"}, "Content-Length": {"7"}, "Openai-Organization": {"canary-org"}, "Content-Encoding": {"gzip"},
			"Access-Control-Allow-Origin": {"*"}, "Server": {"canary-server"}, "X-Envoy-Upstream-Service-Time": {"canary"}, "Date": {"canary"},
			"X-Long": {strings.Repeat("x", maxPassedValue+1)},
		},
	}
	want := map[string]string{
		"X-Litellm-Model-Id": "d1", "X-Litellm-Model-Group": "cheap", "X-Litellm-Model-Api-Base": "https://api.deepseek.com",
		"X-Litellm-Model-Name": "deepseek-chat", "X-Litellm-Attempted-Retries": "2", "X-Litellm-Attempted-Fallbacks": "1",
		"X-Litellm-Response-Duration-Ms": "6.25", "X-Litellm-Overhead-Duration-Ms": "1.25",
		"X-Tribune-Route":         "rule %E4%BE%BF%E5%AE%9C: cheap",
		"X-Litellm-Response-Cost": "0.0000123", "X-Litellm-Version": "1.2.3",
		"Llm_provider-X-Request-Id": "r1", "Llm_provider-X-Ratelimit-Remaining-Requests": "9", "X-Ratelimit-Remaining-Requests": "9",
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(6250 * time.Microsecond); return now }
	g := open(t, answers{served}, func(o *Options) { o.Now = clock })
	for _, body := range []string{question, streamed} {
		got := map[string]string{}
		for name, values := range ask(t, g, http.MethodPost, "/v1/chat/completions", body).Header() {
			if strings.HasPrefix(name, "X-Litellm") || strings.HasPrefix(name, "X-Tribune") || strings.HasPrefix(name, "Llm_") || strings.HasPrefix(name, "X-Ratelimit") {
				got[name] = values[0]
			}
			if strings.Contains(values[0], "canary") {
				t.Errorf("%s is passed on", name)
			}
		}
		if len(got["X-Litellm-Call-Id"]) != 36 {
			t.Errorf("call id = %q", got["X-Litellm-Call-Id"])
		}
		delete(got, "X-Litellm-Call-Id")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

// What is not known must be missing, not 0.
func TestCostThatIsNotKnown(t *testing.T) {
	t.Parallel()
	w := ask(t, open(t, answers{}, nil), http.MethodPost, "/v1/chat/completions", question)
	if got, there := w.Header()["X-Litellm-Response-Cost"]; there {
		t.Errorf("cost = %q", got)
	}
}

func TestProviderHeadersAreBounded(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	for i := range 1000 {
		h["X-Note-"+strconv.Itoa(i)] = []string{"n"}
	}
	g := open(t, answers{llm.Served{Header: h}}, nil)
	n := 0
	for name := range ask(t, g, http.MethodPost, "/v1/chat/completions", question).Header() {
		if strings.HasPrefix(name, "Llm_provider-") {
			n++
		}
	}
	if n != maxPassed {
		t.Errorf("%d headers, want %d", n, maxPassed)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	g := open(t, answers{}, nil)
	mux := http.NewServeMux()
	for _, path := range g.Paths() {
		mux.Handle(path, g)
	}
	for path, want := range map[string]int{
		"/v1/models": 200, "/models/m": 200, "/v1/model/info": 200, "/model/info": 200, "/key/list": 200, "/health": 200,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+master)
		if mux.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: status %d, want %d", path, w.Code, want)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{}); err == nil {
		t.Error("a gateway to nothing")
	}
}
