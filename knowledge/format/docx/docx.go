// Package docx reads Word documents (ECMA-376, Part 1): headings by style or
// outline level, lists with the numbers that a reader sees, tables, footnotes
// and text boxes, as Markdown.
package docx

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/ooxml"
	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

const main = "word/document.xml"

var errEmpty = errors.New("it has no text: if its pages are pictures, save them as text first")

// Read reads a document. Errors say what to do.
func Read(ctx context.Context, r io.ReaderAt, size int64) (knowledge.Document, error) {
	z, err := unzip.Open(r, size)
	if err != nil {
		return knowledge.Document{}, err
	}
	raw, err := z.Read(main)
	if err != nil {
		return knowledge.Document{}, err
	}
	if raw == nil {
		return knowledge.Document{}, ooxml.Missing("DOCX")
	}
	p, err := open(ctx, z)
	if err != nil {
		return knowledge.Document{}, err
	}
	p.in = ooxml.NewDecoder(ctx, raw)
	if err := p.blocks(&p.out, ""); err != nil {
		return knowledge.Document{}, err
	}
	properties, err := ooxml.ReadProperties(ctx, z)
	if err != nil {
		return knowledge.Document{}, err
	}
	return p.document(properties)
}

// open reads what the text of a document refers to.
func open(ctx context.Context, z *unzip.Archive) (*parser, error) {
	p := &parser{notes: map[string]string{}}
	var err error
	if p.styles, err = readStyles(ctx, z); err != nil {
		return nil, err
	}
	if p.numbering, err = readNumbering(ctx, z); err != nil {
		return nil, err
	}
	for _, part := range [...]string{"footnotes", "endnotes"} {
		if err := p.readNotes(ctx, z, part); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// document is what was read, with the title that the properties or the text
// give it.
func (p *parser) document(o ooxml.Properties) (knowledge.Document, error) {
	text := strings.TrimSpace(p.out.String())
	if text == "" {
		return knowledge.Document{}, errEmpty
	}
	doc := knowledge.Document{Title: strings.TrimSpace(o.Title), Text: text, Markdown: true}
	if p.title != "" {
		doc.Title = p.title // what stands on the page, not what a template left
	}
	if o.Author != "" {
		doc.Metadata = map[string]string{"author": o.Author}
	}
	return doc, nil
}
