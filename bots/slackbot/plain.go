package slackbot

import (
	"strings"
)

// Slack's text (docs.slack.dev, formatting message text): & < > are escaped,
// and angle brackets hold mentions, channels, commands and links, each with an
// optional label behind a bar.

// mentions tells whether text names the user.
func mentions(text, user string) bool {
	return user != "" && (strings.Contains(text, "<@"+user+">") || strings.Contains(text, "<@"+user+"|"))
}

// plain turns Slack's text into what the person wrote, without the mentions of
// the bot itself.
func plain(text, bot string) string {
	var out strings.Builder
	for text != "" {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '>')
		if end < 0 {
			break
		}
		out.WriteString(text[:open])
		inner := text[open+1 : open+end]
		text = text[open+end+1:]
		if word, _, _ := strings.Cut(inner, "|"); bot != "" && word == "@"+bot {
			text = afterMention(out.String(), text)
			continue
		}
		out.WriteString(bracket(inner))
	}
	out.WriteString(text)
	return strings.TrimSpace(unescape(out.String()))
}

// afterMention takes away what separated a mention from the rest: one of two
// spaces, and at the start a colon or a comma right behind it too.
func afterMention(before, after string) string {
	if strings.TrimSpace(before) == "" {
		// A colon behind a space may begin an emoji's name.
		return strings.TrimLeft(strings.TrimLeft(after, ":,：，"), " \t")
	}
	if strings.HasSuffix(before, " ") {
		return strings.TrimPrefix(after, " ")
	}
	return after
}

// bracket is what a person sees of an angle bracket's content.
func bracket(inner string) string {
	word, label, labelled := strings.Cut(inner, "|")
	if word == "" {
		return "<" + inner + ">"
	}
	switch word[0] {
	case '@', '#':
		return named(word[:1], word, label)
	case '!':
		if !labelled {
			return "@" + word[1:]
		}
		if strings.HasPrefix(word, "!date") {
			return label
		}
		return "@" + strings.TrimPrefix(label, "@")
	}
	if !addressed(word) { // somebody's own angle brackets, in a text that was not escaped
		return "<" + inner + ">"
	}
	address := strings.TrimPrefix(word, "mailto:")
	if !labelled || strings.Contains(address, label) {
		return address
	}
	return label + " (" + address + ")"
}

func addressed(word string) bool {
	return strings.Contains(word, "://") || strings.HasPrefix(word, "mailto:") || strings.HasPrefix(word, "tel:")
}

func named(sigil, word, label string) string {
	if label == "" {
		return word
	}
	return sigil + label
}

func unescape(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// escape makes plain text safe in every text field of a message: & < > are
// all that Slack interprets.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// escapeWithin escapes as much of text as fits into limit characters; an
// ellipsis shows the cut, which never tears an escape apart.
func escapeWithin(text string, limit int) string {
	end, used := -1, 0 // end is where an ellipsis still fits
	for i, r := range text {
		n := escapedLength(r)
		if end < 0 && used+n >= limit {
			end = i
		}
		if used += n; used > limit {
			return escape(text[:end]) + "…"
		}
	}
	return escape(text)
}

// escapedLength is the length of a character once it is escaped.
func escapedLength(r rune) int {
	switch r {
	case '&':
		return len("&amp;")
	case '<', '>':
		return len("&lt;")
	default:
		return 1
	}
}
