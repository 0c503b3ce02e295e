package format_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format"
	"github.com/tribunebot/tribune/knowledge/format/formattest"
	"github.com/tribunebot/tribune/knowledge/split"
)

// fuzzed reads a file of any content: it is a document, or left out with a
// reason of one line, and never a panic.
func fuzzed(t *testing.T, name string, content []byte) {
	t.Helper()
	if len(content) > 1<<20 {
		t.Skip("too large for a quick look")
	}
	format.Read(t.Context(), format.File{Name: name, Size: int64(len(content)), ReaderAt: bytes.NewReader(content), URL: "https://example.com/x"}, func(d knowledge.Document, err error) bool {
		if s, ok := errors.AsType[*knowledge.Skipped](err); ok {
			if s.Reason == "" || strings.ContainsAny(s.Reason, "\r\n") {
				t.Errorf("reason %q", s.Reason)
			}
			return true
		}
		if err != nil {
			t.Fatal(err)
		}
		if d.Title == "" || strings.ContainsAny(d.Title, "\r\n") {
			t.Errorf("title %q", d.Title)
		}
		for _, p := range split.Document(d) {
			if p.Page < 0 || p.Line < 1 || utf8.ValidString(d.Text) && !utf8.ValidString(p.Text) {
				t.Errorf("passage %+v", p)
			}
		}
		return true
	})
}

// zipped is a fuzzed part within an archive that is whole otherwise: bytes of a
// zip file that are changed at random hardly ever get past its checksums.
func zipped(f *testing.F, name, part, seed string, others ...formattest.Part) {
	f.Helper()
	f.Add(seed)
	f.Add("<a>")
	f.Fuzz(func(t *testing.T, text string) {
		fuzzed(t, name, formattest.Zip(append(others, formattest.Part{Name: part, Text: text})...))
	})
}

func FuzzPDF(f *testing.F) {
	f.Add(formattest.SamplePDF())
	f.Add(formattest.EmptyPDF(2))
	f.Fuzz(func(t *testing.T, content []byte) { fuzzed(t, "a.pdf", content) })
}

func FuzzDOCX(f *testing.F) {
	zipped(f, "a.docx", "word/document.xml", `<w:document><w:body>`+formattest.Paragraph("1", "x{2}y")+formattest.Grid([]string{"a", "b"}, []string{"^", "c"})+formattest.Item(2, 1, "z")+formattest.Box("b")+`</w:body></w:document>`)
}

func FuzzNumbering(f *testing.F) {
	zipped(f, "a.docx", "word/numbering.xml", `<w:numbering><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1"/></w:lvl></w:abstractNum><w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num></w:numbering>`,
		formattest.Part{Name: "word/document.xml", Text: `<w:body>` + formattest.Item(2, 0, "a") + formattest.Item(2, 8, "b") + `</w:body>`})
}

func FuzzPPTX(f *testing.F) {
	zipped(f, "a.pptx", "ppt/s.xml", `<p:sld><p:sp><p:ph type="title"/><a:p><a:pPr lvl="1"/><a:r><a:t>x</a:t></a:r></a:p></p:sp><a:tbl><a:tr><a:tc><a:p><a:r><a:t>c</a:t></a:r></a:p></a:tc></a:tr></a:tbl></p:sld>`,
		formattest.Part{Name: "ppt/presentation.xml", Text: `<p:sldId r:id="r"/>`}, formattest.Part{Name: "ppt/_rels/presentation.xml.rels", Text: `<Relationship Id="r" Type="slide" Target="s.xml"/>`})
}

func FuzzXLSX(f *testing.F) {
	zipped(f, "a.xlsx", "xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c><c r="B1"><v>1</v></c></row></sheetData></worksheet>`,
		formattest.Part{Name: "xl/workbook.xml", Text: `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		formattest.Part{Name: "xl/_rels/workbook.xml.rels", Text: `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`})
}

func FuzzEPUB(f *testing.F) {
	zipped(f, "a.epub", "o.opf", `<package><dc:title>T</dc:title><item id="c" href="c.xhtml"/><itemref idref="c"/></package>`,
		formattest.Part{Name: "META-INF/container.xml", Text: `<rootfile full-path="o.opf"/>`}, formattest.Part{Name: "c.xhtml", Text: "<html><body><p>x</p></body></html>"})
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<html><h1 id=x>a</h1><table><tr><td>b<td>c</table>", "<!doctype html><nav>x</nav><article><p>y", "<html><meta charset=gbk>\xc4\xe3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { fuzzed(t, "a.html", []byte(text)) })
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2", "sep=;\na;b", "\"a\nb\",c", "\xbf\xa8\tx\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { fuzzed(t, "a.csv", []byte(text)) })
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"---\ntitle: x\n---\n# y {#z}\n", "\xff\xfea\x00", "\xa4\xa4\xa4\xe5", "# \n|a|\n|-|\n|b|"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { fuzzed(t, "a.md", []byte(text)) })
}
