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
func noPings(content func(nasty string) bots.Content) func(tb testing.TB, k *kit) {
	return func(tb testing.TB, k *kit) {
		tb.Helper()
		q := k.ask(tb, "Who is there?")
		ref := k.open(tb, q)
		list := nasty(q)
		for i := 0; i < len(list); i += len(list) / 4 {
			k.write(tb, ref, content(strings.Join(list[i:min(len(list), i+len(list)/4)], "\n\n")))
			k.quiet(tb)
		}
		for _, sep := range []string{"\n\n", " ", ""} {
			k.write(tb, ref, content(strings.Join(list, sep)))
			k.quiet(tb)
		}
		last := content(strings.Join(list, "\n\n"))
		last.Final = true
		k.write(tb, ref, last)
		k.shows(tb, q)
		k.quiet(tb)
	}
}

func (k *kit) quiet(tb testing.TB) {
	tb.Helper()
	if pings := k.World.Pings(); len(pings) > 0 {
		tb.Fatalf("pinged %q", pings)
	}
}

// noLivePings: text that comes in pieces must not ping at a seam.
func noLivePings(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Piece by piece?")
	ref := k.open(tb, q)
	text := "Hey @everyone, <!channel> and <@" + q.Asker + ">"
	for _, end := range []int{5, 8, 13, len("Hey @everyone, <"), len("Hey @everyone, <!chan"), len(text) - 2, len(text)} {
		k.write(tb, ref, bots.Content{Text: text[:end]})
		k.quiet(tb)
	}
	k.write(tb, ref, bots.Content{Text: text, Final: true})
	k.quiet(tb)
}

// secretErrors provokes errors; that none of them tells a secret is checked at
// the end of every promise.
func secretErrors(tb testing.TB, k *kit) {
	tb.Helper()
	q := k.ask(tb, "Can you keep a secret?")
	ref := k.open(tb, q)
	for _, f := range []Fault{Broken, TooFast, Gone} {
		if k.World.Fail(f) {
			_ = k.tryWrite(tb, ref, sample())
		}
	}
	for _, f := range []Fault{Broken, Lost, TooFast, Gone} {
		if k.World.Fail(f) {
			_, _ = k.tryOpen(tb, q)
		}
	}
}
