package localslack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// User is a person or a bot of the workspace.
type User struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	BotID string `json:"bot_id,omitempty"` // set: a bot
}

// Kind is what Slack calls channel_type.
type Kind string

// The kinds of conversation.
const (
	Public  Kind = "channel"
	Private Kind = "group"
	DM      Kind = "im"
	Group   Kind = "mpim"
)

// Channel is a conversation.
type Channel struct {
	ID       string
	Name     string
	Kind     Kind
	Shared   bool // Slack Connect: people of another organisation are in it
	Archived bool
	Members  []string
}

// Message is a message as it stands now.
type Message struct {
	Channel   string
	TS        string
	Thread    string // thread_ts; empty outside threads
	User      string
	BotID     string
	SubType   string
	Text      string
	Blocks    json.RawMessage
	Metadata  json.RawMessage
	Only      string // an ephemeral message: who sees it
	Edits     int
	Unfurls   bool                // whether link previews were allowed
	Reactions map[string][]string // users by emoji name
}

// state is the workspace itself. Server.mu guards it.
type state struct {
	users    map[string]User
	channels map[string]*Channel
	messages map[string][]*Message // by channel, oldest first
	statuses map[string]string     // by channel:thread
	pings    []string
	lastTS   int64
}

func newState() state {
	users := []User{
		{ID: "U0ALICE", Name: "alice"},
		{ID: BotUser, Name: "tribune", BotID: BotID},
		{ID: OtherBot, Name: "otherbot", BotID: "B0OTHERBOT"},
		{ID: Slackbot, Name: "slackbot"},
	}
	st := state{users: map[string]User{}, messages: map[string][]*Message{}, statuses: map[string]string{}}
	for _, u := range users {
		st.users[u.ID] = u
	}
	st.channels = map[string]*Channel{"C0GENERAL": {
		ID: "C0GENERAL", Name: "general", Kind: Public, Members: []string{"U0ALICE", BotUser, OtherBot},
	}}
	return st
}

// stamp returns a message id later than all before: seconds and microseconds.
func (st *state) stamp(now time.Time) string {
	st.lastTS = max(st.lastTS+1, now.UnixMicro())
	return fmt.Sprintf("%d.%06d", st.lastTS/1e6, st.lastTS%1e6)
}

func (st *state) find(channel, ts string) *Message {
	for _, m := range st.messages[channel] {
		if m.TS == ts && m.Only == "" {
			return m
		}
	}
	return nil
}

func (st *state) add(m *Message) *Message {
	st.messages[m.Channel] = append(st.messages[m.Channel], m)
	return m
}

// AddUser adds or replaces a user.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.users[u.ID] = u
}

// AddChannel adds or replaces a channel.
func (s *Server) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Members = slices.Clone(c.Members)
	s.state.channels[c.ID] = &c
}

// RemoveChannel makes a channel unknown, as when it was deleted.
func (s *Server) RemoveChannel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.state.channels, id)
}

// OpenDM returns the id of the user's direct conversation with the bot.
func (s *Server) OpenDM(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.openDM(user)
}

func (st *state) openDM(user string) string {
	id := "D" + user
	if st.channels[id] == nil {
		st.channels[id] = &Channel{ID: id, Kind: DM, Members: []string{user, BotUser}}
	}
	return id
}

// Users lists all users by id.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.state.users), func(a, b User) int { return compare(a.ID, b.ID) })
}

// Channels lists all conversations by id.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	var channels []Channel
	for _, id := range slices.Sorted(maps.Keys(s.state.channels)) {
		c := *s.state.channels[id]
		c.Members = slices.Clone(c.Members)
		channels = append(channels, c)
	}
	return channels
}

// Messages lists a channel's messages, ephemeral ones among them, oldest first.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	messages := make([]Message, 0, len(s.state.messages[channel]))
	for _, m := range s.state.messages[channel] {
		c := *m
		c.Reactions = maps.Clone(m.Reactions)
		messages = append(messages, c)
	}
	return messages
}

// Status returns what assistant.threads.setStatus last set for a thread.
func (s *Server) Status(channel, thread string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.statuses[channel+":"+thread]
}

// Pings lists whom any message or edit of a bot has pinged so far: user ids,
// user group ids, "@channel", "@here" and "@everyone".
func (s *Server) Pings() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.state.pings)
}

// Calls counts the calls of a Web API method, whatever came of them.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}
