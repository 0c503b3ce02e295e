package discordbot

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

const (
	// tokenLife is how long an interaction's token works: 15 minutes
	// (interactions/receiving-and-responding), less a margin for the clocks and
	// for the message being up to 3 s younger than the token.
	tokenLife = 15*time.Minute - 15*time.Second
	// landing is how long the deferred reply may take to appear: the time to
	// respond, and a margin.
	landing = 10 * time.Second
	// looks and lookPause: how often Open looks for a deferred reply.
	looks     = 4
	lookPause = 200 * time.Millisecond
	// pageSize and maxPages bound how far messages are searched.
	pageSize = 100
	maxPages = 3
)

// send is a message to create: the library's, and what it lacks.
type send struct {
	*discordgo.MessageSend

	Nonce   string `json:"nonce"`
	Enforce bool   `json:"enforce_nonce"`
}

// edit is a message's new content.
type edit struct {
	Content  string                            `json:"content"`
	Mentions *discordgo.MessageAllowedMentions `json:"allowed_mentions"`
	Flags    discordgo.MessageFlags            `json:"flags"`
}

// content is an edit that shows a text and notifies nobody.
func content(text string) edit {
	return edit{Content: text, Mentions: noMentions(), Flags: discordgo.MessageFlagsSuppressEmbeds}
}

// noMentions forbids all mentions. An absent or null list allows them.
func noMentions() *discordgo.MessageAllowedMentions {
	return &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}}
}

// nonce derives the 24 characters by which Discord knows a message that is sent
// again (25 are allowed; remembered for some minutes).
func nonce(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// Open implements bots.Poster. For a command the answer's message exists
// already: the deferred reply. It shows the question, which a command does not.
func (b *Bot) Open(ctx context.Context, q bots.Question) (bots.Ref, error) {
	if q.Via != "" && b.age(commandID(q)) < tokenLife {
		ref, err := b.openReply(ctx, q)
		if err == nil || !errors.Is(err, errNoReply) {
			return ref, err
		}
	}
	if q.Alone {
		return bots.Ref{}, &bots.Refusal{Final: true, Err: errors.New("discord: the command can no longer be answered, and its answer was for the asker alone")}
	}
	m, err := b.send(ctx, where(q.Thread), placeholder(q), q.Message, nonce(q.ID))
	if err != nil {
		return bots.Ref{}, fmt.Errorf("open the answer: %w", err)
	}
	return bots.Ref{Channel: m.ChannelID, Message: m.ID, Keep: quoted(q)}, nil
}

// errNoReply says that a command has no deferred reply and will get none.
var errNoReply = errors.New("discord: the command has no deferred reply")

// openReply fills the deferred reply. A worker may be quicker than the listener
// that sends it, so a missing one is tried again.
func (b *Bot) openReply(ctx context.Context, q bots.Question) (bots.Ref, error) {
	for look := range looks {
		if look > 0 {
			if err := pause(ctx, lookPause); err != nil {
				return bots.Ref{}, err
			}
		}
		body := content(placeholder(q))
		ref, m, err := b.original(ctx, q, request{method: http.MethodPatch, body: body, bucket: "edit/" + tokenBucket(q.Via)})
		if err != nil || m != nil {
			return ref, err
		}
	}
	if b.age(commandID(q)) < landing {
		return bots.Ref{}, &bots.Refusal{After: time.Second, Err: errors.New("discord: the deferred reply is not there yet")}
	}
	return bots.Ref{}, errNoReply
}

// original reads or edits the reply to a command; without one, m is nil. A Ref
// without a channel is a reply that only the asker sees: it can be written by
// the interaction's token alone.
func (b *Bot) original(ctx context.Context, q bots.Question, r request) (ref bots.Ref, m *discordgo.Message, err error) {
	if r.url, err = b.replyURL(ctx, q.Via, "@original"); err != nil {
		return bots.Ref{}, nil, err
	}
	err = b.call(ctx, r, &m)
	switch {
	case coded(err, codeUnknownWebhook, codeUnknownMessage, codeUnknownInteraction, codeWebhookToken):
		return bots.Ref{}, nil, nil
	case err != nil:
		return bots.Ref{}, nil, fmt.Errorf("reach the deferred reply: %w", err)
	case m == nil:
		return bots.Ref{}, nil, errors.New("discord: the deferred reply is empty")
	}
	ref = bots.Ref{Channel: m.ChannelID, Message: m.ID, Via: q.Via, Keep: quoted(q)}
	if m.Flags&discordgo.MessageFlagsEphemeral != 0 {
		ref.Channel = ""
	}
	return ref, m, nil
}

func (b *Bot) replyURL(ctx context.Context, token, message string) (string, error) {
	app, err := b.application(ctx)
	if err != nil {
		return "", err
	}
	return discordgo.EndpointWebhookMessage(app, token, message), nil
}

// quoted is a command's question as its answer shows it, kept in Ref.Keep; a
// message that asked stands above its answer by itself.
func quoted(q bots.Question) string {
	if q.Message != "" {
		return ""
	}
	return quote(q.Text)
}

// commandID is the interaction's id, with which a command's question ID ends.
func commandID(q bots.Question) string { return q.ID[strings.LastIndexByte(q.ID, ':')+1:] }

// age is how long ago a snowflake was made.
func (b *Bot) age(id string) time.Duration { return b.o.Now().Sub(b.dated(id)) }

// Find implements bots.Poster: an own message that replies to the question, or
// the reply to the command unless it still only promises an answer.
func (b *Bot) Find(ctx context.Context, q bots.Question) (bots.Ref, bool, error) {
	if q.Via != "" && b.age(commandID(q)) < tokenLife {
		ref, m, err := b.original(ctx, q, request{method: http.MethodGet, bucket: "get/" + tokenBucket(q.Via)})
		if err != nil || m != nil {
			return ref, m != nil && m.Flags&discordgo.MessageFlagsLoading == 0, err
		}
	}
	asked := commandID(q)
	answers, err := b.own(ctx, where(q.Thread), asked, func(m *discordgo.Message) bool {
		return askedBy(m) == asked && m.Flags&discordgo.MessageFlagsLoading == 0
	})
	if err != nil || len(answers) == 0 {
		return bots.Ref{}, false, err
	}
	return bots.Ref{Channel: answers[0].ChannelID, Message: answers[0].ID, Keep: quoted(q)}, true, nil
}

// own lists the bot's own messages after a message that fit, oldest first. What
// is looked for follows closely, so the search ends after maxPages pages.
func (b *Bot) own(ctx context.Context, channel, message string, fits func(*discordgo.Message) bool) ([]*discordgo.Message, error) {
	me, err := b.self(ctx)
	if err != nil {
		return nil, err
	}
	var found []*discordgo.Message
	for after, page := message, 0; page < maxPages; page++ {
		list, err := b.page(ctx, channel, "after", after, pageSize)
		if err != nil {
			return nil, fmt.Errorf("look for earlier answers: %w", err)
		}
		for _, m := range list {
			if m.Author != nil && m.Author.ID == me && fits(m) {
				found = append(found, m)
			}
		}
		if len(list) < pageSize {
			break
		}
		after = list[len(list)-1].ID
	}
	return found, nil
}

// page lists messages of a channel, oldest first. side is "before", "after" or empty.
func (b *Bot) page(ctx context.Context, channel, side, id string, limit int) ([]*discordgo.Message, error) {
	v := url.Values{"limit": {strconv.Itoa(limit)}}
	if side != "" {
		v.Set(side, id)
	}
	address := discordgo.EndpointChannelMessages(channel)
	var list []*discordgo.Message
	if err := b.call(ctx, request{method: http.MethodGet, url: address + "?" + v.Encode(), bucket: "GET " + address}, &list); err != nil {
		return nil, err
	}
	sortByID(list)
	return list, nil
}

// send creates a message; the same nonce again gives the same message.
func (b *Bot) send(ctx context.Context, channel, text, replyTo, nonce string) (*discordgo.Message, error) {
	body := send{
		MessageSend: &discordgo.MessageSend{Content: text, AllowedMentions: noMentions(), Flags: discordgo.MessageFlagsSuppressEmbeds},
		Nonce:       nonce, Enforce: true,
	}
	if replyTo != "" {
		lenient := false // the question may be deleted by now
		body.Reference = &discordgo.MessageReference{MessageID: replyTo, ChannelID: channel, FailIfNotExists: &lenient}
	}
	address := discordgo.EndpointChannelMessages(channel)
	var m discordgo.Message
	if err := b.call(ctx, request{method: http.MethodPost, url: address, bucket: "POST " + address, body: body}, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// Write implements bots.Poster.
func (b *Bot) Write(ctx context.Context, r bots.Ref, c bots.Content) error {
	switch {
	case !c.Final:
		return b.edit(ctx, r, live(c, r.Keep))
	case r.Channel == "":
		return b.edit(ctx, r, single(c, r.Keep))
	default:
		return b.finish(ctx, r, full(c, r.Keep))
	}
}

// finish writes all parts of the last content: the first in place of the answer's
// message, the others as replies to it. Parts of an earlier try are used again.
func (b *Bot) finish(ctx context.Context, r bots.Ref, parts []string) error {
	if err := b.edit(ctx, r, parts[0]); err != nil {
		return err
	}
	have, err := b.own(ctx, r.Channel, r.Message, func(m *discordgo.Message) bool { return repliedTo(m) == r.Message })
	if err != nil {
		return err
	}
	for i, text := range parts[1:] {
		switch {
		case i >= len(have):
			_, err = b.send(ctx, r.Channel, text, r.Message, nonce(r.Message, strconv.Itoa(i+1)))
		case have[i].Content != text:
			err = b.edit(ctx, bots.Ref{Channel: r.Channel, Message: have[i].ID}, text)
		}
		if err != nil {
			return fmt.Errorf("write part %d of %d: %w", i+2, len(parts), err)
		}
	}
	for _, stray := range have[min(len(parts)-1, len(have)):] {
		if err := b.remove(ctx, r.Channel, stray.ID); err != nil {
			return fmt.Errorf("remove an outdated part: %w", err)
		}
	}
	return nil
}

// edit replaces a message's content: by the interaction's token while it works,
// otherwise as the message's author.
func (b *Bot) edit(ctx context.Context, r bots.Ref, text string) error {
	body := content(text)
	if r.Via != "" && b.age(r.Message) < tokenLife {
		address, err := b.replyURL(ctx, r.Via, r.Message)
		if err != nil {
			return err
		}
		err = b.call(ctx, request{method: http.MethodPatch, url: address, bucket: "edit/" + tokenBucket(r.Via), body: body}, nil)
		if r.Channel == "" || !coded(err, codeUnknownWebhook, codeWebhookToken) {
			return err
		}
	}
	if r.Channel == "" {
		return &bots.Refusal{Final: true, Err: errors.New("discord: a reply for the asker alone can be written for 15 minutes only")}
	}
	address := discordgo.EndpointChannelMessage(r.Channel, r.Message)
	return b.call(ctx, request{
		method: http.MethodPatch, url: address, body: body,
		bucket: "PATCH " + discordgo.EndpointChannelMessage(r.Channel, ""),
	}, nil)
}

func (b *Bot) remove(ctx context.Context, channel, message string) error {
	address := discordgo.EndpointChannelMessage(channel, message)
	err := b.call(ctx, request{
		method: http.MethodDelete, url: address,
		bucket: "DELETE " + discordgo.EndpointChannelMessage(channel, ""),
	}, nil)
	if coded(err, codeUnknownMessage) {
		return nil
	}
	return err
}
