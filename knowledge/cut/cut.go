// Package cut cuts text into the terms that passages are indexed and found by.
// There is one cutter for everybody: the embedded engine, a remote one, the
// ranker and the check of answers, so that the same text always has the same
// terms. Chinese becomes single characters and pairs of neighbours (no
// dictionary: pairs find more and cost nothing), English becomes lower-cased
// stems without stop words, and what must match exactly stays whole: numbers,
// error codes, identifiers, article numbers.
package cut

import "strings"

// Kind says what a term is.
type Kind uint8

// The kinds of terms.
const (
	Gram      Kind = iota // one Chinese (or Japanese, Korean) character
	Pair                  // two neighbouring characters
	Word                  // a word, lower-cased and stemmed
	Number                // 5000, 5.2
	Code                  // err_1234, os.getenv, d2.xlarge: whole, beside its parts
	Reference             // an article or section: 第87条, §5.2
)

// Term is one term of a text.
type Term struct {
	Text string
	Kind Kind
	// Pos counts characters and words from the start of the text, stop words
	// included; a Pair has the position of its first character.
	Pos int
}

// Cutter cuts texts and remembers the stems of words it has seen. Its zero
// value is ready; it is not for concurrent use.
type Cutter struct {
	// Filter leaves out terms that are not wanted, nil: none. Not all of them
	// are left out: who reads the terms still has to look.
	Filter *Filter
	stems  map[string]string
}

// rememberedStems bounds a Cutter's memory to about one megabyte.
const rememberedStems = 16384

// Each calls yield for every term of text, in order, and returns how many
// positions the text has.
func (c *Cutter) Each(text string, yield func(Term)) int {
	s := scanner{text: Fold(text), yield: yield, cutter: c, filter: c.Filter}
	s.run()
	return s.pos
}

// Terms returns the terms of text.
func Terms(text string) []Term {
	var (
		c   Cutter
		out []Term
	)
	c.Each(text, func(t Term) { out = append(out, t) })
	return out
}

// stem returns the term of a word: "" for a stop word.
func (c *Cutter) stem(word string) string {
	if s, ok := c.stems[word]; ok {
		return s
	}
	word = strings.Clone(word) // what is remembered must not hold its text
	low := strings.ToLower(word)
	if isStop(low) {
		low = ""
	} else {
		low = Stem(low)
	}
	if c.stems == nil || len(c.stems) >= rememberedStems {
		c.stems = make(map[string]string, 512)
	}
	c.stems[word] = low
	return low
}
