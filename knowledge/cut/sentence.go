package cut

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// SentenceEnd returns where the first sentence of text ends, in bytes, with the
// quotes, brackets and citation marks ([1]) that close it. It is len(text) when
// text holds one sentence or less. Line breaks are not looked at.
func SentenceEnd(text string) int {
	for i, r := range text {
		var after int
		switch r {
		case '。', '！', '？', '…':
			after = i + utf8.RuneLen(r)
		case '!', '?', '.':
			if !endsLatin(text, i) {
				continue
			}
			after = i + 1
		default:
			continue
		}
		return after + closing(text[after:])
	}
	return len(text)
}

// closing is the length of the end marks, quotes, brackets and citation marks
// at the start of text.
func closing(text string) int {
	n := 0
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		switch {
		case strings.ContainsRune("。！？…!?.”’」』）)》\"'*_`", r):
			n += size
		case citation(text[n:]) > 0:
			n += citation(text[n:])
		default:
			return n
		}
	}
	return n
}

// citation is the length of a mark such as [1] or [2, 3] at the start of text,
// a space before it included.
func citation(text string) int {
	rest := strings.TrimPrefix(text, " ")
	if !strings.HasPrefix(rest, "[") {
		return 0
	}
	end := strings.IndexByte(rest, ']')
	if end < 2 || end > 12 || strings.Trim(rest[1:end], "0123456789, ") != "" || strings.HasPrefix(rest[end+1:], "(") {
		return 0
	}
	return len(text) - len(rest) + end + 1
}

// endsLatin reports whether the mark at text[i] ends a sentence: white space, a
// closing mark or Chinese text follows it, and no abbreviation or list number
// stands before it.
func endsLatin(text string, i int) bool {
	rest := text[i+1:]
	rest = rest[closing(rest):]
	next, _ := utf8.DecodeRuneInString(rest)
	if rest != "" && !unicode.IsSpace(next) && !Han(next) {
		return false
	}
	if text[i] != '.' {
		return true
	}
	head := text[:i]
	word := head[strings.LastIndexFunc(head, func(r rune) bool { return unicode.IsSpace(r) || r == '(' || Han(r) })+1:]
	if strings.Trim(word, "0123456789") == "" && strings.TrimSpace(head) == word {
		return false // the number of a list item, or nothing
	}
	return !abbreviation(word, strings.TrimLeft(rest, " "))
}

// abbreviation reports whether a dot after word belongs to it. "etc." and the
// like end a sentence when a capital follows.
func abbreviation(word, rest string) bool {
	switch strings.ToLower(word) {
	case "e.g", "i.e", "mr", "mrs", "ms", "dr", "prof", "vs", "cf", "art", "arts", "sec", "no", "nos", "fig", "eq", "approx", "para", "paras", "pp", "vol":
		return word != "no" && word != "No" || rest != "" && rest[0] >= '0' && rest[0] <= '9'
	case "etc", "inc", "ltd", "co", "corp", "u.s", "u.k", "a.m", "p.m":
		next, _ := utf8.DecodeRuneInString(rest)
		return rest != "" && !unicode.IsUpper(next)
	}
	r, size := utf8.DecodeRuneInString(word)
	return size == len(word) && unicode.IsUpper(r) // an initial
}
