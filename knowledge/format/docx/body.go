package docx

import (
	"context"
	"encoding/xml"
	"errors"
	"strings"

	"github.com/tribunebot/tribune/knowledge/format/ooxml"
	"github.com/tribunebot/tribune/knowledge/format/unzip"
)

// parser goes through the text of a document once.
type parser struct {
	in        *ooxml.Decoder
	styles    map[string]style
	numbering *numbering
	notes     map[string]string // by kind and id
	title     string
	out       strings.Builder
}

// paragraph is one that is being read.
type paragraph struct {
	style   style
	outline int // from the paragraph itself, 0: none
	list    list
	text    strings.Builder
	notes   []string        // that it refers to
	boxes   strings.Builder // text boxes that are anchored in it
}

// maxOut bounds the text of a document, in bytes: what an index takes of one.
const maxOut = 8 << 20

var errLong = errors.New("it has more than 8 MB of text: split it")

// blocks reads paragraphs and tables up to the end of the element that they
// are in ("" for the end of the part), and writes them as Markdown.
func (p *parser) blocks(out *strings.Builder, end string) error {
	for {
		token, err := p.in.Next()
		if err != nil || token == nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			if t.Name.Local == end {
				return nil
			}
		case xml.StartElement:
			if err := p.block(out, t); err != nil {
				return err
			}
			if out.Len() > maxOut {
				return errLong
			}
		}
	}
}

// block reads one element where a paragraph can stand. What it does not know,
// such as a content control, is gone into.
func (p *parser) block(out *strings.Builder, e xml.StartElement) error {
	switch e.Name.Local {
	case "p":
		return p.paragraph(out)
	case "tbl":
		text, err := p.table()
		write(out, text)
		return err
	case "Fallback", "sectPr", "sdtPr", "tblPr", "moveFrom", "del":
		return p.in.Skip()
	}
	return nil
}

// write adds a block.
func write(out *strings.Builder, text string) {
	if text = strings.Trim(text, "\n"); strings.TrimSpace(text) == "" {
		return
	}
	if out.Len() > 0 {
		out.WriteString("\n\n")
	}
	out.WriteString(text)
}

// paragraph reads a paragraph and writes it with what hangs on it.
func (p *parser) paragraph(out *strings.Builder) error {
	var g paragraph
	if err := p.inside(&g); err != nil {
		return err
	}
	text := strings.TrimSpace(g.text.String())
	if text != "" && !g.style.contents {
		write(out, p.render(&g, text))
	}
	write(out, g.boxes.String())
	for _, id := range g.notes {
		if note := p.notes[id]; note != "" {
			write(out, "[^"+id[1:]+"]: "+note)
		}
	}
	return nil
}

// render is a paragraph as Markdown.
func (p *parser) render(g *paragraph, text string) string {
	l := g.list
	if l.num == "" {
		l.num, l.level = g.style.list.num, max(l.level, g.style.list.level)
	}
	mark, bullet := "", false
	if l.num != "" && l.num != "0" {
		mark, bullet = p.numbering.next(l)
	}
	heading := g.outline
	if heading == 0 {
		heading = g.style.level
	}
	if g.style.title && p.title == "" {
		p.title, heading = strings.Join(strings.Fields(text), " "), 1
	}
	switch {
	case heading > 0:
		if bullet {
			mark = ""
		}
		return strings.Repeat("#", heading) + " " + mark + strings.Join(strings.Fields(text), " ")
	case bullet:
		return strings.Repeat("  ", l.level) + mark + text
	}
	return mark + text
}

// inside reads up to the end of a paragraph.
func (p *parser) inside(g *paragraph) error {
	for depth := 1; depth > 0; {
		token, err := p.in.Next()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case nil:
			return ooxml.Missing("DOCX")
		case xml.EndElement:
			depth--
		case xml.StartElement:
			ended, err := p.run(g, t)
			if err != nil {
				return err
			}
			if !ended {
				depth++
			}
		}
	}
	return nil
}

// run takes one element of a paragraph and reports whether it read it to its
// end.
func (p *parser) run(g *paragraph, e xml.StartElement) (ended bool, err error) {
	val := ooxml.Attr(e, "val")
	switch e.Name.Local {
	case "t":
		text, err := p.in.Text()
		g.text.WriteString(text)
		return true, err
	case "tab", "ptab":
		g.text.WriteString(" ")
	case "br", "cr":
		g.text.WriteString("\n")
	case "noBreakHyphen":
		g.text.WriteString("-")
	case "pStyle":
		g.style = p.styles[val]
		if _, known := p.styles[val]; !known {
			g.style = named(val)
		}
	case "outlineLvl":
		g.outline = outline(val)
	case "numId":
		g.list.num = val
	case "ilvl":
		g.list.level = index(val)
	case "footnoteReference", "endnoteReference":
		id := e.Name.Local[:1] + ooxml.Attr(e, "id")
		g.notes = append(g.notes, id)
		g.text.WriteString("[^" + id[1:] + "]")
	case "txbxContent":
		return true, p.blocks(&g.boxes, "txbxContent")
	case "Fallback", "moveFrom", "del", "pPrChange", "rPrChange", "rubyPr", "rt":
		return true, p.in.Skip()
	}
	return false, nil
}

// readNotes reads the footnotes or endnotes.
func (p *parser) readNotes(ctx context.Context, z *unzip.Archive, part string) error {
	raw, err := z.Read("word/" + part + ".xml")
	if err != nil || raw == nil {
		return err
	}
	inner := &parser{in: ooxml.NewDecoder(ctx, raw), styles: p.styles, numbering: &numbering{}, notes: map[string]string{}}
	for {
		token, err := inner.in.Next()
		if err != nil || token == nil {
			return err
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "footnote" && e.Name.Local != "endnote" {
			continue
		}
		var text strings.Builder
		if err := inner.blocks(&text, e.Name.Local); err != nil {
			return err
		}
		p.notes[part[:1]+ooxml.Attr(e, "id")] = strings.Join(strings.Fields(text.String()), " ")
	}
}
