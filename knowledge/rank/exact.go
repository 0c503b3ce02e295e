package rank

import (
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// exact is what a question names so that one passage is meant: an article of a
// statute, a section, an error code, a function.
type exact struct {
	term int
	// also is the bare number of a section, -1 for none: headings have it.
	also int
	// name are the terms of what the reference belongs to: in Chinese those
	// just before it, in English all words of the question, of which some
	// belong to something else.
	name  []int
	loose bool
	code  bool
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
		e.name = q.names(terms[:n], t.Pos, cut.Pair)
		if e.loose = len(e.name) == 0; e.loose {
			e.name = q.names(terms, t.Pos, cut.Word)
		}
		q.exact = append(q.exact, e)
	}
}

// names are the terms of a kind near a reference.
func (q *question) names(terms []cut.Term, pos int, kind cut.Kind) []int {
	var out []int
	for _, t := range terms {
		j, ok := q.at[t.Text]
		if ok && t.Kind == kind && pos-t.Pos <= nameReach && t.Pos-pos <= nameReach && !isSectionWord(t.Text) {
			out = append(out, j)
		}
	}
	return out
}

// isHeading reports whether a code is all that a title or heading says:
// openBadge() is the function's own section.
func isHeading(code string, p knowledge.Passage) bool {
	last := p.Section[strings.LastIndexByte(p.Section, '>')+1:]
	for _, h := range [...]string{p.Title, last} {
		h, _, _ = strings.Cut(strings.TrimSpace(h), "(")
		if strings.EqualFold(h, code) || strings.EqualFold(strings.ReplaceAll(h, "-", ""), code) {
			return true
		}
	}
	return false
}

// isIdentifier reports whether a code names one thing wherever it stands in a
// heading, as err_1234 and kb10023 do. Of the others (sagemaker, m3) most name
// a product that many headings have.
func isIdentifier(code string) bool {
	digits := 0
	for _, r := range code {
		switch {
		case r == '_':
			return true
		case r >= '0' && r <= '9':
			if digits++; digits >= identifierDigits {
				return true
			}
		case r != '-' && r != '.':
			digits = 0
		}
	}
	return false
}

// identifierDigits is how many digits on end make an identifier.
const identifierDigits = 3

// isSectionWord reports whether a stem only says that a number follows.
func isSectionWord(stem string) bool {
	switch stem {
	case "section", "sec", "claus", "chapter", "paragraph", "articl", "art":
		return true
	}
	return false
}

// fewPassages is up to how many passages, or this share of all, a code may
// stand in to be taken for one that means a passage ("err_1234", not "s3").
const (
	fewPassages = 3
	fewShare    = .002
)

// named is how well the heading of a passage is what the question names, 0 to
// 1. A name in the text needs no help: it is rare, and weighs by that.
func (q *question) named(f *found) float64 {
	best := 0.0
	for _, e := range q.exact {
		best = max(best, q.match(e, f))
	}
	return best
}

// unnamed is what the number of a section counts for alone, where none of the
// question's words stands in the heading with it.
const unnamed = .75

func (q *question) match(e exact, f *found) float64 {
	if !f.heads(e.term) && (e.also < 0 || !f.heads(e.also)) {
		return 0
	}
	if e.code {
		if code := q.terms[e.term].text; !isIdentifier(code) && !isHeading(code, f.passage) {
			return 0
		}
		return min(1, max(fewPassages, fewShare*float64(q.total))/float64(max(q.terms[e.term].frequency, 1)))
	}
	share := q.share(e.name, f)
	if e.loose {
		return unnamed + (1-unnamed)*share*share
	}
	return share * share
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
