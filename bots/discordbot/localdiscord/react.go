package localdiscord

import "fmt"

// Intents of reactions (events/gateway, "List of Intents").
const (
	intentReactions       = 1 << 10
	intentDirectReactions = 1 << 13
)

// React puts somebody's reaction below a message, or takes it away, and tells
// the bot (events/gateway-events, "Message Reaction Add").
func (s *Server) React(channel, message, user, emoji string, removed bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(channel, message)
	if m == nil || s.users[user] == nil {
		return fmt.Errorf("local discord: no message %s in %s, or no user %s", message, channel, user)
	}
	kind, intent := "MESSAGE_REACTION_ADD", intentReactions
	if removed {
		kind = "MESSAGE_REACTION_REMOVE"
	}
	event := map[string]any{
		"user_id": user, "channel_id": channel, "message_id": message, "burst": false, "type": 0,
		"emoji": map[string]any{"id": nil, "name": emoji},
	}
	if guild := s.channels[channel].GuildID; guild != "" {
		event["guild_id"] = guild
	} else {
		intent = intentDirectReactions
	}
	s.dispatch(kind, intent, event)
	return nil
}
