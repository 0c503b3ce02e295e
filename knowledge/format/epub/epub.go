// Package epub reads electronic books (EPUB 2 and 3): their chapters in the
// order in which they are read.
package epub

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/html"
	"github.com/tribunebot/tribune/knowledge/format/ooxml"
	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

// maxOut bounds the text of a book, in bytes: what an index takes of one
// document.
const maxOut = 8 << 20

var (
	errEmpty     = errors.New("it has no text: books of pictures can't be read")
	errLong      = errors.New("it has more than 8 MB of text: split it into volumes")
	errProtected = errors.New("it is protected against copying: get a copy without")
)

// Read reads a book. Errors say what to do.
func Read(ctx context.Context, r io.ReaderAt, size int64) (knowledge.Document, error) {
	z, err := unzip.Open(r, size)
	if err != nil {
		return knowledge.Document{}, err
	}
	b, err := open(ctx, z)
	if err != nil {
		return knowledge.Document{}, err
	}
	var text strings.Builder
	for _, part := range b.spine {
		if err := ctx.Err(); err != nil {
			return knowledge.Document{}, err
		}
		chapter, err := read(z, part)
		if err != nil {
			return knowledge.Document{}, err
		}
		if text.WriteString(chapter); text.Len() > maxOut {
			return knowledge.Document{}, errLong
		}
	}
	if strings.TrimSpace(text.String()) == "" {
		return knowledge.Document{}, errEmpty
	}
	doc := knowledge.Document{Title: strings.TrimSpace(b.title), Text: strings.TrimSpace(text.String()), Markdown: true, Metadata: map[string]string{}}
	for key, value := range map[string]string{"author": b.author, "language": b.language} {
		if value = strings.TrimSpace(value); value != "" {
			doc.Metadata[key] = value
		}
	}
	return doc, nil
}

// read returns a chapter as Markdown. Files that are no chapter, such as
// pictures, are passed over. One without a heading is told by its title.
func read(z *unzip.Archive, part string) (string, error) {
	switch strings.ToLower(path.Ext(part)) {
	case ".xhtml", ".html", ".htm", ".xml":
	default:
		return "", nil
	}
	raw, err := z.Read(part)
	if err != nil || raw == nil {
		return "", err
	}
	text, err := html.Fragment(bytes.NewReader(raw), nil)
	if err != nil || text == "" {
		return "", err
	}
	return text + "\n\n", nil
}

// book is what the package document says (EPUB 3.3, section 5).
type book struct {
	title, author, language string
	spine                   []string // paths of the chapters in the archive
}

// open reads the package document.
func open(ctx context.Context, z *unzip.Archive) (book, error) {
	var b book
	root := ""
	err := ooxml.Each(ctx, z, "META-INF/container.xml", func(_ *ooxml.Decoder, e xml.StartElement) error {
		if e.Name.Local == "rootfile" && root == "" {
			root = ooxml.Attr(e, "full-path")
		}
		return nil
	})
	switch {
	case err != nil:
		return b, err
	case root == "" || !z.Has(root):
		return b, ooxml.Missing("EPUB")
	case z.Has("META-INF/rights.xml"):
		return b, errProtected
	}
	parts := map[string]string{}
	err = ooxml.Each(ctx, z, root, func(d *ooxml.Decoder, e xml.StartElement) error {
		var err error
		switch e.Name.Local {
		case "title":
			b.title, err = once(d, b.title)
		case "creator":
			b.author, err = once(d, b.author)
		case "language":
			b.language, err = once(d, b.language)
		case "item":
			parts[ooxml.Attr(e, "id")] = resolve(root, ooxml.Attr(e, "href"))
		case "itemref":
			if part := parts[ooxml.Attr(e, "idref")]; part != "" && ooxml.Attr(e, "linear") != "no" {
				b.spine = append(b.spine, part)
			}
		}
		return err
	})
	return b, err
}

// once reads the text of an element that counts only the first time.
func once(d *ooxml.Decoder, before string) (string, error) {
	text, err := d.Text()
	if before != "" {
		text = before
	}
	return text, err
}

// resolve is the path in the archive that an address in a part leads to.
func resolve(part, ref string) string {
	if plain, err := url.PathUnescape(ref); err == nil {
		ref = plain
	}
	return strings.TrimPrefix(path.Join("/", path.Dir(part), ref), "/")
}
