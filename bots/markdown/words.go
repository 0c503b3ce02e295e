package markdown

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// words finds the end of the next piece of text, starting at offset from, that
// is not cut if there is any other way: a word with the space behind it, or a
// sentence in a script without spaces. behind says how good a cut is at its
// end. ok is false where it measures more than room.
func (s *splitter) words(text string, from, room int, code bool) (end int, behind Cut, ok bool) {
	size, sentence := 0, false
	for end = from; end < len(text); {
		r, n := utf8.DecodeRuneInString(text[end:])
		if size += s.measure(text[end : end+n]); size > room {
			return end, cutNone, false
		}
		end += n
		sentence = endsSentence(r) || sentence && (closes(r) || unicode.IsSpace(r))
		if c := cutBehind(r, text[end:], sentence && !code); c < cutNone {
			return end, c, true
		}
	}
	return end, cutNone, true
}

// cutBehind says how good a cut is between r and rest. sentence is true where a
// sentence has ended before.
func cutBehind(r rune, rest string, sentence bool) Cut {
	next, _ := utf8.DecodeRuneInString(rest)
	switch {
	case rest != "" && (unicode.IsSpace(next) || closes(next)):
		return cutNone // further on
	case unicode.IsSpace(r) && rest != "" && strings.ContainsRune("#>-+*=", next):
		return cutNone // it would be a heading or a bullet in a new part
	case sentence && (unicode.IsSpace(r) || !strings.ContainsRune(".!?;", r)):
		return CutSentence
	case unicode.IsSpace(r):
		return CutSpace
	}
	return cutNone
}

// endsSentence reports whether r can end a sentence: the full-width signs by
// themselves, the ASCII ones with a space behind them.
func endsSentence(r rune) bool { return strings.ContainsRune("。！？；….!?;", r) }

// closes reports whether r belongs to what stands before it, so that no line
// starts with it.
func closes(r rune) bool {
	return strings.ContainsRune("。！？；，、：…”’」』）】》〉\"')]}.,;:!?", r)
}

// escapeStart moves a hard cut in rendered text before an escape that it would
// tear apart: a backslash and its character, or a reference such as &amp;.
func escapeStart(s string, end int) int {
	if end >= len(s) {
		return end
	}
	slashes := 0
	for slashes < end && s[end-1-slashes] == '\\' {
		slashes++
	}
	if slashes%2 == 1 {
		return end - 1
	}
	const longest = len("&#65535;")
	from := max(0, end-longest)
	i := strings.LastIndexByte(s[from:end], '&')
	if i < 0 || strings.IndexByte(s[from+i:end], ';') >= 0 {
		return end
	}
	if semi := strings.IndexByte(s[end:min(len(s), end+longest)], ';'); semi >= 0 {
		return from + i
	}
	return end
}

// firstCluster returns the first grapheme cluster of s, within bounds.
func firstCluster(s string) string {
	cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s[:min(len(s), maxCluster)], -1)
	return cluster
}
