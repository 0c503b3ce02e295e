package discordbot

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

// DefaultAPIURL is where Discord's API is, without its version.
const DefaultAPIURL = "https://discord.com/api/"

// Options say which bot this is. Token alone is required.
type Options struct {
	Token         string // the bot's token (DISCORD_TOKEN), without "Bot "
	ApplicationID string // DISCORD_APPLICATION_ID; asked of Discord when empty
	PublicKey     string // DISCORD_PUBLIC_KEY in hexadecimal; empty: no interactions over HTTP
	GuildID       string // DISCORD_GUILD_ID: /ask is registered there alone, at once
	APIURL        string // DISCORD_API_URL; default DefaultAPIURL

	// Store keeps how far the bot has heard, so that what was said while it was
	// down is heard at the next start (default: only while the program runs).
	Store bots.Store
	// HTTPClient carries the calls of the API (default: one with a timeout of 20 s).
	HTTPClient *http.Client
	// Patience is how long a message is offered to an Inbox that fails, before
	// its author is told (default 30 s). Discord does not send a message again.
	Patience time.Duration
	Log      *slog.Logger     // default: nothing is logged
	Now      func() time.Time // default time.Now
}

// Bot is one Discord bot. It is a bots.Platform, bots.Noticer, bots.Pacer and
// bots.Router.
type Bot struct {
	o     Options
	base  *url.URL
	key   ed25519.PublicKey // nil: no interactions over HTTP
	rest  *discordgo.Session
	tidy  tidier
	known identity
	state stateRef
}

// New returns a bot that is not connected yet. It fails on settings that cannot work.
func New(o Options) (*Bot, error) {
	o = withDefaults(o)
	if o.Token == "" {
		return nil, errors.New("discord: the bot's token is missing: set DISCORD_TOKEN")
	}
	base, err := url.Parse(o.APIURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("discord: DISCORD_API_URL must look like %s", DefaultAPIURL)
	}
	b := &Bot{o: o, base: base, tidy: newTidier()}
	if o.PublicKey != "" {
		key, err := hex.DecodeString(o.PublicKey)
		if err != nil || len(key) != ed25519.PublicKeySize {
			return nil, errors.New("discord: DISCORD_PUBLIC_KEY must be the 64 hexadecimal digits of the application's general page")
		}
		b.key = key
	}
	if b.rest, err = b.session(b.transport()); err != nil {
		return nil, err
	}
	return b, nil
}

func withDefaults(o Options) Options {
	o.Token = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(o.Token)+" ", "Bot "))
	if o.APIURL == "" {
		o.APIURL = DefaultAPIURL
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: 20 * time.Second}
	}
	if o.Patience <= 0 {
		o.Patience = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// session makes a discordgo session over a transport. Waiting for limits and
// for lost connections is done here, not in the library, because the library
// does both without a context.
func (b *Bot) session(t http.RoundTripper) (*discordgo.Session, error) {
	s, err := discordgo.New("Bot " + b.o.Token)
	if err != nil {
		return nil, fmt.Errorf("discord: make a session: %w", err)
	}
	s.Client = &http.Client{Transport: t, Timeout: b.o.HTTPClient.Timeout}
	s.ShouldRetryOnRateLimit = false
	s.ShouldReconnectOnError = false
	s.ShouldReconnectVoiceOnSessionError = false
	s.Compress = false
	s.LogLevel = -1 // the library logs addresses, which hold interaction tokens
	s.UserAgent = "DiscordBot (https://github.com/tribunebot/tribune, 1)"
	return s, nil
}

// Name is the platform's name in every Thread.
func (*Bot) Name() string { return "discord" }

// Pace is 1.2 s: a channel takes five edits in five seconds, and other answers
// in the same channel want their share (topics/rate-limits; measured by many, as
// Discord gives the figures in headers only).
func (*Bot) Pace() time.Duration { return 1200 * time.Millisecond }

// Invite is the address at which the owner of a guild lets the bot in, with the
// rights that it uses and no others: to see, read, write and react.
func Invite(applicationID string) string {
	const rights = discordgo.PermissionViewChannel | discordgo.PermissionSendMessages | discordgo.PermissionSendMessagesInThreads |
		discordgo.PermissionReadMessageHistory | discordgo.PermissionAddReactions
	v := url.Values{
		"client_id": {applicationID}, "scope": {"bot applications.commands"}, "permissions": {strconv.FormatInt(rights, 10)},
	}
	return "https://discord.com/oauth2/authorize?" + v.Encode()
}

// Check asks Discord whether the settings work, and says what to do if not.
func (b *Bot) Check(ctx context.Context) error {
	if _, err := b.self(ctx); err != nil {
		return err
	}
	var app struct {
		ID        string `json:"id"`
		VerifyKey string `json:"verify_key"`
	}
	if err := b.call(ctx, request{method: http.MethodGet, url: discordgo.EndpointApplication("@me")}, &app); err != nil {
		return fmt.Errorf("discord: read the application: %w", err)
	}
	if b.o.ApplicationID != "" && b.o.ApplicationID != app.ID {
		return fmt.Errorf("discord: DISCORD_APPLICATION_ID is %s, but the token belongs to application %s: set that one", b.o.ApplicationID, app.ID)
	}
	if b.key != nil && app.VerifyKey != "" && !strings.EqualFold(app.VerifyKey, b.o.PublicKey) {
		return errors.New("discord: DISCORD_PUBLIC_KEY is not the key of the token's application: copy it from the application's general page")
	}
	return nil
}
