package slackbot_test

import (
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

func TestPlatformOverASocket(t *testing.T) {
	t.Parallel()
	botstest.TestPlatform(t, func(t *testing.T) botstest.Harness {
		t.Helper()
		server := fastServer(t, localslack.Options{})
		return harness(server, newBot(t, options(server)))
	})
}

func TestPlatformOverHTTP(t *testing.T) {
	t.Parallel()
	botstest.TestPlatform(t, func(t *testing.T) botstest.Harness {
		t.Helper()
		server := fastServer(t, localslack.Options{})
		o := options(server)
		o.AppToken, o.SigningSecret = "", "local-signing-secret"
		return harness(server, overHTTP{Bot: newBot(t, o), server: server})
	})
}

// TestPlatformInABusyWorkspace keeps to Slack's one message a second.
func TestPlatformInABusyWorkspace(t *testing.T) {
	t.Parallel()
	botstest.TestPlatform(t, func(t *testing.T) botstest.Harness {
		t.Helper()
		server := fastServer(t, localslack.Options{PostEvery: time.Second, PostBurst: 2})
		return harness(server, newBot(t, options(server)))
	})
}

func harness(server *localslack.Server, platform bots.Platform) botstest.Harness {
	return botstest.Harness{Platform: platform, World: &world{server: server}, Secrets: []string{"xoxb-local", "xapp-local", "local-signing-secret"}}
}
