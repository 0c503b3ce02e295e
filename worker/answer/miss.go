package answer

import (
	"fmt"
	"strings"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
)

// A question that the documents seem not to answer is not guessed at, but who
// asked may look at what comes nearest: a refusal errs where a team calls things
// by names of its own.
const (
	// near is the least coverage of a passage that is worth a look. What has
	// nothing to do with the documents stays below it.
	near = .1
	// nearest is how many are named.
	nearest = 2
)

// nearTo are the passages worth a look, each of another place.
func nearTo(found []knowledge.Passage) []knowledge.Passage {
	var out []knowledge.Passage
	seen := map[string]bool{}
	for _, p := range found {
		place := p.Collection + "\x00" + p.Document + "\x00" + p.Section
		if p.Coverage < near || seen[place] || len(out) == nearest {
			continue
		}
		seen[place] = true
		out = append(out, p)
	}
	return out
}

// miss is the answer to a question that the documents do not answer.
func (r *run) miss() bots.Answer {
	if len(r.nearby) == 0 {
		return r.refuse(r.say.notFound)
	}
	r.found = r.nearby
	var marks []string
	var used []int
	for i := range r.found {
		used = append(used, i)
		marks = append(marks, fmt.Sprintf("[%d]", i+1))
	}
	answer := r.answer(bots.Extractive, r.say.notFound+"\n\n"+fmt.Sprintf(r.say.nearest, strings.Join(marks, r.say.and)), used)
	answer.Refused = true
	return answer
}
