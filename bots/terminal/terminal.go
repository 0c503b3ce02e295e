// Package terminal is the platform of `tribune ask`: the same ports as Slack and
// Discord, with a person at a terminal as the channel. The answer travels over
// a bots.Relay, so it may be made in this process or in another one.
//
// What the relay loses is not lost: whoever asks also looks for the finished
// answer itself (see Ask), and a question that nobody waits for any more is
// harmless, because nothing is kept here.
package terminal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// Name is the first word of the terminal's threads and question ids.
const Name = "terminal"

// poll is how often Ask looks for a finished answer whose last words the relay
// may have lost.
const poll = 500 * time.Millisecond

// Terminal is a bots.Platform.
type Terminal struct {
	Relay bots.Relay
	// Finished returns a question's finished answer from where it is kept, if
	// it is finished.
	Finished func(ctx context.Context, id string) (bots.Answer, bool, error)
}

// Name returns "terminal".
func (*Terminal) Name() string { return Name }

// Pace lets text flow about as fast as it comes.
func (*Terminal) Pace() time.Duration { return 30 * time.Millisecond }

// Listen blocks until ctx is done: questions come by Ask.
func (*Terminal) Listen(ctx context.Context, _ bots.Inbox) error {
	<-ctx.Done()
	return nil
}

// Open names the question's own id as its message: there is nothing to show yet.
func (*Terminal) Open(ctx context.Context, q bots.Question) (bots.Ref, error) {
	if err := ctx.Err(); err != nil {
		return bots.Ref{}, err
	}
	return bots.Ref{Channel: Name, Message: q.ID}, nil
}

// Find finds what Open would return, which is always the same.
func (t *Terminal) Find(ctx context.Context, q bots.Question) (bots.Ref, bool, error) {
	ref, err := t.Open(ctx, q)
	return ref, err == nil, err
}

// Write sends the content to whoever waits for it.
func (t *Terminal) Write(ctx context.Context, r bots.Ref, c bots.Content) error {
	data, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	if err := t.Relay.Send(ctx, topic(r.Message), data); err != nil {
		return fmt.Errorf("send the answer to the terminal: %w", err)
	}
	return nil
}

// Earlier returns nothing: every question from a terminal stands alone.
func (*Terminal) Earlier(context.Context, bots.Thread, int) ([]bots.Turn, error) { return nil, nil }

// Ask hands the question in and waits for its answer. live is called with every
// content that comes by, from one goroutine, and must return soon. The answer
// may be found before its last contents come by: it is whole, they need not be.
func (t *Terminal) Ask(ctx context.Context, in bots.Inbox, q bots.Question, live func(bots.Content)) (bots.Answer, error) {
	contents := make(chan bots.Content, 64)
	stop, err := t.Relay.Watch(ctx, topic(q.ID), func(data json.RawMessage) {
		var c bots.Content
		if json.Unmarshal(data, &c) != nil {
			return
		}
		select {
		case contents <- c:
		default: // a slow terminal misses a step, never the end: see poll
		}
	})
	if err != nil {
		return bots.Answer{}, fmt.Errorf("watch for the answer: %w", err)
	}
	defer stop()
	if err := in.Hear(ctx, q); err != nil {
		return bots.Answer{}, fmt.Errorf("hand the question in: %w", err)
	}
	return t.wait(ctx, q.ID, contents, live)
}

func (t *Terminal) wait(ctx context.Context, id string, contents <-chan bots.Content, live func(bots.Content)) (bots.Answer, error) {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return bots.Answer{}, context.Cause(ctx)
		case c := <-contents:
			live(c)
			if !c.Final {
				continue
			}
		case <-ticker.C:
		}
		if answer, done, err := t.Finished(ctx, id); done || err != nil {
			return answer, err
		}
	}
}

func topic(id string) string { return "terminal." + id }
