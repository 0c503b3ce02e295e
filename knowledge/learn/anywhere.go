package learn

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

// LearnAnywhere adds a file of judged questions as Learn does, each to those of
// the collections that have its documents. It needs Options.Exists.
func (b *Book) LearnAnywhere(ctx context.Context, r io.Reader, collections []string, origin string) (Report, error) {
	if b.o.Exists == nil {
		return Report{}, errors.New("learn: it is not known which collection has which documents: name one")
	}
	all, problems, err := ReadJudged(r, b.o.MaxLessons)
	if err != nil {
		return Report{}, err
	}
	var (
		lessons []knowledge.Lesson
		lines   []int
	)
	for _, j := range all {
		found, err := b.places(ctx, j, collections)
		if err != nil {
			return Report{}, err
		}
		if len(found) == 0 {
			problems = append(problems, Problem{Line: j.Line, Reason: "no collection has the documents that it names"})
		}
		for collection, refs := range found {
			lessons = append(lessons, knowledge.Lesson{Collection: collection, Question: j.Question, Refs: refs, Origin: origin})
			lines = append(lines, j.Line)
		}
	}
	rep, err := b.add(ctx, lessons, func(i int) int { return lines[i] })
	for _, p := range problems {
		rep.leave(p.Line, p.Reason)
	}
	slices.SortStableFunc(rep.Problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return rep, err
}

// places are the references of a judged question by the collection that has them.
func (b *Book) places(ctx context.Context, j Judged, collections []string) (map[string][]string, error) {
	out := map[string][]string{}
	for _, c := range collections {
		there, err := b.o.Exists(ctx, c, j.Refs)
		if err != nil {
			return nil, err
		}
		for i, ref := range j.Refs {
			if there[i] {
				out[c] = append(out[c], ref)
			}
		}
	}
	return out, nil
}
