package slackbot

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                          "",
		"<@UBOT> how long?":         "how long?",
		"<@UBOT>: how long?":        "how long?",
		"<@UBOT>，年假有几天？":            "年假有几天？",
		"hey <@UBOT> how long?":     "hey how long?",
		"how long, <@UBOT|tribune>": "how long,",
		"<@UBOT> <@UBOT>":           "",
		"<@UBOT>":                   "",
		"a &lt;b&gt; &amp; c":       "a <b> & c",
		"&amp;lt;":                  "&lt;",
		"ask <@U1|bob> or <@U2>":    "ask @bob or @U2",
		"in <#C1|general> <#C2>":    "in #general #C2",
		"<!here> <!subteam^S1|@hr> <!subteam^S2>": "@here @hr @subteam^S2",
		"<!date^1^{date}|1 May>":                  "1 May",
		"<https://a.example/x?a=1&amp;b=2>":       "https://a.example/x?a=1&b=2",
		"<https://a.example|the page>":            "the page (https://a.example)",
		"<https://a.example|a.example>":           "https://a.example",
		"<mailto:a@b.example|a@b.example>":        "a@b.example",
		"if a < b then c":                         "if a < b then c",
		"a <b>bold</b> word":                      "a <b>bold</b> word",
		"<> <|x>":                                 "<> <|x>",
		"open <":                                  "open <",
		"🙂":                                       "🙂",
		"  two\nlines ":                           "two\nlines",
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got := plain(text, "UBOT"); got != want {
				t.Errorf("plain(%q) = %q, want %q", text, got, want)
			}
		})
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("<@UBOT> <https://x|y> &lt;", "UBOT")
	f.Add("<<>>|<@", "")
	f.Fuzz(func(t *testing.T, text, bot string) {
		got := plain(text, bot)
		if bot != "" && !strings.ContainsAny(bot, "|>&") && strings.HasPrefix(text, "<@"+bot+">") && mentions(got, bot) && !mentions(text[1:], bot) {
			t.Errorf("plain(%q) = %q still names the bot", text, got)
		}
		if limited := escapeWithin(text, 50); utf8.ValidString(text) && utf8.RuneCountInString(limited) > 50 {
			t.Errorf("escapeWithin(%q) has %d characters", text, utf8.RuneCountInString(limited))
		}
	})
}

func TestEscapeWithin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		limit int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"<a>", 9, "&lt;a&gt;"},
		{"<a>", 8, "&lt;a…"},
		{"ab<", 5, "ab…"},
		{"年假有几天", 4, "年假有…"},
		{"", 4, ""},
	} {
		if got := escapeWithin(test.text, test.limit); got != test.want {
			t.Errorf("escapeWithin(%q, %d) = %q, want %q", test.text, test.limit, got, test.want)
		}
	}
}

func TestStampTime(t *testing.T) {
	t.Parallel()
	for ts, want := range map[string]time.Time{
		"1772625600.000100": time.Date(2026, 3, 4, 12, 0, 0, 100_000, time.UTC),
		"1772625600":        time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC),
		"1772625600.5":      time.Date(2026, 3, 4, 12, 0, 0, 500_000_000, time.UTC),
	} {
		if got, ok := stampTime(ts); !ok || !got.Equal(want) {
			t.Errorf("stampTime(%q) = %v, %v, want %v", ts, got, ok, want)
		}
	}
	for _, ts := range []string{"", ".", "x.000001", "-5.000001", "1772625600.x", "1772625600.-1", "0.1"} {
		if got, ok := stampTime(ts); ok {
			t.Errorf("stampTime(%q) = %v", ts, got)
		}
	}
}

func TestRecentForgetsTheEldest(t *testing.T) {
	t.Parallel()
	r := newRecent[int, string](3)
	for i := range 5 {
		r.put(i, "x")
	}
	r.put(4, "y")
	for i, want := range []bool{false, false, true, true, true} {
		if _, known := r.get(i); known != want {
			t.Errorf("%d is known: %v, want %v", i, known, want)
		}
	}
	if value, _ := r.get(4); value != "y" || len(r.values) != 3 || len(r.order) != 3 {
		t.Errorf("values %v in the order %v", r.values, r.order)
	}
}

func TestPlacesAreBounded(t *testing.T) {
	t.Parallel()
	p, now := newPlaces(), time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for i := range maxPlaces + 10 {
		p.learn("C"+time.Duration(i).String(), "public", now)
	}
	if len(p.known) > maxPlaces {
		t.Errorf("%d channels are remembered", len(p.known))
	}
	p.learn("C1", "public", now)
	if got := p.of("C1", now.Add(placesTTL)); got != "" {
		t.Errorf("an old entry says %q", got)
	}
	for range maxWanted + 10 { // never blocks
		p.of("C unknown", now)
	}
}
