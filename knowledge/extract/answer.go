package extract

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// Bounds of an extractive answer.
const (
	mostPassages = 8   // later passages are rarely worth a sentence
	mostBullets  = 5   // what a person reads in a thread
	mostUnit     = 420 // characters of a sentence with the list it introduces
	leastUnit    = 8   // characters: below it a sentence is a label
	worthKeeping = .5  // of the best sentence's score
	tooMuchAlike = .7  // shared terms from which sentences of two passages say the same
	decay        = .25 // loss of weight from one passage to the next
	// closeness is the power of a passage's score against the best one's: the
	// first passage is right more often than all others.
	closeness = 2
	// thin is the length in characters below which an answer is completed with
	// more of what its first passage says.
	thin = 120
)

// Limit is how long an answer to a question should be, in characters: some
// eight lines in a chat. A Chinese character says about as much as two letters.
// Lawyers' answers have 236 on average; past 400 nothing is gained on them.
func Limit(question string) int {
	if Language(question) == cut.Chinese {
		return 400
	}
	return 700
}

// unit is a sentence, or a sentence with the list that it introduces.
type unit struct {
	text    string
	passage int // index in the passages
	place   int // order in the passage
	terms   []term
	foreign bool // not in the language of the question
	leads   bool // its heading promises what to do
	// coverage is that of its passage: a passage that answers in other words
	// than the question's was found by what they stand for.
	coverage float64
	score    float64
}

// term is a term of a sentence, or one that only its heading has.
type term struct {
	text string
	own  bool
}

// Answer picks the sentences of the passages that answer the question and
// returns them as Markdown bullets, each with its citation [n], in at most
// limit characters. The numbers count from 1 in used, which holds the indexes
// of the cited passages. Sentences are quoted as they stand, without markup.
// Passages in the language of the question are preferred. The text is empty
// where nothing fits: a sentence that shares no word with the question, nor with
// what its heading shares with it, is quoted only where the passage was found
// to cover the question in other words.
func Answer(question string, passages []knowledge.Passage, limit int) (text string, used []int) {
	units := collect(question, passages)
	rate(question, units)
	slices.SortStableFunc(units, func(a, b unit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.passage, b.passage), cmp.Compare(a.place, b.place))
	})
	return write(choose(units, limit))
}

// collect gathers the units of the passages that are looked at.
func collect(question string, passages []knowledge.Passage) []unit {
	language := Language(question)
	same := slices.ContainsFunc(passages, func(p knowledge.Passage) bool { return Language(p.Text) == language })
	var out []unit
	read := 0
	for i, p := range passages {
		if same && Language(p.Text) != language {
			continue
		}
		if read++; read > mostPassages {
			break
		}
		head := p.Title + "\n" + p.Section
		for place, text := range unitsOf(p.Text) {
			u := unit{text: text, passage: i, place: place, terms: terms(text, head), foreign: !same, leads: leadsTo(p.Section), coverage: p.Coverage}
			u.score = standing(passages, p, read-1)
			out = append(out, u)
		}
	}
	return out
}

// standing is how much the sentences of a passage weigh: by its place, and by
// its score against the best.
func standing(passages []knowledge.Passage, p knowledge.Passage, place int) float64 {
	weight := math.Max(1-decay*float64(place), decay)
	if best := passages[0].Score; best > 0 && p.Score > 0 && p.Score < best {
		weight *= math.Pow(p.Score/best, closeness)
	}
	return weight
}

// terms are those of a sentence and of its heading, each once, in order: sums
// over them come out the same each time.
func terms(text, head string) []term {
	var out []term
	seen := map[string]bool{}
	for i, part := range [...]string{text, head} {
		for _, t := range cut.Terms(part) {
			if t.Kind != cut.Gram && !seen[t.Text] {
				seen[t.Text] = true
				out = append(out, term{text: t.Text, own: i == 0})
			}
		}
	}
	return out
}

// termSet is the set of a text's terms, single characters left out.
func termSet(text string) map[string]bool {
	out := map[string]bool{}
	for _, t := range cut.Terms(text) {
		if t.Kind != cut.Gram {
			out[t.Text] = true
		}
	}
	return out
}

// unitsOf parts a passage into what can be quoted: no headings, no code, no
// rows, no labels, and no introduction without what it introduces.
func unitsOf(text string) []string {
	var out []string
	all := blocks(text)
	for i := 0; i < len(all); i++ {
		b := all[i]
		if b.kind != prose && b.kind != item {
			continue
		}
		for _, s := range parts(b.text) {
			s = plain(s)
			if introduces(s) {
				list, next := listAfter(s, all, i)
				out = append(out, list...)
				i = max(i, next)
				break // an introduction ends its block
			}
			if utf8.RuneCountInString(s) >= leastUnit {
				out = append(out, s)
			}
		}
	}
	return out
}

func introduces(s string) bool { return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") }

// listAfter joins an introduction and the items after block i; next is the
// last block it took. A list that is too long ends with an ellipsis, and an
// introduction without a list gives nothing.
func listAfter(intro string, all []block, i int) (list []string, next int) {
	joined := intro
	items := 0
	next = i
	for n := i + 1; n < len(all) && all[n].kind == item; n++ {
		next = n
		text := plainItem(all[n].text)
		if utf8.RuneCountInString(joined)+utf8.RuneCountInString(text) > mostUnit {
			joined = strings.TrimRight(joined, "；;，, ") + " …"
			for next+1 < len(all) && all[next+1].kind == item {
				next++
			}
			break
		}
		joined += " " + text
		items++
	}
	if items == 0 {
		return nil, next
	}
	return []string{joined}, next
}

// plainItem keeps the number of an item, which other rules may refer to.
func plainItem(text string) string {
	mark := text[:marker(text)]
	if strings.ContainsAny(mark, "-*+") {
		text = strings.TrimRight(plain(text), "；;")
		if strings.HasSuffix(text, "。") || strings.HasSuffix(text, ".") {
			return text
		}
		return text + ";"
	}
	return strings.TrimSpace(mark) + " " + plain(text)
}

// questionCharacters are what Chinese questions are asked with; pairs with
// them, or with a particle, are about nothing.
const questionCharacters = "怎么什哪几多少能可我你他她它们请问"

// wanted is the set of a question's terms that say what it is about. How many
// and how long are no subject: "three months" stands in rules of all kinds.
func wanted(question string) map[string]bool {
	out := map[string]bool{}
	for _, t := range cut.Terms(question) {
		if t.Kind != cut.Gram && !t.Counts() && !strings.ContainsFunc(t.Text, asksOnly) {
			out[t.Text] = true
		}
	}
	return out
}

// asksOnly reports whether a character has no part in a subject. 没 and 不 have:
// 没签 is one.
func asksOnly(r rune) bool {
	return r != '没' && r != '不' && cut.Particle(r) || strings.ContainsRune(questionCharacters, r)
}

// choose takes the best units that say something new, within the limit, and
// puts them in order.
func choose(units []unit, limit int) []unit {
	c := choice{limit: limit}
	for _, u := range units {
		if len(c.units) == mostBullets || u.score == 0 || len(c.units) > 0 && u.score < worthKeeping*c.units[0].score {
			break
		}
		c.take(u)
	}
	if len(c.units) > 0 {
		c.complete(units)
	}
	return inOrder(c.units)
}

// choice is what has been chosen, best first.
type choice struct {
	units []unit
	size  int // in characters, with marks
	limit int
}

// take adds a unit that fits and repeats no other passage.
func (c *choice) take(u unit) {
	cost := utf8.RuneCountInString(u.text) + len("- ") + len(" [9]\n")
	if c.size+cost > c.limit || slices.ContainsFunc(c.units, func(o unit) bool { return o.text == u.text || o.passage != u.passage && alike(o, u) }) {
		return
	}
	c.units = append(c.units, u)
	c.size += cost
}

// complete adds to a thin answer what its best passage says besides, from the
// beginning.
func (c *choice) complete(units []unit) {
	first := c.units[0]
	if first.foreign {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(units), func(u unit) bool {
		return u.passage != first.passage || slices.ContainsFunc(c.units, func(o unit) bool { return o.passage == u.passage && o.place == u.place })
	})
	slices.SortFunc(rest, func(a, b unit) int { return cmp.Compare(a.place, b.place) })
	for _, u := range rest {
		if c.size >= thin || len(c.units) == mostBullets {
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

// alike reports whether two units share most of the shorter one's terms.
func alike(a, b unit) bool {
	theirs := map[string]bool{}
	for _, t := range b.terms {
		if t.own {
			theirs[t.text] = true
		}
	}
	own, both := 0, 0
	for _, t := range a.terms {
		if t.own {
			own++
			if theirs[t.text] {
				both++
			}
		}
	}
	return float64(both) > tooMuchAlike*float64(max(min(own, len(theirs)), 1))
}

// write writes the bullets and numbers the passages by their first use.
func write(units []unit) (text string, used []int) {
	var b strings.Builder
	for i, u := range units {
		n := slices.Index(used, u.passage)
		if n < 0 {
			n = len(used)
			used = append(used, u.passage)
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "- %s [%d]", u.text, n+1)
	}
	return b.String(), used
}
