package discordbot

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/tribunebot/tribune/bots"
)

// addressed tells whether a message is a question for this bot: written by a
// person, in private or with a mention of the bot or of its role. A reply to one
// of the bot's messages mentions it, unless its author switched that off.
func (b *Bot) addressed(m *discordgo.Message, me string) bool {
	switch {
	case m.Author == nil || m.Author.Bot || m.Author.System || m.WebhookID != "" || m.Author.ID == me:
		return false
	case m.Type != discordgo.MessageTypeDefault && m.Type != discordgo.MessageTypeReply:
		return false
	case m.GuildID == "":
		return true
	}
	return slices.ContainsFunc(m.Mentions, func(u *discordgo.User) bool { return u.ID == me }) ||
		slices.ContainsFunc(m.MentionRoles, func(role string) bool { return b.ownRole(m.GuildID, me, role) })
}

// question makes a Question of a message that is addressed to the bot.
func (b *Bot) question(ctx context.Context, m *discordgo.Message, me string) bots.Question {
	p := b.place(ctx, m.GuildID, m.ChannelID, nil)
	q := bots.Question{
		ID:         questionID(m.GuildID, m.ChannelID, m.ID),
		Thread:     bots.Thread{Platform: b.Name(), Team: team(m.GuildID), Channel: p.channel},
		Message:    m.ID,
		Asker:      m.Author.ID,
		Text:       b.tidy.question(m.Content, b.names(m, me)),
		AskedAt:    b.dated(m.ID),
		Visibility: p.visibility,
	}
	q.Thread.Root, q.InThread = chainRoot(m, me)
	if p.thread != "" {
		q.Thread.Root, q.InThread = rootThread+p.thread, true
	}
	return q.Clip()
}

func questionID(guild, channel, message string) string {
	return strings.Join([]string{"discord", team(guild), channel, message}, ":")
}

func team(guild string) string {
	if guild == "" {
		return dm
	}
	return guild
}

// dated is the time that a snowflake carries; now for anything else.
func (b *Bot) dated(id string) time.Time {
	at, err := discordgo.SnowflakeTimestamp(id)
	if err != nil {
		return b.o.Now()
	}
	return at
}

// chainRoot is the root of a message's chain of replies as far as the message
// itself tells, which is two steps: the message that it replies to and, where
// that is an answer of the bot, the question of that answer. History goes on
// from there.
func chainRoot(m *discordgo.Message, me string) (root string, reply bool) {
	to := repliedTo(m)
	if to == "" {
		return rootChain + m.ID, false
	}
	if answer := m.ReferencedMessage; answer != nil && answer.Author != nil && answer.Author.ID == me {
		if asked := askedBy(answer); asked != "" {
			return rootChain + asked, true
		}
	}
	return rootChain + to, true
}

// repliedTo is the message that m replies to; a forwarded message is no reply.
func repliedTo(m *discordgo.Message) string {
	if m.MessageReference == nil || m.MessageReference.Type != discordgo.MessageReferenceTypeDefault {
		return ""
	}
	return m.MessageReference.MessageID
}

// askedBy is the message or the command that an answer of the bot answers.
func askedBy(answer *discordgo.Message) string {
	if answer.InteractionMetadata != nil {
		return answer.InteractionMetadata.ID
	}
	return repliedTo(answer)
}

// names resolves the ids in a message's text.
func (b *Bot) names(m *discordgo.Message, me string) names {
	users := make(map[string]string, len(m.Mentions))
	for _, u := range m.Mentions {
		users[u.ID] = u.DisplayName()
	}
	return b.namesOf(m.GuildID, me, users)
}

func (b *Bot) namesOf(guild, me string, users map[string]string) names {
	return names{
		user: func(id string) string { return users[id] },
		self: func(kind, id string) bool {
			return kind == "user" && id == me || kind == "role" && b.ownRole(guild, me, id)
		},
		role:    func(id string) string { return b.roleName(guild, id) },
		channel: b.channelName,
	}
}

func (b *Bot) roleName(guild, id string) string {
	s := b.state.Load()
	if s == nil {
		return ""
	}
	r, err := s.Role(guild, id)
	if err != nil {
		return ""
	}
	s.RLock()
	defer s.RUnlock()
	return r.Name
}

func (b *Bot) channelName(id string) string {
	s := b.state.Load()
	if s == nil {
		return ""
	}
	c, err := s.Channel(id)
	if err != nil {
		return ""
	}
	s.RLock()
	defer s.RUnlock()
	return c.Name
}
