package formattest

import (
	"strconv"
	"strings"
)

// Slide is one slide of a presentation.
type Slide struct {
	Title string
	Lines []string // of its body; one that starts with a tab is a level deeper
	Table [][]string
	Notes string
}

const slideSpace = `xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"`

// PPTX returns a presentation. Its slides lie in the archive in reverse order,
// as they do once somebody has moved them.
func PPTX(title string, slides ...Slide) []byte {
	types := []string{"ppt/presentation.xml", "presentationml.presentation.main"}
	var ids, links []string
	var parts []Part
	for i, s := range slides {
		n := strconv.Itoa(len(slides) - i)
		name := "ppt/slides/slide" + n + ".xml"
		types = append(types, name, "presentationml.slide")
		ids = append(ids, `<p:sldId id="`+strconv.Itoa(256+i)+`" r:id="rId`+n+`"/>`)
		links = append(links, "rId"+n, "slide", "slides/slide"+n+".xml")
		parts = append(parts, Part{name, xmlHead + `<p:sld ` + slideSpace + `><p:cSld><p:spTree>` + s.shapes() + `</p:spTree></p:cSld></p:sld>`})
		if s.Notes != "" {
			parts = append(parts,
				relations("ppt/slides/_rels/slide"+n+".xml.rels", "rId1", "notesSlide", "../notesSlides/notes"+n+".xml"),
				Part{"ppt/notesSlides/notes" + n + ".xml", xmlHead + `<p:notes ` + slideSpace + `><p:cSld><p:spTree>` + shapeOf("body", s.Notes) + shapeOf("sldNum", n) + `</p:spTree></p:cSld></p:notes>`})
		}
	}
	return Zip(append([]Part{
		contentTypes(types...),
		relations("_rels/.rels", "rId1", "officeDocument", "ppt/presentation.xml"),
		properties(title),
		{"ppt/presentation.xml", xmlHead + `<p:presentation ` + slideSpace + `><p:sldIdLst>` + strings.Join(ids, "") + `</p:sldIdLst></p:presentation>`},
		relations("ppt/_rels/presentation.xml.rels", links...),
	}, parts...)...)
}

func (s Slide) shapes() string {
	var out strings.Builder
	if s.Title != "" {
		out.WriteString(shapeOf("title", s.Title))
	}
	if len(s.Lines) > 0 {
		out.WriteString(shapeOf("body", s.Lines...))
	}
	if len(s.Table) > 0 {
		out.WriteString(`<p:graphicFrame><a:graphic><a:graphicData><a:tbl>`)
		for _, row := range s.Table {
			out.WriteString(`<a:tr>`)
			for _, cell := range row {
				out.WriteString(`<a:tc><a:txBody>` + paragraphOf(cell) + `</a:txBody></a:tc>`)
			}
			out.WriteString(`</a:tr>`)
		}
		out.WriteString(`</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`)
	}
	return out.String()
}

func shapeOf(kind string, lines ...string) string {
	var out strings.Builder
	out.WriteString(`<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/><p:cNvSpPr/><p:nvPr><p:ph type="` + kind + `"/></p:nvPr></p:nvSpPr><p:txBody><a:bodyPr/>`)
	for _, line := range lines {
		out.WriteString(paragraphOf(line))
	}
	return out.String() + `</p:txBody></p:sp>`
}

func paragraphOf(text string) string {
	plain, deeper := strings.CutPrefix(text, "\t")
	properties := ""
	if deeper {
		properties = `<a:pPr lvl="1"/>`
	}
	return `<a:p>` + properties + `<a:r><a:t>` + escape(plain) + `</a:t></a:r></a:p>`
}
