package compat_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestVendors is the table of how the vendors want to be asked.
func TestVendors(t *testing.T) {
	t.Parallel()
	sign := func(_ context.Context, r *http.Request) error {
		body, err := r.GetBody()
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(body)
		if err != nil || llm.Field(raw, "model") == nil || r.Header.Get("Content-Type") == "" {
			return errors.New("there was nothing to sign")
		}
		r.Header.Set("Authorization", "Signed "+r.URL.Path)
		return nil
	}
	version := url.Values{"api-version": {"2024-10-21"}}
	for name, test := range map[string]struct {
		base                  string
		options               compat.Options
		path, header, want, q string
	}{
		"OpenAI":            {"/v1", compat.Options{Key: "k"}, "/v1/chat/completions", "Authorization", "Bearer k", ""},
		"no key":            {"/v1/", compat.Options{}, "/v1/chat/completions", "Authorization", "", ""},
		"Azure deployments": {"/openai/deployments/gpt", compat.Options{Key: "k", KeyHeader: "api-key", Query: version}, "/openai/deployments/gpt/chat/completions", "Api-Key", "k", "api-version=2024-10-21"},
		"Azure v1":          {"/openai/v1", compat.Options{Key: "k", KeyHeader: "api-key"}, "/openai/v1/chat/completions", "Api-Key", "k", ""},
		"a query of the address": {
			"/openai/v1?api-version=preview", compat.Options{Key: "k"}, "/openai/v1/chat/completions", "Authorization", "Bearer k", "api-version=preview",
		},
		"signed":        {"", compat.Options{Sign: sign}, "/chat/completions", "Authorization", "Signed /chat/completions", ""},
		"signed anyway": {"/v1", compat.Options{Key: "k", Sign: sign}, "/v1/chat/completions", "Authorization", "Signed /v1/chat/completions", ""},
		"own header":    {"/v1", compat.Options{Key: "k", Header: http.Header{"authorization": {"Basic x"}}}, "/v1/chat/completions", "Authorization", "Basic x", ""},
	} {
		server := llmtest.NewServer(t, llmtest.Say("Yes."))
		o := test.options
		o.Model, o.BaseURL, o.HTTPClient = "m", server.URL+test.base, server.Client()
		m, err := compat.New(o)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
		chunks, streamed := llmtest.Read(t.Context(), m, llmtest.Ask(t, "Really?"))
		if err != nil || streamed != nil {
			t.Fatalf("%s: %v, %v", name, err, streamed)
		}
		bare, _, _ := strings.Cut(server.URL+strings.TrimRight(test.base, "/"), "?")
		if resp.APIBase != bare || chunks[len(chunks)-1].Served.APIBase != bare {
			t.Errorf("%s: served at %s, want %s", name, resp.APIBase, bare)
		}
		for _, r := range server.Requests() {
			if r.Path != test.path || r.Header.Get(test.header) != test.want || r.Query.Encode() != test.q {
				t.Errorf("%s: asked at %s?%s with %v", name, r.Path, r.Query.Encode(), r.Header)
			}
		}
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	known := &llm.Error{Kind: llm.Overloaded, Provider: "p", Err: errors.New("the token server is down")}
	for name, test := range map[string]struct {
		err  error
		want llm.Kind
	}{
		"no rights":  {errors.New("no such account"), llm.Unauthorised},
		"classified": {known, llm.Overloaded},
	} {
		server := llmtest.NewServer(t)
		m, err := compat.New(compat.Options{
			Model: "m", BaseURL: server.URL, HTTPClient: server.Client(),
			Sign: func(context.Context, *http.Request) error { return test.err },
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
		_, streamed := llmtest.Read(t.Context(), m, llmtest.Ask(t, "Really?"))
		if llm.KindOf(err) != test.want || llm.KindOf(streamed) != test.want || len(server.Requests()) != 0 {
			t.Errorf("%s: %v, %v", name, err, streamed)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	m, err := compat.New(compat.Options{
		Model: "m", BaseURL: "http://127.0.0.1:1",
		Sign: func(ctx context.Context, _ *http.Request) error { cancel(); <-ctx.Done(); return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Complete(ctx, llmtest.Ask(t, "Really?")); llm.KindOf(err) != llm.Cancelled {
		t.Errorf("the caller left: %v", err)
	}
}

// TestSignedSecrets holds that a token that only the sign-in knows does not show,
// nor does one in the address, while a version does.
func TestSignedSecrets(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Respond(func(r llmtest.Request) llmtest.Step {
		return llmtest.Refuse(http.StatusForbidden, "no "+r.Header.Get("Authorization")+" of "+r.Query.Encode())
	}))
	m, err := compat.New(compat.Options{
		Model: "m", BaseURL: server.URL, HTTPClient: server.Client(),
		Query: url.Values{"api-version": {"2024-10-21"}, "sig": {"canary/address"}},
		Sign: func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "canary/token-of-the-hour")
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = m.Complete(t.Context(), llmtest.Ask(t, "Really?"))
		if text := err.Error(); strings.Contains(text, "canary") || strings.Contains(text, "address") || !strings.Contains(text, "2024-10-21") {
			t.Error(text)
		}
	}
}
