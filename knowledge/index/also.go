package index

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"

	"github.com/tribunebot/tribune/knowledge"
)

// maxAlso bounds how many passages of one document come in by its name alone: a
// whole manual is no candidate.
const maxAlso = 64

// also appends the passages that a lookup names to the hits, each once.
func also(r *scorch.IndexSnapshot, l knowledge.Lookup, hits []hit) ([]hit, error) {
	if len(l.Also) == 0 {
		return hits, nil
	}
	have := make(map[uint64]struct{}, len(hits)+len(l.Also))
	for _, h := range hits {
		have[h.number] = struct{}{}
	}
	for _, ref := range l.Also {
		if !slices.Contains(l.Collections, ref.Collection) {
			continue
		}
		numbers, err := numbersOf(r, ref)
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			if _, ok := have[n]; !ok {
				have[n] = struct{}{}
				hits = append(hits, hit{number: n})
			}
		}
	}
	return hits, nil
}

// numbersOf returns the numbers of the passages that a reference names: one, or
// the first of a document's.
func numbersOf(r *scorch.IndexSnapshot, ref knowledge.Ref) ([]uint64, error) {
	var out []uint64
	for n := range maxAlso {
		number, ok, err := numberOf(r, key(ref.Collection, ref.ID, n))
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		out = append(out, number)
	}
	if len(out) > 0 {
		return out, nil
	}
	i := strings.LastIndexByte(ref.ID, '#')
	place, ok := placeOf(ref.ID[i+1:])
	if i < 0 || !ok {
		return nil, nil
	}
	number, ok, err := numberOf(r, key(ref.Collection, ref.ID[:i], place))
	if err != nil || !ok {
		return nil, err
	}
	return []uint64{number}, nil
}

// placeOf is the place, from 0, that the end of a passage's id names, from 1.
func placeOf(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n - 1, err == nil && n >= 1
}

func numberOf(r *scorch.IndexSnapshot, key string) (uint64, bool, error) {
	id, err := r.InternalID(key)
	if err != nil || id == nil {
		return 0, false, err
	}
	return id.Value(), true, nil
}

// Passages implements knowledge.Library.
func (x *Index) Passages(ctx context.Context, collection string) iter.Seq2[knowledge.Passage, error] {
	return func(yield func(knowledge.Passage, error) bool) {
		if err := x.passages(ctx, collection, func(p knowledge.Passage) bool { return yield(p, nil) }); err != nil {
			yield(knowledge.Passage{}, fmt.Errorf("read the passages of %s: %w", collection, err))
		}
	}
}

func (x *Index) passages(ctx context.Context, collection string, yield func(knowledge.Passage) bool) error {
	r, err := x.reader()
	if err != nil {
		return err
	}
	defer release(r)
	t, err := r.TermFieldReader(ctx, []byte(markPassage), field(collection), false, false, false)
	if err != nil {
		return err
	}
	defer release(t)
	var doc bleve.TermFieldDoc
	for {
		d, err := t.Next(&doc)
		if err != nil || d == nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rec, err := fetch(r, d.ID.Value())
		if err != nil {
			return err
		}
		if !yield(rec.passage) {
			return nil
		}
	}
}
