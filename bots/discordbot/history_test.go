package discordbot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/discordbot"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

// spoken is a turn without its ids.
type spoken struct {
	Own  bool
	Text string
}

func earlier(tb testing.TB, b *discordbot.Bot, t bots.Thread, limit int) []spoken {
	tb.Helper()
	turns, err := b.Earlier(tb.Context(), t, limit)
	if err != nil {
		tb.Fatal(err)
	}
	var list []spoken
	for _, turn := range turns {
		if turn.Message == "" || turn.Asker == "" || turn.At.IsZero() {
			tb.Errorf("incomplete turn %+v", turn)
		}
		list = append(list, spoken{turn.Own, turn.Text})
	}
	return list
}

// answered opens and finishes an answer.
func answered(tb testing.TB, b *discordbot.Bot, q bots.Question, c bots.Content) {
	tb.Helper()
	ref := opened(tb, b, q)
	c.Final = true
	if err := b.Write(tb.Context(), ref, c); err != nil {
		tb.Fatal(err)
	}
}

func TestReplyChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "How long is probation?"})
	first := in.next(t)
	answered(t, b, first, bots.Content{Text: "Two months. [1]", Sources: []bots.Source{{N: 1, Title: "Law", URL: "https://law.example"}}})
	w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: w.person("bob").ID, Content: "<@" + w.Me().ID + "> something else"})
	in.next(t)
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "And for three years?", In: &first})
	second := in.next(t)
	if !second.InThread || second.Thread != first.Thread {
		t.Errorf("a follow-up belongs to %+v, want %+v", second.Thread, first.Thread)
	}
	answered(t, b, second, bots.Content{Text: "Six months."})
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "Sure?", In: &second})
	third := in.next(t)
	want := []spoken{
		{false, "How long is probation?"},
		{true, "Two months. [1]"},
		{false, "And for three years?"},
		{true, "Six months."},
		{false, "Sure?"},
	}
	if diff := cmp.Diff(want, earlier(t, b, third.Thread, 10)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[3:], earlier(t, b, third.Thread, 2)); diff != "" {
		t.Errorf("the last two turns (-want +got):\n%s", diff)
	}
}

func TestReplyChainInABusyChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "one"})
	first := in.next(t)
	answered(t, b, first, bots.Content{Text: "eins"})
	for i := range 450 {
		w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: w.person("bob").ID, Content: fmt.Sprintf("chatter %d", i)})
	}
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "two", In: &first})
	q := in.next(t)
	want := []spoken{{false, "one"}, {true, "eins"}, {false, "two"}}
	if diff := cmp.Diff(want, earlier(t, b, q.Thread, 10)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func TestLongAnswerIsOneTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "all of it"})
	first := in.next(t)
	answered(t, b, first, long(8))
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "more", In: &first})
	q := in.next(t)
	got := earlier(t, b, q.Thread, 10)
	if len(got) != 3 || len(got[1].Text) < 4000 {
		t.Errorf("%d turns", len(got))
	}
}

func TestReplyToACommandsAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	first := w.command(t, in, "by command")
	answered(t, b, first, bots.Content{Text: "Answered."})
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "go on", In: &first})
	q := in.next(t)
	if q.Thread != first.Thread || !q.InThread {
		t.Errorf("thread %+v, want %+v", q.Thread, first.Thread)
	}
	want := []spoken{{false, "by command"}, {true, "Answered."}, {false, "go on"}}
	if diff := cmp.Diff(want, earlier(t, b, q.Thread, 10)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func TestHistoryOfAThread(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	w.connected(t)
	ada, bob, me := w.person("ada").ID, w.person("bob").ID, "<@"+w.Me().ID+"> "
	thread := w.AddThread(w.channel.ID, "pay", false)
	w.Server.Say(localdiscord.Say{Channel: thread.ID, Author: ada, Content: me + "first"})
	answered(t, b, in.next(t), bots.Content{Text: "one"})
	w.Server.Say(localdiscord.Say{Channel: thread.ID, Author: w.AddBot("other").ID, Content: me + "noise"})
	w.Server.Say(localdiscord.Say{Channel: thread.ID, Author: bob, Content: "not readable without the privileged intent"})
	w.Server.Say(localdiscord.Say{Channel: thread.ID, Author: bob, Content: me + "second <@" + ada + ">"})
	q := in.next(t)
	want := []spoken{{false, "first"}, {true, "one"}, {false, "second @ada"}}
	if diff := cmp.Diff(want, earlier(t, b, q.Thread, 10)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func TestHistoryOfADirectConversation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	w.Say(t, botstest.Said{Kind: botstest.Direct, Text: "one"})
	first := in.next(t)
	if first.Visibility != bots.Direct || first.Thread.Team != "dm" {
		t.Errorf("question %+v", first)
	}
	answered(t, b, first, bots.Content{Text: "eins"})
	w.Say(t, botstest.Said{Kind: botstest.Direct, Text: "two", In: &first})
	q := in.next(t)
	want := []spoken{{false, "one"}, {true, "eins"}, {false, "two"}}
	if diff := cmp.Diff(want, earlier(t, b, q.Thread, 10)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func TestBotThatIsNotToldItsApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t, func(o *discordbot.Options) { o.ApplicationID = "" }), newInbox()
	listen(t, b, in)
	w.until(t, "the command is registered", func() bool { return len(w.Commands("")) == 1 })
	q := w.command(t, in, "who are you?")
	answered(t, b, q, bots.Content{Text: "A bot."})
	if shown := w.Shown(t, q); len(shown) != 1 {
		t.Errorf("shown %+v", shown)
	}
}

func TestAnswerToADeletedQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, q := w.bot(t), w.aQuestion(t, "never mind")
	w.Remove(w.channel.ID, q.Message)
	answered(t, b, q, bots.Content{Text: "Too late."})
	if list := w.Messages(w.channel.ID); len(list) != 1 || list[0].Content != "Too late." || list[0].Reference != nil {
		t.Errorf("the channel holds %+v", list)
	}
	if pace := b.Pace(); pace < time.Second || pace > 2*time.Second {
		t.Errorf("pace %s", pace)
	}
}

func TestHistoryOfWhatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b := w.bot(t)
	if got := earlier(t, b, bots.Thread{Platform: "discord", Team: w.guild.ID, Channel: w.channel.ID, Root: "m1"}, 10); got != nil {
		t.Errorf("history %v", got)
	}
	if _, err := b.Earlier(t.Context(), bots.Thread{Platform: "discord", Team: w.guild.ID, Channel: "1", Root: "m1"}, 10); err == nil {
		t.Error("no error for a channel that does not exist")
	}
	if got := earlier(t, b, bots.Thread{Channel: "1", Root: "m1"}, 0); got != nil {
		t.Errorf("history %v", got)
	}
}
