package slackbot_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

// heard hands events to a test.
type heard chan bots.Event

func (h heard) Hear(_ context.Context, e bots.Event) error {
	h <- e
	return nil
}

func TestCheckMarks(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{})
	bot := newBot(t, options(server))
	events := make(heard, 10)
	ctx, stop := context.WithCancel(t.Context())
	listening := make(chan error, 1)
	go func() { listening <- bot.Listen(ctx, events) }()
	defer func() {
		stop()
		if err := <-listening; err != nil {
			t.Error(err)
		}
	}()
	root, err := server.Say(localslack.Say{Channel: general, User: alice, Text: "who knows?"})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := server.Say(localslack.Say{Channel: general, User: alice, Text: "I do", Thread: root})
	if err != nil {
		t.Fatal(err)
	}
	for _, mark := range []struct {
		emoji   string
		removed bool
	}{{"eyes", false}, {"white_check_mark", false}, {"white_check_mark", true}} {
		if err := server.React(general, reply, alice, mark.emoji, mark.removed); err != nil {
			t.Fatal(err)
		}
		if mark.emoji == "eyes" {
			continue
		}
		got := next(t, events)
		if got.Thread.Root != "" || got.At.IsZero() {
			t.Errorf("heard %+v", got)
		}
		got.At = time.Time{}
		want := bots.Reacted{
			Thread:  bots.Thread{Platform: "slack", Team: localslack.Team, Channel: general},
			Message: reply, Person: alice, Removed: mark.removed,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for message, want := range map[string]string{reply: root, root: root} {
			got.Message = message
			if thread, err := bot.Locate(t.Context(), got); err != nil || thread.Root != want || thread.Channel != general {
				t.Errorf("%s stands in %+v, %v", message, thread, err)
			}
		}
	}
	gone := bots.Reacted{Thread: bots.Thread{Platform: "slack", Channel: general}, Message: "1.000001"}
	if thread, err := bot.Locate(t.Context(), gone); err == nil {
		t.Errorf("a message that is gone stands in %+v", thread)
	}
}

// next is the next mark; anything else that was heard is passed over.
func next(t *testing.T, events heard) bots.Reacted {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		select {
		case e := <-events:
			if r, ok := e.(bots.Reacted); ok {
				return r
			}
		case <-ctx.Done():
			t.Fatal("no mark was heard")
		}
	}
}
