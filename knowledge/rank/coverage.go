package rank

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// What coverage is made of. What each part is worth was measured as the area
// under the curve (AUC) of four sets: the questions of the handbook's test data
// in Chinese and in English, Chinese statutes, English manuals. All together
// they reach .98, .98, .95 and .98.
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
	// little is how much must be found for it to count half, in shares of what
	// the rarest word says: a single common word is no evidence ("what is your
	// name"). Without it English falls to .95, manuals too.
	little = .3
	// heading is what a word of a heading counts besides, which says what the
	// passage is about. Without it manuals fall to .97. Characters gain nothing.
	heading = 1
	// byChance is the logarithm of as many passages as coverage is good for as
	// it is: among more, one has most of a question's words by chance. Without
	// it one threshold can't do for guides of 139 passages and manuals of
	// 52,000: it refuses 54 % of the unanswerable of these where it now refuses
	// 86 %.
	byChance = 5
)

// coverage says how likely a passage answers a question, 0 to 1, by the share of
// the question's own informative terms that it has, each by what it says, and
// lowered where all of it says little. A character counts with a neighbour, an
// everyday word where a word stands that rules use for it. A passage that does
// not name the country that the question names covers nothing.
//
// Chinese characters meet by chance, and lay questions are long: half of five
// characters is nothing, a fifth of fifty may be the answer. So there the share
// is weighed with how good the match is as such: see chinese.
func coverage(q *question, f *found) float64 {
	share, named := q.covered(f), q.hasName(f) || q.named(f) > pointed
	if share <= 0 && !named {
		return 0
	}
	cover := q.corrected(share, f)
	if named {
		cover = max(cover, q.plainly(f))
	}
	return cover * (1 - q.elsewhere(f))
}

// corrected is a share without what chance gives.
func (q *question) corrected(share float64, f *found) float64 {
	switch {
	case share <= 0:
		return 0
	case q.language == cut.Chinese:
		return q.chinese(f)
	}
	return math.Pow(share, max(1, math.Log(float64(q.total))/byChance))
}

// covered is the part of a question that a passage covers.
func (q *question) covered(f *found) float64 {
	for _, place := range q.places {
		if !anyOf([][]int{place}, f.has) {
			return 0
		}
	}
	sum, all, evidence := 0.0, 0.0, 0.0
	for i, t := range q.terms {
		if !t.about {
			continue
		}
		weight := says(q.stands(t), q.total)
		part := q.covers(i, f)
		evidence += weight * part
		if q.inHeading(i, f) {
			evidence += weight * part
			if t.kind != cut.Gram {
				weight *= 1 + heading
			}
		}
		all += weight
		sum += weight * part
	}
	if sum == 0 {
		return 0
	}
	return sum / all * evidence / (evidence + little*says(1, q.total))
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

// inHeading reports whether a word, or a pair with a character, stands in the
// title or section.
func (q *question) inHeading(i int, f *found) bool {
	if q.terms[i].kind != cut.Gram {
		return f.heads(i)
	}
	return slices.ContainsFunc(q.terms[i].pairs, f.heads)
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
