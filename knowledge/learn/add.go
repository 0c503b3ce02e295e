package learn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// Bounds of one lesson, in bytes. A question of four thousand is a pasted
// document, a reference of a thousand no reference.
const (
	maxQuestion = 4000
	maxRefs     = 64
	maxRef      = 1000
	maxName     = 500 // of an origin or a collection
)

// Problem is a lesson, or a part of one, that was not taken.
type Problem struct {
	// Line is where it stands in what was handed over, from 1: the line of a
	// file, or the place among the lessons.
	Line   int    `json:"line"`
	Reason string `json:"reason"` // in plain words
}

// Report says what became of lessons.
type Report struct {
	Added     int       `json:"added"`
	Changed   int       `json:"changed"` // judged by the same origin before, with other references
	Unchanged int       `json:"unchanged"`
	Left      int       `json:"left"`               // left out as a whole
	Problems  []Problem `json:"problems,omitempty"` // the first hundred
	Faults    int       `json:"faults"`             // how many problems there are
}

// maxProblems is how many problems a report names.
const maxProblems = 100

func (r *Report) problem(line int, reason string) {
	r.Faults++
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, Problem{Line: line, Reason: reason})
	}
}

func (r *Report) leave(line int, reason string) {
	r.Left++
	r.problem(line, reason)
}

// ID is the name of what an origin judged of a question: the same question in
// the same collection, told apart neither by case nor by blanks, full width or
// traditional characters, is the same lesson.
func ID(collection, question, origin string) string {
	sum := sha256.Sum256([]byte(collection + "\x00" + fold(question) + "\x00" + origin))
	return hex.EncodeToString(sum[:16])
}

// Add learns. Each lesson needs a collection, a question, references and an
// origin; ID and a zero At are filled in. The same question of the same origin
// replaces its references: who judged it again has changed their mind. Of
// another origin it is a lesson of its own, so that either can be taken back;
// Recall unites them. References that lead nowhere are left out and reported, a
// lesson without any other too. When the store fails the report says what was
// learned until then; to add the same again is harmless.
func (b *Book) Add(ctx context.Context, lessons []knowledge.Lesson) (Report, error) {
	return b.add(ctx, lessons, func(i int) int { return i + 1 })
}

func (b *Book) add(ctx context.Context, lessons []knowledge.Lesson, line func(int) int) (Report, error) {
	var rep Report
	for i, l := range lessons {
		l = tidy(l)
		if fault := faultOf(l); fault != "" {
			rep.leave(line(i), fault)
			continue
		}
		l, err := b.known(ctx, l, &rep, line(i))
		if err != nil {
			return rep, err
		}
		if len(l.Refs) == 0 {
			rep.Left++
			continue
		}
		if err := b.addOne(ctx, l, &rep, line(i)); err != nil {
			return rep, fmt.Errorf("keep a lesson (%d are kept): %w", rep.Added+rep.Changed, err)
		}
	}
	return rep, nil
}

func (b *Book) addOne(ctx context.Context, l knowledge.Lesson, rep *Report, line int) error {
	if l.At.IsZero() {
		l.At = b.o.Now().UTC()
	}
	b.mu.RLock()
	old, there := b.lessons[l.ID]
	room := b.room(l)
	b.mu.RUnlock()
	switch {
	case there && slices.Equal(old.Refs, l.Refs):
		rep.Unchanged++
		return nil
	case !room:
		rep.leave(line, fmt.Sprintf("the book of lessons is full (%d lessons): take back an origin that is no longer needed", b.o.MaxLessons))
		return nil
	}
	if err := b.o.Store.Put(ctx, l); err != nil {
		return err
	}
	b.put(l)
	if there {
		rep.Changed++
	} else {
		rep.Added++
	}
	return nil
}

// tidy gives a lesson the form that is kept.
func tidy(l knowledge.Lesson) knowledge.Lesson {
	l.Question = strings.Join(strings.Fields(l.Question), " ")
	refs := make([]string, 0, len(l.Refs))
	for _, r := range l.Refs {
		if r = strings.TrimSpace(r); r != "" && !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
		if len(refs) > maxRefs {
			break
		}
	}
	l.Refs = refs
	l.ID = ID(l.Collection, l.Question, l.Origin)
	return l
}

// faultOf says why a lesson cannot be used; "" where it can.
func faultOf(l knowledge.Lesson) string {
	tooLong := func(r string) bool { return len(r) > maxRef || !utf8.ValidString(r) }
	switch {
	case l.Collection == "" || len(l.Collection) > maxName || !utf8.ValidString(l.Collection):
		return "it names no collection"
	case l.Origin == "" || len(l.Origin) > maxName || !utf8.ValidString(l.Origin):
		return "it does not say who judged it"
	case l.Question == "" || !utf8.ValidString(l.Question):
		return "it has no question"
	case len(l.Question) > maxQuestion:
		return fmt.Sprintf("its question is longer than %d bytes", maxQuestion)
	case len(cut.Terms(l.Question)) == 0:
		return "its question has no words"
	case len(l.Refs) == 0:
		return "it has no refs"
	case len(l.Refs) > maxRefs:
		return fmt.Sprintf("it has more than %d refs", maxRefs)
	case slices.ContainsFunc(l.Refs, tooLong):
		return fmt.Sprintf("one of its refs is longer than %d bytes or no text", maxRef)
	}
	return ""
}

// known leaves the references out that lead nowhere.
func (b *Book) known(ctx context.Context, l knowledge.Lesson, rep *Report, line int) (knowledge.Lesson, error) {
	if b.o.Exists == nil {
		return l, nil
	}
	there, err := b.o.Exists(ctx, l.Collection, l.Refs)
	if err != nil {
		return l, fmt.Errorf("look for the documents of a lesson: %w", err)
	}
	var refs []string
	for i, r := range l.Refs {
		if i < len(there) && there[i] {
			refs = append(refs, r)
			continue
		}
		rep.problem(line, fmt.Sprintf("the collection has no document or passage %q", r))
	}
	l.Refs = refs
	return l, nil
}
