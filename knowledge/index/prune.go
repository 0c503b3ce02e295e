package index

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"

	"github.com/tribunebot/tribune/knowledge"
)

// keep saves what lies at an origin, or within it, from being pruned.
func (g *ingest) keep(origin string) {
	if g.options.Prune {
		g.unread[maphash.String(g.seed, origin)] = struct{}{}
	}
}

// kept reports whether a document, the file it stands in or a folder above it
// was left out this time.
func (g *ingest) kept(rec record) bool {
	origin := rec.origin
	if origin == "" {
		origin = rec.passage.Document
	}
	for end := range len(origin) {
		if c := origin[end]; (c == '/' || c == 0) && g.isUnread(origin[:end]) {
			return true
		}
	}
	return g.isUnread(origin)
}

func (g *ingest) isUnread(origin string) bool {
	_, ok := g.unread[maphash.String(g.seed, origin)]
	return ok
}

// prune deletes the documents that were indexed before, lie within what the
// source covers, and were not read this time.
func (g *ingest) prune(ctx context.Context) error {
	return g.x.documents(ctx, g.before, g.collection, func(rec record) error {
		if !g.covers(rec.origin) || g.given(rec.passage.Document) || len(g.unread) > 0 && g.kept(rec) {
			return nil
		}
		return g.remove(rec)
	})
}

// covers reports whether the source speaks for an origin: it reads there, or
// what was there is read elsewhere now, or it is all there is.
func (g *ingest) covers(origin string) bool {
	return g.options.Whole || g.places == nil || g.places.Covers(origin) ||
		slices.ContainsFunc(g.left, func(folder string) bool { return strings.HasPrefix(origin, folder+"/") })
}

// remove deletes all passages of the document whose first passage is rec.
func (g *ingest) remove(rec record) error {
	if rec.parts == 0 {
		return nil
	}
	for i := range rec.parts {
		g.batch.Delete(key(g.collection, rec.passage.Document, i))
	}
	g.tally.Removed++
	g.passages += rec.parts
	if g.passages < batchPassages {
		return nil
	}
	return g.commit(rec.passage.Document)
}

// documents calls yield with the first passage of every document of a collection.
func (x *Index) documents(ctx context.Context, r *scorch.IndexSnapshot, collection string, yield func(record) error) error {
	t, err := r.TermFieldReader(ctx, []byte(markDocument), field(collection), false, false, false)
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
		rec, err := fetch(r, d.ID.Value())
		if err != nil {
			return err
		}
		if err := yield(rec); err != nil {
			return err
		}
	}
}

// Drop removes a collection. It returns knowledge.ErrNoCollection where there
// is none of that name.
func (x *Index) Drop(ctx context.Context, collection string) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	before, err := x.reader()
	if err != nil {
		return err
	}
	defer release(before)
	g := &ingest{x: x, collection: collection, before: before, batch: bleve.NewBatch()}
	if !g.known() {
		return fmt.Errorf("drop %s: %w", collection, knowledge.ErrNoCollection)
	}
	if err := x.documents(ctx, before, collection, g.remove); err != nil {
		return fmt.Errorf("drop %s: %w", collection, err)
	}
	g.batch.DeleteInternal([]byte(collectionKey + collection))
	if err := x.store.Batch(g.batch); err != nil {
		return fmt.Errorf("drop %s: %w", collection, err)
	}
	return nil
}
