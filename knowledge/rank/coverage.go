package rank

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// What the share of a question is made of. What each part is worth was measured
// as the area under the curve (AUC) of four sets, where the share alone decided:
// the questions of the handbook's test data in Chinese and in English, Chinese
// statutes, English manuals. All together reached .98, .98, .95 and .98.
const (
	// alone is what a character counts that stands in the passage without any
	// of its neighbours in the question: the 市 of 上市 is in 各省市 too. Where
	// it counts in full the handbook falls to .96, where nothing statutes to .94.
	alone = .4
	// unseen is added to how often a term stands: that a small collection
	// lacks an everyday word says little.
	unseen = 2
	// sharpness is the power of what a term says: the rarest decide. With 2
	// manuals fall to .94; 1 is as good, and refuses fewer questions about
	// statutes at the same loss.
	sharpness = 1.5
	// commonly is the part of all passages that a common word is taken to
	// stand in: one in so many. Without the list English falls to .96.
	commonly = 3
	// heading is what a word of a heading counts besides, which says what the
	// passage is about. Without it manuals fall to .97. Characters gain nothing.
	heading = 1
	// wholly is the coverage of a passage under whose heading all is said.
	wholly = .5
)

// coverage says how likely a passage answers a question, 0 to 1. A passage that
// does not name the country that the question names, or that lacks the article
// or the code, does not.
func coverage(q *question, f *found) float64 {
	share, named := q.covered(f), q.hasName(f) || q.named(f) > pointed
	if share <= 0 && !named {
		return 0
	}
	cover := q.likely(share, f)
	if q.titled(f) {
		cover = max(cover, wholly)
	}
	if named {
		cover = max(cover, q.plainly(f))
	}
	return cover * (1 - q.elsewhere(f))
}

// titled reports whether a passage has all that a question says, some of it in
// its heading: "How much leave is there?" is answered under "Leave". A short
// question has no better evidence; without the heading "what is your name" would
// be answered wherever a name is told. Nor has it all that lacks a number by which
// the question names something.
func (q *question) titled(f *found) bool {
	in := false
	for i, t := range q.terms {
		if q.isName(t) && !f.has(i) {
			return false
		}
		if !t.about {
			continue
		}
		if q.covers(i, f) < 1 {
			return false
		}
		in = in || !t.common && (f.heads(i) && t.kind != cut.Gram || slices.ContainsFunc(t.pairs, f.heads))
	}
	return in
}

// covered is the share of a question's own informative terms that a passage has,
// each by what it says. A character counts with a neighbour, an everyday word
// where a word stands that rules use for it.
func (q *question) covered(f *found) float64 {
	for _, place := range q.places {
		if !anyOf([][]int{place}, f.has) {
			return 0
		}
	}
	sum, all := 0.0, 0.0
	for i, t := range q.terms {
		if !t.about {
			continue
		}
		weight := says(q.stands(t), q.total)
		part := q.covers(i, f)
		if t.kind != cut.Gram && f.heads(i) {
			weight *= 1 + heading
		}
		all += weight
		sum += weight * part
	}
	if sum == 0 {
		return 0
	}
	return sum / all
}

// says is what a term says that stands in so many of all passages.
func says(frequency, total int) float64 {
	return math.Pow(idf(frequency+unseen, total), sharpness)
}

// stands is how many passages have a term, or the commonest of the words that
// it stands for: 老板 says no more than 公司.
func (q *question) stands(t wanted) int {
	most := t.frequency
	if t.common {
		most = max(most, q.total/commonly)
	}
	for _, phrase := range t.others {
		least := q.total
		for _, i := range phrase {
			least = min(least, q.terms[i].frequency)
		}
		most = max(most, least)
	}
	return most
}

// covers is how much of term i a passage has.
func (q *question) covers(i int, f *found) float64 {
	t := q.terms[i]
	if anyOf(t.others, f.has) {
		return 1
	}
	for _, p := range t.pairs {
		if f.has(p) || anyOf(q.terms[p].others, f.has) {
			return 1
		}
	}
	switch {
	case !f.has(i):
		return 0
	case t.kind == cut.Gram:
		return alone
	}
	return 1
}

// anyOf reports whether all terms of one of the phrases are there.
func anyOf(phrases [][]int, has func(int) bool) bool {
	for _, p := range phrases {
		ok := true
		for _, i := range p {
			ok = ok && has(i)
		}
		if ok {
			return true
		}
	}
	return false
}

// asking are characters that Chinese questions are asked with.
const asking = "怎么什哪几多少能可我你您他她它们请问谁"

// informs reports whether a term can say what a question is about.
func informs(t cut.Term) bool {
	switch t.Kind {
	case cut.Gram:
		return !t.Counts() && !strings.Contains(asking, t.Text)
	case cut.Pair:
		a, n := utf8.DecodeRuneInString(t.Text)
		return !cut.Particle(a) && !isParticle(t.Text[n:]) && !strings.ContainsAny(asking, t.Text)
	default:
		return !t.Counts()
	}
}

// informative notes what coverage counts: characters with the pairs that they
// stand in, words, names.
func (q *question) informative(own []cut.Term, common map[string]bool) {
	for _, t := range own {
		i, ok := q.at[t.Text]
		switch {
		case !ok || !informs(t):
		case t.Kind != cut.Pair:
			q.terms[i].about = true
			q.terms[i].common = q.terms[i].common || common[t.Text]
		default:
			for _, r := range t.Text {
				if c, ok := q.at[string(r)]; ok {
					q.terms[c].pairs = append(q.terms[c].pairs, i)
					q.terms[c].common = q.terms[c].common || common[t.Text]
				}
			}
		}
	}
}

// abroad notes the countries that a question names.
func (w *words) abroad(q *question, own []cut.Term) {
	line := withoutGrams(own)
	for i, text := range line {
		for _, place := range w.places[text] {
			if len(place) > len(line)-i || !slices.Equal(place, line[i:i+len(place)]) {
				continue
			}
			var numbers []int
			for _, text := range place {
				if n, ok := q.at[text]; ok {
					numbers = append(numbers, n)
				}
			}
			q.places = append(q.places, numbers)
		}
	}
}

// withoutGrams are the texts of terms that phrases are compared by.
func withoutGrams(terms []cut.Term) []string {
	var out []string
	for _, t := range terms {
		if t.Kind != cut.Gram {
			out = append(out, t.Text)
		}
	}
	return out
}
