// Package discord gives the history of Discord channels over Discord's REST API:
// a document for each public thread and forum post, and for what was said in a
// row outside of threads. What bots say is left out, so that answers are not
// taken for sources.
//
// One file has one step: address.go reads what was named, rest.go makes the
// calls, history.go gets messages and threads, message.go turns what was said
// into plain text, room.go makes documents of it, places.go says what is known
// of the rest.
package discord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// Options say how Discord is asked. Token is needed, all else may be zero.
type Options struct {
	Token string // of the bot, without "Bot "
	// API is the address of the API; empty: https://discord.com/api/.
	API    string
	Client *http.Client // nil: one of its own
	// Wait waits for a rate limit to pass; nil: by a timer.
	Wait func(ctx context.Context, d time.Duration) error
	// MaxMessages bounds what is read of a channel, the newest first, and again
	// of its threads together; 0: 20,000: some 200 calls, which Discord allows
	// within a few minutes.
	MaxMessages int
}

const (
	defaultAPI      = "https://discord.com/api/"
	defaultMessages = 20_000
)

// source is the history of one or more channels.
type source struct {
	o        Options
	channels []string

	mu   sync.Mutex
	read map[string]*state   // by channel: what the last run read
	seen map[string]struct{} // origins that it gave
}

// state is how much of a channel was read.
type state struct {
	guild   string
	floor   string // the oldest message of its talk that was read; "": all was
	threads bool   // whether all of its threads were read
	only    string // the thread that was named, "" for the whole channel
	done    bool
}

var (
	errNothing = errors.New("no channel was named")
	errToken   = errors.New("a bot's token is needed to read Discord: set DISCORD_TOKEN")
)

// New returns the history of Discord channels. A channel is named by
// discord://CHANNEL_ID or by its address as the client copies it,
// https://discord.com/channels/GUILD/CHANNEL. A forum gives its posts; a thread
// may be named by itself, which is the only way that a private one is read.
//
// Every run reads all again, up to MaxMessages. The source has
// knowledge.Places: it knows what is gone after it was read.
func New(channels []string, o Options) (knowledge.Source, error) {
	switch {
	case len(channels) == 0:
		return nil, errNothing
	case o.Token == "":
		return nil, errToken
	}
	o.API = strings.TrimSuffix(cmp.Or(o.API, defaultAPI), "/")
	o.MaxMessages = cmp.Or(o.MaxMessages, defaultMessages)
	if o.Wait == nil {
		o.Wait = wait
	}
	s := &source{o: o}
	s.forget()
	for _, address := range channels {
		id, err := parse(address)
		if err != nil {
			return nil, err
		}
		s.channels = append(s.channels, id)
	}
	return s, nil
}

// Name implements knowledge.Source.
func (s *source) Name() string {
	names := make([]string, len(s.channels))
	for i, id := range s.channels {
		names[i] = Scheme + id
	}
	return strings.Join(names, ", ")
}

// Documents implements knowledge.Source. A channel that can't be read ends it
// with an error, after all others.
func (s *source) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		s.forget()
		r := &run{source: s, rest: newREST(s.o), yield: yield}
		defer r.rest.client.CloseIdleConnections()
		var failed []error
		for _, id := range s.channels {
			err := r.channel(ctx, id)
			switch {
			case errors.Is(err, errStop):
				return
			case ctx.Err() != nil:
				yield(knowledge.Document{}, ctx.Err())
				return
			case err != nil:
				failed = append(failed, fmt.Errorf("%s%s: %w", Scheme, id, err))
			}
		}
		if err := errors.Join(failed...); err != nil {
			yield(knowledge.Document{}, err)
		}
	}
}

// errStop is returned where nobody wants more documents.
var errStop = errors.New("stopped")

// wait waits by the clock.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
