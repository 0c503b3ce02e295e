package localslack

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// ErrUnknown says that a channel, a user or a message does not exist.
var ErrUnknown = errors.New("no such channel, user or message")

// Say is a message that somebody posts. Text is in Slack's own form: mentions
// as <@U...>, and & < > escaped (Escape does that).
type Say struct {
	Channel, User, Text string
	Thread              string // thread_ts; empty: outside of threads
	SubType             string
}

// Mention is how a text addresses the bot.
func Mention() string { return "<@" + BotUser + ">" }

// Escape makes plain text safe to be part of a message's text, as Slack's own
// clients do.
func Escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// Say posts a message, delivers its events and returns its id.
func (s *Server) Say(say Say) (string, error) {
	s.mu.Lock()
	c, u := s.state.channels[say.Channel], s.state.users[say.User]
	if c == nil || u.ID == "" {
		s.mu.Unlock()
		return "", ErrUnknown
	}
	m := s.state.add(&Message{
		Channel: c.ID, TS: s.state.stamp(s.o.Now()), Thread: say.Thread, User: u.ID, BotID: u.BotID,
		SubType: say.SubType, Text: cut(say.Text, maxText),
	})
	if root := s.state.find(c.ID, say.Thread); root != nil {
		root.Thread = root.TS
	}
	s.last = s.events(c, m)
	deliveries := s.last
	s.mu.Unlock()
	for _, d := range deliveries {
		s.send(d)
	}
	return m.TS, nil
}

// Edit changes the text of somebody's message and delivers the event.
func (s *Server) Edit(channel, ts, text string) error {
	s.mu.Lock()
	c, m := s.state.channels[channel], s.state.find(channel, ts)
	if c == nil || m == nil {
		s.mu.Unlock()
		return ErrUnknown
	}
	m.Text = text
	m.Edits++
	s.last = s.editEvents(c, m)
	deliveries := s.last
	s.mu.Unlock()
	for _, d := range deliveries {
		s.send(d)
	}
	return nil
}

// announce delivers the events of a bot's own post. It is called with mu held.
func (s *Server) announce(c *Channel, m *Message) { s.sendLater(s.events(c, m)) }

// announceEdit delivers the event of a bot's own edit, with mu held.
func (s *Server) announceEdit(c *Channel, m *Message) { s.sendLater(s.editEvents(c, m)) }

// sendLater sends once mu is free again; the order of events is not promised,
// as at Slack.
func (s *Server) sendLater(deliveries []*delivery) {
	if s.closed {
		return
	}
	s.wg.Go(func() {
		for _, d := range deliveries {
			s.send(d)
		}
	})
}

// events are what a new message causes: an app_mention when it names the bot
// anywhere but in a direct conversation, and a message event of its channel's
// kind.
func (s *Server) events(c *Channel, m *Message) []*delivery {
	if !slices.Contains(c.Members, BotUser) {
		return nil
	}
	var deliveries []*delivery
	if c.Kind != DM && m.SubType == "" && strings.Contains(m.Text, "<@"+BotUser) {
		event := m.wire(false)
		event["type"] = "app_mention"
		deliveries = s.event(deliveries, "app_mention", c, event, m.TS)
	}
	return s.event(deliveries, c.subscription(), c, m.wire(true), m.TS)
}

func (s *Server) editEvents(c *Channel, m *Message) []*delivery {
	edited := m.wire(true)
	edited["edited"] = map[string]any{"user": m.User, "ts": m.TS}
	event := map[string]any{
		"type": "message", "subtype": "message_changed", "hidden": true,
		"ts": s.state.stamp(s.o.Now()), "message": edited, "previous_message": m.wire(false),
	}
	return s.event(nil, c.subscription(), c, event, m.TS)
}

// subscription is the name under which an app asks for a channel's messages.
func (c *Channel) subscription() string {
	return map[Kind]string{
		Public: "message.channels", Private: "message.groups", DM: "message.im", Group: "message.mpim",
	}[c.Kind]
}

// event adds a delivery of one event, if the app subscribes to it.
func (s *Server) event(to []*delivery, subscription string, c *Channel, event map[string]any, ts string) []*delivery {
	if !slices.Contains(s.o.Events, subscription) {
		return to
	}
	event["channel"], event["event_ts"] = c.ID, ts
	if event["type"] == "message" { // an app_mention does not say what its channel is
		event["channel_type"] = string(c.Kind)
	}
	s.serial++
	payload, err := json.Marshal(s.callback(event, c))
	if err != nil {
		s.o.Log.Error("event cannot be encoded", "error", err)
		return to
	}
	return append(to, &delivery{kind: eventsAPI, payload: payload})
}
