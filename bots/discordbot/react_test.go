package discordbot_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

// marks hands check marks to a test.
type marks chan bots.Reacted

func (m marks) Hear(_ context.Context, e bots.Event) error {
	if r, ok := e.(bots.Reacted); ok {
		m <- r
	}
	return nil
}

func (m marks) next(t *testing.T) bots.Reacted {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case r := <-m:
		return r
	case <-ctx.Done():
		t.Fatal("no mark was heard")
	}
	return bots.Reacted{}
}

func TestCheckMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	bot := w.bot(t)
	in := make(marks, 10)
	listen(t, bot, in)
	w.connected(t)
	ada := w.person("ada").ID
	thread := w.AddThread(w.channel.ID, "pay", false)
	root := w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: ada, Content: "who knows?"})
	reply := w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: ada, Content: "I do", ReplyTo: root.ID})
	inThread := w.Server.Say(localdiscord.Say{Channel: thread.ID, Author: ada, Content: "me too"})
	tests := []struct {
		channel, message, emoji string
		removed                 bool
		root, located           string // of the thread as heard, and as looked up
	}{
		{w.channel.ID, reply.ID, "\u2705", false, "", "m" + root.ID},
		{w.channel.ID, reply.ID, "\u2705", true, "", "m" + root.ID},
		{thread.ID, inThread.ID, "\u2714\uFE0F", false, "t" + thread.ID, ""},
	}
	for _, tt := range tests {
		if err := w.React(tt.channel, tt.message, ada, "\U0001F44D", false); err != nil { // a thumb is no mark
			t.Fatal(err)
		}
		if err := w.React(tt.channel, tt.message, ada, tt.emoji, tt.removed); err != nil {
			t.Fatal(err)
		}
		got := in.next(t)
		got.At = time.Time{}
		want := bots.Reacted{
			Thread:  bots.Thread{Platform: "discord", Team: w.guild.ID, Channel: w.channel.ID, Root: tt.root},
			Channel: tt.channel, Message: tt.message, Person: ada, Removed: tt.removed,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if v, err := bot.Visibility(t.Context(), got.Thread); err != nil || v != bots.Public {
			t.Errorf("visibility %q, %v", v, err)
		}
		if tt.located == "" {
			continue
		}
		if where, err := bot.Locate(t.Context(), got); err != nil || where.Root != tt.located {
			t.Errorf("stands in %+v, %v, want root %s", where, err, tt.located)
		}
	}
	gone := bots.Reacted{Thread: bots.Thread{Platform: "discord", Team: w.guild.ID, Channel: w.channel.ID}, Message: "1"}
	if where, err := bot.Locate(t.Context(), gone); err == nil {
		t.Errorf("a message that is gone stands in %+v", where)
	}
}
