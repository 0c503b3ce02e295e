package litellm_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/tribunebot/tribune/llm/litellm"
)

// world answers for all hosts there are: every request goes to one local
// server, and is kept as it was sent.
type world struct {
	local *url.URL
	next  http.RoundTripper

	mu   sync.Mutex
	seen []sent
}

type sent struct {
	url    string
	header http.Header
	body   map[string]any
}

func newWorld(t *testing.T) *world {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		text := `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`
		switch {
		case strings.HasSuffix(r.URL.Path, "/messages"):
			text = `{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}`
		case strings.HasSuffix(r.URL.Path, "/token"):
			text = `{"access_token":"cloud-token","expires_in":3600,"token_type":"Bearer"}`
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	local, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &world{local: local, next: server.Client().Transport}
}

// RoundTrip implements http.RoundTripper.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s := sent{url: r.URL.String(), header: r.Header.Clone()}
	if json.Unmarshal(raw, &s.body) != nil {
		s.body = map[string]any{"form": string(raw)}
	}
	w.mu.Lock()
	w.seen = append(w.seen, s)
	w.mu.Unlock()
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(raw))
	r.URL.Scheme, r.URL.Host, r.Host = "http", w.local.Host, w.local.Host
	return w.next.RoundTrip(r)
}

// last is the last call of a model.
func (w *world) last(t *testing.T) sent {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		t.Fatal("nothing was sent")
	}
	return w.seen[len(w.seen)-1]
}

func (w *world) options(variables map[string]string) litellm.OpenOptions {
	return litellm.OpenOptions{
		HTTPClient: &http.Client{Transport: w},
		Lookup: func(name string) (string, bool) {
			value, ok := variables[name]
			return value, ok
		},
	}
}

// spec is an entry whose model is written as in the file.
func spec(t *testing.T, model string, change func(s *litellm.Spec)) litellm.Spec {
	t.Helper()
	p, name, err := litellm.Find(model)
	if err != nil {
		t.Fatal(err)
	}
	s := litellm.Spec{ID: "d1", Group: "g", Model: model, Provider: p, Name: name, Params: map[string]string{}}
	if change != nil {
		change(&s)
	}
	return s
}

func serviceAccount(t *testing.T) string {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "acme", "client_email": "bot@acme.example", "token_uri": "https://oauth2.googleapis.com/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
