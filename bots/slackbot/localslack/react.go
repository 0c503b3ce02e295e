package localslack

import (
	"encoding/json"
	"fmt"
	"slices"
)

// React puts somebody's reaction below a message, or takes it away, and
// delivers the event (docs.slack.dev, reaction_added and reaction_removed: the
// event names the message, but not its thread).
func (s *Server) React(channel, ts, user, emoji string, removed bool) error {
	s.mu.Lock()
	c, m := s.state.channels[channel], s.state.find(channel, ts)
	if c == nil || m == nil || s.state.users[user].ID == "" {
		s.mu.Unlock()
		return ErrUnknown
	}
	name := "reaction_added"
	if removed {
		name = "reaction_removed"
	}
	s.last = s.reactionEvents(name, c, m, user, emoji)
	deliveries := s.last
	s.mu.Unlock()
	for _, d := range deliveries {
		s.send(d)
	}
	return nil
}

// reactionEvents are what a reaction causes; the app hears of channels that it
// is in.
func (s *Server) reactionEvents(name string, c *Channel, m *Message, user, emoji string) []*delivery {
	if !slices.Contains(c.Members, BotUser) || !slices.Contains(s.o.Events, name) {
		return nil
	}
	event := map[string]any{
		"type": name, "user": user, "reaction": emoji, "item_user": m.User, "event_ts": s.state.stamp(s.o.Now()),
		"item": map[string]any{"type": "message", "channel": c.ID, "ts": m.TS},
	}
	s.serial++
	payload, err := json.Marshal(s.callback(event, c))
	if err != nil {
		s.o.Log.Error("event cannot be encoded", "error", err)
		return nil
	}
	return []*delivery{{kind: eventsAPI, payload: payload}}
}

// callback is the envelope of an event.
func (s *Server) callback(event map[string]any, c *Channel) map[string]any {
	return map[string]any{
		"token": "unused", "team_id": Team, "api_app_id": App, "type": "event_callback",
		"event_id": fmt.Sprintf("Ev%08d", s.serial), "event_time": s.o.Now().Unix(), "event": event,
		"is_ext_shared_channel": c.Shared,
		"authorizations":        []any{map[string]any{"team_id": Team, "user_id": BotUser, "is_bot": true}},
	}
}
