package localdiscord

import (
	"encoding/json"
	"net/http"
	"slices"
)

// may tells whether the bot has a permission in a channel: roles of the guild,
// then the channel's overwrites for everyone, for roles, for the member
// (topics/permissions, "Permission Overwrites"). Threads take their parent's.
func (s *Server) may(c *Channel, need int64) bool {
	if c.thread() {
		if need == SendMessages {
			need = SendMessagesInThreads
		}
		if c = s.channels[c.ParentID]; c == nil {
			return false
		}
	}
	g := s.guilds[c.GuildID]
	if g == nil {
		return true // a direct conversation
	}
	have := int64(0)
	roles := append([]string{g.ID}, g.Members[0].Roles...)
	for _, r := range g.Roles {
		if slices.Contains(roles, r.ID) {
			have |= r.Permissions
		}
	}
	if have&Administrator != 0 {
		return true
	}
	for _, order := range []func(Overwrite) bool{
		func(o Overwrite) bool { return o.ID == g.ID },
		func(o Overwrite) bool { return o.Type == 0 && o.ID != g.ID && slices.Contains(roles, o.ID) },
		func(o Overwrite) bool { return o.Type == 1 && o.ID == s.me.ID },
	} {
		have = apply(have, c.Overwrites, order)
	}
	return have&need == need
}

func apply(have int64, list []Overwrite, concerns func(Overwrite) bool) int64 {
	allow, deny := int64(0), int64(0)
	for _, o := range list {
		if concerns(o) {
			allow, deny = allow|o.Allow, deny|o.Deny
		}
	}
	return have&^deny | allow
}

func (s *Server) react(r *http.Request) (any, *apiError) {
	if _, refusal := s.channel(r, AddReactions); refusal != nil {
		return nil, refusal
	}
	m, refusal := s.message(r)
	if refusal != nil {
		return nil, refusal
	}
	name := r.PathValue("emoji")
	if !slices.ContainsFunc(m.Reactions, func(have Reaction) bool { return have.Emoji.Name == name }) {
		m.Reactions = append(slices.Clone(m.Reactions), Reaction{Count: 1, Me: true, Emoji: Emoji{Name: name}})
	}
	s.touch()
	return nil, nil
}

func (s *Server) unreact(r *http.Request) (any, *apiError) {
	m, refusal := s.message(r)
	if refusal != nil {
		return nil, refusal
	}
	name := r.PathValue("emoji")
	m.Reactions = slices.DeleteFunc(slices.Clone(m.Reactions), func(have Reaction) bool { return have.Emoji.Name == name })
	s.touch()
	return nil, nil
}

func (s *Server) startThread(r *http.Request) (any, *apiError) {
	m, refusal := s.message(r)
	if refusal != nil {
		return nil, refusal
	}
	var in struct {
		Name string `json:"name"`
	}
	switch parent := s.channels[m.ChannelID]; {
	case json.NewDecoder(r.Body).Decode(&in) != nil || in.Name == "" || len([]rune(in.Name)) > 100:
		return nil, invalidForm("name", "Must be between 1 and 100 in length.")
	case parent.Type != TypeText:
		return nil, refuse(http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	case s.channels[m.ID] != nil:
		return nil, refuse(http.StatusBadRequest, 160004, "A thread has already been created for this message")
	default:
		return *s.addThread(parent, m.ID, in.Name, TypePublicThread), nil
	}
}

// Command is an application command as it was registered.
type Command struct {
	ID            string            `json:"id"`
	ApplicationID string            `json:"application_id"`
	GuildID       string            `json:"guild_id,omitempty"`
	Version       string            `json:"version"`
	Type          int               `json:"type"`
	Name          string            `json:"name"`
	NameIn        map[string]string `json:"name_localizations"`
	Description   string            `json:"description"`
	DescriptionIn map[string]string `json:"description_localizations"`
	Options       []map[string]any  `json:"options,omitempty"`
	Contexts      []int             `json:"contexts"`
	Integrations  []int             `json:"integration_types"`
	NSFW          bool              `json:"nsfw"`
	Permissions   *string           `json:"default_member_permissions"`
}

func (s *Server) listCommands(r *http.Request) (any, *apiError) {
	if r.PathValue("app") != s.app {
		return nil, refuse(http.StatusForbidden, 20012, "You are not authorized to perform this action on this application")
	}
	list := slices.Clone(s.commands[r.PathValue("guild")])
	if r.URL.Query().Get("with_localizations") != "true" {
		for i := range list {
			list[i].NameIn, list[i].DescriptionIn = nil, nil
		}
	}
	return append([]Command{}, list...), nil
}

// putCommands replaces every command, filling in what Discord fills in.
func (s *Server) putCommands(r *http.Request) (any, *apiError) {
	guild := r.PathValue("guild")
	switch {
	case r.PathValue("app") != s.app:
		return nil, refuse(http.StatusForbidden, 20012, "You are not authorized to perform this action on this application")
	case guild != "" && s.guilds[guild] == nil:
		return nil, refuse(http.StatusForbidden, 50001, "Missing Access")
	}
	list := []Command{}
	if json.NewDecoder(r.Body).Decode(&list) != nil || len(list) > 100 {
		return nil, refuse(http.StatusBadRequest, 50035, "Invalid Form Body")
	}
	for i := range list {
		c := &list[i]
		if c.Name == "" || (c.Description == "" && c.Type <= 1) || len([]rune(c.Description)) > 100 {
			return nil, invalidForm("description", "Must be between 1 and 100 in length.")
		}
		c.ID, c.ApplicationID, c.GuildID, c.Version = s.snowflake(), s.app, guild, s.snowflake()
		c.Type = max(c.Type, 1)
		if guild != "" {
			c.Contexts = nil // only global commands have contexts
		}
		if c.Integrations == nil {
			c.Integrations = []int{0}
		}
		tidyOptions(c.Options)
	}
	s.commands[guild] = list
	s.touch()
	return list, nil
}

// tidyOptions drops what Discord does not give back: empty lists and false.
func tidyOptions(options []map[string]any) {
	for _, o := range options {
		for k, v := range o {
			if v == nil || v == false {
				delete(o, k)
			}
		}
	}
}
