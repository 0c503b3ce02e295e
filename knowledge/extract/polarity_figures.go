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

// stating tells for each segment whether its sentence denies and excepts
// nothing.
func stating(text string, all []segment) []bool {
	out := make([]bool, len(all))
	first := 0
	for i, s := range all {
		if !s.stops && i+1 < len(all) {
			continue
		}
		marked := spell(strings.ToLower(text[all[first].from:s.to]))
		states := !strings.ContainsAny(marked, negation+exception)
		for ; first <= i; first++ {
			out[first] = states
		}
	}
	return out
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
