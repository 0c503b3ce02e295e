package slides

import (
	"context"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/knowledge/format/grid"
	"github.com/tribunebot/tribune/knowledge/format/ooxml"
	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

// slide is what one slide says.
type slide struct {
	title  string
	blocks []string
	body   string // the text of its body: on a page of notes, all that the page says of its own
	notes  string // what its notes page says
}

// String is a slide as Markdown.
func (s slide) String() string {
	var b strings.Builder
	if s.title != "" {
		b.WriteString("## " + s.title + "\n\n")
	}
	for _, block := range s.blocks {
		if strings.TrimSpace(block) != "" {
			b.WriteString(block + "\n\n")
		}
	}
	if s.notes != "" {
		b.WriteString(s.notes + "\n\n")
	}
	return b.String()
}

// shapes reads the shapes of a slide or of its notes: those that are text.
func shapes(ctx context.Context, z *unzip.Archive, part string) (slide, error) {
	var s slide
	err := ooxml.Each(ctx, z, part, func(d *ooxml.Decoder, e xml.StartElement) error {
		switch e.Name.Local {
		case "sp":
			shape, err := readShape(d)
			if err == nil {
				s.add(shape)
			}
			return err
		case "tbl":
			rows, err := readTable(d)
			s.blocks = append(s.blocks, rows.String())
			return err
		case "Fallback":
			return d.Skip()
		}
		return nil
	})
	return s, err
}

// shape is one box of text.
type shape struct {
	kind  string // of the placeholder: title, body ...; "" for none
	lines []string
}

// add puts a shape where it belongs.
func (s *slide) add(sh shape) {
	text := strings.Join(sh.lines, "\n")
	switch sh.kind {
	case "title", "ctrTitle":
		if s.title == "" {
			s.title = strings.Join(strings.Fields(text), " ")
			return
		}
	case "sldNum", "dt", "ftr", "hdr", "sldImg":
		return // the same on every slide
	case "body":
		s.body = text
	}
	s.blocks = append(s.blocks, text)
}

// readShape reads a shape to its end.
func readShape(d *ooxml.Decoder) (shape, error) {
	var s shape
	for depth := 1; depth > 0; {
		token, err := d.Next()
		if err != nil {
			return s, err
		}
		switch t := token.(type) {
		case nil:
			return s, ooxml.Missing("PPTX")
		case xml.EndElement:
			depth--
		case xml.StartElement:
			switch t.Name.Local {
			case "ph":
				s.kind = ooxml.Attr(t, "type")
			case "p":
				text, err := readParagraph(d)
				if err != nil {
					return s, err
				}
				if strings.TrimSpace(text) != "" {
					s.lines = append(s.lines, text)
				}
				continue
			}
			depth++
		}
	}
	return s, nil
}

// readParagraph reads a paragraph to its end: an indented one is a list item.
func readParagraph(d *ooxml.Decoder) (string, error) {
	var text strings.Builder
	indent := ""
	for depth := 1; depth > 0; {
		token, err := d.Next()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case nil:
			return "", ooxml.Missing("PPTX")
		case xml.EndElement:
			depth--
		case xml.StartElement:
			switch t.Name.Local {
			case "pPr":
				if n, err := strconv.Atoi(ooxml.Attr(t, "lvl")); err == nil && n > 0 && n < 9 {
					indent = strings.Repeat("  ", n-1) + "- "
				}
			case "t":
				run, err := d.Text()
				if err != nil {
					return "", err
				}
				text.WriteString(run)
				continue
			case "br", "tab":
				text.WriteString(" ")
			}
			depth++
		}
	}
	return indent + strings.TrimSpace(text.String()), nil
}

// readTable reads a table to its end.
func readTable(d *ooxml.Decoder) (grid.Table, error) {
	var rows grid.Table
	for depth := 1; depth > 0; {
		token, err := d.Next()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case nil:
			return nil, ooxml.Missing("PPTX")
		case xml.EndElement:
			depth--
		case xml.StartElement:
			switch {
			case t.Name.Local == "tr":
				rows = append(rows, nil)
			case t.Name.Local == "tc" && len(rows) > 0:
				cell, err := readShape(d)
				if err != nil {
					return nil, err
				}
				rows[len(rows)-1] = append(rows[len(rows)-1], strings.Join(cell.lines, " "))
				continue
			}
			depth++
		}
	}
	return rows, nil
}
