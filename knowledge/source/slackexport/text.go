package slackexport

import (
	"cmp"
	"html"
	"regexp"
	"strings"

	"github.com/tribunebot/tribune/knowledge/source/talk"
)

// maxSaid bounds one message, in bytes: Slack cuts at 40,000 characters.
const maxSaid = 160_000

// maxFiles bounds how many files of a message are named.
const maxFiles = 20

// plainText is what a message says, with its marks resolved and its files named.
func plainText(m message, who names) string {
	parts := []string{resolve(strings.ToValidUTF8(m.Text[:min(len(m.Text), maxSaid)], ""), who)}
	for _, f := range m.Files[:min(len(m.Files), maxFiles)] {
		if name := cmp.Or(f.Title, f.Name); name != "" && f.Mode != "tombstone" {
			parts = append(parts, "(file: "+name+")")
		}
	}
	return talk.Clean(strings.Join(parts, "\n"))
}

// resolve replaces the marks of Slack's text, <...> (docs.slack.dev, "Formatting
// message text"): people by their names, links by their text and address.
func resolve(text string, who names) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<")
		b.WriteString(before)
		if !found {
			break
		}
		mark, after, closed := strings.Cut(rest, ">")
		last := strings.LastIndexByte(mark, '<')
		switch {
		case !closed:
			b.WriteString("<" + rest)
			after = ""
		case last >= 0:
			b.WriteString("<" + mark[:last])
			after = rest[last:]
		case strings.Contains(mark, "\n"):
			b.WriteString("<" + mark + ">")
		default:
			b.WriteString(markText(mark, who))
		}
		text = after
	}
	return shortcode(html.UnescapeString(b.String()))
}

// markText is what one mark shows.
func markText(mark string, who names) string {
	target, label, _ := strings.Cut(mark, "|")
	if target == "" {
		return label
	}
	switch target[0] {
	case '@':
		return "@" + cmp.Or(who.people[target[1:]].called(), strings.TrimPrefix(label, "@"), "somebody")
	case '#':
		return "#" + cmp.Or(who.rooms[target[1:]], "channel") // the name of a private one is private
	case '!':
		if name, _, _ := strings.Cut(target[1:], "^"); label == "" {
			return "@" + name
		}
		return label
	}
	address := strings.TrimPrefix(target, "mailto:")
	if label == "" || label == address || strings.HasSuffix(strings.TrimSuffix(address, "/"), "://"+label) {
		return address
	}
	return label + " (" + address + ")"
}

var tone = regexp.MustCompile(`:skin-tone-\d:`)

// shortcode is text without the tones of skin that follow some emoji.
func shortcode(text string) string {
	return tone.ReplaceAllString(text, "")
}
