package extract

import (
	"math"
	"slices"
	"unicode/utf8"
)

// How sentences compare. The values were chosen by reading the answers to the
// handbook's questions.
const (
	lengthPenalty = .1  // power of the length that a score is divided by
	shortest      = 40  // characters: below it length costs nothing
	ofHeading     = .6  // of a word that only the heading says
	ofKind        = 1.5 // for a number, a day, a person or a place where that is asked for
	ofAction      = 1.6 // for a section that says what to do where that is asked for
	ofCoverage    = 3   // what full coverage of a passage adds, as a word does
	vouched       = .5  // coverage from which a passage answers in other words
	ofStart       = 1.1 // for the sentence that a passage begins with
	ofBestRow     = .7  // of what the best row of a table shares: another that is meant too
	ofOneRow      = .4  // of the question's words, below which a row says something else of what it is called by
	withoutCode   = .25 // of a sentence that lacks the code which is asked for, where another has it
	taught        = .95 // coverage from which a passage is known to answer, by what was learned
	ofAllRows     = .6  // of the question's words, from which a table as a whole is meant
)

// rate gives every unit its score: the rarer words of the question that it has,
// by how early its passage stands, and whether it is the kind of answer that is
// asked for.
func rate(question string, units []unit) {
	kind := asked(question)
	r := newRating(wanted(question), codesOf(question), units)
	for i := range units {
		u := &units[i]
		u.fits, u.lacks = kind.carried(u.text), r.coded && !r.matches[i].code
		u.score *= r.value(i) * kind.fit(*u)
		u.score /= math.Pow(math.Max(float64(utf8.RuneCountInString(u.text)), shortest), lengthPenalty)
	}
}

// rating compares units with a question and with each other.
type rating struct {
	units   []unit
	matches []match
	coded   bool            // one has a code that is asked for
	telling map[int]bool    // passages that have a sentence which tells by its own words
	best    map[int]float64 // of a table: what the best of its rows shares by itself
}

// match is what a unit has of the question: by its own words, and by those of
// what stands above it.
type match struct {
	own, above float64
	// tells says that one of its own words is not in questions of all kinds;
	// headed that one above is.
	tells, headed bool
	share         float64 // of the question's telling words
	code          bool    // it has a code that is asked for
}

func newRating(want, codes map[string]bool, units []unit) rating {
	seen := map[string]int{}
	for _, u := range units {
		for _, t := range u.terms {
			if want[t.text] {
				seen[t.text]++
			}
		}
	}
	r := rating{units: units, matches: make([]match, len(units)), telling: map[int]bool{}, best: map[int]float64{}}
	for i, u := range units {
		m := matchOf(u, want, seen, len(units))
		m.code = slices.ContainsFunc(u.terms, func(t term) bool { return codes[t.text] })
		r.coded = r.coded || m.code
		r.matches[i] = m
		r.telling[u.passage] = r.telling[u.passage] || m.tells
		if u.table > 0 {
			r.best[u.table] = math.Max(r.best[u.table], m.own)
		}
	}
	return r
}

func matchOf(u unit, want map[string]bool, seen map[string]int, units int) match {
	var m match
	has, all := 0, 0
	for t := range want {
		if !generic(t) {
			all++
		}
	}
	for _, t := range u.terms {
		if !want[t.text] {
			continue
		}
		tells := !generic(t.text)
		if tells {
			has++
		}
		idf := math.Log(1 + float64(units)/float64(seen[t.text]))
		if t.own {
			m.own += idf
			m.tells = m.tells || tells
		} else {
			m.above += ofHeading * idf
			m.headed = m.headed || tells
		}
	}
	m.share = float64(has) / float64(max(all, 1))
	return m
}

// value is what unit i has of the question. It is nothing where all of that is words that questions of any kind
// have, unless nothing in its passage has others and the passage was found by
// what those stand for. A sentence that only stands below the right words is
// worth less where others have them, and does not carry what is asked for.
// Where the passages are in another language no word can match: the first
// sentences then stand for their passage.
func (r rating) value(i int) float64 {
	if r.units[i].lacks {
		return withoutCode * r.words(i)
	}
	return r.words(i)
}

func (r rating) words(i int) float64 {
	u, m := r.units[i], r.matches[i]
	vouch := ofCoverage * u.coverage
	switch {
	case u.foreign && m.tells: // a name, a code
		return 1 + m.own
	case u.foreign:
		return 1 / float64(u.place+1)
	case u.table > 0:
		return r.row(i) * (m.own + m.above + vouch)
	case m.tells:
		return m.own + m.above + vouch
	case m.headed && (u.fits || !r.telling[u.passage]):
		return m.own + m.above + vouch
	case m.headed:
		return m.own + m.above
	case !r.telling[u.passage] && u.coverage >= vouched:
		return vouch
	default:
		return 0
	}
}

// row is 1 for a row that is asked for and 0 for the others of its table: where
// one has words of the question, those that have fewer are about something else.
// Where none has, all are asked for, or what is asked for is not there. Nor is it
// where a row is called as the question says and no column is.
func (r rating) row(i int) float64 {
	m, best := r.matches[i], r.best[r.units[i].table]
	if u := r.units[i]; u.coverage >= taught && !r.telling[u.passage] {
		return 1
	}
	if best > 0 && m.own < ofBestRow*best || best == 0 && m.share < ofAllRows || m.share < ofOneRow {
		return 0
	}
	return 1
}

// generic reports whether a term alone is no reason to quote a sentence.
func generic(term string) bool {
	switch term {
	case "公司", "单位", "老板", "员工", "领导", "时候", "时间", "今天", "申请", "上班", "工作", "要求", "规定", "情况", "可以",
		"compani", "employ", "employe", "boss", "work", "name", "time", "peopl", "dai", "todai", "week", "good", "new", "get", "make", "ask", "call":
		return true
	}
	return false
}

// fit is how well a unit is of the kind that is asked for.
func (a asks) fit(u unit) float64 {
	f := 1.0
	if u.place == 0 {
		f *= ofStart
	}
	if u.fits {
		f *= ofKind
	}
	if a.action && u.leads {
		f *= ofAction
	}
	return f
}
