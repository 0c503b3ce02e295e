package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestEndToEndDocumentsByKey: the model tribune answers a key from the collections
// that the key may see, and from no others: to it they do not exist.
func TestEndToEndDocumentsByKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "secret/plan.md", "# Heron plan\n\nThe heron project is called canary-heron-7731 and starts in May.\n")
	write(t, dir, "tribune.yaml", "collections:\n  secret: {sources: [{dir: ./secret}], visible_to: [\"key:alice\"]}\n")
	const master = "sk-documents-master-01"
	app := start(t, dir, settings{"LITELLM_MASTER_KEY": master}, Parts{})
	eventually(t, "the collection is fed", func() bool {
		list, err := app.Collections(t.Context())
		return err == nil && len(list.Collections) == 2
	})
	alice, bob := newKey(t, app.base, master, `{"key_alias":"alice"}`), newKey(t, app.base, master, `{"key_alias":"bob"}`)
	ask := func(key, model, prefix string) reply {
		return mustSend(t, app.base, key, "POST", chatPath,
			`{`+prefix+`"model":"`+model+`","messages":[{"role":"user","content":"What is the heron project called?"}]}`)
	}
	for _, prefix := range []string{"", `"stream":true,`} {
		for name, key := range map[string]string{"alice": alice, "the operator": master} {
			for _, model := range []string{"tribune", "tribune/secret"} {
				if r := ask(key, model, prefix); r.status != http.StatusOK || !strings.Contains(r.body, "canary-heron-7731") || !strings.Contains(r.body, "[1]") {
					t.Errorf("%s asks %s: HTTP %d %s", name, model, r.status, r.body)
				}
			}
		}
		hidden, nowhere := ask(bob, "tribune/secret", prefix), ask(bob, "tribune/nowhere", prefix)
		if hidden.status != http.StatusNotFound || nowhere.status != hidden.status {
			t.Errorf("bob is told of what he may not see: HTTP %d %s, of what is not there: HTTP %d", hidden.status, hidden.body, nowhere.status)
		}
		if r := ask(bob, "tribune", prefix); strings.Contains(r.body, "canary") {
			t.Errorf("bob sees %s", r.body)
		}
	}
	for key, want := range map[string]bool{alice: true, bob: false, master: true} {
		if got := strings.Contains(mustSend(t, app.base, key, "GET", "/v1/models", "").body, "tribune/secret"); got != want {
			t.Errorf("the collection is listed: %t, want %t", got, want)
		}
	}
}
