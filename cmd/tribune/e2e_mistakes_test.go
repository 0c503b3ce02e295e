package main

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
)

// serveFails serves until it fails by itself, and returns the error.
func serveFails(t *testing.T, s settings) error {
	t.Helper()
	c := loadTest(t, t.TempDir(), s)
	held, _, err := hold(t.Context(), c.Server.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	app, err := NewApp(t.Context(), c, held, slog.New(slog.DiscardHandler), Parts{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = app.Serve(ctx, func(context.Context, string) error { return nil })
	if closing := app.Close(context.WithoutCancel(ctx)); closing != nil {
		t.Error(closing)
	}
	if ctx.Err() != nil {
		t.Fatal("it went on")
	}
	return err
}

func TestEndToEndAWrongTokenIsSaidAndNotShown(t *testing.T) {
	t.Parallel()

	slack := slackWorkspace(t)
	discord, _, _ := discordServer(t)
	for name, tc := range map[string]struct {
		set  settings
		want string
	}{
		"slack bot token": {with(slackSocket(slack), settings{"SLACK_BOT_TOKEN": "xoxb-canary-0013"}), "SLACK_BOT_TOKEN"},
		"slack app token": {with(slackSocket(slack), settings{"SLACK_APP_TOKEN": "xapp-canary-0014"}), "SLACK_APP_TOKEN"},
		"discord token":   {with(discordSettings(discord), settings{"DISCORD_TOKEN": "canary-0015"}), "DISCORD_TOKEN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			err := serveFails(t, tc.set)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestEndToEndAPortInUseIsSaid(t *testing.T) {
	t.Parallel()

	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = serveFails(t, settings{"TRIBUNE_HTTP_ADDR": taken.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), "TRIBUNE_HTTP_ADDR") {
		t.Errorf("it ended with %v", err)
	}
}
