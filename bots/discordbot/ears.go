package discordbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

// Times of hearing. Discord wants the first response to an interaction within
// three seconds, so that an Inbox has two and a half.
const (
	hearTime    = 2500 * time.Millisecond
	respondTime = 3 * time.Second
	noticeTime  = 3 * time.Second
	// graceTime is how long what was heard already may take after ctx is done.
	graceTime = 3 * time.Second
)

const (
	lanes  = 8  // messages are taken side by side; those of one channel in their order
	queued = 64 // events that wait in one lane before the gateway's reader waits too
)

// ears take events from the gateway's reader and hand them to the Inbox. The
// reader itself never waits for an Inbox or for the API.
type ears struct {
	b        *Bot
	me       string
	in       bots.Inbox
	messages [lanes]chan *discordgo.Message
	asked    chan heard
	marks    chan mark
	gaps     chan gap
	seen     seen
	since    uint64        // the session's beginning; the gateway's reader alone uses it
	done     chan struct{} // closed when nothing more comes
}

// heard is an interaction and when it came.
type heard struct {
	i  *interaction
	at time.Time
}

func (b *Bot) ears(me string, in bots.Inbox) *ears {
	e := &ears{b: b, me: me, in: in, asked: make(chan heard, queued), marks: make(chan mark, queued), gaps: make(chan gap, queued), done: make(chan struct{})}
	for i := range e.messages {
		e.messages[i] = make(chan *discordgo.Message, queued)
	}
	return e
}

// message is called by the gateway's reader, and for what was missed.
func (e *ears) message(m *discordgo.Message) {
	e.seen.note(m)
	if !e.b.addressed(m, e.me) {
		return
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, m.ChannelID)
	select {
	case e.messages[h.Sum32()%lanes] <- m:
	case <-e.done:
	}
}

// event is called by the gateway's reader with everything as it came.
func (e *ears) event(kind string, raw []byte) {
	if kind != "INTERACTION_CREATE" {
		return
	}
	i := &interaction{}
	if err := json.Unmarshal(raw, i); err != nil {
		e.b.o.Log.Error("discord sent an interaction that cannot be read", "error", err)
		return
	}
	select {
	case e.asked <- heard{i, time.Now()}:
	case <-e.done:
	}
}

// run handles events until done is closed and nothing is left, or ctx is done.
func (e *ears) run(ctx context.Context) {
	var workers sync.WaitGroup
	for i := range lanes {
		workers.Go(func() {
			drain(e.messages[i], e.done, func(m *discordgo.Message) { e.b.hearMessage(ctx, e.in, m, e.me) })
		})
		workers.Go(func() { drain(e.asked, e.done, func(h heard) { e.hearAsked(ctx, h) }) })
	}
	workers.Go(func() { drain(e.marks, e.done, func(m mark) { e.b.hearMark(ctx, e.in, m) }) })
	workers.Wait()
}

// drain takes from a queue until done is closed and the queue is empty.
func drain[T any](from <-chan T, done <-chan struct{}, handle func(T)) {
	for {
		select {
		case v := <-from:
			handle(v)
			continue
		case <-done:
		}
		select {
		case v := <-from:
			handle(v)
		default:
			return
		}
	}
}

// hearMessage offers a message to the Inbox for as long as Patience lasts: the
// gateway will not send it again. What cannot be kept is said so.
func (b *Bot) hearMessage(ctx context.Context, in bots.Inbox, m *discordgo.Message, me string) {
	q := b.question(ctx, m, me)
	if err := b.offer(ctx, in, q); err != nil {
		b.o.Log.ErrorContext(ctx, "discord question could not be kept", "question", q.ID, "error", err)
		b.apologise(context.WithoutCancel(ctx), q)
		return
	}
	if err := b.Notice(ctx, q); err != nil {
		b.o.Log.DebugContext(ctx, "discord typing indicator failed", "question", q.ID, "error", err)
	}
}

func (b *Bot) offer(ctx context.Context, in bots.Inbox, e bots.Event) error {
	ctx, cancel := context.WithTimeoutCause(ctx, b.o.Patience, fmt.Errorf("not kept within %s", b.o.Patience))
	defer cancel()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := hear(ctx, in, e)
		if err == nil {
			return nil
		}
		if pause(ctx, wait) != nil {
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

func hear(ctx context.Context, in bots.Inbox, e bots.Event) error {
	ctx, cancel := context.WithTimeoutCause(ctx, hearTime, fmt.Errorf("the inbox did not answer in %s", hearTime))
	defer cancel()
	return in.Hear(ctx, e)
}

// pause waits, or returns why it may not.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// apologise tells an asker that the question was not taken: by a reply or, where
// the bot may not write, by a reaction.
func (b *Bot) apologise(ctx context.Context, q bots.Question) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	_, err := b.send(ctx, where(q.Thread), say(languageOf(q.Text)).busy, q.Message, nonce(q.ID, "busy"))
	if err == nil {
		return
	}
	r := request{
		method: http.MethodPut,
		url:    discordgo.EndpointMessageReaction(where(q.Thread), q.Message, "⚠️", "@me"),
		bucket: discordgo.EndpointMessageReactions(where(q.Thread), "", ""),
	}
	if err = errors.Join(err, b.call(ctx, r, nil)); err != nil {
		b.o.Log.ErrorContext(ctx, "discord asker could not be told that the question was not taken", "question", q.ID, "error", err)
	}
}

// Notice shows that the bot is typing. A command shows by itself that it was noticed.
func (b *Bot) Notice(ctx context.Context, q bots.Question) error {
	if q.Message == "" {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, noticeTime, fmt.Errorf("discord did not answer in %s", noticeTime))
	defer cancel()
	return b.call(ctx, request{method: http.MethodPost, url: discordgo.EndpointChannelTyping(where(q.Thread))}, nil)
}
