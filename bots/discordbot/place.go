package discordbot

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

// place is where something was said.
type place struct {
	channel    string // the channel, or a thread's parent
	thread     string // the Discord thread; empty outside of threads
	visibility bots.Visibility
}

// Marks of a Thread's Root: a Discord thread's id, or the message that a chain
// of replies began with. A thread can have the id of the message it was started
// from, so the id alone does not tell.
const (
	rootThread = "t"
	rootChain  = "m"
)

// dm is the Team of a direct conversation.
const dm = "dm"

// where is the channel that a Thread's messages stand in.
func where(t bots.Thread) string {
	if id, ok := strings.CutPrefix(t.Root, rootThread); ok {
		return id
	}
	return t.Channel
}

// place finds out where a channel id is. What cannot be found out counts as a
// private channel. hint is the channel as an event described it, or nil.
func (b *Bot) place(ctx context.Context, guild, channel string, hint *discordgo.Channel) place {
	if guild == "" {
		return place{channel: channel, visibility: bots.Direct}
	}
	c := b.channel(ctx, channel, hint)
	if c == nil || c.ParentID == "" || !c.IsThread() {
		return place{channel: channel, visibility: b.visibility(guild, c)}
	}
	p := place{channel: c.ParentID, thread: channel, visibility: bots.Private}
	if c.Type != discordgo.ChannelTypeGuildPrivateThread {
		p.visibility = b.visibility(guild, b.channel(ctx, c.ParentID, nil))
	}
	return p
}

// channelTime bounds the look-up of a channel that the gateway did not tell of.
const channelTime = time.Second

// channel describes a channel: from the gateway's picture, from the event's
// hint, or by asking. It is nil where nobody knows.
func (b *Bot) channel(ctx context.Context, id string, hint *discordgo.Channel) *discordgo.Channel {
	if s := b.state.Load(); s != nil {
		if c, err := s.Channel(id); err == nil {
			s.RLock()
			defer s.RUnlock()
			copied := *c
			return &copied
		}
	}
	if hint != nil && hint.ID == id && hint.IsThread() && hint.ParentID != "" {
		return hint
	}
	ctx, cancel := context.WithTimeout(ctx, channelTime)
	defer cancel()
	var c discordgo.Channel
	if err := b.call(ctx, request{method: http.MethodGet, url: discordgo.EndpointChannel(id)}, &c); err != nil {
		b.o.Log.WarnContext(ctx, "discord channel could not be looked up", "error", err)
		return nil
	}
	return &c
}

// visibility is Public where everyone in the guild may view the channel: the
// guild's everyone role, changed by the channel's overwrite for it
// (topics/permissions). Other roles and members do not matter for that.
func (b *Bot) visibility(guild string, c *discordgo.Channel) bots.Visibility {
	s := b.state.Load()
	if s == nil || c == nil {
		return bots.Private
	}
	g, err := s.Guild(guild)
	if err != nil {
		return bots.Private
	}
	s.RLock()
	defer s.RUnlock()
	have := int64(0)
	for _, r := range g.Roles {
		if r.ID == guild {
			have = r.Permissions
		}
	}
	for _, o := range c.PermissionOverwrites {
		if o.ID == guild {
			have = have&^o.Deny | o.Allow
		}
	}
	if have&(discordgo.PermissionViewChannel|discordgo.PermissionAdministrator) == 0 {
		return bots.Private
	}
	return bots.Public
}

// ownRole tells whether a role is the one that Discord made for this bot: a
// managed role that the bot has.
func (b *Bot) ownRole(guild, me, role string) bool {
	s := b.state.Load()
	if s == nil {
		return false
	}
	member, err := s.Member(guild, me)
	if err != nil {
		return false
	}
	r, err := s.Role(guild, role)
	if err != nil {
		return false
	}
	s.RLock()
	defer s.RUnlock()
	return r.Managed && slices.Contains(member.Roles, role)
}
