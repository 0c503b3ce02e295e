package extract

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// choose takes the best units that say something new, within the limit, and
// puts them in order.
func choose(units []unit, limit int) []unit {
	c := choice{limit: limit}
	for _, u := range units {
		if len(c.units) == mostBullets || u.score == 0 {
			break
		}
		if len(c.units) == 0 || u.score >= c.units[0].least(u)*c.units[0].score {
			c.take(u)
		}
	}
	if len(c.units) > 0 && !c.units[0].fits {
		c.complete(units)
	}
	return inOrder(c.units)
}

// least is the share of the best unit's score that another needs beside it.
// Where the best carries what is asked for, what stands above it would only keep
// the reader waiting.
func (u unit) least(other unit) float64 {
	if u.fits && other.passage == u.passage && other.place < u.place {
		return worthLeading
	}
	return worthKeeping
}

// choice is what has been chosen, best first.
type choice struct {
	units []unit
	size  int // in characters, with marks
	limit int
}

// take adds a unit that fits and repeats no other passage.
func (c *choice) take(u unit) {
	cost := utf8.RuneCountInString(u.lead) + utf8.RuneCountInString(u.text) + len("- ") + len(" [9]\n")
	if c.size+cost > c.limit || slices.ContainsFunc(c.units, func(o unit) bool { return repeats(o, u) }) {
		return
	}
	c.units = append(c.units, u)
	c.size += cost
}

// complete adds to a thin answer what its best passage says besides of the
// question, from the beginning: what shares nothing with it is about something
// else, if its author did not join it to what is quoted. What people said after
// a question is its answer, whatever words they used.
func (c *choice) complete(units []unit) {
	first := c.units[0]
	if first.foreign {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(units), func(u unit) bool {
		return u.passage != first.passage || u.table > 0 || u.lacks || u.score == 0 && (!u.talk || u.place < first.place) || slices.ContainsFunc(c.units, func(o unit) bool { return o.passage == u.passage && o.place == u.place })
	})
	slices.SortFunc(rest, func(a, b unit) int { return cmp.Compare(a.place, b.place) })
	for _, u := range rest {
		if c.size >= thin && !first.talk || len(c.units) == mostBullets {
			return
		}
		c.take(u)
	}
}

// inOrder keeps the sentences of a passage together, as they stand there, and
// begins with the passage that has the best of all.
func inOrder(units []unit) []unit {
	first := map[int]int{}
	for i, u := range units {
		if _, ok := first[u.passage]; !ok {
			first[u.passage] = i
		}
	}
	slices.SortStableFunc(units, func(a, b unit) int {
		return cmp.Or(cmp.Compare(first[a.passage], first[b.passage]), cmp.Compare(a.place, b.place))
	})
	return units
}

// repeats reports whether one unit says what another does: in the same words,
// or, in another passage, in most of them.
func repeats(a, b unit) bool {
	if a.text == b.text {
		return true
	}
	mine, theirs := a.own(), b.own()
	both, differ := 0, [2]bool{}
	for t, kind := range mine {
		if _, ok := theirs[t]; ok {
			both++
		} else if kind == cut.Number {
			differ[0] = true
		}
	}
	for t, kind := range theirs {
		if _, ok := mine[t]; !ok && kind == cut.Number {
			differ[1] = true
		}
	}
	if differ[0] && differ[1] { // five days after one year, ten after ten
		return false
	}
	if a.passage == b.passage {
		return a.table == 0 && both == len(mine) && both == len(theirs)
	}
	return float64(both) > tooMuchAlike*float64(max(min(len(mine), len(theirs)), 1))
}

// own is the set of a unit's own terms.
func (u unit) own() map[string]cut.Kind {
	out := make(map[string]cut.Kind, len(u.terms))
	for _, t := range u.terms {
		if t.own {
			out[t.text] = t.kind
		}
	}
	return out
}
