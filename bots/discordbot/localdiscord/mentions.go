package localdiscord

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// mentions is the allowed_mentions object. A nil *mentions means that the field
// was absent, which in messages allows everything.
type mentions struct {
	Parse       *[]string `json:"parse"`
	Users       []string  `json:"users"`
	Roles       []string  `json:"roles"`
	RepliedUser bool      `json:"replied_user"`
}

var errParseNull = errors.New("allowed_mentions.parse must be a list")

// check refuses what this server does not want to guess the meaning of.
func (a *mentions) check() error {
	if a != nil && a.Parse == nil {
		return errParseNull
	}
	return nil
}

func (a *mentions) allows(kind, id string) bool {
	switch {
	case a == nil:
		return true
	case a.Parse != nil && slices.Contains(*a.Parse, kind):
		return true
	case kind == "users":
		return slices.Contains(a.Users, id)
	case kind == "roles":
		return slices.Contains(a.Roles, id)
	default:
		return false
	}
}

// onlyUsers is the default of interaction replies and webhooks.
func onlyUsers(a *mentions) *mentions {
	if a != nil {
		return a
	}
	return &mentions{Parse: &[]string{"users"}}
}

// mention fills in whom a message mentions and, for the bot's own messages,
// remembers who was notified. The caller holds mu.
func (s *Server) mention(m *Message, a *mentions) {
	m.Mentions, m.MentionRoles, m.MentionEveryone = []User{}, []string{}, false
	for _, hit := range regexp.MustCompile(`<@(!|&)?(\d+)>`).FindAllStringSubmatch(m.Content, -1) {
		if hit[1] == "&" {
			s.mentionRole(m, a, hit[2])
		} else {
			s.mentionUser(m, a.allows("users", hit[2]), hit[2])
		}
	}
	for _, all := range []string{"everyone", "here"} {
		if strings.Contains(m.Content, "@"+all) && a.allows("everyone", "") {
			m.MentionEveryone = true
			s.ping(m, all)
		}
	}
	if m.Reference != nil && (a == nil || a.RepliedUser) {
		if to := s.find(m.ChannelID, m.Reference.MessageID); to != nil {
			s.mentionUser(m, true, to.Author.ID)
		}
	}
}

// mentionQuietly is mention for what is said through this package, by whomever:
// Pings lists what the bot's own calls did.
func (s *Server) mentionQuietly(m *Message, a *mentions) {
	pings := s.pings
	s.mention(m, a)
	s.pings = pings
}

func (s *Server) mentionUser(m *Message, allowed bool, id string) {
	u := s.users[id]
	if u == nil || slices.ContainsFunc(m.Mentions, func(have User) bool { return have.ID == id }) {
		return
	}
	m.Mentions = append(m.Mentions, *u)
	if allowed {
		s.ping(m, "user:"+id)
	}
}

func (s *Server) mentionRole(m *Message, a *mentions, id string) {
	if a.allows("roles", id) {
		m.MentionRoles = append(m.MentionRoles, id)
		s.ping(m, "role:"+id)
	}
}

func (s *Server) ping(m *Message, who string) {
	if m.Author.ID == s.me.ID {
		s.pings = append(s.pings, who)
	}
}
