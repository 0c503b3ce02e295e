package markdown

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns s as valid UTF-8 in which nothing is left that acts on a
// terminal or hides from a reader: terminal escapes, control characters,
// direction overrides and invisible characters are removed, every kind of line
// break becomes \n. Tabs stay.
func Clean(s string) string {
	if plainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	s = strings.ToValidUTF8(s, "�")
	for previous := rune(0); s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == 0x1b || r == 0x9b:
			size = escapeLength(s)
		case r == '\r' && strings.HasPrefix(s, "\r\n"):
			// the \n that follows is written
		case isLineBreak(r):
			b.WriteByte('\n')
		case !hidden(r, previous):
			b.WriteRune(r)
			previous = r
		}
		s = s[size:]
	}
	return b.String()
}

// OneLine returns s cleaned, as one line without space at its ends and at most
// limit characters long (an ellipsis shows the cut). It is for titles, names
// and other single untrusted strings.
func OneLine(s string, limit int) string {
	s = strings.Join(strings.Fields(Clean(s)), " ")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	end := prefix(s, limit-1, Runes)
	return strings.TrimRight(s[:graphemeStart(s, end)], " ") + "…"
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func isLineBreak(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// hidden reports whether r shows nothing by itself. Joiners stay because emoji
// and several scripts need them, and so do tag characters behind the flag that
// they belong to.
func hidden(r, previous rune) bool {
	switch {
	case r == '\t':
		return false
	case r >= 0xe0020 && r <= 0xe007f:
		return previous != 0x1f3f4 && (previous < 0xe0020 || previous > 0xe007f)
	case r == 0x200c || r == 0x200d:
		return false
	case r == 0xad || r == 0x034f || r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r)
}

// escapeLength returns the length of the terminal escape at the start of s
// (ECMA-48: CSI sequences, and strings ended by BEL or ST).
func escapeLength(s string) int {
	_, intro := utf8.DecodeRuneInString(s)
	kind, i := byte('['), intro
	if s[0] == 0x1b {
		if len(s) < 2 {
			return 1
		}
		kind, i = s[1], 2
	}
	switch kind {
	case '[':
		for i < len(s) && s[i] >= 0x20 && s[i] <= 0x3f {
			i++
		}
		if i < len(s) && s[i] >= 0x40 && s[i] <= 0x7e {
			i++
		}
		return i
	case ']', 'P', 'X', '^', '_':
		return stringEscapeLength(s, intro)
	}
	return intro // the rest is harmless without the escape character
}

// stringEscapeLength ends at BEL or ST, and gives up at a line break or the next
// escape, so that an unclosed one does not swallow a whole text.
func stringEscapeLength(s string, intro int) int {
	for i := intro + 1; i < len(s); i++ {
		switch {
		case s[i] == 0x07:
			return i + 1
		case s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\':
			return i + 2
		case s[i] == 0x1b || s[i] == '\n':
			return intro
		}
	}
	return intro
}
