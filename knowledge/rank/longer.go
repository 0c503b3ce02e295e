package rank

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// longer is a word and another that has it inside and means something else: who
// asks for maternity leave (产假) is not told of paternity leave (陪产假), whose
// pairs of characters hold all of the other's.
type longer struct{ word, inside string }

// stretch reads "陪产假: 产假".
func (w *words) stretch(line string) error {
	long, short, _ := strings.Cut(line, ":")
	l := longer{word: strings.TrimSpace(long), inside: strings.TrimSpace(short)}
	if l.inside == "" || l.word == l.inside || !strings.Contains(l.word, l.inside) {
		return fmt.Errorf("want a word, a colon and a shorter one that is in it: %q", line)
	}
	w.longer = append(w.longer, l)
	return nil
}

// shorter are the words of a question that longer ones hide.
func (w *words) shorter(text string) []longer {
	var out []longer
	text = cut.Fold(text[:min(len(text), maxText)])
	for _, l := range w.longer {
		if strings.Contains(text, l.inside) && !strings.Contains(text, l.word) {
			out = append(out, l)
		}
	}
	return out
}

// hidden reports whether a passage has a word of the question inside of longer
// ones alone.
func (q *question) hidden(p knowledge.Passage) bool {
	if len(q.longer) == 0 {
		return false
	}
	text := cut.Fold(p.Title + "\n" + p.Section + "\n" + p.Text)
	return slices.ContainsFunc(q.longer, func(l longer) bool {
		n := strings.Count(text, l.word)
		return n > 0 && n == strings.Count(text, l.inside)
	})
}
