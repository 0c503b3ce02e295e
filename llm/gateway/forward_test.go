package gateway

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm/llmtest"
)

// What a client says to the provider reaches it, and no credential does.
func TestHeadersThatGoOn(t *testing.T) {
	t.Parallel()
	sent := http.Header{
		"Authorization": {"Bearer " + master}, "X-Request-Source": {"ci"}, "X-Trace-Id": {"t1", "t2"},
		"X-Api-Key": {"k"}, "X-Amz-Security-Token": {"k"}, "X-Amz-Date": {"d"}, "X-Goog-User-Project": {"p"}, "X-Ms-Token-Aad-Id-Token": {"k"},
		"X-Auth-Request-User": {"u"}, "X-Forwarded-For": {"10.0.0.1"}, "X-Real-Ip": {"10.0.0.1"}, "X-Stainless-Lang": {"go"},
		"X-Litellm-Tags": {"a"}, "X-My-Own": {master}, "X-Long": {strings.Repeat("x", maxPassedValue+1)}, "Openai-Organization": {"o"}, "Cookie": {"c"},
	}
	for name, c := range map[string]struct {
		on   bool
		want http.Header
	}{
		"off": {false, http.Header{}},
		"on":  {true, http.Header{"X-Request-Source": {"ci"}, "X-Trace-Id": {"t1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upstream := llmtest.NewServer(t, llmtest.Say("Yes."))
			g := open(t, deployment(t, upstream), func(o *Options) { o.ForwardHeaders, o.KeyHeader = c.on, "x-my-own" })
			for _, body := range []string{question, streamed} {
				r := newRequest(t, body, sent)
				if w := serve(g, r); w.Code != http.StatusOK {
					t.Fatalf("status %d: %s", w.Code, w.Body)
				}
			}
			for _, r := range upstream.Requests() {
				got := http.Header{}
				for name, values := range r.Header {
					if sent[name] != nil && name != "Authorization" {
						got[name] = values
					}
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("headers (-want +got):\n%s", diff)
				}
				if strings.Contains(r.Header.Get("Authorization"), master) {
					t.Error("the gateway's key went to the provider")
				}
			}
		})
	}
}

func TestForwardedHeadersAreBounded(t *testing.T) {
	t.Parallel()
	many := http.Header{}
	for i := range 100 {
		many["X-Many-"+strings.Repeat("a", i)] = []string{"1"}
	}
	g := open(t, llmtest.NewScript(), nil)
	if n := len(g.forwarded(many)); n != maxPassed {
		t.Errorf("%d headers go on, want %d", n, maxPassed)
	}
	if h := g.forwarded(http.Header{"Accept": {"*/*"}}); h != nil {
		t.Errorf("headers = %v", h)
	}
}

func TestRequestsWithoutAUser(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Yes.")), func(o *Options) { o.RequireUser = true })
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/v1/chat/completions", question, 400},
		{"/v1/chat/completions", strings.Replace(question, "{", `{"user":"u1",`, 1), 200},
		{"/v1/chat/completions", strings.Replace(question, "{", `{"user":" ",`, 1), 400},
		{"/v1/embeddings", `{"model":"m","input":"a"}`, 400},
		{"/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`, 400},
		{"/v1/messages", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"metadata":{"user_id":"u1"}}`, 200},
	} {
		w := ask(t, g, http.MethodPost, c.path, c.body)
		if w.Code != c.want || c.want == 400 && !strings.Contains(w.Body.String(), "for whom") {
			t.Errorf("%s %s: status %d, want %d: %s", c.path, c.body, w.Code, c.want, w.Body)
		}
	}
	if w := ask(t, g, http.MethodGet, "/v1/models", ""); w.Code != http.StatusOK {
		t.Errorf("the list of models: status %d", w.Code)
	}
}
