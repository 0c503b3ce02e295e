package split

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// headingText strips closing marks, tags and emphasis from a heading, and its
// anchor.
func headingText(s string) (text, id string) {
	s, id = cutAnchor(strings.TrimSpace(s))
	if open := strings.TrimRight(s, "#"); open == "" || strings.HasSuffix(open, " ") { // not that of C#
		s = open
	}
	for {
		from := strings.IndexByte(s, '<')
		if from < 0 {
			break
		}
		to := strings.IndexByte(s[from:], '>')
		if to < 0 {
			break
		}
		s = s[:from] + s[from+to+1:]
	}
	s = strings.NewReplacer("**", "", "`", "", `\`, "").Replace(s)
	return strings.TrimSpace(s), id
}

// cutAnchor parts a heading from its anchor: "Fees {#fees}".
func cutAnchor(s string) (text, id string) {
	body, closed := strings.CutSuffix(s, "}")
	at := strings.LastIndex(body, "{#")
	if !closed || at < 0 || at+2 == len(body) || strings.ContainsFunc(body[at+2:], unicode.IsSpace) {
		return s, ""
	}
	return strings.TrimSpace(body[:at]), body[at+2:]
}

// address is that of a place in a document.
func address(doc knowledge.Document, line, page int, path []heading) string {
	if doc.URL == "" || strings.Contains(doc.URL, "#") {
		return doc.URL
	}
	fragment := ""
	switch doc.Anchor {
	case knowledge.AnchorLine:
		fragment = "L" + itoa(line)
	case knowledge.AnchorPage:
		if page > 0 {
			fragment = "page=" + itoa(page)
		}
	case knowledge.AnchorHeading:
		for _, h := range path { // the nearest that has one
			if h.id != "" {
				fragment = h.id
			}
		}
	case knowledge.AnchorNone:
	}
	return doc.URL + (&url.URL{Fragment: fragment}).String()
}

// Levels of numbered headings in text that marks none, below those of Markdown
// that pages of a PDF have by the size of their letters.
const (
	decimalLevel = 3 // and one more for each number after a dot
	listedLevel  = 5 // 一、
	bracketLevel = 6 // （一）
)

// maxNumbered is how long a numbered heading may be, in characters: a longer
// line is an item that says something.
const maxNumbered = 40

// leastNumbered is how many lines must look like numbered headings before any
// is taken for one.
const leastNumbered = 2

// numberedLevel is the level of a line that is a heading by its number: "1.2
// Opening hours", "第二章 费用", "一、总则", "（二）费用". 0 for any other: one number
// and a dot is as likely an item of a list.
func numberedLevel(trimmed string) int {
	if utf8.RuneCountInString(trimmed) > maxNumbered || sentenceLike(trimmed) {
		return 0
	}
	if level := statuteLevel(trimmed); level > 0 && level < articleLevel {
		return level
	}
	if depth, rest := decimals(trimmed); depth > 1 && strings.HasPrefix(rest, " ") && startsTitle(strings.TrimSpace(rest)) {
		return min(decimalLevel+depth-1, bracketLevel)
	}
	_, n := cut.Numeral(trimmed)
	if rest, ok := strings.CutPrefix(trimmed[n:], "、"); ok && n > 0 && startsTitle(rest) && !startsDigit(trimmed) {
		return listedLevel
	}
	if inner, ok := strings.CutPrefix(trimmed, "（"); ok && !startsDigit(inner) {
		_, n := cut.Numeral(inner)
		if rest, ok := strings.CutPrefix(inner[n:], "）"); ok && n > 0 && startsTitle(rest) {
			return bracketLevel
		}
	}
	return 0
}

// sentenceLike reports whether a line ends or goes on as a sentence does.
func sentenceLike(trimmed string) bool {
	last, _ := utf8.DecodeLastRuneInString(trimmed)
	return strings.ContainsRune("。；：，、！？.;:,!?…", last) || strings.ContainsAny(trimmed, "。；！")
}

// particular reports whether a heading is a question, or called by a code, a
// name from a program or a number that is not its place among others: E1001,
// HTTP 429, openBadge(), v2.1. People look for those by what they are called.
func particular(title string) bool {
	if strings.HasSuffix(title, "?") || strings.HasSuffix(title, "？") {
		return true
	}
	if depth, rest := decimals(title); depth > 0 {
		title = strings.TrimLeft(rest, ".)、 ")
	}
	for _, t := range cut.Terms(title) {
		if t.Kind == cut.Code || t.Kind == cut.Number || t.Kind == cut.Reference {
			return true
		}
	}
	return false
}

// decimals counts the numbers of "1.2.3" at the start of a line.
func decimals(s string) (depth int, rest string) {
	for {
		n := len(s) - len(strings.TrimLeft(s, "0123456789"))
		if n == 0 || n > 2 {
			return depth, s
		}
		depth++
		after, dot := strings.CutPrefix(s[n:], ".")
		if s = s[n:]; !dot || after == "" || after[0] < '0' || after[0] > '9' {
			return depth, s
		}
		s = after
	}
}

// startsTitle reports whether text begins as a title does: with a capital, or a
// letter of a script that has none.
func startsTitle(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(first) && !unicode.IsLower(first)
}

func startsDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// countNumbered counts the lines that stand alone and look like numbered
// headings.
func countNumbered(lines []row) int {
	r := reader{lines: lines}
	found := 0
	for r.at = 1; r.at <= len(lines); r.at++ {
		if r.alone() && numberedLevel(strings.TrimSpace(lines[r.at-1].text)) > 0 {
			found++
		}
	}
	return found
}
