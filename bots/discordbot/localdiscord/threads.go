package localdiscord

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// TypeForum is a channel that has nothing but threads (resources/channel).
const TypeForum = 15

// AddForum adds a forum.
func (s *Server) AddForum(guild, name string) Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Channel{ID: s.snowflake(), Type: TypeForum, GuildID: guild, Name: name, Overwrites: []Overwrite{}}
	s.channels[c.ID] = c
	s.guilds[guild].Channels = append(s.guilds[guild].Channels, c)
	s.dispatch("CHANNEL_CREATE", intentGuilds, *c)
	s.touch()
	return *c
}

// AddThreadTo adds a public thread that was started from a message: it has the
// message's id.
func (s *Server) AddThreadTo(channel, message, name string) Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.addThread(s.channels[channel], message, name, TypePublicThread)
}

// Archive puts a thread away, as happens to those in which nobody writes.
func (s *Server) Archive(thread string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[thread]
	c.ThreadMetadata = &ThreadMetadata{Archived: true, AutoArchiveDuration: 1440, ArchiveTimestamp: s.o.Now()}
	s.dispatch("THREAD_UPDATE", intentGuilds, *c)
	s.touch()
}

// activeThreads lists the threads of a guild that are not archived, private ones
// that the bot is in too (resources/guild, "List Active Guild Threads").
func (s *Server) activeThreads(r *http.Request) (any, *apiError) {
	g := s.guilds[r.PathValue("guild")]
	if g == nil {
		return nil, refuse(http.StatusNotFound, 10004, "Unknown Guild")
	}
	list := []Channel{}
	for _, t := range g.Threads {
		if !t.ThreadMetadata.Archived && s.may(t, ViewChannel) {
			list = append(list, *t)
		}
	}
	return map[string]any{"threads": list, "members": []any{}}, nil
}

// archivedThreads lists the archived public threads of a channel, the last one
// archived first (resources/channel, "List Public Archived Threads").
func (s *Server) archivedThreads(r *http.Request) (any, *apiError) {
	c, refusal := s.channel(r, ReadMessageHistory)
	if refusal != nil {
		return nil, refusal
	}
	q := r.URL.Query()
	limit, before := 50, time.Time{}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 2 || n > 100 {
			return nil, invalidForm("limit", "int value should be between 2 and 100.")
		}
		limit = n
	}
	if text := q.Get("before"); text != "" {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, invalidForm("before", "Value is not a timestamp.")
		}
		before = at
	}
	list := []Channel{}
	for _, t := range s.guilds[c.GuildID].Threads {
		m := t.ThreadMetadata
		if t.ParentID == c.ID && t.Type == TypePublicThread && m.Archived && (before.IsZero() || m.ArchiveTimestamp.Before(before)) {
			list = append(list, *t)
		}
	}
	slices.SortStableFunc(list, func(a, b Channel) int {
		return b.ThreadMetadata.ArchiveTimestamp.Compare(a.ThreadMetadata.ArchiveTimestamp)
	})
	more := len(list) > limit
	return map[string]any{"threads": list[:min(len(list), limit)], "members": []any{}, "has_more": more}, nil
}
