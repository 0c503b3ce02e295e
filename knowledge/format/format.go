// Package format turns the bytes of one file into documents, whatever it is:
// Markdown, text, JSON lines, HTML, PDF, DOCX, XLSX, CSV, PPTX or EPUB. Folders,
// archives and web pages all read their files through Read.
//
// The folders below have one format each. They know nothing of names and
// places: they give a document's title and text, or an error that says in plain
// words what is wrong and what to do.
package format

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// MaxFile is the largest file that is read, in bytes: what PDF and Office files
// of some hundred pages with pictures have, and little enough to be held in
// memory whole.
const MaxFile = 50 << 20

// File is one file, or one entry of an archive.
type File struct {
	// Name is its path with '/', and the id of its document. Its ending says
	// what it should be.
	Name string
	Size int64 // in bytes
	io.ReaderAt

	// Origin is that of its document; a document inside it has Origin, NUL and
	// its own id.
	Origin  string
	URL     string // where a person can open it; may be empty
	ModTime time.Time
}

// inFile parts the origin of a file from the id of a document in it.
const inFile = "\x00"

// Yield takes a document, or a *knowledge.Skipped beside one with an Origin at
// most, and reports whether to go on.
type Yield = func(knowledge.Document, error) bool

// reader reads what is one kind of file.
type reader func(ctx context.Context, f File, yield Yield) bool

// Read yields the documents of a file and reports whether to go on. What can't
// be read is a *knowledge.Skipped with its reason; the only other error is that
// of ctx. It reads by what is in the file where that is plain to see, and by
// the ending of its name otherwise. A broken file never panics.
func Read(ctx context.Context, f File, yield Yield) bool {
	if reason := Refused(f.Name); reason != "" {
		return f.skip(yield, &foreignError{reason})
	}
	if f.Size > MaxFile {
		return f.skip(yield, fmt.Errorf("it has %d MB, more than %d: split it", f.Size>>20, MaxFile>>20))
	}
	kind, err := kindOf(f)
	if err != nil {
		return f.skip(yield, err)
	}
	return guarded(ctx, f, readerOf(kind), yield)
}

// guarded reads a file, and takes the panic of a library for a broken file. A
// panic of the yield goes on.
func guarded(ctx context.Context, f File, read reader, yield Yield) (more bool) {
	outside := false // the panic is not the reader's
	defer func() {
		if r := recover(); r != nil {
			if outside {
				panic(r)
			}
			more = f.skip(yield, errBroken)
		}
	}()
	return read(ctx, f, func(doc knowledge.Document, err error) bool {
		if ctx.Err() != nil {
			doc, err = knowledge.Document{}, ctx.Err()
		}
		outside = true
		more := yield(doc, err)
		outside = false
		return more && ctx.Err() == nil
	})
}

// errBroken is said of a file that no reader can make sense of.
var errBroken = errors.New("it is damaged: open it in the program that made it and save it again")

// foreignError is the reason why something is no document at all.
type foreignError struct{ reason string }

func (e *foreignError) Error() string { return e.reason }

// skip yields that a file is left out.
func (f File) skip(yield Yield, err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return yield(knowledge.Document{}, err)
	}
	_, foreign := errors.AsType[*foreignError](err)
	return yield(knowledge.Document{Origin: f.Origin}, &knowledge.Skipped{Document: f.Name, Reason: err.Error(), Foreign: foreign})
}

// one makes a reader of what reads a file that is one document.
func one(read func(ctx context.Context, r io.ReaderAt, size int64) (knowledge.Document, error)) reader {
	return func(ctx context.Context, f File, yield Yield) bool {
		doc, err := read(ctx, f, f.Size)
		if err != nil {
			return f.skip(yield, err)
		}
		return yield(f.complete(doc), nil)
	}
}

// complete gives a document what the file knows of it.
func (f File) complete(doc knowledge.Document) knowledge.Document {
	doc.ID, doc.Origin = f.Name, f.Origin
	if doc.UpdatedAt.IsZero() {
		doc.UpdatedAt = f.ModTime
	}
	if doc.URL == "" {
		doc.URL = f.URL
	}
	doc.Title = strings.Join(strings.Fields(doc.Title), " ")
	if doc.Title == "" {
		doc.Title = strings.TrimSuffix(path.Base(f.Name), path.Ext(f.Name))
	}
	if doc.URL == "" {
		doc.Anchor = onlyPages(doc.Anchor)
	}
	return doc
}

// onlyPages keeps of an anchor what tells pages: a document without an address
// has no place to link to, but its passages have pages all the same.
func onlyPages(a knowledge.Anchor) knowledge.Anchor {
	if a == knowledge.AnchorPage {
		return a
	}
	return knowledge.AnchorNone
}
