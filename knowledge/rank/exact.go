package rank

import (
	"strings"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// exact is what a question names so that one passage is meant: an article of a
// statute, a section, an error code, a function.
type exact struct {
	term int
	// also is the bare number of a section, -1 for none: headings have it.
	also int
	// name are the terms just before the reference: the statute it belongs to.
	name []int
	code bool
}

// nameReach is how far before a reference its name may start, in characters or
// words: the longest common name of a statute has about twenty.
const nameReach = 24

// references notes what the question names exactly.
func (q *question) references(terms []cut.Term) {
	for n, t := range terms {
		i, ok := q.at[t.Text]
		if !ok || t.Kind != cut.Reference && t.Kind != cut.Code {
			continue
		}
		e := exact{term: i, also: -1, code: t.Kind == cut.Code}
		if number, ok := strings.CutPrefix(t.Text, "§"); ok {
			if also, ok := q.at[number]; ok {
				e.also = also
			}
		}
		for _, before := range terms[:n] {
			if j, ok := q.at[before.Text]; ok && before.Kind != cut.Gram && t.Pos-before.Pos <= nameReach {
				e.name = append(e.name, j)
			}
		}
		q.exact = append(q.exact, e)
	}
}

// A code in a heading is what the passage is about; in the text it is named.
const (
	inHeading = 1
	inPassing = .6
)

// fewPassages is up to how many passages, or this share of all, a code may
// stand in to be taken for one that means a passage ("err_1234", not "s3").
const (
	fewPassages = 3
	fewShare    = .002
)

// named is how well a passage is what the question names, 0 to 1.
func (q *question) named(f *found) float64 {
	best := 0.0
	for _, e := range q.exact {
		best = max(best, q.match(e, f))
	}
	return best
}

func (q *question) match(e exact, f *found) float64 {
	head := f.heads(e.term) || e.also >= 0 && f.heads(e.also)
	if !e.code {
		if !head {
			return 0
		}
		share := q.share(e.name, f)
		return share * share
	}
	n := q.terms[e.term].frequency
	if n == 0 || !f.has(e.term) {
		return 0
	}
	rare := min(1, max(fewPassages, fewShare*float64(q.total))/float64(n))
	if head {
		return rare * inHeading
	}
	return rare * inPassing
}

// share is how much of a statute's name stands in the title and section.
func (q *question) share(name []int, f *found) float64 {
	sum, all := 0.0, 0.0
	for _, i := range name {
		all += q.terms[i].idf
		if f.heads(i) {
			sum += q.terms[i].idf
		}
	}
	if all == 0 {
		return 1
	}
	return sum / all
}
