package discord_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge/source/discord"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

// answers is a server that gives the same answer for each path.
func answers(t *testing.T, paths map[string]string) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var calls atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		for path, answer := range paths {
			if strings.HasSuffix(r.URL.Path, path) {
				fmt.Fprint(w, answer)
				return
			}
		}
		http.Error(w, `{"code":10008}`, http.StatusNotFound)
	}))
	t.Cleanup(s.Close)
	return s, &calls
}

func readFrom(t *testing.T, s *httptest.Server) ziptest.Got {
	t.Helper()
	source, err := discord.New([]string{"discord://7"}, discord.Options{Token: "secret-token", API: s.URL, Client: s.Client(), Wait: func(context.Context, time.Duration) error {
		return errors.New("nothing to wait for")
	}})
	if err != nil {
		t.Fatal(err)
	}
	return ziptest.Read(source.Documents(t.Context()))
}

const (
	textChannel = `{"id":"7","type":0,"guild_id":"9","name":"general"}`
	noThreads   = `{"threads":[],"has_more":false}`
)

func TestMessagesOfEveryShape(t *testing.T) {
	t.Parallel()
	s, _ := answers(t, map[string]string{
		"/channels/7": textChannel, "/archived/public": noThreads,
		"/threads/active": `{"threads":[{"id":"1235000000000000009","type":11,"parent_id":"7","name":"From a message"},{"id":"x","type":11,"parent_id":"7"},{"id":"5","type":12,"parent_id":"7","name":"private"}]}`,
		"/channels/7/messages": `[
			{"id":"1235000000000000003","type":0,"author":{"username":"ada"},"content":"","poll":{}},
			{"id":"1235000000000000002","type":0,"author":{"username":"ada","global_name":"Ada"},"content":"see this","embeds":[{"title":"Page","description":"What it says","fields":[{"name":"Fee","value":"12 EUR"}]}],"attachments":[{"filename":"a.pdf"}]},
			{"id":"nonsense","type":0,"author":{"username":"eve"},"content":"no id"}]`,
		"/channels/1235000000000000009/messages": `[
			{"id":"1235000000000000011","type":0,"author":{"username":"bob"},"content":"an answer"},
			{"id":"1235000000000000010","type":21,"author":{"username":"ada"},"content":"","referenced_message":{"id":"1235000000000000009","type":0,"author":{"username":"ada"},"content":"the question"}}]`,
	})
	got := readFrom(t, s)
	var texts []string
	for _, d := range got.Docs {
		texts = append(texts, d.Text)
	}
	want := []string{"ada: the question\n\nbob: an answer", "Ada: see this\nPage\nWhat it says\nFee: 12 EUR\n(file: a.pdf)"}
	if diff := cmp.Diff(want, texts); diff != "" || got.Failed != nil {
		t.Errorf("%v (-want +got):\n%s", got.Failed, diff)
	}
}

// TestPagesWithoutEnd: a server that gives the same page again and again.
func TestPagesWithoutEnd(t *testing.T) {
	t.Parallel()
	var messages, threads []string
	for i := range 100 {
		messages = append(messages, fmt.Sprintf(`{"id":"%d","type":0,"author":{"username":"ada"},"content":"x"}`, 1235000000000000999-i))
		threads = append(threads, fmt.Sprintf(`{"id":"%d","type":11,"parent_id":"7","name":"x"}`, 1235000000000000099-i))
	}
	s, calls := answers(t, map[string]string{
		"/channels/7": textChannel, "/threads/active": noThreads, "/messages": "[" + strings.Join(messages, ",") + "]",
		"/archived/public": `{"has_more":true,"threads":[` + strings.Join(threads, ",") + `]}`,
	})
	got := readFrom(t, s)
	if got.Failed != nil || calls.Load() > 1000 || len(got.Docs) != 101 {
		t.Errorf("%d calls, %d documents, %v", calls.Load(), len(got.Docs), got.Failed)
	}
}

// TestTheTokenGoesNowhereElse: a redirect is an answer that is refused.
func TestTheTokenGoesNowhereElse(t *testing.T) {
	t.Parallel()
	var caught atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		caught.Store(r.Header.Get("Authorization") != "")
	}))
	t.Cleanup(thief.Close)
	s := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	t.Cleanup(s.Close)
	got := readFrom(t, s)
	if caught.Load() || got.Failed == nil || strings.Contains(got.Failed.Error(), "secret-token") {
		t.Errorf("caught %v, %v", caught.Load(), got.Failed)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"<html>", `"x"`, strings.Repeat("[", 20_000), "{" + strings.Repeat(" ", 17<<20) + "}"} {
		s, _ := answers(t, map[string]string{"/channels/7": answer})
		if got := readFrom(t, s); got.Failed == nil || !strings.Contains(got.Failed.Error(), "not one of Discord's API") {
			t.Errorf("%.20q: %v", answer, got.Failed)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	names := func(id string) string { return map[string]string{"1": "ada"}[id] }
	for text, want := range map[string]string{
		"<@1> <@!1> <@2> <@&3> <#4>":                        "@ada @ada @somebody @role #channel",
		"<:wave:12> <a:run:13> <t:1714550400:R> </ask:5>":   ":wave: :run: 2024-05-01 08:00 UTC /ask",
		"<https://a.example/x?y> [page](https://b.example)": "https://a.example/x?y page (https://b.example)",
		"**bold** __under__ ~~gone~~ ||hidden|| a*b*c":      "bold under gone hidden a*b*c",
		"`**code**` and ```go\n**x**\n``` **y**":            "`**code**` and ```go\n**x**\n``` y",
		"a < b > c <@> <#> @everyone <id:customize>":        "a < b > c <@> <#> @everyone customize",
		"** a ** snake__case":                               " a  snake__case",
	} {
		if got := discord.Plain(text, names); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("<@1> **x** `y` <t:9999999999:R> [a](https://b)")
	f.Fuzz(func(t *testing.T, text string) {
		if out := discord.Plain(text, func(string) string { return "" }); len(out) > 10*len(text)+100 {
			t.Errorf("%d bytes became %d", len(text), len(out))
		}
	})
}
