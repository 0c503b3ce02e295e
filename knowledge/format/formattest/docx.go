package formattest

import (
	"strconv"
	"strings"
)

const wordSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:v="urn:schemas-microsoft-com:vml"`

// DOCX returns a Word document with a body of WordprocessingML, made by the
// functions below. Its list 1 has bullets, list 2 counts 第一条, list 3 counts
// 1. and 1.1; note 2 of its footnotes is text, its styles are those of Word in
// Chinese.
func DOCX(title, body string) []byte {
	return Zip(
		contentTypes("word/document.xml", "wordprocessingml.document.main", "word/styles.xml", "wordprocessingml.styles",
			"word/numbering.xml", "wordprocessingml.numbering", "word/footnotes.xml", "wordprocessingml.footnotes"),
		relations("_rels/.rels", "rId1", "officeDocument", "word/document.xml"),
		relations("word/_rels/document.xml.rels", "rId1", "styles", "styles.xml", "rId2", "numbering", "numbering.xml", "rId3", "footnotes", "footnotes.xml"),
		properties(title),
		Part{"word/document.xml", xmlHead + `<w:document ` + wordSpace + `><w:body>` + body + `<w:sectPr/></w:body></w:document>`},
		Part{"word/styles.xml", xmlHead + `<w:styles ` + wordSpace + `>` +
			style("a3", "Title", "") + style("1", "heading 1", `<w:outlineLvl w:val="0"/>`) + style("2", "标题 2", "") +
			style("Own", "Our heading", `<w:outlineLvl w:val="2"/>`) +
			`<w:style w:type="paragraph" w:styleId="Below"><w:name w:val="Below ours"/><w:basedOn w:val="Own"/></w:style>` +
			style("TOC1", "toc 1", "") + `</w:styles>`},
		Part{"word/numbering.xml", xmlHead + `<w:numbering ` + wordSpace + `>` +
			`<w:abstractNum w:abstractNumId="0">` + level(0, "bullet", "•") + level(1, "bullet", "o") + `</w:abstractNum>` +
			`<w:abstractNum w:abstractNumId="1">` + level(0, "chineseCountingThousand", "第%1条") + level(1, "japaneseCounting", "（%2）") + `</w:abstractNum>` +
			`<w:abstractNum w:abstractNumId="2">` + level(0, "decimal", "%1.") + level(1, "decimal", "%1.%2") + level(2, "lowerRoman", "%3)") + `</w:abstractNum>` +
			`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="3"><w:abstractNumId w:val="2"/></w:num></w:numbering>`},
		Part{"word/footnotes.xml", xmlHead + `<w:footnotes ` + wordSpace + `><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote><w:footnote w:id="2">` + Paragraph("", "Only on working days 仅限工作日。") + `</w:footnote></w:footnotes>`},
	)
}

func style(id, name, more string) string {
	return `<w:style w:type="paragraph" w:styleId="` + id + `"><w:name w:val="` + name + `"/><w:pPr>` + more + `</w:pPr></w:style>`
}

func level(n int, format, text string) string {
	return `<w:lvl w:ilvl="` + strconv.Itoa(n) + `"><w:start w:val="1"/><w:numFmt w:val="` + format + `"/><w:lvlText w:val="` + text + `"/></w:lvl>`
}

// Paragraph is a paragraph of a style, "" for that of text. A word {2} in its
// text refers to footnote 2.
func Paragraph(style, text string) string {
	properties := ""
	if style != "" {
		properties = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return `<w:p>` + properties + runs(text) + `</w:p>`
}

// Item is an item of a list, at a level from 0.
func Item(list, level int, text string) string {
	return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + strconv.Itoa(level) + `"/><w:numId w:val="` + strconv.Itoa(list) + `"/></w:numPr></w:pPr>` + runs(text) + `</w:p>`
}

// runs is text in two runs, as Word cuts it wherever it likes.
func runs(text string) string {
	before, after, note := strings.Cut(text, "{2}")
	half := len([]rune(before)) / 2
	run := func(text string) string { return `<w:r><w:t xml:space="preserve">` + escape(text) + `</w:t></w:r>` }
	out := run(string([]rune(before)[:half])) + run(string([]rune(before)[half:]))
	if note {
		out += `<w:r><w:footnoteReference w:id="2"/></w:r>` + run(after)
	}
	return out
}

// Grid is a table of rows of cells. A cell "^" is one with that above it.
func Grid(rows ...[]string) string {
	var b strings.Builder
	b.WriteString(`<w:tbl><w:tblPr/><w:tblGrid/>`)
	for _, row := range rows {
		b.WriteString(`<w:tr>`)
		for _, cell := range row {
			properties := `<w:tcPr><w:vMerge w:val="restart"/></w:tcPr>`
			if cell == "^" {
				properties, cell = `<w:tcPr><w:vMerge/></w:tcPr>`, ""
			}
			b.WriteString(`<w:tc>` + properties + Paragraph("", cell) + `</w:tc>`)
		}
		b.WriteString(`</w:tr>`)
	}
	return b.String() + `</w:tbl>`
}

// Box is a text box in both ways that Word writes it, in a paragraph of its own.
func Box(text string) string {
	inner := `<w:txbxContent>` + Paragraph("", text) + `</w:txbxContent>`
	return `<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>` + inner + `</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>` + inner + `</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>`
}
