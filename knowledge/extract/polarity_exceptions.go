package extract

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// falsehoods are the words that call what follows or precedes them false.
type falsehoods struct {
	before, after *regexp.Regexp
}

//nolint:gochecknoglobals // compiled-in patterns, built at first use
var falsehood = sync.OnceValue(func() falsehoods {
	return falsehoods{
		before: regexp.MustCompile(`(?i)^\W*(?:it (?:is|was|isn't|is not|wouldn't be) (?:false|untrue|not true|true|wrong|incorrect|not correct|not the case|a myth)(?: to say)? that|并非|并不是说?|不是说|谎称|误以为)\s*`),
		after:  regexp.MustCompile(`(?:的?(?:说法|看法|观点)|这)?(?:是错误的|是错的|不正确|不属实|是假的|不成立)[。.!！]*\s*$`),
	}
})

// calledFalse returns the claim that a sentence says is false.
func calledFalse(sentence string) (claim string, ok bool) {
	words := falsehood()
	if at := words.before.FindStringIndex(sentence); at != nil {
		said := strings.ToLower(sentence[:at[1]])
		if strings.Contains(said, "is true that") || startsWith(sentence[at[1]:], "所有", "全部", "每", "一定", "必须") {
			return "", false
		}
		return sentence[at[1]:], true
	}
	if at := words.after.FindStringIndex(sentence); at != nil && at[0] > 0 {
		return sentence[:at[0]], true
	}
	return "", false
}

// sameRule is the share of the shorter of two sentences' terms from which they
// are about one rule.
const sameRule = .6

// ruling is a sentence with how often it denies: an exception denies once, so that
// "no, unless" is "only if".
type ruling struct {
	terms   []string
	scope   []string // the terms of the exception
	odd     bool
	exempts bool
	states  bool // it denies nothing
	denies  bool // it denies as a whole
}

// exceptionTurned reports whether a sentence turns round a rule with an
// exception, or makes one of a rule: allowed if, for allowed unless. Both have to
// speak of the exception.
func exceptionTurned(mine, theirs []ruling) bool {
	for _, m := range mine {
		opposite, best := false, 0
		for _, o := range theirs {
			n := common(m.terms, o.terms)
			if n < max(best, 2) || float64(n) < sameRule*float64(min(len(m.terms), len(o.terms))) || float64(n) < muchTheSame*float64(max(len(m.terms), len(o.terms))) || !m.exempts && !o.exempts {
				continue
			}
			if !m.speaksOf(o) || !o.speaksOf(m) {
				continue
			}
			opposite = (opposite || n > best) && m.odd != o.odd
			best = n
		}
		if opposite {
			return true
		}
	}
	return false
}

// statementDenied reports whether a sentence denies where the sentences of the
// passage that have most of its words, at least sameRule of them, deny nothing.
func statementDenied(mine, theirs []ruling) bool {
	return slices.ContainsFunc(mine, func(m ruling) bool {
		if !m.denies {
			return false
		}
		stated, found, best := false, false, max(2, int(math.Ceil(sameRule*float64(len(m.terms)))))
		for _, o := range theirs {
			n := common(m.terms, o.terms)
			if n < best || m.elsewhere(o, theirs) {
				continue
			}
			stated = o.states && (stated || !found || n > best)
			found, best = true, n
		}
		return stated
	})
}

// elsewhere reports whether others speak of what a sentence is about and o does
// not.
func (r ruling) elsewhere(o ruling, others []ruling) bool {
	return slices.ContainsFunc(r.terms, func(t string) bool {
		return !slices.Contains(o.terms, t) && slices.ContainsFunc(others, func(p ruling) bool { return slices.Contains(p.terms, t) })
	})
}

// speaksOf reports whether a sentence mentions another's exception, if that has
// one.
func (r ruling) speaksOf(o ruling) bool {
	return len(o.scope) == 0 || common(o.scope, r.terms)*2 >= len(o.scope)
}

// rulings reads the sentences of a text.
func rulings(text string) []ruling {
	var out []ruling
	for _, s := range statements(plainLines(text)) {
		s = " " + strings.ToLower(s) + " "
		var r ruling
		denials := 0
		for _, w := range [...]string{" unless ", " except ", " if not ", " if no ", "除非", "除外", "未经", " only if ", " only when ", " only after ", "只有"} {
			before, after, found := strings.Cut(s, w)
			if !found {
				continue
			}
			r.exempts = true
			if !startsWith(w, " only", "只有") {
				denials++
			}
			if w == "除外" {
				after = before
			}
			r.scope = append(r.scope, exceptionOf(after)...)
		}
		marked := spell(s)
		denials += strings.Count(marked, negation)
		r.odd = denials%2 == 1
		r.states, r.denies = denials == 0 && !strings.Contains(marked, exception), denials == 1 && denies(s)
		r.terms = about(strings.Map(unmark, marked))
		out = append(out, r)
	}
	return slices.DeleteFunc(out, func(r ruling) bool { return len(r.terms) == 0 })
}

// statements are the sentences of a text and the parts that a semicolon cuts them
// into.
func statements(text string) []string {
	var out []string
	for _, s := range parts(text) {
		out = append(out, strings.FieldsFunc(s, func(c rune) bool { return c == '；' || c == ';' })...)
	}
	return out
}

// exceptionOf are the first terms behind the word of an exception, in its clause.
func exceptionOf(after string) []string {
	if i := strings.IndexAny(after, ",，。;；"); i > 0 {
		after = after[:i]
	}
	terms := about(strings.Map(unmark, spell(after)))
	return terms[:min(len(terms), scopeLength)]
}

// unmark takes the marks of spell out of a text.
func unmark(c rune) rune {
	if c > 0 && c <= rune(nounOnly[0]) {
		return ' '
	}
	return c
}
