package slackexport

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

// FuzzDay puts any bytes where the messages of a day stand: nothing breaks, and
// every document can be found again.
func FuzzDay(f *testing.F) {
	f.Add(`[{"type":"message","user":"U1","ts":"1714550400.000100","text":"hi <@U1> <https://a|b> <!here> &lt;"}]`)
	f.Add(`[{"user":"U1","ts":"1714550400.000100","thread_ts":"1714550399.000100","text":"x","files":[{"name":"a\nb"}]}]`)
	f.Add(`[{"subtype":"message_changed","ts":"1714550401.000100","message":{"ts":"1714550400.000100","text":"y"}}]`)
	f.Add("[")
	f.Fuzz(func(t *testing.T, day string) {
		raw := ziptest.Make(t, map[string]string{
			"users.json": `[{"id":"U1","team_id":"T1","name":"ada"}]`, "channels.json": `[{"id":"C1","name":"general"}]`, "general/2024-05-01.json": day,
		})
		a, err := archive.Open(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		e, err := Open(t.Context(), []File{{Archive: a}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for doc, err := range e.Documents(t.Context()) {
			if err != nil {
				continue
			}
			if seen[doc.Origin] || !strings.HasPrefix(doc.Origin, "slack-export://T1/C1/") || !utf8.ValidString(doc.Text+doc.Title) || strings.ContainsAny(doc.Title+doc.ID, "\n\f\x00") || strings.Contains(doc.Text, "\f") {
				t.Errorf("a document is %+v", doc)
			}
			seen[doc.Origin] = true
		}
	})
}

func TestMarks(t *testing.T) {
	t.Parallel()
	who := names{people{"U1": {Name: "ada"}}, map[string]string{"C1": "help"}}
	for text, want := range map[string]string{
		"<@U1>: a &lt;b&gt; <@U2|eve> <@U3>":                        "@ada: a <b> @eve @somebody",
		"<https://a.example/x?y=1&amp;z=2>":                         "https://a.example/x?y=1&z=2",
		"<https://a.example|the page> <http://b.example|b.example>": "the page (https://a.example) http://b.example",
		"<mailto:a@b.example|a@b.example>":                          "a@b.example",
		"<!channel> <!subteam^S1|@team> <!subteam^S2>":              "@channel @team @subteam",
		"<#C1|x> <#C2|secret>":                                      "#help #channel",
		"1 < 2 and <<@U1> <unclosed":                                "1 < 2 and <@ada <unclosed",
		"a <b\nc> d <>":                                             "a <b\nc> d ",
		":wave::skin-tone-3: hi":                                    ":wave: hi",
		"&amp;lt;":                                                  "&lt;",
	} {
		if got := resolve(text, who); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	// Marks without end take no time.
	for _, text := range []string{strings.Repeat("<", 5<<20), strings.Repeat("<@U1", 1<<20) + ">", strings.Repeat("<a\n>", 1<<20)} {
		resolve(text, who)
	}
}
