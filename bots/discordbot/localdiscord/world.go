package localdiscord

import (
	"fmt"
	"slices"
)

// AddUser adds a person.
func (s *Server) AddUser(name string) User { return s.addUser(name, false) }

// AddBot adds another bot.
func (s *Server) AddBot(name string) User { return s.addUser(name, true) }

func (s *Server) addUser(name string, bot bool) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &User{ID: s.snowflake(), Username: name, Discriminator: "0", Bot: bot}
	s.users[u.ID] = u
	s.touch()
	return *u
}

// AddGuild adds a guild whose everyone may read and write, with the bot as a
// member that has its own managed role.
func (s *Server) AddGuild(name string) Guild {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, role := s.snowflake(), s.snowflake()
	g := &Guild{
		ID: id, Name: name, MemberCount: len(s.users), Channels: []*Channel{}, Threads: []*Channel{},
		Roles: []Role{
			{ID: id, Name: "@everyone", Permissions: usual},
			{ID: role, Name: s.me.Username, Permissions: usual, Managed: true, Tags: map[string]string{"bot_id": s.me.ID}},
		},
		Members: []Member{{User: &s.me, Roles: []string{role}}},
	}
	s.guilds[id] = g
	s.order = append(s.order, id)
	s.dispatch("GUILD_CREATE", intentGuilds, *g)
	s.touch()
	return *g
}

// BotRole is the id of the bot's managed role in a guild.
func (s *Server) BotRole(guild string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.guilds[guild].Members[0].Roles[0]
}

// AddChannel adds a text channel; a private one is hidden from everyone but the
// bot and whoever else is let in.
func (s *Server) AddChannel(guild, name string, private bool) Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guilds[guild]
	c := &Channel{ID: s.snowflake(), Type: TypeText, GuildID: guild, Name: name, Overwrites: []Overwrite{}}
	if private {
		c.Overwrites = append(
			c.Overwrites,
			Overwrite{ID: guild, Deny: ViewChannel},
			Overwrite{ID: s.me.ID, Type: 1, Allow: ViewChannel},
		)
	}
	s.channels[c.ID] = c
	g.Channels = append(g.Channels, c)
	s.dispatch("CHANNEL_CREATE", intentGuilds, *c)
	s.touch()
	return *c
}

// Overwrite sets what a role or member may do in a channel.
func (s *Server) Overwrite(channel string, o Overwrite) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	c.Overwrites = slices.DeleteFunc(slices.Clone(c.Overwrites), func(have Overwrite) bool { return have.ID == o.ID })
	c.Overwrites = append(c.Overwrites, o)
	s.dispatch("CHANNEL_UPDATE", intentGuilds, *c)
	s.touch()
}

// AddThread adds a thread under a channel.
func (s *Server) AddThread(channel, name string, private bool) Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := TypePublicThread
	if private {
		kind = TypePrivateThread
	}
	return *s.addThread(s.channels[channel], s.snowflake(), name, kind)
}

// addThread is AddThread with the id given: a thread started from a message has
// the message's id. The caller holds mu.
func (s *Server) addThread(parent *Channel, id, name string, kind int) *Channel {
	t := &Channel{
		ID: id, Type: kind, GuildID: parent.GuildID, ParentID: parent.ID, Name: name, OwnerID: s.me.ID,
		Overwrites:     []Overwrite{},
		ThreadMetadata: &ThreadMetadata{AutoArchiveDuration: 1440, ArchiveTimestamp: s.o.Now()},
	}
	s.channels[t.ID] = t
	g := s.guilds[t.GuildID]
	g.Threads = append(g.Threads, t)
	s.dispatch("THREAD_CREATE", intentGuilds, *t)
	s.touch()
	return t
}

// RemoveChannel deletes a channel with everything in it.
func (s *Server) RemoveChannel(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	if c == nil {
		return
	}
	delete(s.channels, channel)
	delete(s.messages, channel)
	if g := s.guilds[c.GuildID]; g != nil {
		same := func(have *Channel) bool { return have.ID == channel }
		g.Channels = slices.DeleteFunc(g.Channels, same)
		g.Threads = slices.DeleteFunc(g.Threads, same)
	}
	s.dispatch("CHANNEL_DELETE", intentGuilds, *c)
	s.touch()
}

// Direct returns the conversation between a person and the bot.
func (s *Server) Direct(user string) Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.direct(user)
}

func (s *Server) direct(user string) *Channel {
	for _, c := range s.channels {
		if c.Type == TypeDM && c.Recipients[0].ID == user {
			return c
		}
	}
	c := &Channel{ID: s.snowflake(), Type: TypeDM, Overwrites: []Overwrite{}, Recipients: []User{*s.users[user]}}
	s.channels[c.ID] = c
	s.touch()
	return c
}

// Say is something that somebody writes.
type Say struct {
	Channel string
	Author  string // a user's id; the bot's own works too
	Content string // with mentions as Discord spells them: <@id>
	ReplyTo string // a message of the same channel; the author of it is mentioned
	Quiet   bool   // with ReplyTo: without mentioning
	Webhook bool   // written through a webhook
	Type    int    // a message type; 0 is an ordinary message or reply
}

// Say writes a message as somebody and delivers it to the bot.
func (s *Server) Say(o Say) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.blank(s.channels[o.Channel], s.users[o.Author])
	m.Content, m.Type = o.Content, o.Type
	if o.Webhook {
		m.WebhookID = m.Author.ID
	}
	everything := &mentions{Parse: &[]string{"users", "roles", "everyone"}}
	if o.ReplyTo != "" {
		m.Type, m.Reference = typeReply, &Reference{MessageID: o.ReplyTo, ChannelID: o.Channel, GuildID: m.GuildID}
		everything.RepliedUser = !o.Quiet
	}
	s.mentionQuietly(m, everything)
	s.keep(m)
	return s.export(m)
}

// Edit changes what a message says.
func (s *Server) Edit(channel, message, content string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(channel, message)
	if m == nil {
		return fmt.Errorf("local discord: no message %s in %s", message, channel)
	}
	now := s.o.Now()
	m.Content, m.EditedTimestamp = content, &now
	s.mentionQuietly(m, &mentions{Parse: &[]string{"users", "roles", "everyone"}})
	s.announce("MESSAGE_UPDATE", m)
	return nil
}

// Remove deletes a message.
func (s *Server) Remove(channel, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(channel, message)
}
