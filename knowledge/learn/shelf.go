package learn

import (
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// shelf is the inverted index over the questions of one collection. Two lessons
// with the same question, of two origins, are one entry.
type shelf struct {
	numbers  map[string]int32 // of terms
	postings [][]int32        // by term: the entries that have it, those that are gone too
	counts   []int32          // by term: how many entries that are not gone
	entries  []entry
	byText   map[string]int32 // entries, by their folded question
	live     int
	cutter   cut.Cutter
}

// entry is one question.
type entry struct {
	terms   []int32 // sorted
	lessons []knowledge.Lesson
}

func newShelf() *shelf {
	return &shelf{numbers: map[string]int32{}, byText: map[string]int32{}}
}

// fold gives a question the form by which it is the same question.
func fold(question string) string {
	return strings.ToLower(strings.Join(strings.Fields(cut.Fold(question)), " "))
}

func (s *shelf) add(l knowledge.Lesson) {
	text := fold(l.Question)
	if n, ok := s.byText[text]; ok {
		s.entries[n].lessons = append(s.entries[n].lessons, l)
		return
	}
	n := int32(len(s.entries))
	e := entry{terms: s.terms(l.Question), lessons: []knowledge.Lesson{l}}
	for _, t := range e.terms {
		s.postings[t] = append(s.postings[t], n)
		s.counts[t]++
	}
	s.entries = append(s.entries, e)
	s.byText[text] = n
	s.live++
}

// terms are the numbers of a question's terms, each once.
func (s *shelf) terms(question string) []int32 {
	var out []int32
	s.cutter.Each(question, func(t cut.Term) {
		n, ok := s.numbers[t.Text]
		if !ok {
			n = int32(len(s.postings))
			s.numbers[strings.Clone(t.Text)] = n
			s.postings = append(s.postings, nil)
			s.counts = append(s.counts, 0)
		}
		out = append(out, n)
	})
	slices.Sort(out)
	return slices.Clip(slices.Compact(out))
}

// manyGone is how many entries may be gone before the shelf is made anew, if
// they are also more than those that are there.
const manyGone = 1024

func (s *shelf) remove(l knowledge.Lesson) {
	text := fold(l.Question)
	n, ok := s.byText[text]
	if !ok {
		return
	}
	e := &s.entries[n]
	e.lessons = slices.DeleteFunc(e.lessons, func(k knowledge.Lesson) bool { return k.ID == l.ID })
	if len(e.lessons) > 0 {
		return
	}
	for _, t := range e.terms {
		s.counts[t]--
	}
	*e = entry{}
	delete(s.byText, text)
	s.live--
	if gone := len(s.entries) - s.live; gone > manyGone && gone > s.live {
		s.rebuild()
	}
}

// rebuild lets go of what is gone.
func (s *shelf) rebuild() {
	fresh := newShelf()
	for _, e := range s.entries {
		for _, l := range e.lessons {
			fresh.add(l)
		}
	}
	*s = *fresh
}

// count is how many questions have a term.
func (s *shelf) count(term string) int {
	if n, ok := s.numbers[term]; ok {
		return int(s.counts[n])
	}
	return 0
}
