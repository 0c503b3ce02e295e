package slackbot

import (
	"context"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

const (
	maxPlaces  = 20_000           // channels remembered, about 2 MB
	maxWanted  = 64               // channels waiting to be looked up
	placesTTL  = 2 * time.Hour    // after that a channel counts as unknown
	placesTurn = 30 * time.Minute // between two readings of the whole list
	placesPage = 500              // channels a call; Slack allows 1,000
)

// places remembers who can read along in which channel, so that hearing a
// question costs no call. It is filled in the background.
type places struct {
	wanted chan string
	mu     sync.Mutex
	known  map[string]place
}

type place struct {
	visibility bots.Visibility
	at         time.Time
}

func newPlaces() *places {
	return &places{wanted: make(chan string, maxWanted), known: map[string]place{}}
}

// of returns the visibility of a channel, or "" where it is not known; then it
// asks for it to be looked up.
func (p *places) of(channel string, now time.Time) bots.Visibility {
	p.mu.Lock()
	known, ok := p.known[channel]
	p.mu.Unlock()
	if ok && now.Sub(known.at) < placesTTL {
		return known.visibility
	}
	select {
	case p.wanted <- channel:
	default: // enough is asked for already
	}
	return ""
}

func (p *places) learn(channel string, v bots.Visibility, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= maxPlaces {
		for old := range p.known { // any one: it can be learnt again
			delete(p.known, old)
			break
		}
	}
	p.known[channel] = place{visibility: v, at: now}
}

// learnPlaces keeps the channels known until ctx is done.
func (b *Bot) learnPlaces(ctx context.Context) {
	ticker := time.NewTicker(placesTurn)
	defer ticker.Stop()
	b.listPlaces(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			b.listPlaces(ctx)
		case channel := <-b.places.wanted:
			b.lookUp(ctx, channel)
		}
	}
}

// listPlaces reads the list of the bot's channels, within maxPlaces.
func (b *Bot) listPlaces(ctx context.Context) {
	cursor := ""
	for read := 0; read < maxPlaces; read += placesPage {
		var channels []slack.Channel
		err := b.patiently(ctx, "users.conversations", func(ctx context.Context) error {
			var err error
			channels, cursor, err = b.api.GetConversationsForUserContext(ctx, &slack.GetConversationsForUserParameters{
				Cursor: cursor, Limit: placesPage, Types: []string{"public_channel", "private_channel"},
			})
			return err
		})
		if err != nil {
			b.unknownPlace(ctx, err)
			return
		}
		for i := range channels {
			b.places.learn(channels[i].ID, visibilityOf(&channels[i]), b.o.Now())
		}
		if cursor == "" {
			return
		}
	}
}

func (b *Bot) lookUp(ctx context.Context, channel string) {
	err := b.patiently(ctx, "conversations.info", func(ctx context.Context) error {
		info, err := b.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
		if err == nil {
			b.places.learn(channel, visibilityOf(info), b.o.Now())
		}
		return err
	})
	if err != nil {
		b.unknownPlace(ctx, err)
	}
}

// Visibility implements bots.Placer, for questions from channels that were not
// known when they were heard.
func (b *Bot) Visibility(ctx context.Context, t bots.Thread) (bots.Visibility, error) {
	if known := b.places.of(t.Channel, b.o.Now()); known != "" {
		return known, nil
	}
	var v bots.Visibility
	err := b.call(ctx, "conversations.info", func(ctx context.Context) error {
		info, err := b.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: t.Channel})
		if err == nil {
			v = visibilityOf(info)
			b.places.learn(t.Channel, v, b.o.Now())
		}
		return err
	})
	return v, err
}

func (b *Bot) unknownPlace(ctx context.Context, err error) {
	if ctx.Err() == nil {
		b.once(ctx, "conversations.info", "channels that cannot be looked up are treated as private", err)
	}
}

// visibilityOf is what Slack says of a channel. One that is only invited to be
// shared counts as shared.
func visibilityOf(c *slack.Channel) bots.Visibility {
	switch {
	case c.IsExtShared || c.IsPendingExtShared:
		return bots.Shared
	case c.IsIM:
		return bots.Direct
	case c.IsPrivate || c.IsGroup || c.IsMpIM:
		return bots.Private
	default:
		return bots.Public
	}
}

// longestPatience is how long a call may wait for its turn where its caller
// would have to begin anew otherwise.
const longestPatience = 5 * time.Second

// patiently calls, and once more after a refusal that names a short wait.
func (b *Bot) patiently(ctx context.Context, method string, do func(ctx context.Context) error) error {
	err := b.call(ctx, method, do)
	if after := retryAfter(err); after > 0 && after <= longestPatience && sleep(ctx, after) {
		err = b.call(ctx, method, do)
	}
	return err
}
