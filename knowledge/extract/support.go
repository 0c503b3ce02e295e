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
	b.MissingNumbers = lacking(c.found, e.found)
	b.Overlap = c.overlap(e)
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
	return float64(both) / float64(max(all, 1))
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
