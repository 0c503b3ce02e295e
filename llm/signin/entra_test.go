package signin_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm/signin"
)

func TestEntra(t *testing.T) {
	t.Parallel()
	server := tokens(t, answer, http.StatusOK, func(r *http.Request) {
		if r.URL.Path != "/acme/oauth2/v2.0/token" || r.PostFormValue("grant_type") != "client_credentials" ||
			r.PostFormValue("client_id") != "c" || r.PostFormValue("client_secret") != "sesame-open" ||
			r.PostFormValue("scope") != "https://cognitiveservices.azure.com/.default" {
			t.Errorf("asked %s with %v", r.URL, r.PostForm)
		}
	})
	s, err := signin.Entra(signin.EntraOptions{Tenant: "acme", ClientID: "c", Secret: "sesame-open", Authority: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Token(t.Context()); err != nil || got != "ya29.secret" {
		t.Errorf("Token = %q, %v", got, err)
	}
}

func TestEntraRefuses(t *testing.T) {
	t.Parallel()
	server := tokens(t, `{"error":"invalid_client","error_description":"sesame-open"}`, http.StatusUnauthorized, func(*http.Request) {})
	s, err := signin.Entra(signin.EntraOptions{Tenant: "acme", ClientID: "c", Secret: "sesame-open", Authority: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), "invalid_client") || !strings.Contains(err.Error(), "401") {
		t.Errorf("err = %v", err)
	}
	hidden(t, err)
	if _, err := signin.Entra(signin.EntraOptions{Tenant: "acme", ClientID: "c"}); err == nil {
		t.Error("no secret, no error")
	}
}

// A redirect would take the secret to somebody else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("somebody else was asked: %s %s", r.Method, r.URL)
	}))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	s, err := signin.Entra(signin.EntraOptions{Tenant: "acme", ClientID: "c", Secret: "sesame-open", Authority: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Token(t.Context())
	if err == nil {
		t.Error("a redirect is a token")
	}
	hidden(t, err)
}
