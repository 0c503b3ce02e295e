package answer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
)

// foreign knows what the passages and the conversation say by name, to find
// addresses and names in an answer that come from nowhere: an address that no
// document has leads readers astray, and a name that none has is made up.
type foreign struct {
	known   string // lower-case: all passages and all that people said
	chinese chineseNames
	// translated says that no passage is in the answer's language: titles of
	// laws are then translated, and stand nowhere.
	translated bool
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
		known:      known,
	}
}

// address tells whether an address stands nowhere in the passages.
func (f foreign) address(text string) bool {
	text = strings.TrimRight(strings.ToLower(strings.Trim(text, "<> ")), ".,;:!?*_/'\"")
	return text != "" && !stands(f.known, text)
}

// names tells whether a unit has an address or a name that comes from nowhere.
// The first word of a sentence is capital without being a name, and headings
// may capitalise every word.
func (f foreign) names(unit string) bool {
	if slices.ContainsFunc(patterns().addresses.FindAllString(unit, -1), f.address) {
		return true
	}
	switch {
	case f.translated && f.chinese.untranslated(unit):
		return true
	case f.translated:
		unit = patterns().laws.ReplaceAllString(unit, "")
	case f.chinese.strange(unit):
		return true
	}
	text := strings.TrimLeft(unit, " \t\n#*_->|0123456789.)\"'“‘(")
	for _, at := range patterns().capitals.FindAllStringIndex(text, -1) {
		if at[0] > 0 && !begins(text[:at[0]]) && !calendar(text[at[0]:at[1]]) && !f.knows(text[at[0]:at[1]]) {
			return !strings.HasPrefix(strings.TrimSpace(unit), "#")
		}
	}
	return false
}

// knows tells whether a name stands in the passages as a word of its own, in the
// singular or the plural, or in parts: Ali is not in "quality".
func (f foreign) knows(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), "'s"), "’s")
	if stands(f.known, name) || stands(f.known, name+"s") || stands(f.known, strings.TrimSuffix(name, "s")) {
		return true
	}
	parts := strings.FieldsFunc(name, func(c rune) bool { return c == '-' || c == '\'' || c == '’' })
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return !stands(f.known, p) })
}

// stands tells whether a word or an address stands in a text as a whole: nothing
// that would go on with it is beside it. Chinese is written without blanks.
func stands(text, word string) bool {
	if word == "" {
		return false
	}
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at+i])
		after, _ := utf8.DecodeRuneInString(text[at+i+len(word):])
		if !goesOn(before) && !goesOn(after) {
			return true
		}
		at += i + 1
	}
}

// goesOn tells whether a character is part of the word beside it.
func goesOn(c rune) bool {
	return c < 0x2E80 && (unicode.IsLetter(c) || unicode.IsDigit(c) || c == '_')
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
