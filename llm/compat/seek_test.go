package compat_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// somewhere is a provider whose protocol begins at a path of its own, and which
// lists these models.
func somewhere(t *testing.T, prefix, models string) (*llmtest.Server, string) {
	t.Helper()
	provider := llmtest.NewServer(t, llmtest.Say("here"))
	target, err := url.Parse(provider.URL)
	if err != nil {
		t.Fatal(err)
	}
	chat := httputil.NewSingleHostReverseProxy(target)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+prefix+"/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/v1/chat/completions"
		chat.ServeHTTP(w, r)
	})
	if models != "" {
		mux.HandleFunc("GET "+prefix+"/models", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(models)) })
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return provider, server.URL
}

func TestOpenFindsWhatIsMissing(t *testing.T) {
	t.Parallel()

	const listed = `{"data":[{"id":"first"},{"id":"second"}]}`
	for name, tc := range map[string]struct{ prefix, models, path, model, want string }{
		"a bare address means /v1": {"/v1", "", "", "m", "m"},
		"or nothing":               {"", "", "/", "m", "m"},
		"a path is kept":           {"/deep/v9", "", "/deep/v9", "m", "m"},
		"the first model listed":   {"/v1", listed, "", "", "first"},
		"the same without /v1":     {"", listed, "", "", "first"},
		"no list":                  {"/v1", "", "", "", "default"},
		"the same below a path":    {"/deep", listed, "/deep", "", "first"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			provider, base := somewhere(t, tc.prefix, tc.models)
			m, err := compat.Open(compat.Options{Provider: "litellm_proxy", BaseURL: base + tc.path, Model: tc.model})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				resp, err := m.Complete(t.Context(), llmtest.Ask(t, "where?"))
				if err != nil || resp.Text() != "here" {
					t.Fatalf("%q, %v", resp.Text(), err)
				}
				chunks, err := llmtest.Read(t.Context(), m, llmtest.Ask(t, "where?"))
				if err != nil || len(chunks) == 0 {
					t.Fatalf("%d chunks, %v", len(chunks), err)
				}
			}
			for _, r := range provider.Requests() {
				if !strings.Contains(string(r.Body), `"`+tc.want+`"`) {
					t.Errorf("asked for another model than %s: %s", tc.want, r.Body)
				}
			}
		})
	}
}

func TestOpenWithoutAnyModelSaysWhatToSet(t *testing.T) {
	t.Parallel()

	_, base := somewhere(t, "/v1", `{"data":[]}`)
	m, err := compat.Open(compat.Options{BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Complete(t.Context(), llmtest.Ask(t, "who?"))
	if e, ok := errors.AsType[*llm.Error](err); !ok || e.Kind != llm.NoSuchModel || !strings.Contains(err.Error(), "LITELLM_MODEL") {
		t.Errorf("%v", err)
	}
	if _, err := compat.Open(compat.Options{BaseURL: "localhost"}); err == nil {
		t.Error("an address without a scheme was taken")
	}
}

func TestOnlyOpenAIGetsTheNewerLimit(t *testing.T) {
	t.Parallel()

	for provider, want := range map[string]string{"openai": "max_completion_tokens", "deepseek": "max_tokens"} {
		server := llmtest.NewServer(t, llmtest.Say("x"))
		m, err := compat.New(compat.Options{Provider: provider, Model: "m", BaseURL: server.URL + "/v1"})
		if err != nil {
			t.Fatal(err)
		}
		request := llm.Request{Body: []byte(`{"messages":[{"role":"user","content":"hi"}],"max_tokens":7}`)}
		if _, err := m.Complete(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		if _, err := llmtest.Read(t.Context(), m, request); err != nil {
			t.Fatal(err)
		}
		for _, r := range server.Requests() {
			for _, name := range []string{"max_completion_tokens", "max_tokens"} {
				if has := strings.Contains(string(r.Body), `"`+name+`":7`); has != (name == want) {
					t.Errorf("%s: %s is there: %t in %s", provider, name, has, r.Body)
				}
			}
		}
	}
}
