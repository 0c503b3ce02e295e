package slackexport

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge/archive"
)

// message is a message as an export has it (docs.slack.dev, "message event").
type message struct {
	Type     string  `json:"type"`
	Subtype  string  `json:"subtype"`
	User     string  `json:"user"`
	BotID    string  `json:"bot_id"`
	Text     string  `json:"text"`
	TS       string  `json:"ts"`
	ThreadTS string  `json:"thread_ts"`
	Profile  profile `json:"user_profile"`
	Files    []file  `json:"files"`

	// Where a workspace keeps what was edited and deleted.
	Message   *message `json:"message"`
	Original  *message `json:"original"`
	Previous  *message `json:"previous_message"`
	DeletedTS string   `json:"deleted_ts"`
}

type file struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Mode  string `json:"mode"` // "tombstone": deleted
}

// entry is what is kept of a message.
type entry struct {
	at     time.Time
	thread string // the ts of its thread's root, "" outside of threads
	author string
	text   string
}

// history is what was said in a channel.
type history struct {
	who   names
	said  map[string]entry // by ts
	edits []message        // the log of edits, if the workspace keeps one
}

// first is when the oldest message was said.
func (h *history) first() time.Time {
	var first time.Time
	for _, e := range h.said {
		if first.IsZero() || e.at.Before(first) {
			first = e.at
		}
	}
	return first
}

// read takes the messages of one day's file, and returns how many bytes of text
// they have. Messages that are known already stay as they are: newer archives
// are read first.
func (h *history) read(ctx context.Context, f *archive.File) (int, error) {
	body, err := f.Read(ctx)
	if err != nil {
		return 0, err
	}
	return h.decode(body)
}

// maxEdits bounds the log of edits.
const maxEdits = 100_000

// decode takes the messages of a JSON list.
func (h *history) decode(body []byte) (size int, err error) {
	err = elements(body, func(m message) {
		if m.Subtype == "message_changed" || m.Subtype == "message_deleted" {
			if len(h.edits) < maxEdits {
				h.edits = append(h.edits, m)
			}
			return
		}
		at, ok := timeOf(m.TS)
		if _, known := h.said[m.TS]; known || !ok || !m.said(h.who) {
			return
		}
		e := entry{at: at, author: cmp.Or(h.who.people[m.User].called(), m.Profile.DisplayName, m.Profile.RealName), text: plainText(m, h.who)}
		if _, ok := timeOf(m.ThreadTS); ok {
			e.thread = m.ThreadTS
		}
		h.said[m.TS] = e
		size += len(e.text)
	})
	return size, err
}

// said reports whether a message is something that a person said.
func (m message) said(who names) bool {
	switch m.Subtype {
	case "", "me_message", "thread_broadcast", "file_share":
		return (m.Type == "message" || m.Type == "") && m.BotID == "" && m.User != "" && m.User != "USLACKBOT" && !who.people[m.User].IsBot
	}
	return false
}

// settle applies the log of edits, the oldest first.
func (h *history) settle() {
	slices.SortStableFunc(h.edits, func(x, y message) int { return strings.Compare(x.TS, y.TS) })
	for _, m := range h.edits {
		h.edit(m)
	}
	h.edits = nil
}

// edit changes or removes what was said.
func (h *history) edit(m message) {
	ts := m.DeletedTS
	for _, of := range [...]*message{m.Message, m.Previous, m.Original} {
		if of != nil {
			ts = cmp.Or(ts, of.TS)
		}
	}
	e, known := h.said[ts]
	switch {
	case !known:
		return
	case m.Subtype == "message_deleted":
		delete(h.said, ts)
		return
	case m.Message != nil:
		e.text = plainText(*m.Message, h.who)
	case m.Text != "":
		e.text = plainText(m, h.who)
	}
	h.said[ts] = e
}

// timeOf is the time that a ts names: seconds, a dot, and six digits that tell
// messages of the same second apart.
func timeOf(ts string) (time.Time, bool) {
	whole, part, ok := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	micro, tooErr := strconv.ParseUint(part, 10, 32)
	if !ok || err != nil || tooErr != nil || len(part) != 6 || len(whole) > 11 || seconds <= 0 {
		return time.Time{}, false
	}
	return time.Unix(seconds, int64(micro)*1000).UTC(), true
}
