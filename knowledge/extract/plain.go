package extract

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// plain strips Markdown and HTML from a sentence: what a reader of the rendered
// text sees, on one line. Words are never changed, and what is code stays as it
// is.
func plain(text string) string {
	text = strings.TrimLeft(text[marker(text):], "> ")
	if title := strings.TrimLeft(text, "#"); title != text {
		text = strings.TrimSpace(title)
		if bare := strings.TrimRight(text, "#"); strings.HasSuffix(bare, " ") { // ## Title ##
			text = bare
		}
	}
	for _, box := range [...]string{"[ ] ", "[x] ", "[X] "} { // of a list of tasks
		text = strings.TrimPrefix(text, box)
	}
	return oneLine(inline(text))
}

// inline strips the markup within a line.
func inline(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		n, out := markup(text, i)
		if n == 0 {
			_, n = utf8.DecodeRuneInString(text[i:])
			out = text[i : i+n]
		}
		b.WriteString(out)
		i += n
	}
	return b.String()
}

// markup says how many bytes at text[i] are markup, and what they show.
func markup(text string, i int) (n int, shows string) {
	rest := text[i:]
	switch rest[0] {
	case '\\':
		if len(rest) > 1 && unicode.IsPunct(rune(rest[1])) {
			return 2, rest[1:2]
		}
	case '`':
		return literal(rest)
	case '*', '~':
		run := len(rest) - len(strings.TrimLeft(rest, rest[:1]))
		if run > 1 && (rest[0] == '*' || run == 2) || rest[0] == '*' && emphasis(text, i) {
			return run, ""
		}
	case '_':
		return underlined(text, i)
	case '!', '[', '<':
		return whole(text, i)
	case '&':
		return entity(rest)
	}
	return 0, ""
}

// whole is markup for what a sentence's end does not stand in: links, images,
// code and tags.
func whole(text string, i int) (n int, shows string) {
	rest := text[i:]
	switch rest[0] {
	case '`':
		return literal(rest)
	case '<':
		return angle(rest)
	case '[':
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		return bracket(rest, before)
	case '!':
		if strings.HasPrefix(rest, "![") {
			if n, _ = bracket(rest[1:], '!'); n > 0 {
				return n + 1, "" // an image
			}
		}
	}
	return 0, ""
}

// sentenceEnd is cut.SentenceEnd for text with markup: a mark within the address
// of a link, within code or a tag ends nothing, and a link stays in one piece.
func sentenceEnd(text string) int {
	end := cut.SentenceEnd(text)
	for i := 0; i < end && end < len(text); {
		n, shows := whole(text, i)
		i += max(n, 1)
		if i <= end {
			continue
		}
		last := ""
		if text[i-1] == ')' || text[i-1] == ']' { // a link may end with the sentence
			_, size := utf8.DecodeLastRuneInString(shows)
			last = shows[len(shows)-size:]
		}
		end = i + max(0, cut.SentenceEnd(last+text[i:])-len(last))
	}
	return end
}

// literal reads `code`: what stands there is shown as it is. The marks of code that
// a sentence has only a part of are left out.
func literal(rest string) (n int, shows string) {
	run := len(rest) - len(strings.TrimLeft(rest, "`"))
	for at := run; at < len(rest); {
		next := strings.IndexByte(rest[at:], '`')
		if next < 0 {
			break
		}
		from := at + next
		at = from + len(rest[from:]) - len(strings.TrimLeft(rest[from:], "`"))
		if at-from == run {
			return at, strings.TrimSpace(rest[run:from])
		}
	}
	return run, ""
}

// emphasis reports whether a lone star opens or closes emphasis: it touches a
// word on one side only. 2 * 3 and 2*3 keep theirs.
func emphasis(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+1:])
	word := func(r rune) bool { return r != utf8.RuneError && !unicode.IsSpace(r) }
	return word(before) != word(after)
}

// underlined reads _words_ and __words__. Names keep theirs: snake_case, and
// __init__ too, since no program's name has a space.
func underlined(text string, i int) (n int, shows string) {
	rest := strings.TrimLeft(text[i:], "_")
	run := len(text) - i - len(rest)
	end := strings.Index(rest, text[i:i+run])
	if run > 2 || end < 1 || wordy(utf8.DecodeLastRuneInString(text[:i])) {
		return 0, ""
	}
	inner, after := rest[:end], rest[end+run:]
	named := run == 2 && !strings.Contains(inner, " ") && inner[len(inner)-1] < utf8.RuneSelf
	if named || inner != strings.TrimSpace(inner) || strings.HasPrefix(after, "_") || wordy(utf8.DecodeRuneInString(after)) {
		return 0, ""
	}
	return end + 2*run, inline(inner)
}

func wordy(r rune, _ int) bool {
	return r < 0x2E80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// maxEntity is longer than every name of a character that is in use, in bytes.
const maxEntity = 12

// entity reads the name of a character, as in R&amp;D.
func entity(rest string) (n int, shows string) {
	end := strings.IndexByte(rest[:min(len(rest), maxEntity)], ';')
	if end < 0 {
		return 0, ""
	}
	if shows = html.UnescapeString(rest[:end+1]); shows == rest[:end+1] {
		return 0, ""
	}
	return end + 1, shows
}

// oneLine joins lines: with a space between words, with none inside Chinese.
func oneLine(text string) string {
	var b strings.Builder
	space := false
	var last rune
	for _, r := range text {
		if unicode.IsSpace(r) || r < ' ' {
			space = true
			continue
		}
		if space && b.Len() > 0 && (last < 0x2E80 || r < 0x2E80) {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
		last = r
	}
	return b.String()
}
