package localslack

import (
	"encoding/json"
	"net/url"
	"slices"
	"unicode/utf8"
)

const (
	// maxText is where chat.postMessage cuts a text, in characters
	// (docs.slack.dev, chat.postMessage, "Truncating content").
	maxText = 40_000
	// maxUpdateText is the most that chat.update takes; beyond it answers
	// msg_too_long (docs.slack.dev, chat.update, errors).
	maxUpdateText = 4_000
)

// room returns a channel that the bot may write to.
func (s *Server) room(id string) (*Channel, error) {
	if u, ok := s.state.users[id]; ok { // a user's id opens the DM
		id = s.state.openDM(u.ID)
	}
	c := s.state.channels[id]
	switch {
	case c == nil:
		return nil, apiError("channel_not_found")
	case c.Archived:
		return nil, apiError("is_archived")
	case !slices.Contains(c.Members, BotUser):
		if c.Kind == Private {
			return nil, apiError("channel_not_found") // Slack does not tell that it exists
		}
		return nil, apiError("not_in_channel")
	}
	return c, nil
}

func (s *Server) postMessage(form url.Values) (reply, error) {
	c, err := s.room(form.Get("channel"))
	if err != nil {
		return nil, err
	}
	m := &Message{Channel: c.ID, User: BotUser, BotID: BotID, Unfurls: form.Get("unfurl_links") != "false" || form.Get("unfurl_media") != "false"}
	if err := s.fill(m, form, maxText); err != nil {
		return nil, err
	}
	// A thread whose root is gone: Slack posts the message outside of it.
	if root := s.state.find(c.ID, form.Get("thread_ts")); root != nil {
		m.Thread = form.Get("thread_ts")
		root.Thread = root.TS
	}
	m.TS = s.state.stamp(s.o.Now())
	s.state.add(m)
	s.announce(c, m)
	return reply{"channel": c.ID, "ts": m.TS, "message": m.wire(true)}, nil
}

func (s *Server) postEphemeral(form url.Values) (reply, error) {
	c, err := s.room(form.Get("channel"))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(c.Members, form.Get("user")) {
		return nil, apiError("user_not_in_channel")
	}
	m := &Message{Channel: c.ID, User: BotUser, BotID: BotID, Only: form.Get("user"), Thread: form.Get("thread_ts")}
	if err := s.fill(m, form, maxText); err != nil {
		return nil, err
	}
	m.TS = s.state.stamp(s.o.Now())
	s.state.add(m)
	return reply{"message_ts": m.TS}, nil
}

func (s *Server) updateMessage(form url.Values) (reply, error) {
	m, c, err := s.own(form)
	if err != nil {
		return nil, err
	}
	next := *m
	if utf8.RuneCountInString(form.Get("text")) > maxUpdateText {
		return nil, apiError("msg_too_long")
	}
	if form.Has("text") && !form.Has("blocks") {
		next.Blocks = nil // as documented: a text alone takes the blocks away
	}
	if err := s.fill(&next, form, maxUpdateText); err != nil {
		return nil, err
	}
	next.Edits++
	*m = next
	s.announceEdit(c, m)
	return reply{"channel": m.Channel, "ts": m.TS, "text": m.Text, "message": m.wire(false)}, nil
}

func (s *Server) deleteMessage(form url.Values) (reply, error) {
	m, c, err := s.own(form)
	if err != nil {
		return nil, err
	}
	s.state.messages[c.ID] = slices.DeleteFunc(s.state.messages[c.ID], func(other *Message) bool { return other == m })
	return reply{"channel": c.ID, "ts": m.TS}, nil
}

// own returns the bot's message that a call names.
func (s *Server) own(form url.Values) (*Message, *Channel, error) {
	c, err := s.room(form.Get("channel"))
	if err != nil {
		return nil, nil, err
	}
	m := s.state.find(c.ID, form.Get("ts"))
	if m == nil {
		return nil, nil, apiError("message_not_found")
	}
	if m.User != BotUser {
		return nil, nil, apiError("cant_update_message")
	}
	return m, c, nil
}

// fill takes text, blocks and metadata from a call, within Slack's limits, and
// records whom the message pings.
func (s *Server) fill(m *Message, form url.Values, limit int) error {
	if form.Has("text") {
		m.Text = cut(form.Get("text"), limit)
	}
	if raw := form.Get("blocks"); raw != "" {
		blocks, err := parseBlocks([]byte(raw))
		if err != nil {
			return err
		}
		m.Blocks = nil
		if len(blocks) > 0 {
			m.Blocks = json.RawMessage(raw)
		}
	}
	if m.Text == "" && m.Blocks == nil {
		return apiError("no_text")
	}
	if raw := form.Get("metadata"); raw != "" {
		if err := checkMetadata(raw); err != nil {
			return err
		}
		m.Metadata = json.RawMessage(raw)
	}
	s.state.pings = append(s.state.pings, m.pings()...)
	return nil
}

func checkMetadata(raw string) error {
	var metadata struct {
		EventType    string         `json:"event_type"`
		EventPayload map[string]any `json:"event_payload"`
	}
	if json.Unmarshal([]byte(raw), &metadata) != nil || metadata.EventType == "" || metadata.EventPayload == nil {
		return apiError("invalid_metadata_format")
	}
	return nil
}

// cut shortens text to at most limit characters.
func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit])
}

// wire is the message as the API gives it.
func (m *Message) wire(metadata bool) map[string]any {
	out := map[string]any{"type": "message", "ts": m.TS, "user": m.User, "text": m.Text, "team": Team}
	optional := map[string]string{"thread_ts": m.Thread, "bot_id": m.BotID, "subtype": m.SubType}
	for k, v := range optional {
		if v != "" {
			out[k] = v
		}
	}
	if m.Blocks != nil {
		out["blocks"] = m.Blocks
	}
	if m.BotID != "" {
		out["app_id"] = App
	}
	if metadata && m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	return out
}
