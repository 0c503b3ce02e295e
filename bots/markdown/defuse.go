package markdown

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// zeroWidth is a zero-width space. It breaks up what a platform would take for
// a mention or an address, and a reader does not see it.
const zeroWidth = "\u200b"

// Defuse breaks up everything in plain text that a platform could take for a
// mention or an address: @everyone, @name, <!channel>, <@U1>, <@&1>, <#C1>,
// </command:1>, http://. Full-width and small forms of @ and < count as such,
// because some clients fold them. The text still reads the same. It is the
// second line of defence: a platform's own escapes and settings come first.
func Defuse(s string) string {
	if !strings.ContainsAny(s, "@<＠﹫＜﹤:") {
		return s
	}
	var b strings.Builder
	previous := rune(0)
	for i, r := range s {
		b.WriteRune(r)
		rest := s[i+utf8.RuneLen(r):]
		switch r {
		case '@', '＠', '﹫':
			if mentions(previous, rest) {
				b.WriteString(zeroWidth)
			}
		case '<', '＜', '﹤':
			if rest != "" && strings.ContainsAny(rest[:1], "@!#&:/atiT") {
				b.WriteString(zeroWidth)
			}
		case ':':
			if strings.HasPrefix(rest, "//") && schemeBefore(s[:i]) > 0 {
				b.WriteString(zeroWidth)
			}
		}
		previous = r
	}
	return b.String()
}

// mentions reports whether an @ between previous and rest could address
// somebody. In an e-mail address it does not, unless it addresses everybody:
// Discord hears "a@everyone".
func mentions(previous rune, rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_!&<", r) {
		return false
	}
	if !unicode.IsLetter(previous) && !unicode.IsDigit(previous) {
		return true
	}
	return startsWith(rest, "everyone", "here", "channel")
}

// DefuseCode breaks up only what pings on some platform: @everyone, @here,
// @channel, <!channel>, <!subteam^S1>, <@U1>, <#C1>. Code is there to be copied,
// so the rest of it (@Override, <!DOCTYPE>, addresses) stays as it is.
func DefuseCode(s string) string {
	if !strings.ContainsAny(s, "@<") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		if pings(s[i], s[i+1:]) || s[i] == '@' && i > 0 && s[i-1] == '<' {
			b.WriteString(zeroWidth)
		}
	}
	return b.String()
}

// pings reports whether c and rest are the start of a ping.
func pings(c byte, rest string) bool {
	switch c {
	case '@':
		return startsWith(rest, "everyone", "here", "channel")
	case '<':
		return startsWith(rest, "@", "#", "!channel", "!here", "!everyone", "!subteam")
	}
	return false
}

// startsWith reports whether s starts with one of words, in any case.
func startsWith(s string, words ...string) bool {
	for _, w := range words {
		if len(s) >= len(w) && strings.EqualFold(s[:len(w)], w) {
			return true
		}
	}
	return false
}
