// Package talk makes documents of what people say in a chat channel: of a
// thread, and of what was said in a row outside of threads.
package talk

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
)

// Message is one thing that somebody said, in plain text.
type Message struct {
	ID     string // of its platform
	At     time.Time
	Author string
	To     string // whom it replies to; may be empty
	Text   string
}

// Where talk outside of threads is parted. A pause of some hours ends a subject
// nearly always; after many messages a short one does. No window goes on over
// midnight (UTC): so that the same messages make the same windows, however far
// back the history was read.
const (
	longPause  = 2 * time.Hour
	shortPause = 10 * time.Minute
	many       = 40
	most       = 200
)

// Windows parts messages, oldest first, into what was said in a row.
func Windows(messages []Message) [][]Message {
	var out [][]Message
	start := 0
	for i := 1; i <= len(messages); i++ {
		if i == len(messages) || ends(messages[i-1], messages[i], i-start) {
			out = append(out, messages[start:i])
			start = i
		}
	}
	return out
}

// ends reports whether a window of n messages ends between two.
func ends(last, next Message, n int) bool {
	pause := next.At.Sub(last.At)
	return pause >= longPause || n >= many && pause >= shortPause || n >= most || Day(last.At) != Day(next.At)
}

// Day is the day of a time, in UTC: 2024-05-01.
func Day(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// Document returns what was said as a document: title, text and time are set.
// Messages are the oldest first; there must be one at least.
func Document(channel string, messages []Message) knowledge.Document {
	title, about := "#"+Name(channel)+" "+Day(messages[0].At), ""
	var text strings.Builder
	for i, m := range messages {
		said := Clean(m.Text)
		if said == "" {
			continue
		}
		if text.Len() == 0 {
			about = ": " + opening(said)
		}
		switch {
		case i > 0 && text.Len() > 0 && messages[i-1].Author == m.Author && m.To == "":
			text.WriteString("\n" + said)
			continue
		case text.Len() > 0:
			text.WriteString("\n\n")
		}
		text.WriteString(Name(m.Author))
		if m.To != "" {
			text.WriteString(" (to " + Name(m.To) + ")")
		}
		text.WriteString(": " + said)
	}
	return knowledge.Document{
		Title: title + about, Text: text.String(), UpdatedAt: messages[len(messages)-1].At,
		Metadata: map[string]string{"channel": channel},
	}
}

// maxWords bounds what of a message stands in a title, in characters.
const maxWords = 60

// opening is the first words of a text.
func opening(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	line = strings.Join(strings.Fields(line), " ")
	if utf8.RuneCountInString(line) <= maxWords {
		return line
	}
	cut := string([]rune(line)[:maxWords])
	if space := strings.LastIndexByte(cut, ' '); space > maxWords/2 {
		cut = cut[:space]
	}
	return strings.TrimRight(cut, " ,;:，；：、") + " …"
}

// maxPerson bounds a name, in characters.
const maxPerson = 80

// Name is what a person is called, on one line and without what would look like
// another one's turn.
func Name(name string) string {
	name = strings.Join(strings.Fields(strings.ReplaceAll(Clean(name), ":", " ")), " ")
	if name == "" {
		return "Somebody"
	}
	if utf8.RuneCountInString(name) > maxPerson {
		name = string([]rune(name)[:maxPerson])
	}
	return name
}

// Clean is a text without control characters: a form feed would part pages. An
// empty line parts what people say, so there is none in it.
func Clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\u2028', r == '\u2029', r == '\f', r == '\v':
			return '\n'
		case unicode.IsControl(r), r == utf8.RuneError:
			return -1
		}
		return r
	}, strings.ReplaceAll(text, "\r\n", "\n"))
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, " \t\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
