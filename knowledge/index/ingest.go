package index

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/split"
)

// progressEvery is how many documents are read between two calls of Progress.
const progressEvery = 64

// maxSkipped bounds the lists of skipped documents and of notes in a report;
// all are counted.
const maxSkipped = 100

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
	options    knowledge.IngestOptions
	places     knowledge.Places // nil: the source has none
	withdraws  func(origin string) bool
	before     *scorch.IndexSnapshot
	about      note // of the collection, as it will be when the batch is written
	report     knowledge.Report
	seed       maphash.Seed
	ids        map[uint64]struct{} // hashes of the ids given so far
	unread     map[uint64]struct{} // hashes of the origins that were left out
	left       []string            // folders that were moved away, as they were called before
	read       int
	total      int
	batch      *bleve.Batch
	bytes      int
	passages   int // in the batch
	tally      knowledge.Report
}

// Ingest feeds a source into a collection: what is new or changed is indexed,
// what is unchanged costs a hash. Every document is replaced in one step. When
// ctx ends, what was written stays, the report says what that was, and the next
// run goes on from there.
func (x *Index) Ingest(ctx context.Context, collection string, src knowledge.Source, o knowledge.IngestOptions) (knowledge.Report, error) {
	if !validName(collection) {
		return knowledge.Report{}, fmt.Errorf("ingest into %q: %w", collection, errName)
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.sealed {
		return knowledge.Report{}, fmt.Errorf("ingest into %s: %w", collection, errSealed)
	}
	started := x.now()
	before, err := x.reader()
	if err != nil {
		return knowledge.Report{}, err
	}
	defer release(before)
	run := &ingest{
		x: x, collection: collection, options: o, before: before,
		seed: maphash.MakeSeed(), ids: map[uint64]struct{}{}, unread: map[uint64]struct{}{}, batch: bleve.NewBatch(),
		report: knowledge.Report{Collection: collection, Source: src.Name()},
	}
	if run.about, err = noteOf(ctx, before, collection); err != nil {
		return run.report, fmt.Errorf("ingest into %s: %w", collection, err)
	}
	run.places, _ = src.(knowledge.Places)
	if w, ok := src.(knowledge.Withdrawer); ok {
		run.withdraws = w.Withdrawn
	}
	if c, ok := src.(knowledge.Counted); ok && o.Progress != nil {
		run.total = c.Count(ctx)
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
		if err := g.one(ctx, doc, err); err != nil {
			return err
		}
		if g.read++; g.read%progressEvery == 0 {
			g.tell(doc.ID)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := g.withdraw(ctx); err != nil {
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
func (g *ingest) one(ctx context.Context, doc knowledge.Document, err error) error {
	if skipped, ok := errors.AsType[*knowledge.Skipped](err); ok {
		// What was indexed of it earlier stays: a file that can't be read today
		// is not a file that is gone.
		if !skipped.Foreign {
			g.keep(cmp.Or(doc.Origin, skipped.Document))
		}
		g.skip(*skipped)
		return nil
	}
	if err != nil {
		return err
	}
	if reason := refuse(doc); reason != "" {
		g.keep(cmp.Or(doc.Origin, doc.ID))
		g.skip(knowledge.Skipped{Document: doc.ID, Reason: reason})
		return nil
	}
	at, err := g.place(ctx, doc)
	if err != nil {
		return err
	}
	if at.refused != "" {
		g.skip(knowledge.Skipped{Document: doc.ID, Reason: at.refused})
		return nil
	}
	doc.ID = at.id
	return g.document(doc, at)
}

// skip notes a document that is left out.
func (g *ingest) skip(s knowledge.Skipped) {
	g.report.Skips++
	if s.Foreign {
		g.report.Foreign++
	}
	s.Document = shown(s.Document)
	if len(g.report.Skipped) < maxSkipped {
		g.report.Skipped = append(g.report.Skipped, s)
	}
}

// note puts something about a document into the report.
func (g *ingest) note(id, text string) {
	g.report.Noted++
	if len(g.report.Notes) < maxSkipped {
		g.report.Notes = append(g.report.Notes, knowledge.Note{Document: shown(id), Text: text})
	}
}

// shown cuts an id to what a report shows of it.
func shown(id string) string { return strings.ToValidUTF8(id[:min(len(id), shownID)], "") }

// refuse says why a document can't be indexed, "" when it can.
func refuse(doc knowledge.Document) string {
	switch {
	case doc.ID == "" || len(doc.ID) > maxID:
		return fmt.Sprintf("its id must have 1 to %d bytes", maxID)
	case strings.ContainsFunc(doc.ID, unicode.IsControl):
		return "its id has control characters"
	case len(doc.Text) > maxText:
		return fmt.Sprintf("it has %d MB of text, more than %d: split it into several documents", len(doc.Text)>>20, maxText>>20)
	}
	return ""
}

// document writes a document to its place, if it is not there as it is.
func (g *ingest) document(doc knowledge.Document, at place) error {
	hash := hashOf(doc)
	same := at.found && bytes.Equal(at.old.hash, hash)
	if same && at.old.origin == doc.Origin {
		g.report.Unchanged++
		return nil
	}
	passages := split.Document(doc)
	if len(passages) == 0 {
		g.skip(knowledge.Skipped{Document: doc.ID, Reason: "it has no text"})
		return g.remove(at.old)
	}
	if err := g.forget(at.old); err != nil {
		return err
	}
	for i := len(passages); i < at.old.parts; i++ {
		g.batch.Delete(key(g.collection, doc.ID, i))
	}
	for i, p := range passages {
		p.Collection = g.collection
		rec := record{passage: p}
		if i == 0 {
			rec.hash, rec.parts, rec.origin, rec.named = hash, len(passages), doc.Origin, doc.Named
		}
		g.batch.Update(entry(rec, i))
		g.about.Bytes += int64(len(p.Text))
		g.bytes += len(p.Text) + len(p.Title) + len(p.Section)
	}
	g.count(at.found, same, len(passages))
	g.passages += max(len(passages), at.old.parts)
	if g.bytes < batchBytes && g.passages < batchPassages {
		return nil
	}
	return g.commit(doc.ID)
}

// count notes what is written: one that is the same has only been moved.
func (g *ingest) count(found, same bool, passages int) {
	switch {
	case same:
		g.tally.Unchanged++
		return
	case found:
		g.tally.Changed++
	default:
		g.tally.Added++
	}
	g.tally.Passages += passages
}

// commit writes the batch; it is on disk when commit returns.
func (g *ingest) commit(current string) error {
	if g.passages > 0 || !g.known() {
		if err := g.write(); err != nil {
			return err
		}
	}
	g.report.Added += g.tally.Added
	g.report.Changed += g.tally.Changed
	g.report.Unchanged += g.tally.Unchanged
	g.report.Removed += g.tally.Removed
	g.report.Passages += g.tally.Passages
	g.tally, g.bytes, g.passages = knowledge.Report{}, 0, 0
	g.batch = bleve.NewBatch() // a goroutine of bleve's may still read the old one
	g.tell(current)
	return nil
}

// write writes the batch together with what is noted of the collection.
func (g *ingest) write() error {
	g.about.UpdatedAt = g.x.now().UTC()
	g.about.fedFrom(g.report.Source)
	raw, err := json.Marshal(g.about)
	if err != nil {
		return err
	}
	g.batch.SetInternal([]byte(collectionKey+g.collection), raw)
	return g.x.write(g.batch)
}

// tell says how far it is.
func (g *ingest) tell(current string) {
	if g.options.Progress != nil {
		g.options.Progress(knowledge.Progress{Documents: g.read, Total: g.total, Passages: g.report.Passages, Current: current})
	}
}

// known reports whether the collection existed before this run.
func (g *ingest) known() bool {
	_, ok := g.before.Internal()[collectionKey+g.collection]
	return ok
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
	shape := markdown + strconv.Itoa(int(doc.Anchor))
	for _, s := range [...]string{doc.ID, doc.Title, doc.Section, doc.URL, shape, split.Version, doc.Text} {
		binary.LittleEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	return slices.Clone(h.Sum(nil)[:16])
}
