package gateway

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/router"
)

const master = "sk-master-0123456789"

// catalog is a router's list of models, as a test wants it.
type catalog struct {
	groups      []router.Group
	deployments []router.State
}

func (c catalog) Groups() []router.Group      { return c.groups }
func (c catalog) Deployments() []router.State { return slices.Clone(c.deployments) }

func (c catalog) Has(name string) bool {
	return slices.ContainsFunc(c.groups, func(g router.Group) bool { return matches(g.Name, name) }) ||
		slices.ContainsFunc(c.deployments, func(d router.State) bool { return name == d.ID || name == d.Name || name == fullName(d) })
}

func (c catalog) Resolve(name string) (groups []string, instead bool) {
	for _, g := range c.groups {
		switch {
		case g.Name == name && len(g.Of) > 0:
			return g.Of, false
		case g.Name == name || g.Pattern && matches(g.Name, name):
			return []string{name}, false
		}
	}
	for _, d := range c.deployments {
		if name == d.ID || name == d.Name || name == fullName(d) {
			return []string{d.Group}, false
		}
	}
	return nil, false
}

// keyring is a store of virtual keys in memory.
type keyring struct {
	mu   sync.Mutex
	keys []llm.Key
}

func (k *keyring) Key(_ context.Context, hash string) (llm.Key, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.keys {
		if key.Hash == hash {
			return key, true, nil
		}
	}
	return llm.Key{}, false, nil
}

func (k *keyring) Add(_ context.Context, key llm.Key) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, other := range k.keys {
		if other.Hash == key.Hash || other.Alias == key.Alias {
			return llm.ErrKeyExists
		}
	}
	k.keys = append(k.keys, key)
	return nil
}

func (k *keyring) Remove(_ context.Context, hash string) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, key := range k.keys {
		if key.Hash == hash {
			k.keys = append(k.keys[:i:i], k.keys[i+1:]...)
			return true, nil
		}
	}
	return false, nil
}

func (k *keyring) List(context.Context) ([]llm.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]llm.Key(nil), k.keys...), nil
}

func twoModels() catalog {
	return catalog{groups: []router.Group{{Name: "m", Members: []string{"d1"}}, {Name: "other"}}}
}

// open makes a gateway over a model, with the models "m" and "other" in its
// catalog.
func open(tb testing.TB, model llm.Model, change func(o *Options)) *Gateway {
	tb.Helper()
	o := Options{Model: model, Catalog: twoModels(), MasterKey: master, Keys: &keyring{}, Version: "1.2.3"}
	if change != nil {
		change(&o)
	}
	g, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// ask sends a request with the master key straight to the handler.
func ask(tb testing.TB, g http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+master)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

const question = `{"model":"m","messages":[{"role":"user","content":"How many days?"}]}`

const streamed = `{"stream":true,"model":"m","messages":[{"role":"user","content":"How many days?"}]}`

func TestWhole(t *testing.T) {
	t.Parallel()
	script := llmtest.NewScript(llmtest.Say("Fourteen days."))
	for _, path := range []string{"/v1/chat/completions", "/chat/completions"} {
		w := ask(t, open(t, script, nil), http.MethodPost, path, question)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Fourteen days.") {
			t.Fatalf("%s: status %d, body %s", path, w.Code, w.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/json", "X-Litellm-Version": "1.2.3", "X-Litellm-Model-Id": "script",
			"X-Litellm-Attempted-Retries": "0", "X-Litellm-Attempted-Fallbacks": "0",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: header %s = %q, want %q", path, name, got, want)
			}
		}
		if got := w.Header().Get("X-Litellm-Call-Id"); len(got) != 36 {
			t.Errorf("call id = %q", got)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	g := open(t, llmtest.NewScript(llmtest.Say("Four", "teen ", "days.")), nil)
	w := ask(t, g, http.MethodPost, "/v1/chat/completions", streamed)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d, error %v, body %s", w.Code, err, body)
	}
	if got := w.Header().Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type = %q", got)
	}
	if !strings.HasSuffix(string(body), "\n\ndata: [DONE]\n\n") || !strings.Contains(string(body), `"content":"teen "`) {
		t.Errorf("body = %s", body)
	}
}
