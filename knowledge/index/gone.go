package index

import (
	"context"
	"errors"
	"fmt"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"

	"github.com/tribunebot/tribune/knowledge"
)

// Gone lists the ids of the documents of a collection that an earlier state of
// an index has and x has not: up to limit of them, and one more where there are
// more.
func (x *Index) Gone(ctx context.Context, earlier *Index, collection string, limit int) ([]string, error) {
	now, err := x.reader()
	if err != nil {
		return nil, err
	}
	defer release(now)
	before, err := earlier.reader()
	if err != nil {
		return nil, err
	}
	defer release(before)
	var out []string
	err = walk(ctx, before, collection, markDocument, func(rec record) error {
		_, there, err := numberOf(now, key(collection, rec.passage.Document, 0))
		if err != nil || there {
			return err
		}
		if out = append(out, rec.passage.Document); len(out) > limit {
			return errStop
		}
		return nil
	})
	if err != nil && !errors.Is(err, errStop) {
		return nil, fmt.Errorf("compare the documents of %s: %w", collection, err)
	}
	return out, nil
}

// Remove deletes documents of a collection. Those that are not there are no
// error; neither is a collection that is not.
func (x *Index) Remove(ctx context.Context, collection string, documents []string) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.sealed {
		return fmt.Errorf("remove from %s: %w", collection, errSealed)
	}
	before, err := x.reader()
	if err != nil {
		return err
	}
	defer release(before)
	g, err := x.remover(ctx, before, collection)
	if err != nil || !g.known() {
		return err
	}
	for _, id := range documents {
		rec, found, err := g.old(id)
		if err == nil && found {
			err = g.remove(rec)
		}
		if err != nil {
			return fmt.Errorf("remove from %s: %w", collection, err)
		}
	}
	return g.commit("")
}

// remover is a run that only removes.
func (x *Index) remover(ctx context.Context, before *scorch.IndexSnapshot, collection string) (*ingest, error) {
	g := &ingest{x: x, collection: collection, before: before, batch: bleve.NewBatch(), report: knowledge.Report{Collection: collection}}
	var err error
	g.about, err = noteOf(ctx, before, collection)
	return g, err
}
