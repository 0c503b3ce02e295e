package botstest

import (
	"errors"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
)

// hearing are the promises of bots.Listener.
func hearing() []promise {
	return []promise{
		{"a mention is heard once", heardOnce(Mention)},
		{"a direct message is heard once", heardOnce(Direct)},
		{"a command is heard once", heardOnce(Command)},
		{"the same post again is the same question", samePost},
		{"two posts are two questions", twoPosts},
		{"what the inbox refuses comes again", comesAgain},
		{"chatter is not heard", notHeard(Chatter)},
		{"other bots are not heard", notHeard(Bot)},
		{"the bot does not hear itself", notHeard(Self)},
		{"an edit is not heard", editNotHeard},
		{"an empty mention is heard", emptyMention},
		{"a text of 1 MB is clipped", longQuestion},
		{"text arrives unharmed", unharmed},
		{"Listen ends with its context", listenEnds},
	}
}

// lacks skips a promise about what cannot be said on this platform.
func (k *kit) lacks(tb testing.TB, kind Kind) {
	tb.Helper()
	if !k.can(kind) {
		tb.Skipf("nobody can say a %q on this platform", kind)
	}
}

func heardOnce(kind Kind) func(tb testing.TB, k *kit) {
	return func(tb testing.TB, k *kit) {
		tb.Helper()
		k.lacks(tb, kind)
		q := k.askAs(tb, Said{Kind: kind, Text: "May I be dismissed without notice?"})
		k.wellFormed(tb, q, kind)
		k.fence(tb)
		if n := k.heard("dismissed without notice"); n != 1 {
			tb.Errorf("heard %d times", n)
		}
	}
}

// wellFormed checks what every question carries.
func (k *kit) wellFormed(tb testing.TB, q bots.Question, kind Kind) {
	tb.Helper()
	name, th := k.Platform.Name(), q.Thread
	if th.Platform != name || th.Team == "" || th.Channel == "" {
		tb.Errorf("Thread = %+v: want Platform %q, a Team and a Channel", th, name)
	}
	if prefix := name + ":" + th.Team + ":"; !strings.HasPrefix(q.ID, prefix) || strings.Count(q.ID, ":") < 3 {
		tb.Errorf("ID = %q, want platform:team:channel:message", q.ID)
	}
	if q.Asker == "" {
		tb.Error("Asker is empty")
	}
	if q.AskedAt.IsZero() {
		tb.Error("AskedAt is not set")
	}
	if kind == Mention && q.Message == "" {
		tb.Error("Message is empty although a message asked")
	}
	if v := k.readAlong(tb, q); !visible(v, kind) {
		tb.Errorf("Visibility = %q for a %s", v, kind)
	}
	if q.Clipped || q.Revision != 0 {
		tb.Errorf("Clipped = %v, Revision = %d for a short new question", q.Clipped, q.Revision)
	}
}

// readAlong is who reads along: what the question says, or, where it was heard
// before its channel was known, what a platform that is a Placer then tells.
func (k *kit) readAlong(tb testing.TB, q bots.Question) bots.Visibility {
	tb.Helper()
	placer, ok := k.Platform.(bots.Placer)
	if q.Visibility != "" || !ok {
		return q.Visibility
	}
	v, err := placer.Visibility(tb.Context(), q.Thread)
	if err != nil {
		tb.Errorf("Visibility: %v", err)
	}
	return v
}

// visible reports whether a visibility fits the way of asking.
func visible(v bots.Visibility, kind Kind) bool {
	switch v {
	case bots.Direct:
		return kind != Mention
	case bots.Public, bots.Private, bots.Shared:
		return kind != Direct
	default:
		return false
	}
}

func samePost(tb testing.TB, k *kit) {
	tb.Helper()
	for _, kind := range []Kind{Mention, Direct, Command} {
		if !k.can(kind) {
			continue
		}
		text := "What is overtime? " + string(kind)
		k.askAs(tb, Said{Kind: kind, Text: text})
		k.World.Redeliver(tb)
		k.World.Redeliver(tb)
		k.fence(tb)
		if n := k.heard(text); n != 1 {
			tb.Errorf("a %s that was delivered three times became %d questions", kind, n)
		}
	}
}

func twoPosts(tb testing.TB, k *kit) {
	tb.Helper()
	kind := k.usual(tb)
	a := k.askAs(tb, Said{Kind: kind, Text: "the first of two"})
	b := k.askAs(tb, Said{Kind: kind, Text: "the second of two", Asker: "somebody-else"})
	if a.ID == b.ID {
		tb.Errorf("both have the ID %q", a.ID)
	}
	if a.Asker == b.Asker {
		tb.Errorf("both have the Asker %q", a.Asker)
	}
	if b.AskedAt.Before(a.AskedAt) {
		tb.Errorf("asked at %s, then at %s", a.AskedAt, b.AskedAt)
	}
	if kind == Mention && a.Thread.Key() == b.Thread.Key() {
		tb.Errorf("both are in the thread %q", a.Thread.Key())
	}
}

func comesAgain(tb testing.TB, k *kit) {
	tb.Helper()
	k.ask(tb, "Is anybody there?")
	before := k.inbox.Calls()
	k.inbox.Fail(errors.New("botstest: the disk is full"))
	const text = "Who pays for sick leave?"
	k.World.Say(tb, Said{Kind: k.usual(tb), Text: text})
	if !k.World.Resends() {
		if !k.inbox.until(k.Patience, func() bool { return k.inbox.calls > before }) {
			tb.Fatal("the inbox was not asked")
		}
		k.World.Redeliver(tb)
	}
	k.hear(tb, text)
}

func notHeard(kind Kind) func(tb testing.TB, k *kit) {
	return func(tb testing.TB, k *kit) {
		tb.Helper()
		k.lacks(tb, kind)
		k.World.Say(tb, Said{Kind: kind, Text: "Lunch at noon?"})
		k.fence(tb)
		if k.heard("Lunch") > 0 {
			tb.Errorf("heard %q", k.inbox.texts())
		}
	}
}

func editNotHeard(tb testing.TB, k *kit) {
	tb.Helper()
	k.lacks(tb, Edit)
	k.ask(tb, "How long is probation?")
	k.World.Say(tb, Said{Kind: Edit, Text: "How long is a probation period?"})
	k.fence(tb)
	if k.heard("a probation period") > 0 || k.heard("probation") != 1 {
		tb.Errorf("heard %q", k.inbox.texts())
	}
}

func emptyMention(tb testing.TB, k *kit) {
	tb.Helper()
	k.lacks(tb, Mention)
	k.askAs(tb, Said{Kind: Mention, Text: ""})
}

func longQuestion(tb testing.TB, k *kit) {
	tb.Helper()
	const start = "A long story. "
	k.World.Say(tb, Said{Kind: k.usual(tb), Text: start + strings.Repeat("公司拖欠工资。word ", 1<<20/26)})
	questions := k.waitAny(tb)
	text := questions[0].Text
	if len(text) > bots.MaxText || !strings.HasPrefix(text, start) {
		tb.Errorf("%d bytes arrived: %q", len(text), shorten(text))
	}
	k.ask(tb, "And a short one?")
}

// waitAny waits for the first question, whatever it says.
func (k *kit) waitAny(tb testing.TB) []bots.Question {
	tb.Helper()
	if !k.inbox.until(k.Patience, func() bool { return len(k.inbox.questions) > 0 }) {
		tb.Fatal("nothing was heard")
	}
	return k.inbox.Questions()
}

func unharmed(tb testing.TB, k *kit) {
	tb.Helper()
	for _, kind := range []Kind{Mention, Direct, Command} {
		if !k.can(kind) {
			continue
		}
		for _, text := range []string{
			"公司恶意辞退怎么办？", "👨‍👩‍👧 🇨🇳 👍🏽", "a < b && c > d & \"e\" 'f'", "**bold** `code` _under_ ~x~",
			"café ｆｕｌｌ　ｗｉｄｔｈ", "&lt;b&gt; &amp;amp;", "100% #1 $x \\n",
		} {
			k.askAs(tb, Said{Kind: kind, Text: text})
		}
	}
}

func listenEnds(tb testing.TB, k *kit) {
	tb.Helper()
	k.ask(tb, "Do you listen?")
	k.stop(tb)
}
