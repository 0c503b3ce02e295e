package index

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

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

// withdraw deletes the documents that may not be shown any more.
func (g *ingest) withdraw(ctx context.Context) error {
	if g.withdraws == nil {
		return nil
	}
	return walk(ctx, g.before, g.collection, markDocument, func(rec record) error {
		if !g.withdrawn(rec) {
			return nil
		}
		return g.remove(rec)
	})
}

func (g *ingest) withdrawn(rec record) bool {
	return g.withdraws != nil && g.withdraws(rec.origin) && !g.given(rec.passage.Document)
}

// A prune that would remove so many documents, and more than this share of the
// collection, removes none unless it is forced.
const (
	manyGone  = 100
	mostShare = .5
)

// prune deletes the documents that were indexed before, lie within what the
// source covers, and were not read this time.
func (g *ingest) prune(ctx context.Context) error {
	if !g.options.Force {
		gone, all, err := g.countGone(ctx)
		if err != nil {
			return err
		}
		if gone >= manyGone && float64(gone) > mostShare*float64(all) {
			g.report.Kept = gone
			return nil
		}
	}
	return walk(ctx, g.before, g.collection, markDocument, func(rec record) error {
		if !g.gone(rec) {
			return nil
		}
		return g.remove(rec)
	})
}

// countGone says how many documents a prune would remove, and of how many.
func (g *ingest) countGone(ctx context.Context) (gone, all int, err error) {
	err = walk(ctx, g.before, g.collection, markDocument, func(rec record) error {
		all++
		if g.gone(rec) {
			gone++
		}
		return nil
	})
	return gone, all, err
}

// gone reports whether a document was indexed before and is to go.
func (g *ingest) gone(rec record) bool {
	return g.covers(rec.origin) && !g.given(rec.passage.Document) && (len(g.unread) == 0 || !g.kept(rec)) && !g.withdrawn(rec)
}

// covers reports whether the source speaks for an origin: it reads there, or
// what was there is read elsewhere now, or it is all there is.
func (g *ingest) covers(origin string) bool {
	return g.options.Whole || g.places == nil || g.places.Covers(origin) ||
		slices.ContainsFunc(g.left, func(folder string) bool { return strings.HasPrefix(origin, folder+"/") })
}

// forget takes the text of a document that was there out of what is counted.
func (g *ingest) forget(old record) error {
	for i := range old.parts {
		rec := old
		if i > 0 {
			number, ok, err := numberOf(g.before, key(g.collection, old.passage.Document, i))
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if rec, err = fetch(g.before, number); err != nil {
				return err
			}
		}
		g.about.Bytes -= int64(len(rec.passage.Text))
	}
	return nil
}

// remove deletes all passages of the document whose first passage is rec.
func (g *ingest) remove(rec record) error {
	if rec.parts == 0 {
		return nil
	}
	if err := g.forget(rec); err != nil {
		return err
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

// Drop removes a collection. It returns knowledge.ErrNoCollection where there
// is none of that name.
func (x *Index) Drop(ctx context.Context, collection string) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.sealed {
		return fmt.Errorf("drop %s: %w", collection, errSealed)
	}
	before, err := x.reader()
	if err != nil {
		return err
	}
	defer release(before)
	g := &ingest{x: x, collection: collection, before: before, batch: bleve.NewBatch()}
	if !g.known() {
		return fmt.Errorf("drop %s: %w", collection, knowledge.ErrNoCollection)
	}
	if err := walk(ctx, before, collection, markDocument, g.remove); err != nil {
		return fmt.Errorf("drop %s: %w", collection, err)
	}
	g.batch.DeleteInternal([]byte(collectionKey + collection))
	if err := x.write(g.batch); err != nil {
		return fmt.Errorf("drop %s: %w", collection, err)
	}
	return nil
}
