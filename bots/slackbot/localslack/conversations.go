package localslack

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxPage is the most items that a page of any list holds.
const maxPage = 1_000

func (s *Server) replies(form url.Values) (reply, error) {
	c, err := s.room(form.Get("channel"))
	if err != nil {
		return nil, err
	}
	root := s.state.find(c.ID, form.Get("ts"))
	if root == nil {
		return nil, apiError("thread_not_found")
	}
	metadata := truthy(form.Get("include_all_metadata"))
	var found []map[string]any
	for _, m := range s.state.messages[c.ID] {
		if m.Only == "" && (m == root || m.Thread == root.TS && within(m.TS, form)) {
			found = append(found, m.wire(metadata))
		}
	}
	return page("messages", found, form), nil
}

func (s *Server) history(form url.Values) (reply, error) {
	c, err := s.room(form.Get("channel"))
	if err != nil {
		return nil, err
	}
	metadata := truthy(form.Get("include_all_metadata"))
	var found []map[string]any
	for _, m := range slices.Backward(s.state.messages[c.ID]) {
		if m.Only == "" && (m.Thread == "" || m.Thread == m.TS) && within(m.TS, form) {
			found = append(found, m.wire(metadata))
		}
	}
	return page("messages", found, form), nil
}

// within applies oldest, latest and inclusive. Ids compare as strings because
// all have ten digits before the dot.
func within(ts string, form url.Values) bool {
	oldest, latest := form.Get("oldest"), form.Get("latest")
	if truthy(form.Get("inclusive")) && (ts == oldest || ts == latest) {
		return true
	}
	return ts > oldest && (latest == "" || ts < latest)
}

func truthy(value string) bool { return value == "1" || value == "true" }

// page cuts a list by limit and cursor. The cursor is an offset: real ones
// are opaque, and a client that looks into one breaks at Slack.
func page(field string, items []map[string]any, form url.Values) reply {
	limit, err := strconv.Atoi(form.Get("limit"))
	if err != nil || limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	from, err := strconv.Atoi(strings.TrimPrefix(form.Get("cursor"), "next:"))
	if err != nil || from < 0 {
		from = 0
	}
	from = min(from, len(items))
	to := min(from+limit, len(items))
	next := ""
	if to < len(items) {
		next = "next:" + strconv.Itoa(to)
	}
	list := items[from:to]
	if list == nil {
		list = []map[string]any{}
	}
	return reply{field: list, "has_more": next != "", "response_metadata": map[string]any{"next_cursor": next}}
}

func (c *Channel) wire() map[string]any {
	return map[string]any{
		"id": c.ID, "name": c.Name, "is_channel": c.Kind == Public, "is_group": false,
		"is_private": c.Kind != Public, "is_im": c.Kind == DM, "is_mpim": c.Kind == Group,
		"is_archived": c.Archived, "is_ext_shared": c.Shared, "is_member": slices.Contains(c.Members, BotUser),
		"num_members": len(c.Members),
	}
}

func (s *Server) channelInfo(form url.Values) (reply, error) {
	c := s.state.channels[form.Get("channel")]
	if c == nil || c.Kind == Private && !slices.Contains(c.Members, BotUser) {
		return nil, apiError("channel_not_found")
	}
	return reply{"channel": c.wire()}, nil
}

// listChannels is conversations.list and users.conversations: here both list
// what the bot is in.
func (s *Server) listChannels(form url.Values) (reply, error) {
	names := map[Kind]string{Public: "public_channel", Private: "private_channel", DM: "im", Group: "mpim"}
	types := form.Get("types")
	if types == "" {
		types = names[Public]
	}
	var found []map[string]any
	for _, id := range slices.Sorted(maps.Keys(s.state.channels)) {
		c := s.state.channels[id]
		if slices.Contains(c.Members, BotUser) && slices.Contains(strings.Split(types, ","), names[c.Kind]) {
			found = append(found, c.wire())
		}
	}
	return page("channels", found, form), nil
}

func (s *Server) userInfo(form url.Values) (reply, error) {
	u, ok := s.state.users[form.Get("user")]
	if !ok {
		return nil, apiError("user_not_found")
	}
	return reply{"user": map[string]any{
		"id": u.ID, "team_id": Team, "name": u.Name, "real_name": u.Name, "is_bot": u.BotID != "",
		"profile": map[string]any{"display_name": u.Name, "real_name": u.Name},
	}}, nil
}

// target returns the message that a reaction call names.
func (s *Server) target(form url.Values) (*Message, error) {
	c, err := s.room(form.Get("channel"))
	if err != nil {
		return nil, err
	}
	m := s.state.find(c.ID, form.Get("timestamp"))
	if m == nil {
		return nil, apiError("message_not_found")
	}
	return m, nil
}

func (s *Server) addReaction(form url.Values) (reply, error) {
	m, err := s.target(form)
	if err != nil {
		return nil, err
	}
	name := form.Get("name")
	if slices.Contains(m.Reactions[name], BotUser) {
		return nil, apiError("already_reacted")
	}
	if m.Reactions == nil {
		m.Reactions = map[string][]string{}
	}
	m.Reactions[name] = append(slices.Clone(m.Reactions[name]), BotUser)
	return nil, nil
}

func (s *Server) removeReaction(form url.Values) (reply, error) {
	m, err := s.target(form)
	if err != nil {
		return nil, err
	}
	name := form.Get("name")
	i := slices.Index(m.Reactions[name], BotUser)
	if i < 0 {
		return nil, apiError("no_reaction")
	}
	m.Reactions[name] = slices.Delete(slices.Clone(m.Reactions[name]), i, i+1)
	return nil, nil
}

func (s *Server) setStatus(form url.Values) (reply, error) {
	c, err := s.room(form.Get("channel_id"))
	if err != nil {
		return nil, err
	}
	s.state.statuses[c.ID+":"+form.Get("thread_ts")] = form.Get("status")
	return nil, nil
}
