package discordbot

import (
	"context"
	"net/http"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

// mark is a check mark as it came, and when.
type mark struct {
	discordgo.MessageReaction

	removed bool
	at      time.Time
}

// reacted is called by the gateway's reader. The bot's own reactions are no
// marks. Where more come than are kept, some are lost: the reader does not wait
// for them, and who gave one can give it again.
func (e *ears) reacted(r *discordgo.MessageReaction, removed bool) {
	if r == nil || r.UserID == e.me || r.UserID == "" || r.MessageID == "" || !bots.Approves(r.Emoji.Name) {
		return
	}
	select {
	case e.marks <- mark{*r, removed, e.b.o.Now()}:
	default:
		e.b.o.Log.Warn("discord check mark was lost: too many at once")
	}
}

// hearMark offers a mark to the Inbox for as long as Patience lasts.
func (b *Bot) hearMark(ctx context.Context, in bots.Inbox, m mark) {
	p := b.place(ctx, m.GuildID, m.ChannelID, nil)
	r := bots.Reacted{
		Thread:  bots.Thread{Platform: b.Name(), Team: team(m.GuildID), Channel: p.channel},
		Channel: m.ChannelID, Message: m.MessageID, Person: m.UserID, Removed: m.removed, At: m.at,
	}
	if p.thread != "" {
		r.Thread.Root = rootThread + p.thread
	}
	if err := b.offer(ctx, in, r); err != nil {
		b.o.Log.ErrorContext(ctx, "discord check mark could not be kept", "place", r.Thread.Place(), "error", err)
	}
}

// Locate implements bots.Locator: outside of a Discord thread a message hangs on
// the chain of replies that it is part of.
func (b *Bot) Locate(ctx context.Context, r bots.Reacted) (bots.Thread, error) {
	me, err := b.self(ctx)
	if err != nil {
		return bots.Thread{}, err
	}
	at := r.Ref()
	var m discordgo.Message
	err = b.call(ctx, request{
		method: http.MethodGet, url: discordgo.EndpointChannelMessage(at.Channel, at.Message),
		bucket: "GET " + discordgo.EndpointChannelMessage(at.Channel, ""),
	}, &m)
	if coded(err, codeUnknownMessage) {
		return bots.Thread{}, &bots.Refusal{Final: true, Err: err}
	}
	if err != nil {
		return bots.Thread{}, err
	}
	thread := r.Thread
	thread.Root, _ = chainRoot(&m, me)
	return thread, nil
}

// Visibility implements bots.Placer: a mark does not say who reads along.
func (b *Bot) Visibility(ctx context.Context, t bots.Thread) (bots.Visibility, error) {
	guild := t.Team
	if guild == dm {
		guild = ""
	}
	return b.place(ctx, guild, where(t), nil).visibility, nil
}
