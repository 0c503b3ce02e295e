package slackbot_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

func TestEarlierLeavesOutWhatIsNoTurn(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	q := ask(t, server, localslack.Mention()+" how long is <#C1|general>&lt;3?")
	answered := open(t, bot, q)
	write(t, bot, answered, bots.Content{Text: "One month [1].", Final: true, Sources: []bots.Source{{N: 1, Title: "Law", URL: "https://law.example/"}}})
	for _, s := range []localslack.Say{
		{Channel: general, User: alice, Thread: q.Message, Text: "and <" + localslack.Mention()[1:] + " in winter?"},
		{Channel: general, User: alice, Thread: q.Message, Text: "joined", SubType: "channel_join"},
		{Channel: general, User: alice, Text: "another thread"},
	} {
		if _, err := server.Say(s); err != nil {
			t.Fatal(err)
		}
	}
	open(t, bot, q) // still thinking
	turns, err := bot.Earlier(t.Context(), q.Thread, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, turn := range turns {
		who := turn.Asker
		if turn.Own {
			who = "bot"
		}
		got = append(got, who+": "+turn.Text)
		if turn.At.IsZero() || turn.Message == "" {
			t.Errorf("a turn without time or message: %+v", turn)
		}
	}
	diff(t, []string{alice + ": how long is #general<3?", "bot: One month [1].", alice + ": and in winter?"}, got)

	last, err := bot.Earlier(t.Context(), q.Thread, 1)
	if err != nil || len(last) != 1 || last[0].Text != "and in winter?" {
		t.Errorf("with a limit of 1: %+v, %v", last, err)
	}
	if none, err := bot.Earlier(t.Context(), bots.Thread{Channel: general}, 5); err != nil || none != nil {
		t.Errorf("without a thread: %v, %v", none, err)
	}
}

func TestEarlierReadsALongThread(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	q := ask(t, server, "first")
	for range 450 {
		if _, err := server.Say(localslack.Say{Channel: general, User: alice, Thread: q.Message, Text: "more"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := server.Say(localslack.Say{Channel: general, User: alice, Thread: q.Message, Text: "the newest"}); err != nil {
		t.Fatal(err)
	}
	turns, err := bot.Earlier(t.Context(), q.Thread, 5)
	if err != nil || len(turns) != 5 || turns[4].Text != "the newest" {
		t.Errorf("Earlier = %+v, %v", turns, err)
	}
	if calls := server.Calls("conversations.replies"); calls != 3 {
		t.Errorf("read with %d calls, want 3", calls)
	}
}

func TestEarlierFailures(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{Events: []string{"none"}})
	var log logs
	o := options(server)
	o.Log = log.logger()
	bot := newBot(t, o)
	q := ask(t, server, "first")
	server.Fail(localslack.Fault{Method: "conversations.replies", Error: "missing_scope", Times: 2})
	for range 2 {
		if turns, err := bot.Earlier(t.Context(), q.Thread, 5); err != nil || len(turns) != 0 {
			t.Errorf("without the scope: %v, %v", turns, err)
		}
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, log.String())
	}
	server.Fail(localslack.Fault{Method: "conversations.replies", RetryAfter: 60e9})
	_, err := bot.Earlier(t.Context(), q.Thread, 5)
	if refusal, ok := errors.AsType[*bots.Refusal](err); !ok || refusal.After != 60e9 {
		t.Errorf("too fast: %v, want a refusal for a minute", err)
	}
}
