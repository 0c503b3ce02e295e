package main

import (
	"context"
	"fmt"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/discordbot"
	"github.com/tribunebot/tribune/bots/slackbot"
	"github.com/tribunebot/tribune/bots/webchat"
	"github.com/tribunebot/tribune/worker/queue"
)

// platforms are the chat platforms. Each is opened from the settings, or is nil
// where they do not name it.
var platforms = map[string]func(ctx context.Context, a *App) (bots.Platform, error){
	"slack":   openSlack,
	"discord": openDiscord,
	"web":     openWeb,
}

func openSlack(_ context.Context, a *App) (bots.Platform, error) {
	c := a.Config.Slack
	if !c.BotToken.IsSet() {
		return nil, nil
	}
	return slackbot.New(slackbot.Options{
		BotToken: c.BotToken.Reveal(), AppToken: c.AppToken.Reveal(), SigningSecret: c.SigningSecret.Reveal(),
		APIURL: c.APIURL.Reveal(), Log: a.Log,
	})
}

func openDiscord(ctx context.Context, a *App) (bots.Platform, error) {
	c := a.Config.Discord
	if !c.Token.IsSet() {
		return nil, nil
	}
	store, err := a.Queue.Store(ctx, "discord", queue.Durable)
	if err != nil {
		return nil, fmt.Errorf("open the store of what was seen: %w", err)
	}
	return discordbot.New(discordbot.Options{
		Token: c.Token.Reveal(), ApplicationID: c.ApplicationID, PublicKey: c.PublicKey,
		GuildID: c.GuildID, APIURL: c.APIURL.Reveal(), Store: store, Log: a.Log,
	})
}

func openWeb(ctx context.Context, a *App) (bots.Platform, error) {
	store, err := a.Queue.Store(ctx, "web", queue.Durable)
	if err != nil {
		return nil, fmt.Errorf("open the conversations' store: %w", err)
	}
	return webchat.New(webchat.Options{
		Name: "web", Path: "/ui/chat", Page: true, Store: store, Relay: a.Queue.Relay(),
		Allow: a.allowWeb, Hosts: a.webHosts(), Visibility: bots.Direct, Log: a.Log,
	})
}
