package answer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// units cuts a stream of Markdown into the pieces that are checked one by one: a
// sentence with its citation marks, a line, or a whole code fence. All units
// put together are the text that was fed, byte for byte.
type units struct {
	rest  string // not yet a whole unit
	fence string // the marker of an open code fence, "" outside
}

// longestUnit bounds a sentence, in bytes: what is longer is no prose, and is
// checked piece by piece.
const longestUnit = 4096

// feed adds text and returns the units that are now whole.
func (u *units) feed(text string) []string {
	u.rest += text
	var whole []string
	for {
		n := u.next()
		if n == 0 {
			return whole
		}
		whole = append(whole, u.rest[:n])
		u.rest = u.rest[n:]
	}
}

// end returns what is left as the last unit.
func (u *units) end() []string {
	if u.rest == "" {
		return nil
	}
	last := u.rest
	u.rest, u.fence = "", ""
	return []string{last}
}

// next returns the length of the first whole unit of rest, or 0.
func (u *units) next() int {
	line, _, whole := strings.Cut(u.rest, "\n")
	if marker := fenceOf(line); marker != "" {
		return u.fenced(marker)
	}
	if n := sentence(line); n > 0 {
		return n
	}
	if whole {
		return len(line) + 1
	}
	if len(line) > longestUnit {
		return runeStart(line, longestUnit)
	}
	return 0
}

// runeStart returns the last position up to n at which a character begins.
func runeStart(s string, n int) int {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// fenced returns the length of the code fence that rest begins with, up to and
// including its closing line, or 0 while that has not come.
func (u *units) fenced(marker string) int {
	at := strings.IndexByte(u.rest, '\n')
	for at >= 0 {
		start := at + 1
		end := strings.IndexByte(u.rest[start:], '\n')
		if end < 0 {
			return 0
		}
		if strings.TrimSpace(u.rest[start:start+end]) == marker {
			return start + end + 1
		}
		at = start + end
	}
	return 0
}

// fenceOf returns the marker that a line opens a code fence with, or "".
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " ")
	for _, c := range []string{"`", "~"} {
		if n := len(line) - len(strings.TrimLeft(line, c)); n >= 3 {
			return strings.Repeat(c, n)
		}
	}
	return ""
}

// sentence returns the length of the first whole sentence of a line, with its
// citation marks and the spaces behind it, or 0 where none is known to be whole:
// what comes next may still be a mark that belongs to it.
func sentence(line string) int {
	for i, r := range line {
		if !ends(line, i, r) {
			continue
		}
		n := i + utf8.RuneLen(r)
		n += closing(line[n:])
		marks, open := citations(line[n:])
		n += marks
		if open || n == len(line) || !utf8.FullRuneInString(line[n:]) {
			return 0
		}
		return n
	}
	return 0
}

// ends tells whether the character r at i ends a sentence.
func ends(line string, i int, r rune) bool {
	switch r {
	case '。', '！', '？', '；':
		return true
	case '!', '?':
		return followedBySpace(line, i)
	case '.':
		return followedBySpace(line, i) && !abbreviates(line[:i])
	default:
		return false
	}
}

// followedBySpace tells whether a space or a citation mark follows position i.
func followedBySpace(line string, i int) bool {
	rest := strings.TrimLeft(line[i+1:], "\"'”’)）*_")
	next, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsSpace(next) || (len(rest) > 1 && rest[0] == '[' && rest[1] >= '0' && rest[1] <= '9')
}

// abbreviates tells whether a full stop after head is no sentence's end: a
// list number, an initial or an abbreviation before a number.
func abbreviates(head string) bool {
	word := strings.ToLower(head[strings.LastIndexAny(head, " (")+1:])
	switch word {
	case "art", "arts", "no", "nos", "para", "sec", "fig", "vol", "e.g", "i.e", "etc", "vs", "cf", "mr", "mrs", "ms", "dr", "inc", "ltd", "co":
		return true
	}
	if len(word) == 1 && word >= "a" && word <= "z" {
		return true
	}
	trimmed := strings.TrimSpace(head)
	return trimmed != "" && strings.Trim(trimmed, "0123456789") == ""
}

// closing returns the length of the closing quotes and brackets at s's start.
func closing(s string) int {
	return len(s) - len(strings.TrimLeft(s, "\"'”’」』)）*_"))
}

// citations returns the length of the citation marks at the start of s with the
// spaces around them, and whether another one may be under way at its end.
func citations(s string) (length int, open bool) {
	for {
		spaces := len(s[length:]) - len(strings.TrimLeft(s[length:], " \t"))
		rest := s[length+spaces:]
		if rest == "" {
			return length + spaces, false
		}
		if rest[0] != '[' {
			return length + spaces, false
		}
		end := strings.IndexByte(rest, ']')
		if end < 0 {
			return length, len(rest) < len("[12, 13]")
		}
		if strings.Trim(rest[1:end], "0123456789, ") != "" {
			return length + spaces, false
		}
		length += spaces + end + 1
	}
}
