// Package discordexport reads histories of Discord channels that
// DiscordChatExporter wrote as JSON (github.com/Tyrrrz/DiscordChatExporter),
// packed into a zip file. Documents have the origins of package
// knowledge/source/discord: whichever way a channel comes, it is there once.
package discordexport

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/archive"
	"github.com/tribunebot/tribune/knowledge/format"
	"github.com/tribunebot/tribune/knowledge/source/discord"
	"github.com/tribunebot/tribune/knowledge/source/talk"
	"github.com/tribunebot/tribune/knowledge/source/zipfiles"
)

// Export is the histories in one archive.
type Export struct {
	a     *archive.Archive
	rooms map[string]span // by the beginning of the origins
}

// span is how far the history of a room goes, by ids.
type span struct{ from, to uint64 }

// looked is how much of a file is looked at, and of how many.
const (
	looked = 4 << 10
	tried  = 50
)

// Is reports whether an archive has histories.
func Is(a *archive.Archive) bool {
	left := tried
	for _, f := range a.Files() {
		if path.Ext(f.Name) != ".json" {
			continue
		}
		if isHistory(f) {
			return true
		}
		if left--; left == 0 {
			return false
		}
	}
	return false
}

func isHistory(f *archive.File) bool {
	if path.Ext(f.Name) != ".json" {
		return false
	}
	head, err := f.Head(looked)
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \r\n\t{")
	return err == nil && bytes.HasPrefix(head, []byte(`"guild"`)) && bytes.Contains(head, []byte(`"channel"`))
}

// Open opens an archive.
func Open(a *archive.Archive) *Export { return &Export{a, map[string]span{}} }

// history is one file.
type history struct {
	Guild struct {
		ID string `json:"id"`
	} `json:"guild"`
	Channel struct {
		ID         string `json:"id"`
		Type       string `json:"type"`
		CategoryID string `json:"categoryId"` // of a thread: the channel that it is in
		Category   string `json:"category"`
		Name       string `json:"name"`
	} `json:"channel"`
	Messages []message `json:"messages"`
}

type message struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Content   string    `json:"content"`
	Author    struct {
		Name     string `json:"name"`
		Nickname string `json:"nickname"`
		IsBot    bool   `json:"isBot"`
	} `json:"author"`
	Attachments []struct {
		FileName string `json:"fileName"`
	} `json:"attachments"`
	Embeds []struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	} `json:"embeds"`
}

// Documents yields the documents of all histories.
func (e *Export) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		for _, f := range e.a.Files() {
			if zipfiles.Unseen(f.Name) || path.Ext(f.Name) != ".json" {
				continue // what it downloaded beside: pictures and files
			}
			if !e.file(ctx, f, yield) {
				return
			}
		}
		zipfiles.Left(e.a, discord.Scheme, yield)
	}
}

var errJSON = errors.New("it is no history that DiscordChatExporter wrote as JSON: export it again")

// file yields the documents of one history and reports whether to go on.
func (e *Export) file(ctx context.Context, f *archive.File, yield format.Yield) bool {
	body, err := f.Read(ctx)
	if ctx.Err() != nil || errors.Is(err, archive.ErrTotal) {
		yield(knowledge.Document{}, cmp.Or(ctx.Err(), err))
		return false
	}
	var h history
	if err == nil && (json.Unmarshal(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")), &h) != nil || !isNumber(h.Guild.ID) || !isNumber(h.Channel.ID)) {
		err = errJSON
	}
	skip := format.File{Name: f.Name, Origin: discord.Scheme + "file/" + f.Name}
	switch {
	case err != nil:
		return zipfiles.Skip(skip, err.Error(), false, yield)
	case strings.HasPrefix(h.Channel.Type, "Direct"), strings.Contains(h.Channel.Type, "Private"), h.Guild.ID == "0":
		return zipfiles.Skip(skip, "it is a private conversation, which is not read", false, yield)
	}
	room, said := h.room(), h.said()
	e.note(room, said)
	for _, doc := range room.Documents(said) {
		if !yield(doc, nil) {
			return false
		}
	}
	return true
}

func isNumber(id string) bool {
	_, err := strconv.ParseUint(id, 10, 64)
	return err == nil
}

// room is the channel or thread of a history.
func (h history) room() discord.Room {
	r := discord.Room{Guild: h.Guild.ID, Channel: h.Channel.ID, Name: h.Channel.Name}
	if strings.HasSuffix(h.Channel.Type, "Thread") && isNumber(h.Channel.CategoryID) {
		r.Channel, r.Name = h.Channel.CategoryID, cmp.Or(h.Channel.Category, h.Channel.Name)
		r.Thread, r.ThreadName = h.Channel.ID, h.Channel.Name
	}
	return r
}

// said is what people said, oldest first.
func (h history) said() (out []talk.Message) {
	for _, m := range h.Messages {
		if m.Author.IsBot || m.Type != "Default" && m.Type != "Reply" || !isNumber(m.ID) || m.Timestamp.IsZero() {
			continue
		}
		parts := []string{discord.Plain(m.Content, func(string) string { return "" })} // names are resolved already
		for _, em := range m.Embeds {
			parts = append(parts, em.Title, em.Description)
		}
		for _, a := range m.Attachments {
			parts = append(parts, "(file: "+a.FileName+")")
		}
		if text := talk.Clean(strings.Join(parts, "\n")); text != "" {
			out = append(out, talk.Message{ID: m.ID, At: m.Timestamp.UTC(), Author: cmp.Or(m.Author.Nickname, m.Author.Name), Text: text})
		}
	}
	slices.SortFunc(out, func(a, b talk.Message) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) })
	return out
}

// note remembers how far a history goes.
func (e *Export) note(room discord.Room, said []talk.Message) {
	if len(said) == 0 || room.Thread != "" {
		return
	}
	key := discord.Scheme + room.Guild + "/" + room.Channel + "/"
	from, _ := strconv.ParseUint(said[0].ID, 10, 64)
	to, _ := strconv.ParseUint(said[len(said)-1].ID, 10, 64)
	if known, ok := e.rooms[key]; ok {
		from, to = min(from, known.from), max(to, known.to)
	}
	e.rooms[key] = span{from, to}
}

// Covers reports whether a document of this origin would be in these histories,
// if it were still there.
func (e *Export) Covers(origin string) bool {
	i := strings.LastIndexByte(origin, '/')
	at, ok := e.rooms[origin[:i+1]]
	id, err := strconv.ParseUint(origin[i+1:], 10, 64)
	return ok && err == nil && id >= at.from && id <= at.to
}
