package localdiscord

import (
	"slices"
	"time"
)

// Call is one request that reached the API.
type Call struct {
	Method string
	Path   string // without /api and the version
	Body   string
	Status int // 0: the connection was cut instead of an answer
	At     time.Time
}

// maxCalls bounds the memory of calls: the oldest are forgotten.
const maxCalls = 10_000

// Calls lists the requests so far, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *Server) record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) >= maxCalls {
		s.calls = slices.Clone(s.calls[maxCalls/10:])
	}
	s.calls = append(s.calls, c)
	s.touch()
}

// Messages lists a channel's messages, oldest first, ephemeral ones included.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Message, 0, len(s.messages[channel]))
	for _, m := range s.messages[channel] {
		list = append(list, s.export(m))
	}
	return list
}

// Channels lists everything that can be written in.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Channel, 0, len(s.channels))
	for _, c := range s.channels {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Channel) int { return compareIDs(a.ID, b.ID) })
	return list
}

// Guilds lists the guilds as they were added.
func (s *Server) Guilds() []Guild {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Guild, 0, len(s.order))
	for _, id := range s.order {
		list = append(list, *s.guilds[id])
	}
	return list
}

// Users lists people and bots.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]User, 0, len(s.users))
	for _, u := range s.users {
		list = append(list, *u)
	}
	slices.SortFunc(list, func(a, b User) int { return compareIDs(a.ID, b.ID) })
	return list
}

// Pings lists who was notified by the bot's messages and edits so far:
// "everyone", "here", "role:ID" or "user:ID".
func (s *Server) Pings() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pings)
}

// Typing lists the channels in which the bot showed that it is typing.
func (s *Server) Typing() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.typing)
}

// Commands lists the commands of a guild, or the global ones ("").
func (s *Server) Commands(guild string) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands[guild])
}

// Interactions lists what was asked by command, oldest first.
func (s *Server) Interactions() []Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Interaction, 0, len(s.asked))
	for _, i := range s.asked {
		list = append(list, *i)
	}
	slices.SortFunc(list, func(a, b Interaction) int { return compareIDs(a.ID, b.ID) })
	return list
}

// compareIDs orders snowflakes: shorter is older, then by digits.
func compareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}
