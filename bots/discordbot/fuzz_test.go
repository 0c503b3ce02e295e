package discordbot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/markdown"
)

// FuzzQuote checks that a quoted question is read back as it was.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"why?", "*a* _b_ `c` \\d", "@everyone <@1> </x:1>", "# 1. - > +", "多久？", "a_b_c &amp; &#1;", "\n> ❓ x\ny"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := markdown.OneLine(s, maxQuote)
		got, rest := cutQuote(quoteMark + quote(s) + "\nanswer")
		if got != want || rest != "answer" {
			t.Errorf("%q reads %q, rest %q", want, got, rest)
		}
	})
}

// FuzzTidy checks that the bot's own mention vanishes whatever it stands behind.
func FuzzTidy(f *testing.F) {
	for _, s := range []string{"<@1> hi", "<@!1><@&2><#3><a:x:4><t:5:R></c:6>", "<@<@1>>", "<t:-99999:f>", strings.Repeat("<@1>", 50)} {
		f.Add(s)
	}
	td := newTidier()
	n := names{
		self: func(kind, id string) bool { return kind == "user" && id == "1" },
		user: func(string) string { return "ada" }, role: func(string) string { return "" }, channel: func(string) string { return "" },
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := td.question(s, n)
		if utf8.ValidString(s) && !utf8.ValidString(out) {
			t.Errorf("%q became invalid: %q", s, out)
		}
		if with, without := td.plain(s+" <@1>", n), td.plain(s, n); with != without {
			t.Errorf("a mention behind %q leaves %q, want %q", s, with, without)
		}
	})
}

// FuzzFull checks the limits of every answer, with and without a quote.
func FuzzFull(f *testing.F) {
	f.Add("text", "question", "note", "https://a.example")
	f.Add(strings.Repeat("`@everyone` ", 400), strings.Repeat("*", 400), strings.Repeat("n", 900), "javascript:x")
	f.Fuzz(func(t *testing.T, text, question, note, address string) {
		c := bots.Content{Text: text, Note: note, Final: true, Sources: []bots.Source{{N: 1, Title: text, URL: address}}}
		parts := append(full(c, quote(question)), single(c, quote(question)), live(c, quote(question)))
		for _, p := range parts {
			if n := markdown.UTF16(p); n == 0 || n > maxMessage || strings.Contains(p, "@everyone") || strings.Contains(p, "@here") {
				t.Errorf("%d characters: %q", n, p)
			}
		}
	})
}
