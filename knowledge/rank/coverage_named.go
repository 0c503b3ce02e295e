package rank

import (
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// What a question names by a number is the best evidence there is: "room 214"
// among sixty rooms, whose passages share every other word. Words in common say
// little there, so that without this such questions were refused.
const (
	// numberDigits is how many digits make a number a name: a smaller one counts
	// something more often than not.
	numberDigits = 3
	// rarely is in which part of all passages, or in how many at least, a number
	// may stand that names something.
	rarely, fewNamed = .01, 3
	// otherCode is what a passage keeps of its coverage that lacks a code which
	// is asked for: ERR_9999 is half of a question about it.
	otherCode = .5
	// shortLetters is how many letters a code of two digits has at most.
	shortLetters = 2
	// sibling is what it keeps that has another code of the same kind instead:
	// E01 says nothing of E07, nor CP-200 of CP-300. The same for a longer word
	// that has the one which is asked for inside.
	sibling = .3
	// ofPlace is how many words a section or chapter counts for that the heading
	// of a passage has: who asks for "Section 3.2" has said all.
	ofPlace = 2
	// longName is from how many words on what stands before a reference is more
	// than the name of a statute: a story that mentions an article.
	longName = 16
)

// hasName reports whether a passage has a number or code of the question that
// few others have.
func (q *question) hasName(f *found) bool {
	for i, t := range q.terms {
		if q.isName(t) && f.has(i) && float64(t.frequency) <= max(fewNamed, rarely*float64(q.total)) {
			return true
		}
	}
	return false
}

func (q *question) isName(t wanted) bool {
	return t.own && (t.kind == cut.Number && len(t.text) >= numberDigits || t.kind == cut.Code && (isIdentifier(t.text) || isShort(t.text)))
}

// isShort reports whether a code is one of a short list: E01, W12. One digit, as
// in s3, makes a product's name more often than not.
func isShort(code string) bool {
	letters, digits := lettersAndDigits(code)
	return len(letters) > 0 && len(letters) <= shortLetters && len(digits) >= 2
}

// plainly is the share of a question's informative terms that a passage has,
// each as much as any other, with the numbers that name something.
func (q *question) plainly(f *found) float64 {
	sum, all := 0.0, 0.0
	for i, t := range q.terms {
		switch {
		case q.isName(t):
			all++
			if f.has(i) {
				sum++
			}
		case t.about:
			all++
			sum += q.covers(i, f)
		}
	}
	for _, e := range q.exact {
		if !e.code && q.match(e, f) > pointed {
			all += ofPlace
			sum += ofPlace
		}
	}
	return sum / max(all, 1)
}

// elsewhere is the part of a question, 0 to 1, that names a place which the
// passage is not: an article of a statute, a section of a manual, a code. Who
// asks what article 300 says is not answered by article 35.
func (q *question) elsewhere(f *found) float64 {
	part := 0.0
	if q.hidden(f.passage) {
		part = 1 - sibling
	}
	for _, e := range q.exact {
		switch {
		case e.code && !f.has(e.term) && hasSibling(q.terms[e.term].text, f.passage):
			part = max(part, 1-sibling)
		case e.code && isIdentifier(q.terms[e.term].text) && !f.has(e.term):
			part = max(part, 1-otherCode)
		case !e.code && !e.loose && len(e.name) < longName && !q.isPlace(e, f):
			part = max(part, q.partOf(e))
		}
	}
	return part
}

// hasSibling reports whether a passage has a code of the same letters and as many
// digits as one that it lacks.
func hasSibling(code string, p knowledge.Passage) bool {
	head, digits := lettersAndDigits(code)
	if head == "" || digits == "" {
		return false
	}
	for _, text := range [...]string{p.Title, p.Section, p.Text} {
		for _, t := range cut.Terms(text) {
			if t.Kind != cut.Code || t.Text == code {
				continue
			}
			if h, d := lettersAndDigits(t.Text); h == head && len(d) == len(digits) {
				return true
			}
		}
	}
	return false
}

// lettersAndDigits parts a code such as e07 or cp300; both are empty for others.
func lettersAndDigits(code string) (letters, digits string) {
	digits = strings.TrimLeft(code, "abcdefghijklmnopqrstuvwxyz")
	letters = code[:len(code)-len(digits)]
	if letters == "" || digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", ""
	}
	return letters, digits
}

// isPlace reports whether a passage has what is named, under the name of what
// that belongs to.
func (q *question) isPlace(e exact, f *found) bool {
	has := f.has(e.term) || e.also >= 0 && f.heads(e.also)
	return has && q.share(e.name, f) >= .5
}

// partOf is how much of what a question asks is the name of a place.
func (q *question) partOf(e exact) float64 {
	name, all := 0.0, 0.0
	for i, t := range q.terms {
		if !t.own || t.kind == cut.Gram || !t.about && i != e.term && !slices.Contains(e.name, i) {
			continue
		}
		weight := says(t.frequency, q.total)
		all += weight
		if i == e.term || slices.Contains(e.name, i) {
			name += weight
		}
	}
	if all == 0 {
		return 0
	}
	return name / all
}
