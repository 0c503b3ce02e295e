package localdiscord

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf16"
)

// MaxContent is how many characters a message holds. They are counted as UTF-16
// units, the stricter of the two ways in which clients count them.
const MaxContent = 2000

// nonceLife is how long enforce_nonce remembers: "a few minutes" (resources/message).
const nonceLife = 5 * time.Minute

type nonce struct {
	message *Message
	until   time.Time
}

// draft is the body that creates or edits a message.
type draft struct {
	Content   *string    `json:"content"`
	Nonce     string     `json:"nonce"`
	Enforce   bool       `json:"enforce_nonce"`
	Flags     int        `json:"flags"`
	Allowed   *mentions  `json:"allowed_mentions"`
	Reference *Reference `json:"message_reference"`
}

func (d draft) check() *apiError {
	if err := d.Allowed.check(); err != nil {
		return invalidForm("allowed_mentions", err.Error())
	}
	if len(d.Nonce) > 25 {
		return invalidForm("nonce", "Must be 25 or fewer in length.")
	}
	if d.Content != nil && len(utf16.Encode([]rune(*d.Content))) > MaxContent {
		return invalidForm("content", "Must be 2000 or fewer in length.")
	}
	return nil
}

func decodeDraft(r *http.Request) (draft, *apiError) {
	var d draft
	if json.NewDecoder(r.Body).Decode(&d) != nil {
		return d, refuse(http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
	}
	return d, d.check()
}

// channel finds the channel that a path names, if the bot may do that there.
func (s *Server) channel(r *http.Request, need int64) (*Channel, *apiError) {
	c := s.channels[r.PathValue("channel")]
	switch {
	case c == nil:
		return nil, unknownChannel()
	case !s.may(c, ViewChannel):
		return nil, refuse(http.StatusForbidden, 50001, "Missing Access")
	case !s.may(c, need):
		return nil, refuse(http.StatusForbidden, 50013, "Missing Permissions")
	}
	return c, nil
}

func (s *Server) message(r *http.Request) (*Message, *apiError) {
	c, refusal := s.channel(r, ViewChannel)
	if refusal != nil {
		return nil, refusal
	}
	m := s.find(c.ID, r.PathValue("message"))
	if m == nil || m.ephemeral() {
		return nil, unknownMessage()
	}
	return m, nil
}

func (s *Server) find(channel, id string) *Message {
	for _, m := range s.messages[channel] {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// blank is a message without content. The caller holds mu.
func (s *Server) blank(c *Channel, author *User) *Message {
	return &Message{
		ID: s.snowflake(), ChannelID: c.ID, GuildID: c.GuildID, Author: author, Timestamp: s.o.Now(),
		Mentions: []User{}, MentionRoles: []string{},
		Embeds: []map[string]any{}, Attachments: []map[string]any{}, Components: []map[string]any{},
	}
}

// keep stores a new message and tells everybody. The caller holds mu.
func (s *Server) keep(m *Message) {
	s.messages[m.ChannelID] = append(s.messages[m.ChannelID], m)
	if c := s.channels[m.ChannelID]; c != nil {
		c.LastMessageID = m.ID
	}
	s.announce("MESSAGE_CREATE", m)
}

// announce sends an event about a message to whoever may read it.
func (s *Server) announce(kind string, m *Message) {
	defer s.touch()
	c := s.channels[m.ChannelID]
	if c == nil || !s.may(c, ViewChannel) || m.ephemeral() {
		return
	}
	intent := intentMessages
	if c.Type == TypeDM {
		intent = intentDirect
	}
	for _, t := range s.sessions {
		if t.intents&intent == 0 {
			continue
		}
		out := s.readable(m, t.intents&intentContent != 0)
		out.GuildID = c.GuildID
		t.add(kind, out)
	}
}

// readable is a message as the bot may read it: without the privileged intent
// the content is empty but for direct messages, its own and those that mention it.
func (s *Server) readable(m *Message, all bool) Message {
	out := s.export(m)
	if to := out.Referenced; to != nil {
		copied := *to
		copied.Content = s.redacted(&copied, all)
		out.Referenced = &copied
	}
	out.Content = s.redacted(&out, all)
	return out
}

func (s *Server) redacted(m *Message, all bool) string {
	mine := m.Author.ID == s.me.ID || slices.ContainsFunc(m.Mentions, func(u User) bool { return u.ID == s.me.ID })
	c := s.channels[m.ChannelID]
	if all || mine || c == nil || c.Type == TypeDM {
		return m.Content
	}
	return ""
}

// export copies a message in the form of the REST API.
func (s *Server) export(m *Message) Message {
	out := *m
	out.GuildID, out.Nonce = "", ""
	author := *m.Author
	out.Author = &author
	if m.Reference != nil {
		if to := s.find(m.ChannelID, m.Reference.MessageID); to != nil {
			copied := *to
			copied.Referenced = nil
			out.Referenced = &copied
		}
	}
	return out
}

func (s *Server) listMessages(r *http.Request) (any, *apiError) {
	c, refusal := s.channel(r, ReadMessageHistory)
	if refusal != nil {
		return nil, refusal
	}
	limit := 50
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return nil, invalidForm("limit", "int value should be between 1 and 100.")
		}
		limit = n
	}
	q := r.URL.Query()
	list := s.window(c.ID, q.Get("before"), q.Get("after"), q.Get("around"), limit)
	slices.Reverse(list) // newest first, whatever was asked for
	return list, nil
}

// window picks the messages of one page, oldest first.
func (s *Server) window(channel, before, after, around string, limit int) []Message {
	list := []Message{}
	for _, m := range s.messages[channel] {
		in := (before == "" || compareIDs(m.ID, before) < 0) && (after == "" || compareIDs(m.ID, after) > 0)
		if in && !m.ephemeral() {
			list = append(list, s.readable(m, s.o.Privileged&intentContent != 0))
		}
	}
	switch {
	case len(list) <= limit:
		return list
	case around != "":
		at, _ := slices.BinarySearchFunc(list, around, func(m Message, id string) int { return compareIDs(m.ID, id) })
		from := min(max(at-limit/2, 0), len(list)-limit)
		return list[from : from+limit]
	case after != "":
		return list[:limit]
	default:
		return list[len(list)-limit:]
	}
}

func (s *Server) getMessage(r *http.Request) (any, *apiError) {
	m, refusal := s.message(r)
	if refusal != nil {
		return nil, refusal
	}
	return s.readable(m, s.o.Privileged&intentContent != 0), nil
}

func (s *Server) createMessage(r *http.Request) (any, *apiError) {
	c, refusal := s.channel(r, SendMessages)
	if refusal != nil {
		return nil, refusal
	}
	d, refusal := decodeDraft(r)
	switch {
	case refusal != nil:
		return nil, refusal
	case d.Content == nil || *d.Content == "":
		return nil, refuse(http.StatusBadRequest, 50006, "Cannot send an empty message")
	}
	if first := s.known(c.ID, d); first != nil {
		return s.created(first, d), nil
	}
	m := s.blank(c, &s.me)
	m.Content, m.Flags = *d.Content, d.Flags&FlagSuppressEmbeds
	if refusal := s.refer(m, d.Reference); refusal != nil {
		return nil, refusal
	}
	s.mention(m, d.Allowed)
	s.keep(m)
	if d.Nonce != "" {
		s.nonces[c.ID+" "+d.Nonce] = nonce{message: m, until: s.o.Now().Add(nonceLife)}
	}
	return s.created(m, d), nil
}

// known is the message that the same nonce made a short while ago.
func (s *Server) known(channel string, d draft) *Message {
	have, ok := s.nonces[channel+" "+d.Nonce]
	if !d.Enforce || d.Nonce == "" || !ok || s.o.Now().After(have.until) {
		return nil
	}
	return have.message
}

func (s *Server) created(m *Message, d draft) Message {
	out := s.export(m)
	out.Nonce = d.Nonce
	return out
}

// refer makes the message a reply.
func (s *Server) refer(m *Message, to *Reference) *apiError {
	if to == nil {
		return nil
	}
	if s.find(m.ChannelID, to.MessageID) == nil {
		if to.FailIfNotExists == nil || *to.FailIfNotExists {
			return invalidForm("message_reference", "Unknown message")
		}
		return nil
	}
	m.Type, m.Reference = typeReply, &Reference{MessageID: to.MessageID, ChannelID: m.ChannelID, GuildID: m.GuildID}
	return nil
}

func (s *Server) editMessage(r *http.Request) (any, *apiError) {
	m, refusal := s.message(r)
	if refusal != nil {
		return nil, refusal
	}
	if m.Author.ID != s.me.ID {
		return nil, refuse(http.StatusForbidden, 50005, "Cannot edit a message authored by another user")
	}
	d, refusal := decodeDraft(r)
	if refusal != nil {
		return nil, refusal
	}
	return s.change(m, d, d.Allowed)
}

// change applies an edit.
func (s *Server) change(m *Message, d draft, allowed *mentions) (any, *apiError) {
	if d.Content != nil {
		if *d.Content == "" {
			return nil, refuse(http.StatusBadRequest, 50006, "Cannot send an empty message")
		}
		now := s.o.Now()
		m.Content, m.EditedTimestamp = *d.Content, &now
		m.Flags = m.Flags&FlagEphemeral | d.Flags&FlagSuppressEmbeds
		s.mention(m, allowed)
	}
	s.announce("MESSAGE_UPDATE", m)
	return s.export(m), nil
}

func (s *Server) deleteMessage(r *http.Request) (any, *apiError) {
	m, refusal := s.message(r)
	if refusal != nil {
		return nil, refusal
	}
	if m.Author.ID != s.me.ID {
		return nil, refuse(http.StatusForbidden, 50013, "Missing Permissions")
	}
	s.remove(m.ChannelID, m.ID)
	return nil, nil
}

func (s *Server) remove(channel, id string) {
	s.messages[channel] = slices.DeleteFunc(s.messages[channel], func(m *Message) bool { return m.ID == id })
	gone := map[string]any{"id": id, "channel_id": channel}
	if c := s.channels[channel]; c != nil && c.GuildID != "" {
		gone["guild_id"] = c.GuildID
	}
	s.dispatch("MESSAGE_DELETE", intentMessages|intentDirect, gone)
	s.touch()
}

func (s *Server) showTyping(r *http.Request) (any, *apiError) {
	c, refusal := s.channel(r, SendMessages)
	if refusal != nil {
		return nil, refusal
	}
	if len(s.typing) < maxCalls {
		s.typing = append(s.typing, c.ID)
	}
	s.touch()
	return nil, nil
}
