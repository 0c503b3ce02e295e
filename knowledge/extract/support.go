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
	// Unread says that the sentence is too long to be compared (MostClaim,
	// MostFigures): it has no overlap, and nothing is known of its numbers.
	Unread bool
}

// aboutIt is the overlap below which a sentence is not about a passage at
// all: there is nothing to turn round.
const aboutIt = .2

const (
	ofCharacters    = .6
	leastCharacters = 6
)

// Support compares a sentence with the passage that it cites. Numbers are
// compared by value, however they are spelled: 三十日 has the 30 of "30 days",
// and ½ is 半. A number that is vague (几十) is one of its own. Across languages
// only numbers and references say something. Who compares many sentences with
// the same passages reads each once, by ReadClaim and ReadEvidence.
func Support(sentence string, passage knowledge.Passage) Backing {
	return ReadClaim(sentence).Support(ReadEvidence(passage))
}

// Support compares the claim with a passage. One that is a whole sentence of the
// passage is borne out whatever it says.
func (c *Claim) Support(e *Evidence) Backing {
	b := Backing{SameLanguage: c.language == e.language, Numbers: c.numbers}
	if e.quotes(c.text) {
		b.Overlap = 1
		return b
	}
	if c.tooLong {
		b.Unread = true
		return b
	}
	b.Overlap = c.overlap(e)
	if complements(c.near, e.near) {
		b.MissingNumbers = lacking(withoutBounds(c.found), e.found)
		return b
	}
	b.MissingNumbers = lacking(c.found, e.found)
	same := b.SameLanguage && b.Overlap >= aboutIt
	b.Turned = !c.ordered && swapped(c.near, e.near, same) || figureDenied(c.near, e.near) || same && c.stance.turns(e.stance)
	return b
}

// overlap is the share of the claim's terms that a passage has. A figure that is
// borne out is as good as a word.
func (c *Claim) overlap(e *Evidence) float64 {
	all, both := len(c.terms), 0
	for _, t := range c.terms {
		if e.terms[t] {
			both++
		}
	}
	if c.language == e.language {
		for _, m := range c.found {
			all++
			if slices.ContainsFunc(e.found, m.matches) {
				both++
			}
		}
	}
	byWords := float64(both) / float64(max(all, 1))
	return max(byWords, ofCharacters*c.sharedCharacters(e))
}

// sharedCharacters is the share of the claim's Chinese characters that one
// sentence of the passage has: a paraphrase often keeps one character of a word of
// two (用掉 for 用完). A long passage has most of the common ones.
func (c *Claim) sharedCharacters(e *Evidence) float64 {
	most := 0
	for _, sentence := range e.characters {
		both := 0
		for _, r := range c.characters {
			if slices.Contains(sentence, r) {
				both++
			}
		}
		most = max(most, both)
	}
	return float64(most) / float64(max(len(c.characters), leastCharacters))
}

// characters are the Chinese characters of a text that are no particles and no
// numerals, each once, in order.
func characters(text string) []rune {
	var out []rune
	for _, r := range cut.Fold(text) {
		if _, n := cut.Numeral(string(r)); n == 0 && cut.Han(r) && !cut.Particle(r) && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
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
