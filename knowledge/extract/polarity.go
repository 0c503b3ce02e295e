package extract

import (
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// How a denial is compared. The values were chosen on the sentences of the
// check's own test data: turned ones and true paraphrases.
const (
	scopeLength = 3  // terms behind a negation that it is taken to deny
	sameClaim   = .5 // of what is denied, from which a clause is about it
	muchTheSame = .4 // of two clauses' terms, where one has the very thing that the other denies
	theSame     = .9 // of two clauses' terms: a quote
	nearlySame  = .6 // of two clauses' terms, from which one repeats the other
)

// clause is a part of a sentence with what it denies.
type clause struct {
	terms   []string   // what it is about, without words of denial
	denied  [][]string // the terms behind each negation
	subject []string   // those before the first
	exempts bool       // unless, only, 除非: what it says is not its polarity alone
	low     bool       // at least
	high    bool       // at most
	figures []measure  // of a clause with one bound
	// condition says that it says when something holds, not what.
	condition bool
	// follows says that the clause before it in its sentence denies: its denial
	// may go on.
	follows bool
}

// turned reports whether a sentence denies what a passage states, or states what
// it denies, or makes a least of a most. It judges words of one language. A
// denial that is missed costs less than true sentences that are dropped:
// clauses with an exception are not judged, nor denials below a heading that
// denies.
func (s stance) turned(theirs stance) bool {
	if s.untrue != nil {
		return !s.untrue.turned(theirs)
	}
	return contradicts(s.clauses, theirs) || exceptionTurned(s.rulings, theirs.rulings) ||
		!theirs.forbids && statementDenied(s.rulings, theirs.rulings)
}

// contradicts judges the clauses of a sentence that have no exception.
func contradicts(mine []clause, passage stance) bool {
	theirs := slices.Clone(passage.clauses)
	mine = slices.DeleteFunc(slices.Clone(mine), func(c clause) bool { return c.exempts || slices.ContainsFunc(theirs, c.repeats) })
	for i, o := range theirs {
		theirs[i].exempts = o.exempts || slices.ContainsFunc(o.denied, func(scope []string) bool { return deniedApart(scope, o, mine) })
	}
	for _, c := range mine {
		switch {
		case c.states(theirs), c.bounds(theirs), !passage.forbids && (c.opposesLikest(theirs) || c.denies(theirs)):
			return true
		}
	}
	return false
}

// deniedApart reports whether a sentence denies in a clause of its own what the
// passage denies in the midst of another: "without fault, notice is due" is
// "notice is due for a dismissal without fault".
func deniedApart(scope []string, theirs clause, mine []clause) bool {
	return slices.ContainsFunc(mine, func(c clause) bool {
		return c.like(theirs) < nearlySame && slices.ContainsFunc(c.denied, func(own []string) bool { return common(scope, own) == len(scope) })
	}) && slices.ContainsFunc(mine, func(c clause) bool { return c.like(theirs) >= nearlySame && len(c.denied) == 0 })
}

// forbids reports whether a heading denies for all that stands below it.
func forbids(heading string) bool {
	return hasAny(strings.ToLower(heading), "不能做", "不得", "不可以", "禁止", "may not", "must not", "cannot", "do not", "don't", "never")
}

// opposesLikest reports whether the clauses that are nearly the same as this one
// all have the other polarity or the other bound.
func (c clause) opposesLikest(others []clause) bool {
	opposite := false
	for _, o := range others {
		if c.like(o) < nearlySame || c.condition != o.condition {
			continue
		}
		if o.exempts || !c.opposes(o) {
			return false
		}
		opposite = true
	}
	return opposite
}

// repeats reports whether a clause says what another says, in nearly the same
// words.
func (c clause) repeats(o clause) bool {
	return c.like(o) >= theSame && len(c.denied) == len(o.denied) && c.low == o.low && c.high == o.high
}

// opposes reports whether one of two clauses denies what the other states, or
// one says at least and the other at most.
func (c clause) opposes(o clause) bool {
	switch {
	case len(c.denied) == 0 && len(o.denied) == 0:
		return c.low != c.high && o.low != o.high && c.low != o.low
	case len(c.denied) == 0 || len(o.denied) == 0:
		return c.low == o.low && c.high == o.high
	}
	return c.deniesMore(o) || o.deniesMore(c)
}

// deniesMore reports whether a clause denies something that another states,
// which denies something else.
func (c clause) deniesMore(o clause) bool {
	return slices.ContainsFunc(c.denied, func(scope []string) bool {
		return len(scope) > 0 && slices.Contains(o.terms, scope[0]) &&
			!slices.ContainsFunc(o.denied, func(other []string) bool { return common(scope, other) > 0 })
	})
}

// like is the share of the longer clause's terms that two clauses have in common.
func (c clause) like(o clause) float64 {
	return float64(common(c.terms, o.terms)) / float64(max(len(c.terms), len(o.terms), 2))
}

func common(a, b []string) int {
	n := 0
	for _, t := range a {
		if slices.Contains(b, t) {
			n++
		}
	}
	return n
}

// denies reports whether a clause denies what others state and none denies. A
// condition is not judged, nor a denial of a denial.
func (c clause) denies(others []clause) bool {
	if len(c.denied) != 1 || c.condition || c.follows {
		return false
	}
	scope, stated := c.denied[0], false
	for _, o := range others {
		if !o.has(scope) || c.elsewhere(o, others) {
			continue
		}
		if len(o.denied) > 0 || o.exempts || o.follows {
			return false
		}
		stated = true
	}
	return stated
}

// elsewhere reports whether others speak of what a clause denies something of,
// and o does not: reference books are not among the books that members borrow.
func (c clause) elsewhere(o clause, others []clause) bool {
	return slices.ContainsFunc(c.terms, func(t string) bool {
		return !slices.Contains(o.terms, t) && slices.ContainsFunc(others, func(p clause) bool { return slices.Contains(p.terms, t) })
	})
}

// states reports whether a clause denies nothing and has what others deny and
// none states.
func (c clause) states(others []clause) bool {
	if len(c.denied) > 0 || c.condition {
		return false
	}
	for _, o := range others {
		if len(o.denied) == 2 && len(o.subject) == 0 {
			continue // without the one no other: it states what it needs
		}
		for _, scope := range o.denied {
			if !o.exempts && (c.has(scope) && c.covers(o) && allDeny(scope, others) || c.does(scope, o)) {
				return true
			}
		}
	}
	return false
}

// covers reports whether a clause has most of what another is about.
func (c clause) covers(o clause) bool {
	return float64(common(o.terms, c.terms)) >= sameClaim*float64(len(o.terms))
}

// does reports whether a clause has the very thing that another denies, and much
// of what that says besides.
func (c clause) does(scope []string, o clause) bool {
	return len(scope) > 0 && slices.Contains(c.terms, scope[0]) && c.like(o) >= muchTheSame
}

func allDeny(scope []string, others []clause) bool {
	return !slices.ContainsFunc(others, func(o clause) bool { return o.has(scope) && len(o.denied) == 0 })
}

// bounds reports whether a clause says at least of a figure where others say at
// most and none at least, or the other way round.
func (c clause) bounds(others []clause) bool {
	if c.low == c.high || len(c.figures) == 0 {
		return false
	}
	opposite := false
	for _, o := range others {
		if o.low == o.high || len(lacking(c.figures, o.figures)) == len(c.figures) {
			continue
		}
		if o.low == c.low {
			return false
		}
		opposite = true
	}
	return opposite
}

// has reports whether a clause has most of what another denies.
func (c clause) has(scope []string) bool {
	n := common(scope, c.terms)
	return n > 0 && float64(n) >= sameClaim*float64(len(scope))
}

// clauses parts a text into clauses.
func clauses(text string) []clause {
	var out []clause
	for _, sentence := range parts(plainLines(text)) {
		denies := false
		exempts := hasAny(sentence, "除非", "除外", "unless ", "except ")
		for _, part := range strings.FieldsFunc(spell(sentence), func(r rune) bool { return strings.ContainsRune("。！？；;，,:：\n、", r) }) {
			c := readClause(part)
			c.follows = denies
			c.exempts = c.exempts || exempts
			denies = denies || len(c.denied) > 0
			if len(c.terms) > 0 {
				out = append(out, c)
			}
		}
	}
	return out
}

// plainLines leaves out what brackets say beside: citations of articles.
func plainLines(text string) string { return withoutBrackets(cut.Fold(strings.ToLower(text))) }

// readClause notes what a clause is about and what it denies.
func readClause(text string) clause {
	c := clause{
		exempts:   strings.Contains(text, exception),
		low:       strings.Contains(text, least),
		high:      strings.Contains(text, most),
		condition: conditional(strings.TrimSpace(text)),
	}
	if c.low != c.high {
		c.figures = measures(text, lenient)
	}
	for i, part := range strings.Split(text, negation) {
		part = bare().Replace(part)
		if i > 0 {
			c.denied = append(c.denied, c.scope(part))
		}
		c.terms = append(c.terms, about(strings.Map(unmark, part))...)
		if i == 0 {
			c.subject = slices.Clone(c.terms)
		}
	}
	return c
}

// scope is what a negation denies of the part behind it. What is not allowed is
// what stands before.
func (c *clause) scope(part string) []string {
	scope := about(strings.Map(unmark, denied(part)))
	switch {
	case len(scope) > 0 && len(c.terms) > 0 && permits(scope[0]):
		return c.terms[max(0, len(c.terms)-scopeLength):]
	case strings.HasPrefix(strings.TrimSpace(part), nounOnly):
		return scope[:min(len(scope), 1)]
	}
	return scope[:min(len(scope), scopeLength)]
}

// permits reports whether a term says of its subject that it may be.
func permits(term string) bool {
	switch term {
	case "allow", "permit", "possibl", "accept", "允许", "可行", "准许", "许可":
		return true
	}
	return false
}

// denied is as much of what stands behind a negation as it can deny: up to where
// another subject begins.
func denied(part string) string {
	end := len(part)
	for _, w := range [...]string{endOfWord, "的", " the ", " you ", " it ", " they ", " he ", " she ", " because ", " that ", " which ", " if ", " when "} {
		if i := strings.Index(part, w); i > 0 && strings.TrimSpace(part[:i]) != "" {
			end = min(end, i)
		}
	}
	return part[:end]
}

// about are the terms of a part that say what it is about.
func about(part string) []string {
	var out []string
	for _, t := range cut.Terms(part) {
		if t.Kind != cut.Gram && !t.Counts() && (t.Kind != cut.Pair || !strings.ContainsFunc(t.Text, cut.Particle)) {
			out = append(out, t.Text)
		}
	}
	return out
}

// conditional reports whether a clause says when something holds.
func conditional(text string) bool {
	if strings.HasSuffix(text, "的") || strings.HasSuffix(text, "时") {
		return true
	}
	for _, w := range [...]string{"if ", "when ", "where ", "while ", "如果", "若", "如", "当"} {
		if strings.HasPrefix(text, w) {
			return true
		}
	}
	return false
}
