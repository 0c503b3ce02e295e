package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/tribunebot/tribune/bots"
)

const (
	// maxFrame bounds one message on the socket (1 MiB; events are some 10 KiB).
	maxFrame = 1 << 20
	// maxHearing is how many events are handed on at the same time.
	maxHearing = 8
)

// errTooPatient ends a session whose library would wait too long before it
// connects again: its wait grows to five minutes.
var errTooPatient = errors.New("the socket waits too long to connect again")

// socket listens over Socket Mode until ctx is done, or until Slack refuses the
// app token. One session lasts through any number of connections: slack-go
// connects again when Slack asks for it, when the connection breaks, and when
// no ping came for Silence.
func (b *Bot) socket(ctx context.Context, in bots.Inbox) error {
	for wait := newBackoff(); ctx.Err() == nil; wait.next(ctx, 0) {
		err := b.session(ctx, in)
		if refusesToken(err) {
			return err
		}
		if ctx.Err() == nil {
			b.o.Log.WarnContext(ctx, "slack's socket ended, opening another", "error", err)
		}
	}
	return nil
}

// session runs one client of the library and handles what it hears.
func (b *Bot) session(ctx context.Context, in bots.Inbox) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	client := socketmode.New(b.api, socketmode.OptionReadLimit(maxFrame), socketmode.OptionPingInterval(b.o.Silence))
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	var hearing sync.WaitGroup
	defer hearing.Wait()
	slots := make(chan struct{}, maxHearing)
	for {
		select {
		case err := <-ended:
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return classifySocket(err)
		case event := <-client.Events:
			if err := b.connection(ctx, event); err != nil {
				cancel(err)
				continue
			}
			envelope, ok := envelopeOf(event)
			if !ok {
				continue
			}
			slots <- struct{}{} // each is freed within HearWait
			hearing.Go(func() {
				b.envelope(ctx, client, in, envelope)
				<-slots
			})
		}
	}
}

// classifySocket is classify for errors that may have passed it already.
func classifySocket(err error) error {
	if _, ok := errors.AsType[*apiErr](err); ok || errors.Is(err, errTooPatient) {
		return err
	}
	return classify("apps.connections.open", err)
}

// connection looks at news of the connection, and returns an error where the
// session has to end for it.
func (b *Bot) connection(ctx context.Context, event socketmode.Event) error {
	switch data := event.Data.(type) {
	case *socketmode.ConnectedEvent:
		b.o.Log.InfoContext(ctx, "slack's socket is connected", "connection", data.ConnectionCount)
	case *slack.ConnectionErrorEvent:
		err := classify("apps.connections.open", data.ErrorObj)
		if refusesToken(err) {
			return err
		}
		b.o.Log.WarnContext(ctx, "slack's socket does not connect", "again_in", data.Backoff, "error", err)
		if data.Backoff > longestWait && retryAfter(err) == 0 {
			return errTooPatient
		}
	case *slack.InvalidAuthEvent:
		return &apiErr{method: "apps.connections.open", err: fmt.Errorf("status %d: is SLACK_API_URL right?", http.StatusNotFound)}
	}
	return nil
}

// envelopeOf returns what Slack sent, also where the library could not read it:
// an event of a kind that it does not know must be acknowledged all the same.
func envelopeOf(event socketmode.Event) (socketmode.Request, bool) {
	if bad, ok := event.Data.(*socketmode.ErrorBadMessage); ok {
		var request socketmode.Request
		err := json.Unmarshal(bad.Message, &request)
		return request, err == nil && request.EnvelopeID != ""
	}
	if event.Request == nil || event.Request.EnvelopeID == "" {
		return socketmode.Request{}, false
	}
	return *event.Request, true
}

// envelope handles one thing that Slack sent, and acknowledges it unless it is
// a question that could not be kept: Slack sends that again. Should the
// acknowledgement get lost, Slack sends again too, and the question's ID is the
// same.
func (b *Bot) envelope(ctx context.Context, client *socketmode.Client, in bots.Inbox, request socketmode.Request) {
	ctx, cancel := context.WithTimeoutCause(ctx, b.o.HearWait, fmt.Errorf("the question was not kept within %s", b.o.HearWait))
	defer cancel()
	answer, err := b.take(ctx, in, request.Type, request.Payload)
	if err != nil {
		b.o.Log.WarnContext(ctx, "an event stays unacknowledged", "attempt", request.RetryAttempt, "error", err)
		return
	}
	if err := client.AckCtx(ctx, request.EnvelopeID, answer); err != nil {
		b.o.Log.WarnContext(ctx, "an acknowledgement was not sent", "error", err)
	}
}

// take handles a payload of any kind. The answer goes into the acknowledgement;
// nil for none.
func (b *Bot) take(ctx context.Context, in bots.Inbox, kind string, payload []byte) (any, error) {
	me, err := b.self(ctx)
	if err != nil {
		return nil, err
	}
	switch kind {
	case socketmode.RequestTypeEventsAPI:
		return nil, b.takeEvent(ctx, in, me, payload)
	case socketmode.RequestTypeSlashCommands:
		var command slack.SlashCommand
		if err := json.Unmarshal(payload, &command); err != nil {
			b.o.Log.WarnContext(ctx, "a command cannot be read", "error", err)
			return nil, nil
		}
		return b.takeCommand(ctx, in, me, command)
	default: // buttons and shortcuts: none exist yet
		return nil, nil
	}
}

func (b *Bot) takeEvent(ctx context.Context, in bots.Inbox, me self, payload []byte) error {
	c, err := parseCallback(payload)
	if err != nil {
		b.o.Log.WarnContext(ctx, "an event cannot be read", "error", err)
		return nil
	}
	if q, ok := b.question(me, c); ok {
		return b.hear(ctx, in, q)
	}
	if r, ok := b.reacted(me, c); ok {
		return b.hearMark(ctx, in, r)
	}
	return nil
}
