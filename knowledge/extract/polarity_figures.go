package extract

import (
	"slices"
	"strings"
)

// figureDenied reports whether a sentence denies a figure that the passage states
// wherever it has it: "not paid at 150 %". The figure says what the denial is
// about, in whatever language.
func figureDenied(mine, places []near) bool {
	return slices.ContainsFunc(mine, func(m near) bool {
		if !m.denied {
			return false
		}
		own := false
		for _, p := range places {
			if !m.equals(p.measure) {
				continue
			}
			if !p.states {
				return false
			}
			own = true
		}
		return own
	})
}

// complements reports whether a sentence says of the one side of a bound the
// opposite of what the passage says of the other, and of nothing else: up to 200
// euros no approval is needed, above 200 it is.
func complements(mine, places []near) bool {
	return slices.ContainsFunc(mine, func(m near) bool {
		if m.bound == unbounded || !m.deniedBehind {
			return false
		}
		other := false
		for _, p := range places {
			if m.equals(p.measure) && (!p.states || !m.bound.against(p.bound)) {
				return false
			}
			other = other || m.equals(p.measure)
		}
		return other
	})
}

// sentencesOf gives each segment its sentence.
func sentencesOf(text string, all []segment) []segment {
	out := make([]segment, len(all))
	first := 0
	for i, s := range all {
		if s.stops || i+1 == len(all) {
			whole := segment{from: all[first].from, to: s.to, states: certain(text[all[first].from:s.to])}
			for ; first <= i; first++ {
				out[first] = whole
			}
		}
	}
	return out
}

// certain reports whether nothing in a text denies or excepts.
func certain(text string) bool {
	return !strings.ContainsAny(spell(strings.ToLower(text)), negation+exception)
}

// deniedBehind reports whether a sentence denies once, and that behind a number:
// a denial in front of it may turn its bound.
func (s segment) deniedBehind(text string, m measure) bool {
	end := max(m.unitEnd, m.end)
	before, after := text[max(s.from, m.at-bytesBeside):m.at], text[end:max(end, min(s.to, end+bytesBeside))]
	marked := spell(strings.ToLower(after))
	return strings.Count(marked, negation) == 1 && !strings.Contains(marked, exception) && certain(before)
}

// denies reports whether a part of a sentence denies as a whole: once, without an
// exception, and neither in a condition nor in what only describes a noun, such as
// unpaid.
func denies(part string) bool {
	part = strings.TrimSpace(strings.ToLower(part))
	before, after, found := strings.Cut(spell(part), negation)
	if !found || strings.Contains(after, negation) || strings.Contains(before+after, exception) || conditional(strings.TrimRight(part, "，, ")) {
		return false
	}
	return !strings.Contains(after, "的") && !strings.Contains(after, endOfWord) && !hasAny(before, " that ", " which ", " who ", " whose ", " if ", " when ", " while ", " where ")
}
