package discordbot_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/discordbot"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

// shelf is a bots.Store in memory.
type shelf struct {
	mu       sync.Mutex
	values   map[string][]byte
	revision map[string]uint64
}

func newShelf() *shelf { return &shelf{values: map[string][]byte{}, revision: map[string]uint64{}} }

func (s *shelf) Get(_ context.Context, key string) ([]byte, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[key], s.revision[key], nil
}

func (s *shelf) Put(_ context.Context, key string, value []byte, revision uint64) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revision[key] != revision {
		return 0, bots.ErrConflict
	}
	s.values[key], s.revision[key] = value, revision+1
	return revision + 1, nil
}

// session listens until stop is called.
func session(tb testing.TB, b *discordbot.Bot, in bots.Inbox) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Listen(ctx, in) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("Listen ended with %v", err)
		}
	}
}

// heardTexts waits for n questions.
func heardTexts(tb testing.TB, in *inbox, n int) map[string]int {
	tb.Helper()
	texts := map[string]int{}
	for range n {
		texts[in.next(tb).Text]++
	}
	return texts
}

func TestWhatWasSaidWhileTheBotWasDown(t *testing.T) {
	t.Parallel()
	server := &clock{}
	w := newWorld(t, localdiscord.Options{Now: server.Now})
	store, in := newShelf(), newInbox()
	fresh := func() *discordbot.Bot {
		return w.bot(t, func(o *discordbot.Options) { o.Store, o.Now = store, server.Now })
	}
	ada, me := w.person("ada").ID, "<@"+w.Me().ID+"> "
	thread := w.AddThread(w.channel.ID, "pay", false)
	quiet := w.AddChannel(w.guild.ID, "quiet", false)
	w.Server.Say(localdiscord.Say{Channel: quiet.ID, Author: ada, Content: me + "before the bot was ever there"})
	server.advance(time.Second) // ids tell milliseconds apart, no less
	stop := session(t, fresh(), in)
	w.connected(t)
	w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: ada, Content: me + "heard at once"})
	w.Server.Say(localdiscord.Say{Channel: w.Direct(ada).ID, Author: ada, Content: "heard in private"})
	heardTexts(t, in, 2)
	stop()
	server.advance(5 * time.Minute)
	for i := range 120 {
		w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: ada, Content: fmt.Sprintf("chatter %d", i)})
	}
	w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: ada, Content: me + "missed in a channel"})
	w.Server.Say(localdiscord.Say{Channel: thread.ID, Author: ada, Content: me + "missed in a thread"})
	w.Server.Say(localdiscord.Say{Channel: w.Direct(ada).ID, Author: ada, Content: "missed in private"})
	stop = session(t, fresh(), in)
	defer stop()
	want := map[string]int{"missed in a channel": 1, "missed in a thread": 1, "missed in private": 1}
	if diff := cmp.Diff(want, heardTexts(t, in, 3)); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	if n, _ := in.count(); n != 5 {
		t.Errorf("%d questions in all", n)
	}
}

func TestWhatWasSaidBetweenTwoSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	listen(t, w.bot(t), in)
	w.connected(t)
	w.Forget()
	w.until(t, "disconnected", func() bool { return w.Connected() == 0 })
	w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: w.person("ada").ID, Content: "<@" + w.Me().ID + "> between"})
	if q := in.next(t); q.Text != "between" || q.Thread.Team != w.guild.ID {
		t.Errorf("heard %+v", q)
	}
}

func TestLongAbsenceIsNotMadeUpFor(t *testing.T) {
	t.Parallel()
	server := &clock{}
	w := newWorld(t, localdiscord.Options{Now: server.Now})
	store, in := newShelf(), newInbox()
	fresh := func() *discordbot.Bot {
		return w.bot(t, func(o *discordbot.Options) { o.Store, o.Now = store, server.Now })
	}
	say := func(text string) {
		w.Server.Say(localdiscord.Say{Channel: w.channel.ID, Author: w.person("ada").ID, Content: "<@" + w.Me().ID + "> " + text})
	}
	stop := session(t, fresh(), in)
	w.connected(t)
	say("first")
	in.next(t)
	stop()
	server.advance(time.Minute)
	say("long ago")
	server.advance(3 * time.Hour)
	say("recent")
	stop = session(t, fresh(), in)
	defer stop()
	if q := in.next(t); q.Text != "recent" {
		t.Errorf("heard %q", q.Text)
	}
}
