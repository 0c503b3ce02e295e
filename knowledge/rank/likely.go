package rank

import (
	"math"
	"slices"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// signs are the weights of what tells how likely a passage answers a question:
// of a logistic regression, so that they add up to the logarithm of the odds.
//
// They were fitted on the best of five passages of each of 3,000 questions, about
// half of which the documents answer, in sixteen sets that count the same: the
// development questions, everyday questions of our own about the same statutes,
// those of the handbook, alone and beside two hundred manuals, and those about the
// rules of two made-up companies each, alone and beside the handbook. Chinese and
// English have signs of their own. docs/retrieval.md has the figures set by set,
// also for a fit that has not seen the set.
type signs struct {
	base    float64
	plain   float64 // of the logarithm of the share of terms that are there
	share   float64 // of the same, each term by what it says
	score   float64 // of the logarithm of the score, in what the rarest word says
	missing float64 // of what the rarest term says that is not there, in the same
	home    float64 // of the logarithm of how much at home the question is
	size    float64 // of the logarithm of the number of passages
	few     float64 // of one through the root of that number
}

// even is moved into the base: .40 is where an answer is as likely as none.
const even = -.4055

// signsOf are the weights for a language.
func signsOf(language string) signs {
	if language == cut.Chinese {
		return signs{base: -7.59 + even, plain: .77, score: 4.08, missing: -2.78, few: 15.93}
	}
	return signs{base: 3.83 + even, share: 3.12, score: 2.38, home: .94, size: -.55}
}

// What bounds the signs, so that a question without any is unlikely and not
// impossible.
const (
	leastPlain = .05
	leastShare = .02
	leastScore = .1
	leastHome  = .02
	// leastSize is how many passages a collection counts as having at least.
	leastSize = 10
	// kinds is how many words of a question tell whether it is at home among
	// the documents.
	kinds = 3
)

// likely is the chance, 0 to 1, that a passage answers the question of which it
// has this share. Neither the share nor the score tells alone: half of a short
// question is nothing, a fifth of a long one may be the answer; and a long
// question gathers score anywhere.
func (q *question) likely(share float64, f *found) float64 {
	w := signsOf(q.language)
	size := float64(max(q.total, leastSize))
	score := f.lexical / idf(1, int(size))
	odds := w.base +
		w.plain*math.Log(max(q.plainly(f), leastPlain)) +
		w.share*math.Log(max(share, leastShare)) +
		w.score*math.Log(max(score, leastScore)) +
		w.missing*q.missing(f) +
		w.home*math.Log(max(q.atHome(f), leastHome)) +
		w.size*math.Log(size) +
		w.few/math.Sqrt(size)
	return 1 / (1 + math.Exp(-odds))
}

// atHome says how much a question is about what the documents are about, 0 to 1:
// by how many passages have its commonest words, or words of rules that stand
// for them and that this passage has. Who asks lawyers about a cold names nothing
// that statutes are full of.
func (q *question) atHome(f *found) float64 {
	var shares []float64
	for _, t := range q.terms {
		if !t.own || t.kind == cut.Gram || t.kind == cut.Number {
			continue
		}
		frequency := t.frequency
		if anyOf(t.others, f.has) {
			frequency = max(frequency, q.stands(t))
		}
		shares = append(shares, math.Sqrt(float64(frequency)/float64(max(q.total, 1))))
	}
	slices.Sort(shares)
	sum := 0.0
	for _, s := range shares[max(0, len(shares)-kinds):] {
		sum += s
	}
	return min(1, sum/kinds)
}

// missing is how much the rarest informative term says that a passage lacks, in
// what the rarest word says.
func (q *question) missing(f *found) float64 {
	most := 0.0
	for i, t := range q.terms {
		if t.about {
			most = max(most, (1-q.covers(i, f))*says(q.stands(t), q.total))
		}
	}
	return most / says(1, q.total)
}
