package signin_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm/signin"
)

// serviceKey is a service account's key whose tokens come from address.
func serviceKey(t *testing.T, address string) string {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return object(t, map[string]string{
		"type": "service_account", "project_id": "acme", "client_email": "bot@acme.example", "private_key_id": "k1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": address,
	})
}

func object(t *testing.T, fields map[string]string) string {
	t.Helper()
	raw, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// tokens serves tokens, and hands what it is asked to see.
func tokens(t *testing.T, answer string, status int, see func(r *http.Request)) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		see(r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if _, err := io.WriteString(w, answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

const answer = `{"access_token":"ya29.secret","expires_in":3600,"token_type":"Bearer"}`

func TestServiceAccount(t *testing.T) {
	t.Parallel()
	asked := 0
	server := tokens(t, answer, http.StatusOK, func(r *http.Request) {
		asked++
		if got := r.PostFormValue("grant_type"); got != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
			t.Errorf("grant_type = %q", got)
		}
		claims := claims(t, r.PostFormValue("assertion"))
		if claims["iss"] != "bot@acme.example" || claims["scope"] != "https://www.googleapis.com/auth/cloud-platform" {
			t.Errorf("claims = %v", claims)
		}
	})
	key := serviceKey(t, server.URL)
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []signin.GoogleOptions{{Credentials: key}, {Credentials: file}, {Files: []string{"/nowhere/at-all", "", file}}} {
		asked = 0
		s, err := signin.Google(o)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if got, err := s.Token(t.Context()); err != nil || got != "ya29.secret" {
				t.Errorf("Token = %q, %v", got, err)
			}
		}
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	}
	if p := signin.Project(file); p != "acme" {
		t.Errorf("Project = %q", p)
	}
}

func claims(t *testing.T, assertion string) map[string]any {
	t.Helper()
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		t.Fatalf("assertion = %q", assertion)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRefreshedLongBeforeItsEnd(t *testing.T) {
	t.Parallel()
	asked := 0
	server := tokens(t, answer, http.StatusOK, func(*http.Request) { asked++ })
	now := time.Now()
	s, err := signin.Google(signin.GoogleOptions{Credentials: serviceKey(t, server.URL), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{0, 58 * time.Minute, 59*time.Minute + 30*time.Second} {
		now = now.Add(at)
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want 2", asked)
	}
}

func TestUserCredentials(t *testing.T) {
	t.Parallel()
	server := tokens(t, answer, http.StatusOK, func(r *http.Request) {
		if r.PostFormValue("refresh_token") != "r" || r.PostFormValue("client_id") != "c" || r.PostFormValue("client_secret") != "s" {
			t.Errorf("form = %v", r.PostForm)
		}
	})
	s, err := signin.Google(signin.GoogleOptions{
		Credentials: object(t, map[string]string{"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r", "quota_project_id": "q"}),
		TokenURL:    server.URL,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Token(t.Context()); err != nil || got != "ya29.secret" {
		t.Errorf("Token = %q, %v", got, err)
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	server := tokens(t, answer, http.StatusOK, func(r *http.Request) {
		if r.Header.Get("Metadata-Flavor") != "Google" || r.URL.Path != "/computeMetadata/v1/instance/service-accounts/default/token" {
			t.Errorf("asked %s with %v", r.URL, r.Header)
		}
	})
	s, err := signin.Google(signin.GoogleOptions{MetadataURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Token(t.Context()); err != nil || got != "ya29.secret" {
		t.Errorf("Token = %q, %v", got, err)
	}
}

func TestNoCredentials(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, address := range map[string]string{
		"vertex_credentials": gone.URL,
		"404":                tokens(t, "", http.StatusNotFound, func(*http.Request) {}).URL,
		"holds none":         tokens(t, "<html>", http.StatusOK, func(*http.Request) {}).URL,
	} {
		s, err := signin.Google(signin.GoogleOptions{MetadataURL: address})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Token(t.Context()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q in %v", name, err)
		}
	}
}

func TestErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	server := tokens(t, `{"error":"invalid_grant","error_description":"bad","access_token":"ya29.secret"}`, http.StatusBadRequest, func(*http.Request) {})
	user := map[string]string{"type": "authorized_user", "client_id": "c", "client_secret": "sesame-open", "refresh_token": "refresh-me-now"}
	s, err := signin.Google(signin.GoogleOptions{Credentials: object(t, user), TokenURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), "400") || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("err = %v", err)
	}
	hidden(t, err)
	for want, said := range map[string]string{
		"no JSON":       `{"refresh-me-now`,
		"no such file":  "/nowhere/key.json",
		"external":      `{"type":"external_account","client_secret":"sesame-open"}`,
		"private_key":   `{"type":"service_account","client_email":"a@b"}`,
		"refresh_token": `{"type":"authorized_user","client_secret":"sesame-open"}`,
	} {
		_, err := signin.Google(signin.GoogleOptions{Credentials: said})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		hidden(t, err)
		if p := signin.Project(said); p != "" {
			t.Errorf("Project(%s) = %q", want, p)
		}
	}
}

func hidden(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"ya29.secret", "sesame-open", "refresh-me-now"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q shows in %v", secret, err)
		}
	}
}

// TestSignInEndsWithTheCall shows that a token endpoint that never answers
// holds nobody for longer than they want to wait.
func TestSignInEndsWithTheCall(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	free := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) {
		cancel()
		<-free
	}))
	defer server.Close()
	defer close(free)
	s, err := signin.Google(signin.GoogleOptions{Credentials: serviceKey(t, server.URL)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(ctx); err == nil || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("err = %v", err)
	}
}
