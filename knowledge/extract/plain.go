package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain strips Markdown and HTML from a sentence: what a reader of the rendered
// text sees, on one line. Words are never changed.
func plain(text string) string {
	text = text[marker(text):]
	text = strings.TrimLeft(text, "#> ")
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
	return oneLine(b.String())
}

// markup says how many bytes at text[i] are markup, and what they show.
func markup(text string, i int) (n int, shows string) {
	rest := text[i:]
	switch rest[0] {
	case '\\':
		if len(rest) > 1 && unicode.IsPunct(rune(rest[1])) {
			return 2, rest[1:2]
		}
	case '*', '`':
		run := len(rest) - len(strings.TrimLeft(rest, rest[:1]))
		if run > 1 || rest[0] == '`' || emphasis(text, i) {
			return run, ""
		}
	case '!':
		if strings.HasPrefix(rest, "![") {
			n, _ = link(rest[1:])
			if n > 0 {
				return n + 1, ""
			}
		}
	case '[':
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		if n, shows = reference(rest); n > 0 && !unicode.IsLetter(before) && !unicode.IsDigit(before) {
			return n, shows
		}
		return link(rest)
	case '<':
		return angle(rest)
	}
	return 0, ""
}

// angle reads a tag, and an address that stands between angle brackets.
func angle(rest string) (n int, shows string) {
	end := strings.IndexByte(rest, '>')
	if end < 2 || !tag(rest[1]) {
		return 0, ""
	}
	inner := rest[1:end]
	switch {
	case strings.TrimRight(strings.ToLower(inner), " /") == "br":
		return end + 1, " "
	case !strings.ContainsAny(inner, " \n=") && (strings.Contains(inner, "://") || strings.Contains(inner, "@")):
		return end + 1, inner
	default:
		return end + 1, ""
	}
}

// emphasis reports whether a lone star opens or closes emphasis: it touches a
// word on one side only. 2 * 3 and 2*3 keep theirs.
func emphasis(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+1:])
	word := func(r rune) bool { return r != utf8.RuneError && !unicode.IsSpace(r) }
	return word(before) != word(after)
}

// link reads [text](address) and citation marks.
func link(rest string) (n int, shows string) {
	end := closing(rest, '[', ']')
	if end < 1 {
		return 0, ""
	}
	if after := rest[end+1:]; strings.HasPrefix(after, "(") {
		if to := closing(after, '(', ')'); to > 0 {
			return end + to + 2, plain(rest[1:end])
		}
	}
	if strings.Trim(rest[1:end], "0123456789, ") == "" {
		return end + 1, "" // a citation of the document's own
	}
	return 0, ""
}

// reference reads [text][name], a link whose address stands elsewhere.
func reference(rest string) (n int, shows string) {
	end := closing(rest, '[', ']')
	if end < 2 || !strings.HasPrefix(rest[end+1:], "[") || strings.Trim(rest[1:end], "0123456789, ") == "" {
		return 0, ""
	}
	to := strings.IndexByte(rest[end+2:], ']')
	if to < 0 || strings.ContainsAny(rest[end+2:end+2+to], "[\n") {
		return 0, ""
	}
	return end + to + 3, plain(rest[1:end])
}

// maxLink bounds how far the end of a link is looked for, in bytes: an address
// may be 2 KB long.
const maxLink = 4096

// closing is where the bracket closes that text begins with, -1 where it does
// not.
func closing(text string, open, end byte) int {
	depth := 0
	for i := range min(len(text), maxLink) {
		switch text[i] {
		case open:
			depth++
		case end:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func tag(c byte) bool { return c == '/' || c == '!' || c|0x20 >= 'a' && c|0x20 <= 'z' }

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
