package extract

import (
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// questionCharacters are what Chinese questions are asked with; pairs with
// them, or with a particle, are about nothing.
const questionCharacters = "怎么什哪几多少能可我你他她它们请问"

// wanted is the set of a question's terms that say what it is about. How many
// and how long are no subject: "three months" stands in rules of all kinds.
func wanted(question string) map[string]bool {
	out := map[string]bool{}
	for _, t := range cut.Terms(question) {
		if t.Kind != cut.Gram && (!t.Counts() || t.Kind == cut.Number && names(t.Text, question)) && !strings.ContainsFunc(t.Text, asksOnly) {
			out[t.Text] = true
		}
	}
	return out
}

// leastName is how many digits a number has that is a name: room 301, HTTP 429.
const leastName = 3

// names reports whether a number of a question is the name of something, not an
// amount of it.
func names(number, question string) bool {
	return len(number) >= leastName && slices.ContainsFunc(measures(question, strict), func(m measure) bool {
		return m.value == number && m.unit == noUnit
	})
}

// asksOnly reports whether a character has no part in a subject. 没 and 不 have:
// 没签 is one.
func asksOnly(r rune) bool {
	return r != '没' && r != '不' && cut.Particle(r) || strings.ContainsRune(questionCharacters, r)
}
