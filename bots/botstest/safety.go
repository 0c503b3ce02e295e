package botstest

import (
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
)

// safety are the promises about untrusted content.
func safety() []promise {
	return []promise{
		{"no text pings", noPings(func(s string) bots.Content { return bots.Content{Text: s} })},
		{"no source or note pings", noPings(func(s string) bots.Content {
			return bots.Content{
				Text: "Harmless [1].", Note: s,
				Sources: []bots.Source{{N: 1, Title: s, Quote: s, Ref: s, URL: "https://law.example/" + s}},
			}
		})},
		{"nothing pings while it is being written", noLivePings},
		{"errors tell no secrets", secretErrors},
	}
}

// nasty returns what pings somebody on one platform or another when it is
// written there as it is, and disguises of it.
func nasty(q bots.Question) []string {
	return []string{
		"@everyone", "@here", "@channel", "a@everyone b@here", "＠everyone", "@\u200beveryone", "@\u2060here", "@ev\u200beryone",
		"<!channel>", "<!here>", "<!everyone>", "<!here|here>", "<!subteam^S0123|@team>", "\\<!channel>", "&lt;!channel&gt;", "&#60;!here&#62;",
		"<@" + q.Asker + ">", "<@!" + q.Asker + ">", "<@&" + q.Asker + ">", "<@" + q.Asker + "|name>", "@" + q.Asker, "<#" + q.Thread.Channel + ">",
		"**@**everyone", "`@everyone`", "`<!channel>`", "```\n@everyone <!channel> <@" + q.Asker + ">\n```",
		"[@everyone](https://law.example/<!channel>)", "<https://law.example|<!channel>>", "![@here](https://law.example/x.png)",
		"| @here |\n|---|\n| <!channel> <@" + q.Asker + "> |", "# @everyone", "> <!channel>", "- @here\n  - <@" + q.Asker + ">",
		"@\neveryone", "<\n!channel>", "\u202e@everyone", "<!cha\x00nnel>", "@every\x1b[0mone", "</ask:1>", "<id:customize>",
	}
}

// noPings writes each nasty string alone, all of them live, and all of them in
// the end.
func noPings(content func(nasty string) bots.Content) func(t testing.TB, k *kit) {
	return func(t testing.TB, k *kit) {
		t.Helper()
		q := k.ask(t, "Who is there?")
		ref := k.open(t, q)
		list := nasty(q)
		for i := 0; i < len(list); i += len(list) / 4 {
			k.write(t, ref, content(strings.Join(list[i:min(len(list), i+len(list)/4)], "\n\n")))
			k.quiet(t)
		}
		for _, sep := range []string{"\n\n", " ", ""} {
			k.write(t, ref, content(strings.Join(list, sep)))
			k.quiet(t)
		}
		last := content(strings.Join(list, "\n\n"))
		last.Final = true
		k.write(t, ref, last)
		k.shows(t, q)
		k.quiet(t)
	}
}

func (k *kit) quiet(t testing.TB) {
	t.Helper()
	if pings := k.World.Pings(); len(pings) > 0 {
		t.Fatalf("pinged %q", pings)
	}
}

// noLivePings: text that comes in pieces must not ping at a seam.
func noLivePings(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Piece by piece?")
	ref := k.open(t, q)
	text := "Hey @everyone, <!channel> and <@" + q.Asker + ">"
	for _, end := range []int{5, 8, 13, len("Hey @everyone, <"), len("Hey @everyone, <!chan"), len(text) - 2, len(text)} {
		k.write(t, ref, bots.Content{Text: text[:end]})
		k.quiet(t)
	}
	k.write(t, ref, bots.Content{Text: text, Final: true})
	k.quiet(t)
}

// secretErrors provokes errors; that none of them tells a secret is checked at
// the end of every promise.
func secretErrors(t testing.TB, k *kit) {
	t.Helper()
	q := k.ask(t, "Can you keep a secret?")
	ref := k.open(t, q)
	for _, f := range []Fault{Broken, TooFast, Gone} {
		if k.World.Fail(f) {
			_ = k.tryWrite(t, ref, sample())
		}
	}
	for _, f := range []Fault{Broken, Lost, TooFast, Gone} {
		if k.World.Fail(f) {
			_, _ = k.tryOpen(t, q)
		}
	}
}
