package extract

import (
	"slices"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// Backing says how much of a sentence stands in a passage.
type Backing struct {
	// Overlap is the share (0 to 1) of the sentence's pairs of characters and
	// words that the passage has. It means nothing where SameLanguage is false.
	Overlap      float64
	SameLanguage bool
	// Numbers are the numbers and references of the sentence, in one form
	// ("30", "第87条"); MissingNumbers those that the passage does not have,
	// with their units ("30 days").
	Numbers        []string
	MissingNumbers []string
	// Turned says that the sentence says the opposite of the passage.
	Turned bool
}

// aboutIt is the overlap below which a sentence is not about a passage at
// all: there is nothing to turn round.
const aboutIt = .2

// Support compares a sentence with the passage that it cites. Numbers are
// compared by value, however they are spelled: 三十日 has the 30 of "30 days",
// and ½ is 半. A number that is vague (几十) is one of its own. Across languages
// only numbers and references say something.
func Support(sentence string, passage knowledge.Passage) Backing {
	clean := plain(sentence)
	whole := passage.Title + "\n" + passage.Section + "\n" + passage.Text
	b := Backing{SameLanguage: Language(clean) == Language(passage.Text)}
	mine, theirs := termSet(castRoles(withoutBounds(clean))), termSet(castRoles(whole))
	all, both := 0, 0
	for t := range mine {
		all++
		if theirs[t] {
			both++
		}
	}
	b.Numbers = numbers(clean, strict)
	said, has := read(clean, strict), read(whole, lenient)
	b.MissingNumbers = lacking(said.found, has.found)
	for _, m := range said.found { // a figure that is borne out is as good as a word
		if b.SameLanguage {
			all++
		}
		if b.SameLanguage && slices.ContainsFunc(has.found, m.matches) {
			both++
		}
	}
	if all > 0 {
		b.Overlap = float64(both) / float64(all)
	}
	same := b.SameLanguage && b.Overlap >= aboutIt
	b.Turned = swapped(said, read(whole, strict), same) || same && (turned(clean, passage) || actorTurned(clean, passage.Text))
	return b
}

// numbers are the numbers and references of a text, each once, in order.
func numbers(text string, mode mode) []string {
	r := numberReader{text: text, mode: mode}
	r.all()
	return r.out
}

// all reads numbers and references.
func (r *numberReader) all() {
	r.run() // makes the text plain
	for _, t := range cut.Terms(r.text) {
		if t.Kind == cut.Reference {
			r.add(t.Text)
		}
	}
	if r.mode == lenient {
		r.references()
	}
	for _, n := range r.fresh {
		r.found = append(r.found, measure{value: n, at: nowhere})
	}
}
