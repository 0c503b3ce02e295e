package extract

import (
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// isQuestion reports whether a line asks.
func isQuestion(line string) bool {
	return strings.HasSuffix(line, "?") || strings.HasSuffix(line, "？")
}

// after is a sentence behind the short one before it, as they stand: "Yes." is
// said with its reason.
func after(short, s string) string {
	if short == "" {
		return s
	}
	if last, _ := utf8.DecodeLastRuneInString(short); last < utf8.RuneSelf {
		return short + " " + s
	}
	return short + s
}

// Bounds of a code that a line begins with: E03, FC-2040, W11b.
const (
	codeLetters = 5
	codeDigits  = 6
)

// coded reports whether a line begins with a code and goes on: "E03 no contact.
// Check the cable." is one entry of a list, whatever it is marked with.
func coded(line string) bool {
	line = line[marker(line):]
	end := strings.IndexAny(line, " \t:：")
	if end <= 0 || end == len(line)-1 {
		return false
	}
	word := line[:end]
	rest := strings.TrimLeft(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
	letters := len(word) - len(rest)
	rest = strings.TrimLeft(rest, "-_")
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	return letters >= 1 && letters <= codeLetters && digits >= 2 && digits <= codeDigits && len(rest)-digits <= 1
}

// codesOf are the codes with digits that a question names.
func codesOf(question string) map[string]bool {
	out := map[string]bool{}
	for _, t := range cut.Terms(question) {
		if t.Kind == cut.Code && strings.ContainsAny(t.Text, "0123456789") {
			out[t.Text] = true
		}
	}
	return out
}

// maxSpeaker is how long a name is before what somebody said, in bytes.
const maxSpeaker = 60

// talks reports whether a passage is what several people said, a paragraph each
// with the name before it. What answers there need not repeat the question.
func talks(all []block) bool {
	speakers := map[string]bool{}
	said := 0
	for _, b := range all {
		name, _, ok := strings.Cut(b.text, ": ")
		if b.kind == heading || b.kind == row || b.kind == code {
			return false
		}
		if ok && b.kind == prose && len(name) <= maxSpeaker && !strings.ContainsAny(name, ".。,，?？!！/#|") {
			speakers[name] = true
			said++
		}
	}
	return len(speakers) >= 2 && said*5 >= len(all)*4
}
