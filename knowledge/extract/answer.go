package extract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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
	worthLeading = .85 // of it, for one that stands above
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

// Answer picks the sentences of the passages that answer the question and
// returns them as Markdown bullets, each with its citation [n], in at most
// limit characters. The numbers count from 1 in used, which holds the indexes
// of the cited passages. Sentences are quoted as they stand, without markup,
// behind their heading where that alone says what the first is about.
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
		lead := u.lead
		if i > 0 && units[i-1].passage == u.passage && units[i-1].head == u.head {
			lead = "" // it has been said
		}
		fmt.Fprintf(&b, "- %s%s [%d]", lead, u.text, n+1)
	}
	return b.String(), used
}
