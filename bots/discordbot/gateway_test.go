package discordbot_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/discordbot"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

func TestReplayedEventsAreOneQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	listen(t, w.bot(t), in)
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "once"})
	in.next(t)
	w.Redeliver(t)
	w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "twice"})
	in.next(t)
	if heard, calls := in.count(); heard != 2 || calls < 3 {
		t.Errorf("heard %d questions in %d calls; the replay must reach the inbox under the same ID", heard, calls)
	}
	if n := w.Sessions(); n != 1 {
		t.Errorf("%d sessions; a lost connection must be resumed", n)
	}
}

func TestNothingIsLostWhileDisconnected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	listen(t, w.bot(t), in)
	w.connected(t)
	w.Drop(0)
	w.until(t, "disconnected", func() bool { return w.Connected() == 0 })
	w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: w.person("ada").ID, Content: "<@" + w.Me().ID + "> anybody there?"})
	if q := in.next(t); q.Text != "anybody there?" {
		t.Errorf("heard %q", q.Text)
	}
}

func TestReconnects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		disturb  func(w *world)
		sessions int
	}{
		{"opcode 7", func(w *world) { w.AskReconnect() }, 1},
		{"close code 4000", func(w *world) { w.CloseGateway(4000) }, 1},
		{"session forgotten", func(w *world) { w.Forget() }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, localdiscord.Options{})
			in := newInbox()
			listen(t, w.bot(t), in)
			w.connected(t)
			tt.disturb(w)
			w.until(t, "disconnected", func() bool { return w.Connected() == 0 })
			w.Say(t, botstest.Said{Kind: botstest.Mention, Text: "back?"})
			if q := in.next(t); q.Text != "back?" {
				t.Errorf("heard %q", q.Text)
			}
			if n := w.Sessions(); n != tt.sessions {
				t.Errorf("%d sessions, want %d", n, tt.sessions)
			}
		})
	}
}

func TestFinalErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		option func(*discordbot.Options)
		before func(w *world)
		after  func(w *world)
		want   string
	}{
		{name: "wrong token", option: func(o *discordbot.Options) { o.Token = "mistyped-canary" }, want: "DISCORD_TOKEN"},
		{name: "disallowed intents", before: func(w *world) { w.Deny(1 << 9) }, want: "intents"},
		{name: "token changed while connected", after: func(w *world) { w.ChangeToken("other"); w.Drop(0) }, want: "DISCORD_TOKEN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, localdiscord.Options{})
			if tt.option == nil {
				tt.option = func(*discordbot.Options) {}
			}
			if tt.before != nil {
				tt.before(w)
			}
			b := w.bot(t, tt.option)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- b.Listen(ctx, newInbox()) }()
			if tt.after != nil {
				w.connected(t)
				tt.after(w)
			}
			err := <-ended
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("Listen: %v", err)
			}
		})
	}
}
