package index

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/split"
)

// IngestOptions say how to feed a source.
type IngestOptions struct {
	// Prune removes the documents that the source no longer has. Without it a
	// source only adds and changes.
	Prune bool
	// Progress is called after every batch, from the goroutine of Ingest.
	Progress func(Progress)
}

// Progress is how far an ingest has come.
type Progress struct {
	Documents int // read so far
	Passages  int // written so far
	Current   string
}

// maxSkipped bounds the list of skipped documents in a report; all are counted.
const maxSkipped = 100

// Report says what an ingest did. Passages counts those of added and changed
// documents.
type Report struct {
	Collection string              `json:"collection"`
	Source     string              `json:"source"`
	Added      int                 `json:"added"`
	Changed    int                 `json:"changed"`
	Unchanged  int                 `json:"unchanged"`
	Removed    int                 `json:"removed"`
	Passages   int                 `json:"passages"`
	Skips      int                 `json:"skips"`             // how many documents were left out
	Skipped    []knowledge.Skipped `json:"skipped,omitempty"` // the first hundred of them
	Took       time.Duration       `json:"took_ns"`
}

// A batch is written when it has this many bytes of text or this many passages:
// some 100 MB of memory while its terms are counted.
const (
	batchBytes    = 1 << 20
	batchPassages = 4000
)

// maxText bounds one document, in bytes: it is written in one batch, so that it
// is replaced in one step.
const maxText = 8 << 20

// maxID bounds the id of a document, in bytes: it is part of every term of
// bleve's id field.
const maxID = 1024

// shownID bounds an id in a report, in bytes.
const shownID = 256

// errName is returned for a collection name that can't be one.
var errName = errors.New("a collection's name has 1 to 64 letters, digits, dots, hyphens and underscores")

// ingest is the state of one run.
type ingest struct {
	x          *Index
	collection string
	options    IngestOptions
	before     *scorch.IndexSnapshot
	report     Report
	seed       maphash.Seed
	seen       map[uint64]struct{} // hashes of the ids read so far
	batch      *bleve.Batch
	bytes      int
	passages   int // in the batch
	tally      Report
}

// Ingest feeds a source into a collection: what is new or changed is indexed,
// what is unchanged costs a hash. Every document is replaced in one step. When
// ctx ends, what was written stays, the report says what that was, and the next
// run goes on from there.
func (x *Index) Ingest(ctx context.Context, collection string, src knowledge.Source, o IngestOptions) (Report, error) {
	if !validName(collection) {
		return Report{}, fmt.Errorf("ingest into %q: %w", collection, errName)
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	started := x.now()
	before, err := x.reader()
	if err != nil {
		return Report{}, err
	}
	defer release(before)
	run := &ingest{
		x: x, collection: collection, options: o, before: before,
		seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, batch: bleve.NewBatch(),
		report: Report{Collection: collection, Source: src.Name()},
	}
	err = run.all(ctx, src)
	run.report.Took = x.now().Sub(started)
	if err != nil {
		return run.report, fmt.Errorf("ingest %s into %s: %w", src.Name(), collection, err)
	}
	return run.report, nil
}

func validName(name string) bool {
	ok := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x2E80
	}
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool { return !ok(r) })
}

func (g *ingest) all(ctx context.Context, src knowledge.Source) error {
	for doc, err := range src.Documents(ctx) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.one(doc, err); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if g.options.Prune {
		if err := g.prune(ctx); err != nil {
			return err
		}
	}
	return g.commit("")
}

// one takes what the source gave: a document, one that is left out, or its end.
func (g *ingest) one(doc knowledge.Document, err error) error {
	if skipped, ok := errors.AsType[*knowledge.Skipped](err); ok {
		// What was indexed of it earlier stays: a file that can't be read today
		// is not a file that is gone.
		g.see(skipped.Document)
		g.skip(*skipped)
		return nil
	}
	if err != nil {
		return err
	}
	if reason := g.refuse(doc); reason != "" {
		g.skip(knowledge.Skipped{Document: doc.ID, Reason: reason})
		return nil
	}
	return g.document(doc)
}

// see notes that the source has a document, and reports whether it is new.
func (g *ingest) see(id string) bool {
	h := maphash.String(g.seed, id)
	_, again := g.seen[h]
	g.seen[h] = struct{}{}
	return !again
}

// skip notes a document that is left out.
func (g *ingest) skip(s knowledge.Skipped) {
	g.report.Skips++
	s.Document = strings.ToValidUTF8(s.Document[:min(len(s.Document), shownID)], "")
	if len(g.report.Skipped) < maxSkipped {
		g.report.Skipped = append(g.report.Skipped, s)
	}
}

// refuse says why a document can't be indexed, "" when it can.
func (g *ingest) refuse(doc knowledge.Document) string {
	switch {
	case doc.ID == "" || len(doc.ID) > maxID:
		return fmt.Sprintf("its id must have 1 to %d bytes", maxID)
	case strings.ContainsAny(doc.ID, "\x00\x1f"):
		return "its id has control characters"
	case len(doc.Text) > maxText:
		g.see(doc.ID)
		return fmt.Sprintf("it has %d MB of text, more than %d: split it into several documents", len(doc.Text)>>20, maxText>>20)
	case !g.see(doc.ID):
		return "a document with the same id came before: ids must be unique in a source"
	}
	return ""
}

func (g *ingest) document(doc knowledge.Document) error {
	hash := hashOf(doc)
	old, found, err := g.old(doc.ID)
	if err != nil {
		return err
	}
	if found && bytes.Equal(old.hash, hash) {
		g.report.Unchanged++
		return nil
	}
	passages := split.Document(doc)
	if len(passages) == 0 {
		g.skip(knowledge.Skipped{Document: doc.ID, Reason: "it has no text"})
		return g.remove(old)
	}
	for i := len(passages); i < old.parts; i++ {
		g.batch.Delete(key(g.collection, doc.ID, i))
	}
	for i, p := range passages {
		p.Collection = g.collection
		rec := record{passage: p}
		if i == 0 {
			rec.hash, rec.parts = hash, len(passages)
		}
		g.batch.Update(entry(rec, i))
		g.bytes += len(p.Text) + len(p.Title) + len(p.Section)
	}
	if found {
		g.tally.Changed++
	} else {
		g.tally.Added++
	}
	g.tally.Passages += len(passages)
	g.passages += max(len(passages), old.parts)
	if g.bytes < batchBytes && g.passages < batchPassages {
		return nil
	}
	return g.commit(doc.ID)
}

// old returns the record of a document's first passage as it was indexed.
func (g *ingest) old(id string) (record, bool, error) {
	internal, err := g.before.InternalID(key(g.collection, id, 0))
	if err != nil || internal == nil {
		return record{}, false, err
	}
	rec, err := fetch(g.before, internal.Value())
	return rec, err == nil, err
}

// commit writes the batch; it is on disk when commit returns.
func (g *ingest) commit(current string) error {
	if g.tally.Added+g.tally.Changed+g.tally.Removed > 0 || !g.known() {
		stamp, err := g.x.now().UTC().MarshalText()
		if err != nil {
			return err
		}
		g.batch.SetInternal([]byte(collectionKey+g.collection), stamp)
		if err := g.x.store.Batch(g.batch); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	g.report.Added += g.tally.Added
	g.report.Changed += g.tally.Changed
	g.report.Removed += g.tally.Removed
	g.report.Passages += g.tally.Passages
	g.tally, g.bytes, g.passages = Report{}, 0, 0
	g.batch.Reset()
	if g.options.Progress != nil {
		r := &g.report
		g.options.Progress(Progress{r.Added + r.Changed + r.Unchanged + r.Skips, r.Passages, current})
	}
	return nil
}

// known reports whether the collection existed before this run.
func (g *ingest) known() bool {
	_, ok := g.before.Internal()[collectionKey+g.collection]
	return ok
}

// prune deletes the documents that were indexed before and not read this time.
func (g *ingest) prune(ctx context.Context) error {
	return g.x.documents(ctx, g.before, g.collection, func(rec record) error {
		if _, ok := g.seen[maphash.String(g.seed, rec.passage.Document)]; ok {
			return nil
		}
		return g.remove(rec)
	})
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

// hashOf is the hash of everything that passages are made of. The format is
// part of it: another way to cut makes other passages.
func hashOf(doc knowledge.Document) []byte {
	h := sha256.New()
	var size [8]byte
	markdown := "text"
	if doc.Markdown {
		markdown = "markdown"
	}
	for _, s := range [...]string{doc.ID, doc.Title, doc.Section, doc.URL, markdown, split.Version, doc.Text} {
		binary.LittleEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	return slices.Clone(h.Sum(nil)[:16])
}
