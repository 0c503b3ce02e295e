package answer

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/tribunebot/tribune/knowledge"
)

// foreign knows what the passages and the conversation say by name, to find
// addresses and names in an answer that come from nowhere: an address that no
// document has leads readers astray, and a name that none has is made up.
type foreign struct {
	addresses *regexp.Regexp
	capitals  *regexp.Regexp
	known     string // lower-case: all passages and all that people said
	chinese   chineseNames
	// translated says that no passage is in the answer's language: titles of
	// laws are then translated, and stand nowhere.
	translated bool
	titles     *regexp.Regexp
}

func newForeign(passages []knowledge.Passage, said string, translated bool) foreign {
	var b strings.Builder
	b.WriteString(said)
	for _, p := range passages {
		b.WriteString("\n" + p.Title + "\n" + p.Section + "\n" + p.Text + "\n" + p.URL)
	}
	known := strings.ToLower(b.String())
	return foreign{
		chinese:    newChineseNames(passages, known),
		translated: translated,
		titles:     regexp.MustCompile(`(?:\p{Lu}[\p{L}'’-]+\s+(?:(?:of|on|for|and|the|to)\s+)*)*(?:Law|Laws|Act|Code|Regulations?|Provisions|Measures|Rules|Interpretation|Constitution|Articles?|Sections?|Items?|Chapters?)\b`),
		// With a scheme, a mail address, or a host name with a dot in it.
		addresses: regexp.MustCompile(`(?i)(?:https?|ftp|file|data|javascript|mailto):[^\s)>\]，。；、*]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b(?:/[^\s)>\]，。；、*]*)?`),
		capitals:  regexp.MustCompile(`\p{Lu}[\p{Ll}\p{Lu}'’-]{2,}`),
		known:     known,
	}
}

// address tells whether an address stands nowhere in the passages.
func (f foreign) address(text string) bool {
	text = strings.TrimRight(strings.ToLower(strings.Trim(text, "<> ")), ".,;:!?*_/'\"")
	return text != "" && !strings.Contains(f.known, text)
}

// names tells whether a unit has an address or a name that comes from nowhere.
// The first word of a sentence is capital without being a name, and headings
// may capitalise every word.
func (f foreign) names(unit string) bool {
	if slices.ContainsFunc(f.addresses.FindAllString(unit, -1), f.address) {
		return true
	}
	switch {
	case f.translated:
		unit = f.titles.ReplaceAllString(unit, "")
	case f.chinese.strange(unit):
		return true
	}
	text := strings.TrimLeft(unit, " \t\n#*_->|0123456789.)\"'“‘(")
	for _, at := range f.capitals.FindAllStringIndex(text, -1) {
		if at[0] > 0 && !begins(text[:at[0]]) && !calendar(text[at[0]:at[1]]) && !strings.Contains(f.known, strings.ToLower(text[at[0]:at[1]])) {
			return !strings.HasPrefix(strings.TrimSpace(unit), "#")
		}
	}
	return false
}

// calendar tells whether a word is a month or a day of the week: those are
// checked as the figures that they are, in whatever language.
func calendar(word string) bool {
	switch strings.TrimSuffix(word, "s") {
	case "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
		"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday":
		return true
	}
	return false
}

// begins tells whether a sentence, a cell or an emphasised phrase begins after
// head, where English capitalises ordinary words.
func begins(head string) bool {
	head = strings.TrimRightFunc(head, unicode.IsSpace)
	return head == "" || strings.ContainsAny(head[len(head)-1:], ".:;!?|*_(\"\n-") || strings.HasSuffix(head, "”") || strings.HasSuffix(head, "“")
}
