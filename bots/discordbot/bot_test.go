package discordbot_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/discordbot"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

func TestMentionBecomesQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	listen(t, w.bot(t), in)
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "试用期多长？"})
	got := in.next(t)
	message := w.Messages(w.channel.ID)[0]
	want := bots.Question{
		ID:      "discord:" + w.guild.ID + ":" + w.channel.ID + ":" + message.ID,
		Thread:  bots.Thread{Platform: "discord", Team: w.guild.ID, Channel: w.channel.ID, Root: "m" + message.ID},
		Message: message.ID, Asker: w.person("ada").ID, Text: "试用期多长？", Visibility: bots.Public,
		AskedAt: got.AskedAt,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("question (-want +got):\n%s", diff)
	}
	if age := time.Since(got.AskedAt); age < -time.Second || age > time.Minute {
		t.Errorf("asked %s ago", age)
	}
}

func TestVisibility(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	listen(t, w.bot(t), in)
	w.connected(t)
	hidden := w.AddChannel(w.guild.ID, "council", true)
	ada := w.person("ada").ID
	tests := []struct {
		name, channel, parent string
		thread                bool
		want                  bots.Visibility
	}{
		{"public channel", w.channel.ID, w.channel.ID, false, bots.Public},
		{"private channel", hidden.ID, hidden.ID, false, bots.Private},
		{"public thread", w.AddThread(w.channel.ID, "pay", false).ID, w.channel.ID, true, bots.Public},
		{"private thread", w.AddThread(w.channel.ID, "quiet", true).ID, w.channel.ID, true, bots.Private},
		{"thread of a private channel", w.AddThread(hidden.ID, "inner", false).ID, hidden.ID, true, bots.Private},
	}
	for _, tt := range tests {
		w.Server.Say(localdiscord.Say{Channel: tt.channel, Author: ada, Content: "<@" + w.Me().ID + "> hello"})
		q := in.next(t)
		if q.Visibility != tt.want || q.Thread.Channel != tt.parent || q.InThread != tt.thread {
			t.Errorf("%s: visibility %s, channel %s, in thread %v", tt.name, q.Visibility, q.Thread.Channel, q.InThread)
		}
		if tt.thread && q.Thread.Root != "t"+tt.channel {
			t.Errorf("%s: root %s", tt.name, q.Thread.Root)
		}
	}
	w.Overwrite(w.channel.ID, localdiscord.Overwrite{ID: w.guild.ID, Deny: localdiscord.ViewChannel})
	w.Overwrite(w.channel.ID, localdiscord.Overwrite{ID: w.Me().ID, Type: 1, Allow: localdiscord.ViewChannel})
	w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: ada, Content: "<@" + w.Me().ID + "> now hidden"})
	if q := in.next(t); q.Visibility != bots.Private {
		t.Errorf("a channel that was hidden is %s", q.Visibility)
	}
}

func TestTextOfQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	listen(t, w.bot(t), in)
	w.connected(t)
	ada, bob := w.person("ada"), w.person("bob")
	me, role := "<@"+w.Me().ID+">", "<@&"+w.BotRole(w.guild.ID)+">"
	tests := []struct{ name, content, want string }{
		{"mention in front", me + ", what now?", "what now?"},
		{"Chinese punctuation", me + "：怎么办？", "怎么办？"},
		{"old form of a mention", "<@!" + w.Me().ID + "> what now?", "what now?"},
		{"mention at the end", "what now " + me, "what now"},
		{"people, channels, emoji", me + " may <@" + bob.ID + "> post in <#" + w.channel.ID + "> <:yes:123>?", "may @bob post in #general :yes:?"},
		{"unknown ids", me + " and <#42>", "and #channel"},
		{"time and command", me + " until <t:0:R> use </ask:1>", "until 1970-01-01 00:00 UTC use /ask"},
		{"another role", me + " ask <@&" + w.guild.ID + ">", "ask @everyone"},
		{"the bot's own role", role + " hello " + me, "hello"},
		{"nothing but the mention", me, ""},
		{"lines stay", me + " one\ntwo", "one\ntwo"},
	}
	for _, tt := range tests {
		w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: ada.ID, Content: tt.content})
		if q := in.next(t); q.Text != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, q.Text, tt.want)
		}
	}
}

func TestNotForTheBot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	listen(t, w.bot(t), in)
	w.connected(t)
	ada, me := w.person("ada").ID, "<@"+w.Me().ID+"> "
	other := w.AddBot("other").ID
	for _, s := range []localdiscord.Say{
		{Author: ada, Content: "just talking"},
		{Author: ada, Content: "@everyone look"},
		{Author: other, Content: me + "I am a bot"},
		{Author: ada, Content: me + "through a webhook", Webhook: true},
		{Author: w.Me().ID, Content: me + "myself"},
		{Author: ada, Content: me + "joined", Type: 7},
		{Author: ada, Content: me + "pinned", Type: 6},
	} {
		s.Channel = w.channel.ID
		w.Server.Say(s)
	}
	m := w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: ada, Content: "later"})
	if err := w.Edit(w.channel.ID, m.ID, me+"edited in"); err != nil {
		t.Fatal(err)
	}
	w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: ada, Content: me + "the end"})
	if q := in.next(t); q.Text != "the end" {
		t.Errorf("heard %q", q.Text)
	}
}

func TestRoleMention(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{Privileged: 1 << 15})
	in := newInbox()
	listen(t, w.bot(t), in)
	w.connected(t)
	w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: w.person("ada").ID, Content: "<@&" + w.BotRole(w.guild.ID) + "> hello"})
	// The text is not readable without the privileged intent, which is not asked for.
	if q := in.next(t); q.Text != "" || q.Message == "" {
		t.Errorf("heard %+v", q)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	other := newWorld(t, localdiscord.Options{})
	tests := []struct {
		name   string
		option func(*discordbot.Options)
		want   string
	}{
		{"right", func(*discordbot.Options) {}, ""},
		{"wrong token", func(o *discordbot.Options) { o.Token = "canary" }, "DISCORD_TOKEN"},
		{"another application", func(o *discordbot.Options) { o.ApplicationID = "1" }, "DISCORD_APPLICATION_ID"},
		{"another key", func(o *discordbot.Options) { o.PublicKey = other.PublicKey() }, "DISCORD_PUBLIC_KEY"},
		{"nobody there", func(o *discordbot.Options) { o.APIURL = "http://127.0.0.1:1/api/" }, "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := w.bot(t, tt.option).Check(t.Context())
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("Check: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary")):
				t.Errorf("Check: %v, want something about %s", err, tt.want)
			}
		})
	}
}

func TestNewRefusesBadSettings(t *testing.T) {
	t.Parallel()
	for _, o := range []discordbot.Options{
		{},
		{Token: "Bot "},
		{Token: "x", APIURL: "discord.com"},
		{Token: "x", APIURL: "ftp://discord.com/api"},
		{Token: "x", PublicKey: "abc"},
		{Token: "x", PublicKey: strings.Repeat("ab", 31)},
	} {
		if b, err := discordbot.New(o); err == nil || b != nil {
			t.Errorf("New(%+v): %v, %v", o, b, err)
		}
	}
}

func TestInvite(t *testing.T) {
	t.Parallel()
	const want = "https://discord.com/oauth2/authorize?client_id=42&permissions=274877975616&scope=bot+applications.commands"
	if got := discordbot.Invite("42"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestTypingIsShownOnceKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	listen(t, w.bot(t), newInbox())
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "typing?"})
	w.until(t, "typing is shown", func() bool { return len(w.Typing()) == 1 })
}

func TestInboxThatFailsForAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	in.refuse = func(n int) error {
		if n < 3 {
			return errors.New("disk full")
		}
		return nil
	}
	listen(t, w.bot(t), in)
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "patience"})
	if q := in.next(t); q.Text != "patience" {
		t.Errorf("heard %q", q.Text)
	}
}

func TestInboxThatFailsForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	in.refuse = func(int) error { return errors.New("disk full") }
	listen(t, w.bot(t, func(o *discordbot.Options) { o.Patience = 300 * time.Millisecond }), in)
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "还有人吗？"})
	w.until(t, "the asker is told", func() bool { return len(w.Messages(w.channel.ID)) == 2 })
	list := w.Messages(w.channel.ID)
	if reply := list[1]; reply.Reference == nil || reply.Reference.MessageID != list[0].ID || !strings.Contains(reply.Content, "太忙") {
		t.Errorf("said %+v", reply)
	}
	if len(w.Typing()) > 0 {
		t.Error("typing was shown for a question that was not taken")
	}
	w.Overwrite(w.channel.ID, localdiscord.Overwrite{ID: w.Me().ID, Type: 1, Deny: localdiscord.SendMessages})
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "and now?"})
	w.until(t, "a reaction is left", func() bool { return len(w.Messages(w.channel.ID)[2].Reactions) == 1 })
	obeyed(t, w)
}

func TestCommandIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	for _, guild := range []bool{false, true} {
		w := newWorld(t, localdiscord.Options{})
		place := ""
		if guild {
			place = w.guild.ID
		}
		option := func(o *discordbot.Options) { o.GuildID = place }
		put := func() (n int) {
			for _, c := range w.Calls() {
				if c.Method == http.MethodPut && strings.HasSuffix(c.Path, "/commands") {
					n++
				}
			}
			return n
		}
		get := func() (n int) {
			for _, c := range w.Calls() {
				if c.Method == http.MethodGet && strings.HasSuffix(c.Path, "/commands") {
					n++
				}
			}
			return n
		}
		listen(t, w.bot(t, option), newInbox())
		w.until(t, "the command is registered", func() bool { return len(w.Commands(place)) == 1 })
		c := w.Commands(place)[0]
		if c.Name != "ask" || c.NameIn["zh-CN"] != "提问" || c.DescriptionIn["zh-CN"] == "" || c.Options[0]["max_length"] != 6000.0 {
			t.Errorf("registered %+v", c)
		}
		if want := []int{0, 1}; !guild && !cmp.Equal(c.Contexts, want) {
			t.Errorf("contexts %v, want %v", c.Contexts, want)
		}
		listen(t, w.bot(t, option), newInbox())
		w.until(t, "the second bot looks", func() bool { return get() == 2 })
		w.until(t, "the second bot connects", func() bool { return w.Connected() == 2 })
		if n := put(); n != 1 {
			t.Errorf("written %d times", n)
		}
	}
}

func TestSlowAPIDoesNotOutliveTheContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{MessageLimit: 1})
	b := w.bot(t)
	q := w.aQuestion(t, "limit")
	ref, err := b.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Write(t.Context(), ref, bots.Content{Text: "one"}); err != nil {
		t.Fatal(err)
	}
	var refusal *bots.Refusal
	err = b.Write(t.Context(), ref, bots.Content{Text: "two"})
	if !errors.As(err, &refusal) || refusal.Final || refusal.After < time.Second {
		t.Errorf("Write over the limit: %v", err)
	}
	edits := 0
	for _, c := range w.Calls() {
		if c.Method == http.MethodPatch {
			edits++
		}
	}
	if edits != 1 {
		t.Errorf("%d edits were sent; a full bucket must not be tried", edits)
	}
}

// aQuestion is a mention that the bot did not have to hear.
func (w *world) aQuestion(tb testing.TB, text string) bots.Question {
	tb.Helper()
	m := w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: w.person("ada").ID, Content: "<@" + w.Me().ID + "> " + text})
	return bots.Question{
		ID:      "discord:" + w.guild.ID + ":" + w.channel.ID + ":" + m.ID,
		Thread:  bots.Thread{Platform: "discord", Team: w.guild.ID, Channel: w.channel.ID, Root: "m" + m.ID},
		Message: m.ID, Asker: m.Author.ID, Text: text, AskedAt: m.Timestamp, Visibility: bots.Public,
	}
}

func fault(call string, f localdiscord.Fault) localdiscord.Fault {
	f.Call = regexp.MustCompile(call)
	return f
}
