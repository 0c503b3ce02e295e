package index

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"

	"github.com/tribunebot/tribune/knowledge"
)

// errStop ends a walk that has seen enough.
var errStop = errors.New("enough")

// Passages implements knowledge.Library.
func (x *Index) Passages(ctx context.Context, collection string) iter.Seq2[knowledge.Passage, error] {
	return func(yield func(knowledge.Passage, error) bool) {
		r, err := x.reader()
		if err != nil {
			yield(knowledge.Passage{}, err)
			return
		}
		defer release(r)
		err = walk(ctx, r, collection, markPassage, func(rec record) error {
			if !yield(rec.passage, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(knowledge.Passage{}, fmt.Errorf("read the passages of %s: %w", collection, err))
		}
	}
}

// walk calls each with the passages of a collection that have a mark, in the
// order in which they lie on disk.
func walk(ctx context.Context, r *scorch.IndexSnapshot, collection, mark string, each func(record) error) error {
	t, err := r.TermFieldReader(ctx, []byte(mark), field(collection), false, false, false)
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
		if err := each(rec); err != nil {
			return err
		}
	}
}
