// Package slides reads PowerPoint presentations (ECMA-376, Part 1): a page for
// each slide, with its title as a heading, and what its speaker notes say.
package slides

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/ooxml"
	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

const main = "ppt/presentation.xml"

// maxSlides bounds a presentation: more is a bomb.
const maxSlides = 5_000

var (
	errSlides = errors.New("it has more than 5,000 slides: split it")
	errEmpty  = errors.New("it has no text: if its slides are pictures, what they say must be in text to be found")
)

// Read reads a presentation. Errors say what to do.
func Read(ctx context.Context, r io.ReaderAt, size int64) (knowledge.Document, error) {
	z, err := unzip.Open(r, size)
	if err != nil {
		return knowledge.Document{}, err
	}
	parts, err := order(ctx, z)
	if err != nil {
		return knowledge.Document{}, err
	}
	var all strings.Builder
	title, text := "", false
	for i, part := range parts {
		if err := ctx.Err(); err != nil {
			return knowledge.Document{}, err
		}
		s, err := read(ctx, z, part)
		if err != nil {
			return knowledge.Document{}, err
		}
		if i > 0 {
			all.WriteString("\f\n") // a slide without text is a page all the same
		}
		if title == "" {
			title = s.title
		}
		written := s.String()
		text = text || written != ""
		all.WriteString(written)
	}
	if !text {
		return knowledge.Document{}, errEmpty
	}
	properties, err := ooxml.ReadProperties(ctx, z)
	if err != nil {
		return knowledge.Document{}, err
	}
	if t := strings.TrimSpace(properties.Title); t != "" && !placeholder(t) {
		title = t
	}
	return knowledge.Document{Title: title, Text: all.String(), Markdown: true, Anchor: knowledge.AnchorPage}, nil
}

// placeholder reports whether a title is one that programs put there.
func placeholder(title string) bool {
	title = strings.ToLower(title)
	return strings.HasPrefix(title, "powerpoint ") || strings.HasPrefix(title, "presentation") || strings.HasPrefix(title, "演示文稿") || strings.HasPrefix(title, "幻灯片")
}

// order is the parts of the slides in the order in which they are shown.
func order(ctx context.Context, z *unzip.Archive) ([]string, error) {
	if !z.Has(main) {
		return nil, ooxml.Missing("PPTX")
	}
	relations, err := ooxml.Relations(ctx, z, main)
	if err != nil {
		return nil, err
	}
	var parts []string
	err = ooxml.Each(ctx, z, main, func(_ *ooxml.Decoder, e xml.StartElement) error {
		if e.Name.Local != "sldId" {
			return nil
		}
		if len(parts) == maxSlides {
			return errSlides
		}
		parts = append(parts, relations[ooxml.Attr2(e, "r", "id")].Target)
		return nil
	})
	return parts, err
}

// read reads a slide and its notes.
func read(ctx context.Context, z *unzip.Archive, part string) (slide, error) {
	s, err := shapes(ctx, z, part)
	if err != nil {
		return s, err
	}
	relations, err := ooxml.Relations(ctx, z, part)
	if err != nil {
		return s, err
	}
	for _, r := range relations {
		switch r.Type {
		case "notesSlide":
			notes, err := shapes(ctx, z, r.Target)
			if err != nil {
				return s, err
			}
			s.notes = notes.body
		case "diagramData":
			text, err := diagram(ctx, z, r.Target)
			if err != nil {
				return s, err
			}
			s.blocks = append(s.blocks, text)
		}
	}
	return s, nil
}

// diagram is the text of a SmartArt drawing.
func diagram(ctx context.Context, z *unzip.Archive, part string) (string, error) {
	var lines []string
	err := ooxml.Each(ctx, z, path.Clean(part), func(d *ooxml.Decoder, e xml.StartElement) error {
		if e.Name.Local != "t" || e.Name.Space != "a" {
			return nil
		}
		text, err := d.Text()
		if text = strings.TrimSpace(text); text != "" {
			lines = append(lines, "- "+text)
		}
		return err
	})
	return strings.Join(lines, "\n"), err
}
