package extract

import (
	"math"
	"unicode/utf8"
)

// How sentences compare. The values were chosen by reading the answers to the
// handbook's questions.
const (
	lengthPenalty = .1  // power of the length that a score is divided by
	shortest      = 40  // characters: below it length costs nothing
	ofHeading     = .6  // of a word that only the heading says
	ofAmount      = 1.5 // for a number where one is asked for
	ofAction      = 1.6 // for a section that says what to do where that is asked for
	ofCoverage    = 3   // what full coverage of a passage adds, as a word does
	vouched       = .5  // coverage from which a passage answers in other words
	ofStart       = 1.1 // for the sentence that a passage begins with
)

// rate gives every unit its score: the rarer words of the question that it has,
// by how early its passage stands, and whether it is the kind of answer that is
// asked for.
func rate(question string, units []unit) {
	want := wanted(question)
	kind := asked(question)
	seen := map[string]int{}
	for _, u := range units {
		for _, t := range u.terms {
			if want[t.text] {
				seen[t.text]++
			}
		}
	}
	for i := range units {
		u := &units[i]
		u.score *= shared(*u, want, seen, len(units)) * kind.fit(*u)
		u.score /= math.Pow(math.Max(float64(utf8.RuneCountInString(u.text)), shortest), lengthPenalty)
	}
}

// shared is what a unit has of the question; nothing where all of that is words
// that questions of any kind have and the passage was not found by others
// either. Where the passages are in another language no word can match:
// the first sentences then stand for their passage.
func shared(u unit, want map[string]bool, seen map[string]int, units int) float64 {
	if u.foreign {
		return 1 / float64(u.place+1)
	}
	sum, telling := 0.0, false
	for _, t := range u.terms {
		if !want[t.text] {
			continue
		}
		telling = telling || !generic(t.text)
		idf := math.Log(1 + float64(units)/float64(seen[t.text]))
		if !t.own {
			idf *= ofHeading
		}
		sum += idf
	}
	if !telling && u.coverage < vouched {
		return 0
	}
	return sum + ofCoverage*u.coverage
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
	if a.amount && states(u.text) {
		f *= ofAmount
	}
	if a.action && u.leads {
		f *= ofAction
	}
	return f
}
