package markdown

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Style is how one platform writes what a Doc holds. Embed CommonMark and
// override what differs. All strings that come in are untrusted text; all that
// go out are in the platform's form.
type Style interface {
	// Text escapes plain text, so that none of it is markup, mention or link.
	Text(s string) string
	// CodeSpan writes inline code.
	CodeSpan(s string) string
	// Link writes a link. text is written already; equal to Text(url) where
	// the link shows its address.
	Link(text, url string) string
	// Cite writes a citation mark.
	Cite(n int) string
	// Mark returns what stands around marked text.
	Mark(m Mark) Wrap
	// Heading returns what stands around a heading of level 1 to 6.
	Heading(level int) Wrap
	// Bullet returns the mark of a list item, with a space behind it. depth is
	// 0 in the outermost list; number is 0 in an unordered one.
	Bullet(depth, number int) string
	// Quote returns the prefix of a quoted line.
	Quote() string
	// Fence returns the lines around a code block; info is one short word.
	Fence(info string) Wrap
	// FenceLine writes one line of a code block.
	FenceLine(s string) string
	// Rule writes a thematic break.
	Rule() string
	// Tables says how tables are shown.
	Tables() TableForm
}

// TableForm is a way to show a table.
type TableForm int

// The ways.
const (
	TablePipes TableForm = iota // as Markdown, for a platform that knows tables
	TableText                   // as an aligned code block, or as cards where too wide
)

// CommonMark is the Style that writes Markdown with GitHub's tables and
// strikethrough: what comes out parses to the same Doc again.
type CommonMark struct{}

// Text implements Style.
func (CommonMark) Text(s string) string { return EscapeMarkdown(Defuse(s)) }

// CodeSpan implements Style; see DefuseCode.
func (CommonMark) CodeSpan(s string) string {
	s = DefuseCode(s)
	ticks := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || len(ticks) > 1 {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// Link implements Style.
func (c CommonMark) Link(text, url string) string {
	if text == c.Text(url) {
		return "<" + url + ">"
	}
	return "[" + text + "](" + url + ")"
}

// Cite implements Style.
func (CommonMark) Cite(n int) string { return "[" + strconv.Itoa(n) + "]" }

// Mark implements Style.
func (CommonMark) Mark(m Mark) Wrap {
	switch m {
	case Strong:
		return Wrap{"**", "**"}
	case Emphasis:
		return Wrap{"*", "*"}
	default:
		return Wrap{"~~", "~~"}
	}
}

// Heading implements Style.
func (CommonMark) Heading(level int) Wrap { return Wrap{Open: strings.Repeat("#", level) + " "} }

// Bullet implements Style.
func (CommonMark) Bullet(_, number int) string {
	if number > 0 {
		return strconv.Itoa(number) + ". "
	}
	return "- "
}

// Quote implements Style.
func (CommonMark) Quote() string { return "> " }

// Fence implements Style.
func (CommonMark) Fence(info string) Wrap { return Wrap{"```" + info, "```"} }

// FenceLine implements Style. A run of backticks that could end the block is
// broken up with zero-width spaces, and so is what pings.
func (CommonMark) FenceLine(s string) string {
	return strings.ReplaceAll(DefuseCode(s), "```", "`"+zeroWidth+"`"+zeroWidth+"`")
}

// Rule implements Style.
func (CommonMark) Rule() string { return "---" }

// Tables implements Style.
func (CommonMark) Tables() TableForm { return TablePipes }

// EscapeMarkdown puts a backslash before everything in s that CommonMark,
// GitHub's tables or Discord could take for markup.
func EscapeMarkdown(s string) string {
	if !strings.ContainsAny(s, "\\`*_~[]<>|&#+-.)=") {
		return s
	}
	var b strings.Builder
	previous := ' '
	for i, r := range s {
		if special(previous, r, s[i+utf8.RuneLen(r):]) || i == startMark(s) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		previous = r
	}
	return b.String()
}

// special reports whether r is markup where it stands. An underscore inside a
// word is not, which keeps snake_case readable where escapes are shown.
func special(previous, r rune, rest string) bool {
	switch r {
	case '\\', '`', '*', '~', '[', ']', '<', '|':
		return true
	case '_':
		next, _ := utf8.DecodeRuneInString(rest)
		return !isWord(previous) || !isWord(next)
	case '&':
		return rest != "" && (rest[0] == '#' || isWord(rune(rest[0])))
	}
	return false
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// startMark returns the offset of the character that would make a line that
// starts with s a heading, quote, list item or underline, or -1.
func startMark(s string) int {
	digits := 0
	for digits < len(s) && digits < 10 && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits == len(s) {
		return -1
	}
	switch s[digits] {
	case '#', '+', '-', '>', '=':
		if digits == 0 {
			return 0
		}
	case '.', ')':
		if digits > 0 {
			return digits
		}
	}
	return -1
}

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		run++
		if s[i] != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
