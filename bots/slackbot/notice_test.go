package slackbot_test

import (
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

func TestNotice(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	q := ask(t, server, "how long?")
	for range 2 { // already_reacted is fine
		if err := bot.Notice(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if reacted := server.Messages(general)[0].Reactions["eyes"]; len(reacted) != 1 {
		t.Errorf("reactions: %v", reacted)
	}
	server.Fail(localslack.Fault{Method: "reactions.add", Error: "missing_scope", Times: -1})
	if err := bot.Notice(t.Context(), q); err != nil {
		t.Errorf("a missing scope fails the notice: %v", err)
	}
	if err := bot.Notice(t.Context(), bots.Question{Via: "x"}); err != nil {
		t.Errorf("a command: %v", err)
	}
}

func TestNoticeInADirectConversation(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	dm := server.OpenDM(alice)
	ts, err := server.Say(localslack.Say{Channel: dm, User: alice, Text: "年假？"})
	if err != nil {
		t.Fatal(err)
	}
	q := bots.Question{Message: ts, Text: "年假？", Visibility: bots.Direct, Thread: bots.Thread{Channel: dm, Root: ts}}
	if err := bot.Notice(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if status := server.Status(dm, ts); status != "正在思考……" {
		t.Errorf("status = %q", status)
	}
	server.Fail(localslack.Fault{Method: "assistant.threads.setStatus", Error: "missing_scope", Times: -1})
	for range 2 {
		if err := bot.Notice(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if calls := server.Calls("assistant.threads.setStatus"); calls != 2 {
		t.Errorf("the status was tried %d times, want 2", calls)
	}
	if server.Messages(dm)[0].Reactions["eyes"] == nil {
		t.Error("no reaction in its place")
	}
}
