// Package pdf reads the text of PDF files (ISO 32000): pages parted by form
// feeds, paragraphs put together from lines, headings told by the size of their
// letters. What is only drawn, such as scanned pages, can't be read.
package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ledongthuc/pdf"

	"github.com/tribunebot/tribune/knowledge"
)

// Bounds of a file. A book has a thousand pages; the slowest honest file that
// was seen took two seconds for a hundred.
const (
	maxPages = 10_000
	maxTime  = time.Minute
	maxOut   = 8 << 20 // bytes of text: what an index takes of one document
)

var (
	errPages     = fmt.Errorf("it has more than %d pages: split it", maxPages)
	errSlow      = fmt.Errorf("it takes more than %v to read: print it to a new PDF, or split it", maxTime)
	errLong      = fmt.Errorf("it has more than %d MB of text: split it", maxOut>>20)
	errEncrypted = errors.New("it is protected by a password: save it without one")
	errScanned   = errors.New("it has no text, only pictures, as scanned pages are: have its text recognised (OCR) and save it again")
	errGlyphs    = errors.New("its fonts don't say which characters they draw: print it to a new PDF from the program that made it, or save it as .docx")
	errBroken    = errors.New("it is damaged, or not quite a PDF: print it to a new PDF")
)

// Read reads a file. Errors say what to do.
func Read(ctx context.Context, r io.ReaderAt, size int64) (doc knowledge.Document, err error) {
	within, cancel := context.WithTimeoutCause(ctx, maxTime, errSlow)
	defer cancel()
	guard := &guard{stopped: func() error { return context.Cause(within) }, r: r, size: size, streams: map[int64]error{}}
	defer func() {
		if p := recover(); p != nil { // how the library reports what it can't read
			err = guard.reason(errBroken)
		}
		if ctx.Err() != nil {
			doc, err = knowledge.Document{}, ctx.Err()
		}
	}()
	if err := guard.scan(); err != nil {
		return knowledge.Document{}, err
	}
	f, err := open(guard)
	if err != nil {
		return knowledge.Document{}, guard.reason(err)
	}
	b := &book{guard: guard, fonts: map[string]*font{}}
	if err := b.pages(f); err != nil {
		return knowledge.Document{}, guard.reason(err)
	}
	return b.document(f)
}

// open opens a file. Some have a line before their mark, or a few after their
// end, which readers forgive.
func open(g *guard) (*pdf.Reader, error) {
	from, to, err := g.bounds()
	if err != nil {
		return nil, err
	}
	g.from = from
	g.opening = map[int64]int{}
	f, err := pdf.NewReader(g, to-from)
	g.opening = nil
	switch {
	case errors.Is(err, pdf.ErrInvalidPassword):
		return nil, errEncrypted
	case err != nil && strings.Contains(err.Error(), "encrypt"):
		return nil, errEncrypted
	case err != nil:
		return nil, errBroken
	}
	return f, nil
}

// document puts the pages together.
func (b *book) document(f *pdf.Reader) (knowledge.Document, error) {
	b.dropRunning()
	text := b.text()
	if strings.TrimSpace(text) == "" {
		if b.lost > 0 {
			return knowledge.Document{}, errGlyphs
		}
		return knowledge.Document{}, errScanned
	}
	if b.lost > b.shown {
		return knowledge.Document{}, errGlyphs
	}
	info := f.Trailer().Key("Info")
	title := strings.TrimSpace(info.Key("Title").Text())
	if !sensible(title) {
		title = b.title()
	}
	doc := knowledge.Document{Title: title, Text: text, Markdown: true, Anchor: knowledge.AnchorPage}
	if author := strings.TrimSpace(info.Key("Author").Text()); author != "" {
		doc.Metadata = map[string]string{"author": author}
	}
	return doc, nil
}

// sensible reports whether a title is one that a person wrote: programs put
// the name of a file there.
func sensible(title string) bool {
	lower := strings.ToLower(title)
	for _, odd := range [...]string{".doc", ".ppt", ".xls", ".indd", ".tex", ".dvi", ".pdf", ".wps", "untitled", "microsoft word -", "powerpoint"} {
		if strings.Contains(lower, odd) {
			return false
		}
	}
	return title != "" && len(title) < 300 && !bytes.ContainsAny([]byte(title), "\x00\ufffd")
}
