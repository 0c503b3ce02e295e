package compat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

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

// unsteady is a server below /v1 that answers as the test says at the time, and
// counts how often it was asked for its models.
type unsteady struct {
	mu     sync.Mutex
	status int
	models string
	listed int
}

func (u *unsteady) set(status int, models string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.status, u.models = status, models
}

func (u *unsteady) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case r.URL.Path == "/v1/models" && u.models != "":
		u.listed++
		io.WriteString(w, u.models)
	case r.URL.Path == "/v1/chat/completions" && u.status == http.StatusOK:
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"choices":[{"index":0,"message":{"content":%s},"finish_reason":"stop"}]}`, llm.Field(body, "model"))
	case r.URL.Path == "/v1/chat/completions":
		w.WriteHeader(u.status)
		io.WriteString(w, `{"error":{"message":"model not found"}}`)
	default:
		http.NotFound(w, r)
	}
}

// TestOpenSettlesOnAnswersOnly holds that a server that is not ready yet, or that
// no longer knows a model, is asked again where it is.
func TestOpenSettlesOnAnswersOnly(t *testing.T) {
	t.Parallel()
	const first, second = `{"data":[{"id":"first"}]}`, `{"data":[{"id":"second"}]}`
	type state struct {
		status int
		models string
		want   string // the model that answered, or the error's words
	}
	for name, test := range map[string]struct {
		model  string
		states []state
	}{
		"an early 404":               {"m", []state{{404, "", "model not found"}, {404, "", "model not found"}, {200, "", "m"}}},
		"an early 404, models known": {"", []state{{404, first, "model not found"}, {200, first, "first"}}},
		"no list at first":           {"", []state{{503, "", "model not found"}, {200, first, "first"}}},
		"no model at first":          {"", []state{{200, `{"data":[]}`, "LITELLM_MODEL"}, {200, first, "first"}}},
		"a late 404":                 {"m", []state{{200, "", "m"}, {404, "", "model not found"}, {200, "", "m"}}},
		"a model that goes":          {"", []state{{200, first, "first"}, {404, second, "model not found"}, {200, second, "second"}}},
		"a model that stays":         {"", []state{{200, first, "first"}, {200, second, "first"}, {503, second, "model not found"}, {200, second, "first"}}},
	} {
		u := &unsteady{}
		server := httptest.NewServer(u)
		t.Cleanup(server.Close)
		m, err := compat.Open(compat.Options{BaseURL: server.URL, Model: test.model, HTTPClient: server.Client()})
		if err != nil {
			t.Fatal(err)
		}
		for i, state := range test.states {
			u.set(state.status, state.models)
			resp, err := m.Complete(t.Context(), llmtest.Ask(t, "where?"))
			got := resp.Text()
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, state.want) {
				t.Errorf("%s, call %d: %s, want %s", name, i+1, got, state.want)
			}
		}
		if u.listed > len(test.states) {
			t.Errorf("%s: the models were listed %d times", name, u.listed)
		}
	}
}

// TestOpenDoesNotRepeatWhatWasSaid holds that a stream that broke with a 404 in
// it is not begun anew elsewhere.
func TestOpenDoesNotRepeatWhatWasSaid(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, hostileChunk+`data: {"error":{"code":404,"message":"gone"}}`+"\n\n")
	}))
	t.Cleanup(server.Close)
	m, err := compat.Open(compat.Options{BaseURL: server.URL, Model: "m", HTTPClient: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := llmtest.Read(t.Context(), m, llmtest.Ask(t, "where?"))
	if len(chunks) != 1 || llm.AsError(err).Status != http.StatusNotFound {
		t.Errorf("%d chunks, %v", len(chunks), err)
	}
}

// TestOpenWaitsForNobody holds that a caller who leaves is not kept by another
// one's wait for the list of models.
func TestOpenWaitsForNobody(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}, 2), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	m, err := compat.Open(compat.Options{BaseURL: server.URL, HTTPClient: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	patient, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { m.Complete(patient, llmtest.Ask(t, "who?")) })
	<-asked
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	_, err = m.Complete(gone, llmtest.Ask(t, "who?"))
	if took := time.Since(began); llm.KindOf(err) != llm.Cancelled || took > 3*time.Second { // a list may take 5
		t.Errorf("%v after %s", err, took)
	}
	leave()
	group.Wait()
	close(release)
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
