package discord

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge/source/talk"
)

// Types of messages that somebody wrote (resources/message).
const (
	typeDefault = 0
	typeReply   = 19
	typeStarter = 21 // the first of a thread: it refers to the message that it was started from
)

// user is a person or a bot.
type user struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
	Bot        bool   `json:"bot"`
}

func (u user) called() string { return cmp.Or(u.GlobalName, u.Username) }

// message is a message as the API gives it.
type message struct {
	ID          string       `json:"id"`
	Type        int          `json:"type"`
	Author      user         `json:"author"`
	Content     string       `json:"content"`
	WebhookID   string       `json:"webhook_id"`
	Mentions    []user       `json:"mentions"`
	Attachments []attachment `json:"attachments"`
	Embeds      []embed      `json:"embeds"`
	Stickers    []struct{}   `json:"sticker_items"`
	Snapshots   []struct{}   `json:"message_snapshots"`
	Poll        *struct{}    `json:"poll"`
	Referenced  *message     `json:"referenced_message"`
}

type attachment struct {
	Filename    string `json:"filename"`
	Description string `json:"description"`
}

type embed struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Fields      []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"fields"`
}

// person reports whether somebody wrote a message, and not a program.
func (m message) person() bool {
	return !m.Author.Bot && m.WebhookID == "" && (m.Type == typeDefault || m.Type == typeReply) && isID(m.ID)
}

// empty reports whether a person's message has nothing at all, as where Discord
// hides it from the bot.
func (m message) empty() bool {
	return m.person() && m.Content == "" && len(m.Attachments)+len(m.Embeds)+len(m.Stickers)+len(m.Snapshots) == 0 && m.Poll == nil
}

// said is what a person said, false for anything else.
func (m message) said() (talk.Message, bool) {
	if m.Type == typeStarter && m.Referenced != nil && m.Referenced.Type != typeStarter {
		return m.Referenced.said()
	}
	if !m.person() {
		return talk.Message{}, false
	}
	out := talk.Message{ID: m.ID, At: timeOf(m.ID), Author: m.Author.called(), Text: m.text()}
	if m.Type == typeReply && m.Referenced != nil && !m.Referenced.Author.Bot {
		out.To = m.Referenced.Author.called()
	}
	return out, out.Text != ""
}

// Bounds of one message, in bytes and in number: Discord allows 4,000 characters
// and ten embeds.
const (
	maxSaid  = 16_000
	maxParts = 10
)

// text is what a message says, with the text of its embeds and the names of its
// files.
func (m message) text() string {
	parts := []string{Plain(m.Content, func(id string) string {
		for _, u := range m.Mentions {
			if u.ID == id {
				return u.called()
			}
		}
		return ""
	})}
	for _, e := range m.Embeds[:min(len(m.Embeds), maxParts)] {
		parts = append(parts, e.Title, e.Description)
		for _, f := range e.Fields[:min(len(e.Fields), maxParts)] {
			parts = append(parts, strings.TrimSpace(f.Name+": "+f.Value))
		}
	}
	for _, a := range m.Attachments[:min(len(m.Attachments), maxParts)] {
		if name := cmp.Or(a.Description, a.Filename); name != "" {
			parts = append(parts, "(file: "+name+")")
		}
	}
	return talk.Clean(strings.Join(parts, "\n"))
}

var (
	mark = regexp.MustCompile(`<(?:(@!?|@&|#)(\d{1,20})|a?:(\w{1,32}):\d{1,20}|t:(-?\d{1,12})(?::\w)?|/([^<>:]{1,100}):\d{1,20}|id:(\w{1,20})|(https?://[^\s<>]+))>`)
	link = regexp.MustCompile(`\[([^\[\]\n]+)\]\(<?(https?://[^\s()<>]+)>?\)`)
	pair = regexp.MustCompile(`(\*\*|__|~~|\|\|)([^\n*_~|]+)(\*\*|__|~~|\|\|)`)
)

// Plain resolves the marks of Discord's text (reference, "Message Formatting").
// name gives the name of a person by id, "" where it is not known.
func Plain(text string, name func(id string) string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxSaid)], "")
	text = mark.ReplaceAllStringFunc(text, func(found string) string {
		m := mark.FindStringSubmatch(found)
		switch {
		case m[1] == "@&":
			return "@role"
		case m[1] == "#":
			return "#channel"
		case m[1] != "":
			return "@" + cmp.Or(name(m[2]), "somebody")
		case m[3] != "":
			return ":" + m[3] + ":"
		case m[4] != "":
			at, err := strconv.ParseInt(m[4], 10, 64)
			if err != nil {
				return ""
			}
			return time.Unix(at, 0).UTC().Format("2006-01-02 15:04 UTC")
		case m[5] != "":
			return "/" + m[5]
		case m[6] != "":
			return m[6]
		}
		return m[7]
	})
	return unmarked(text)
}

// unmarked takes the marks of bold, underlined, struck and hidden text away,
// outside of code; links with a text of their own have it before the address.
func unmarked(text string) string {
	parts := strings.Split(text, "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = link.ReplaceAllString(parts[i], "$1 ($2)")
		parts[i] = pair.ReplaceAllStringFunc(parts[i], func(found string) string {
			if found[:2] != found[len(found)-2:] {
				return found
			}
			return found[2 : len(found)-2]
		})
	}
	return strings.Join(parts, "`")
}
