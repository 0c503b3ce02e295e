package discordbot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/bwmarrin/discordgo"
)

// identity is who the bot is, once Discord has said so.
type identity struct {
	mu   sync.Mutex
	user string
	app  string
}

// stateRef is the library's picture of guilds and channels while Listen runs.
type stateRef = atomic.Pointer[discordgo.State]

// self is the bot's own user id.
func (b *Bot) self(ctx context.Context) (string, error) {
	b.known.mu.Lock()
	defer b.known.mu.Unlock()
	if b.known.user != "" {
		return b.known.user, nil
	}
	var me discordgo.User
	if err := b.call(ctx, request{method: http.MethodGet, url: discordgo.EndpointUser("@me")}, &me); err != nil {
		if e, ok := errors.AsType[*apiError](err); ok && e.status == http.StatusUnauthorized {
			return "", fmt.Errorf("%w: %w", errToken, err)
		}
		return "", fmt.Errorf("discord: ask who the bot is: %w", err)
	}
	if me.ID == "" {
		return "", errors.New("discord: the API does not say who the bot is: check DISCORD_API_URL")
	}
	b.known.user = me.ID
	return me.ID, nil
}

// application is the application's id, which routes of commands and of
// interaction replies are named by.
func (b *Bot) application(ctx context.Context) (string, error) {
	if b.o.ApplicationID != "" {
		return b.o.ApplicationID, nil
	}
	b.known.mu.Lock()
	defer b.known.mu.Unlock()
	if b.known.app != "" {
		return b.known.app, nil
	}
	var app struct {
		ID string `json:"id"`
	}
	if err := b.call(ctx, request{method: http.MethodGet, url: discordgo.EndpointApplication("@me")}, &app); err != nil {
		return "", fmt.Errorf("discord: ask for the application's id: %w", err)
	}
	if app.ID == "" {
		return "", errors.New("discord: the API does not tell the application's id: set DISCORD_APPLICATION_ID")
	}
	b.known.app = app.ID
	return app.ID, nil
}

// Errors that no further try changes; they say what to do.
var (
	errToken    = errors.New("discord refused the bot's token: make a new one on the application's Bot page and set DISCORD_TOKEN")
	errIntents  = errors.New("discord refused the gateway intents: check the application's Bot page, and that the bot is not suspended")
	errSharding = errors.New("discord wants this bot split over several connections (2,500 guilds and more), which is not supported")
)
