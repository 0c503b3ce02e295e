package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
)

// TestEndToEndACheckMarkTeaches: a colleague answers where the bot could not,
// somebody trusted marks the answer as right, and the next who asks in such
// words gets the document. Taking the mark back takes that back.
func TestEndToEndACheckMarkTeaches(t *testing.T) {
	t.Parallel()

	server := slackWorkspace(t)
	server.AddUser(localslack.User{ID: "U0BOB", Name: "bob"})
	dir := t.TempDir()
	write(t, dir, "tribune.yaml", "collections:\n  open: {sources: [{dir: ./open}], visible_to: [\"slack:T0LOCAL:public\"]}\n"+
		"trusted: [\"slack:T0LOCAL:U0ADA\"]\n")
	write(t, dir, "open/badge.md", "# Badge\n\nA lost badge is replaced at the reception desk within one hour.\n")
	app := start(t, dir, slackSocket(server), Parts{})
	eventually(t, "the bot is connected", server.Connected)
	eventually(t, "the collection is fed", func() bool {
		all, err := app.Collections(t.Context())
		return err == nil && len(all.Collections) == 2
	})
	root := mention(t, server, "My Zutrittskarte is kaputt, wohin?", "")
	one(t, func() []botstest.Shown { return below(server, slackChannel, root, root) }, "do not answer")
	reply, err := server.Say(localslack.Say{
		Channel: slackChannel, User: "U0BOB", Thread: root,
		Text: "Easy: a lost badge is replaced at the reception desk within one hour.",
	})
	if err != nil {
		t.Fatal(err)
	}
	taught := func(want int) {
		t.Helper()
		eventually(t, "the lessons are as many as they should be", func() bool {
			lessons, err := app.Lessons(t.Context(), learnRequest{Collection: "open"})
			return err == nil && len(lessons) == want
		})
	}
	if err := server.React(slackChannel, reply, "U0BOB", "white_check_mark", false); err != nil { // nobody trusts him
		t.Fatal(err)
	}
	if err := server.React(slackChannel, reply, "U0ADA", "white_check_mark", false); err != nil {
		t.Fatal(err)
	}
	taught(1)
	again := mention(t, server, "Zutrittskarte kaputt - wohin?", "")
	answer := one(t, func() []botstest.Shown { return below(server, slackChannel, again, again) }, "reception desk")

	// The bot's own answer can be marked too: it knows what it cited.
	if err := server.React(slackChannel, answer.ID, "U0ADA", "white_check_mark", false); err != nil {
		t.Fatal(err)
	}
	taught(2)
	for _, marked := range []string{reply, answer.ID} {
		if err := server.React(slackChannel, marked, "U0ADA", "white_check_mark", true); err != nil {
			t.Fatal(err)
		}
	}
	taught(0)
}

// TestEndToEndWorkersShareOneIndex feeds one of two programs on one NATS: the
// other answers from it.
func TestEndToEndWorkersShareOneIndex(t *testing.T) {
	t.Parallel()

	s := natsServer(t)
	one, two := t.TempDir(), t.TempDir()
	first := start(t, one, s, Parts{})
	second := start(t, two, s, Parts{})
	write(t, one, "docs/badge.md", "# Badge\n\nA lost badge is replaced at the reception desk within one hour.\n")
	report, err := first.Ingest(t.Context(), ingestRequest{Paths: []string{one + "/docs"}, Collection: "default"}, nil)
	if err != nil || report.Added != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	eventually(t, "the second program has it", func() bool {
		found, err := second.Search(t.Context(), searchRequest{Text: "lost badge", Collection: "default", Limit: 1})
		return err == nil && len(found) == 1 && found[0].Document == "badge.md"
	})
}

// TestEndToEndEmbeddings finds by meaning what no word leads to, and by words
// alone when the embedding service fails, which is said.
func TestEndToEndEmbeddings(t *testing.T) {
	t.Parallel()

	service := embedtest.NewServer(&embedtest.Model{Same: map[string][]string{"car": {"automobile", "vehicle", "parking"}, "where": {"leave", "stand"}}})
	t.Cleanup(service.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"garage.md": "# Garage\n\nEach vehicle may stand on level two.", "badge.md": "# Badge\n\nThe reception replaces lost badges.",
		"lunch.md": "# Lunch\n\nThe canteen opens at noon.",
	} {
		write(t, dir, "docs/"+name, text)
	}
	room := botstest.NewRoom()
	app := start(t, dir, settings{"EMBEDDING_API_BASE": service.Base(), "EMBEDDING_MODEL": "test-model", "EMBEDDING_API_KEY": embedtest.Key}, Parts{Platforms: []bots.Platform{room}})
	if _, err := app.Ingest(t.Context(), ingestRequest{Paths: []string{dir + "/docs"}, Collection: "default"}, nil); err != nil {
		t.Fatal(err)
	}
	first := func(text string) string {
		t.Helper()
		found, err := app.Search(t.Context(), searchRequest{Text: text, Collection: "default", Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			return ""
		}
		return found[0].Document
	}
	if got := first("automobile parking"); got != "garage.md" {
		t.Errorf("by meaning: %q", got)
	}
	service.Close()
	if got := first("lost badge of an automobile"); got != "badge.md" {
		t.Errorf("by words alone: %q", got)
	}
	if said := get(t, app.base+"/readyz"); said["status"] != "healthy" || !strings.Contains(said["degraded"], "words alone") {
		t.Errorf("readiness says %v", said)
	}
}

// get reads an object of texts.
func get(t *testing.T, address string) map[string]string {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	req.RequestURI = ""
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	if err := json.Unmarshal(raw, &said); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return said
}
