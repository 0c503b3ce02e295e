package extract

import (
	"maps"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// Bounds of the work on one comparison, which grows with the product of the two
// texts. No sentence of prose is as long, and no passage that a splitter makes.
const (
	MostClaim    = 16 << 10 // bytes of a sentence
	MostFigures  = 256      // numbers in it
	mostEvidence = 64 << 10 // bytes of a passage; what is behind is not read
)

// Claim is a sentence that is checked, read once for all the passages that it is
// compared with. It does not change any more.
type Claim struct {
	text     string // without markup
	language string
	tooLong  bool

	terms      []string // each once, in order
	characters []rune
	numbers    []string
	found      []measure
	near       []near
	stance     stance
	// ordered says that the order of its numbers tells what they belong to:
	// "respectively".
	ordered bool
}

// ReadClaim reads a sentence, which may have markup and citation marks.
func ReadClaim(sentence string) *Claim {
	c := &Claim{text: plain(sentence)}
	c.language = Language(c.text)
	if c.tooLong = len(c.text) > MostClaim; c.tooLong {
		return c
	}
	said := read(c.text, strict)
	if c.tooLong = len(said.found) > MostFigures; c.tooLong {
		return c
	}
	c.numbers, c.found, c.near = said.out, said.found, nearNumbers(said)
	c.ordered = hasAny(said.text, "分别", "respectively")
	c.terms = slices.Sorted(maps.Keys(termSet(castRoles(withoutMarks(c.text)))))
	c.characters = characters(c.text)
	c.stance = claimed(c.text)
	return c
}

// Evidence is a passage that claims are compared with, read once for all of
// them. It does not change any more.
type Evidence struct {
	language   string
	whole      map[string]bool // its sentences without markup
	terms      map[string]bool
	characters [][]rune
	found      []measure // all that its numbers might mean
	near       []near
	stance     stance
}

// ReadEvidence reads a passage.
func ReadEvidence(passage knowledge.Passage) *Evidence {
	if len(passage.Text) > mostEvidence {
		passage.Text = strings.ToValidUTF8(passage.Text[:mostEvidence], "")
	}
	all := passage.Title + "\n" + passage.Section + "\n" + passage.Text
	e := &Evidence{
		language: Language(passage.Text),
		whole:    map[string]bool{},
		terms:    termSet(castRoles(all)),
		found:    read(all, lenient).found,
		near:     nearNumbers(read(all, strict)),
		stance:   stated(passage),
	}
	for _, s := range Sentences(passage.Text) {
		e.characters = append(e.characters, characters(s))
		e.whole[plain(s)] = true
	}
	return e
}

// quotes reports whether a text is a whole sentence of the passage: a part of one
// may leave out the word that turns it.
func (e *Evidence) quotes(text string) bool { return text != "" && e.whole[text] }

// stance is what a text states and denies, and who does what in it.
type stance struct {
	clauses []clause
	rulings []ruling
	acts    []act
	forbids bool    // the heading denies for all that stands below it
	untrue  *stance // of the claim that the text calls false, nil for none
}

// stated reads the stance of a passage.
func stated(passage knowledge.Passage) stance {
	return stance{
		clauses: clauses(passage.Text), rulings: rulings(passage.Text), acts: acts(passage.Text),
		forbids: forbids(passage.Section),
	}
}

// claimed reads the stance of a sentence.
func claimed(sentence string) stance {
	s := stance{clauses: clauses(sentence), rulings: rulings(sentence), acts: acts(sentence)}
	if claim, ok := calledFalse(sentence); ok {
		s.untrue = &stance{clauses: clauses(claim), rulings: rulings(claim)}
	}
	return s
}

// turns reports whether a sentence says the opposite of a passage.
func (s stance) turns(theirs stance) bool {
	return s.turned(theirs) || actorTurned(s.acts, theirs.acts)
}
