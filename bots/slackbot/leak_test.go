package slackbot_test

import (
	"bytes"
	"context"
	"net/http"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

// TestListenLeavesNothingBehind labels all goroutines that Listen starts, and
// waits until none of them is left.
func TestListenLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"socket", "http"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			server := fastServer(t, localslack.Options{})
			transport := &http.Transport{}
			o := options(server)
			o.HTTPClient = &http.Client{Transport: transport}
			if way == "http" {
				o.AppToken, o.SigningSecret = "", "local-signing-secret"
			}
			bot := newBot(t, o)
			var listener bots.Listener = bot
			if way == "http" {
				listener = overHTTP{Bot: bot, server: server}
			}
			label := "leak-" + way
			ctx, cancel := context.WithCancel(t.Context())
			in, ended := newInbox(), make(chan error, 1)
			go pprof.Do(ctx, pprof.Labels("listener", label), func(ctx context.Context) { ended <- listener.Listen(ctx, in) })
			eventually(t, "the bot listens", server.Connected)
			say(t, server, "anybody?")
			in.next(t, 1)
			if !strings.Contains(goroutines(t), label) {
				t.Fatal("the label is not seen: this test can not fail")
			}
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Listen = %v", err)
			}
			eventually(t, "all its goroutines are gone", func() bool {
				transport.CloseIdleConnections() // those are the client's
				return !strings.Contains(goroutines(t), label)
			})
		})
	}
}

func goroutines(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
