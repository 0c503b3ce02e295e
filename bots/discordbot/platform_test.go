package discordbot_test

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/discordbot"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

// TestMain lets many tests run side by side: nearly all of their time is spent
// waiting for sockets, above all for the second that the library takes to close one.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	m.Run()
}

// The abilities that other packages rely on.
var (
	_ bots.Platform = (*discordbot.Bot)(nil)
	_ bots.Noticer  = (*discordbot.Bot)(nil)
	_ bots.Pacer    = (*discordbot.Bot)(nil)
	_ bots.Router   = (*discordbot.Bot)(nil)
)

func TestPlatformOverTheGateway(t *testing.T) {
	t.Parallel()
	botstest.TestPlatform(t, func(t *testing.T) botstest.Harness {
		t.Helper()
		w := newWorld(t, localdiscord.Options{})
		t.Cleanup(func() { obeyed(t, w) })
		return botstest.Harness{Platform: w.bot(t), World: w, Patience: patience, Secrets: []string{w.Token()}}
	})
}

// TestPlatformOverHTTP has all questions asked by command in a Discord thread,
// and delivered as signed requests.
func TestPlatformOverHTTP(t *testing.T) {
	t.Parallel()
	botstest.TestPlatform(t, func(t *testing.T) botstest.Harness {
		t.Helper()
		w := newWorld(t, localdiscord.Options{})
		w.only = []botstest.Kind{botstest.Command}
		w.channel = w.AddThread(w.channel.ID, "questions", false)
		t.Cleanup(func() { obeyed(t, w) })
		p := &webbed{Bot: w.bot(t), t: t, w: w}
		return botstest.Harness{Platform: p, World: w, Patience: patience, Secrets: []string{w.Token()}}
	})
}

// webbed is a bot whose routes are served while it listens.
type webbed struct {
	*discordbot.Bot

	t *testing.T
	w *world
}

func (p *webbed) Listen(ctx context.Context, in bots.Inbox) error {
	mux := http.NewServeMux()
	for pattern, h := range p.Routes(in) {
		mux.Handle(pattern, h)
	}
	s := httptest.NewServer(mux)
	defer s.Close()
	p.w.SetInteractionURL(s.URL + "/discord/interactions")
	return p.Bot.Listen(ctx, in)
}
