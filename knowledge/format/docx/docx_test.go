package docx

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge/format/formattest"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n            int
		format, want string
	}{
		{3, "decimal", "3"},
		{3, "decimalZero", "03"},
		{12, "decimalZero", "12"},
		{27, "lowerLetter", "aa"},
		{2, "upperLetter", "B"},
		{1994, "upperRoman", "MCMXCIV"},
		{4, "lowerRoman", "iv"},
		{3, "decimalEnclosedCircle", "③"},
		{10, "chineseCounting", "十"},
		{11, "chineseCountingThousand", "十一"},
		{20, "japaneseCounting", "二十"},
		{101, "chineseCounting", "一百零一"},
		{110, "chineseCounting", "一百一十"},
		{1001, "chineseCounting", "一千零一"},
		{2030, "chineseCounting", "二千零三十"},
		{0, "chineseCounting", "0"},
		{5, "none", ""},
		{5, "unheardOf", "5"},
	} {
		if got := count(tt.n, tt.format); got != tt.want {
			t.Errorf("%d as %s is %q, want %q", tt.n, tt.format, got, tt.want)
		}
	}
}

func TestNamesOfStyles(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]style{
		"heading 1": {level: 1}, "Heading3": {level: 3}, "标题 2": {level: 2}, "heading 9": {level: 6}, "标题": {title: true}, "Title": {title: true},
		"toc 1": {contents: true}, "目录 2": {contents: true}, "heading": {}, "Normal": {}, "toc": {}, "heading x": {}, "": {},
	} {
		if got := named(name); got != want {
			t.Errorf("%q is %+v", name, got)
		}
	}
}

func TestStylesInACircle(t *testing.T) {
	t.Parallel()
	styles := map[string]style{"a": {based: "b"}, "b": {based: "a"}}
	if got := inherit(styles, styles["a"]); got.level != 0 {
		t.Errorf("got %+v", got)
	}
}

// TestWhatIsNotShown has what Word keeps in a document and nobody reads on it.
func TestWhatIsNotShown(t *testing.T) {
	t.Parallel()
	body := formattest.Paragraph("", "Kept.") +
		`<w:p><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del><w:ins><w:r><w:t>Inserted.</w:t></w:r></w:ins></w:p>` +
		`<w:p><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom></w:p>` +
		`<w:p><w:r><w:instrText>PAGEREF x</w:instrText></w:r><w:r><w:t>Field.</w:t></w:r></w:p>` +
		`<w:sdt><w:sdtPr><w:alias w:val="x"/></w:sdtPr><w:sdtContent>` + formattest.Paragraph("", "In a control.") + `</w:sdtContent></w:sdt>` +
		`<w:p><w:ruby><w:rt><w:r><w:t>pin</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>拼</w:t></w:r></w:rubyBase></w:ruby></w:p>`
	raw := formattest.DOCX("Title", body)
	doc, err := Read(t.Context(), bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Kept.\n\nInserted.\n\nField.\n\nIn a control.\n\n拼"; doc.Text != want || doc.Title != "Title" {
		t.Errorf("got %q, %q", doc.Title, doc.Text)
	}
	if strings.Contains(doc.Text, "moved") {
		t.Error("moved text is there twice")
	}
}
