package format_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format"
	"github.com/tribunebot/tribune/knowledge/format/formattest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// read returns what a file gives.
func read(t *testing.T, name string, content []byte) (docs []knowledge.Document, skipped []knowledge.Skipped) {
	t.Helper()
	more := format.Read(t.Context(), format.File{
		Name: name, Size: int64(len(content)), ReaderAt: bytes.NewReader(content), Origin: "/o/" + name, URL: "https://example.com/" + name, ModTime: time.Unix(1_700_000_000, 0),
	}, func(d knowledge.Document, err error) bool {
		if s, ok := errors.AsType[*knowledge.Skipped](err); ok {
			skipped = append(skipped, *s)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			docs = append(docs, d)
		}
		return true
	})
	if !more {
		t.Errorf("%s: the reading was ended", name)
	}
	return docs, skipped
}

// sampleXLSX is a workbook of two sheets, with a date, a formula and a second
// table.
func sampleXLSX(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	set := func(sheet, cell string, value any) {
		t.Helper()
		if err := f.SetCellValue(sheet, cell, value); err != nil {
			t.Fatal(err)
		}
	}
	for cell, value := range map[string]any{
		"A1": "Fees of cards 门卡收费", "A3": "卡 Card", "B3": "Fee", "C3": "From", "A4": "员工卡", "B4": 10, "C4": time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC),
		"A5": "访客卡 | visitor", "B5": 2.5, "A8": "Desk", "B8": "Floor", "A9": "前台", "B9": 1,
	} {
		set("Sheet1", cell, value)
	}
	for _, name := range []string{"联系人 Contacts", "Empty", "Hidden"} {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
	}
	set("联系人 Contacts", "B2", "Name")
	set("联系人 Contacts", "C2", "Phone")
	set("联系人 Contacts", "B3", "王芳")
	set("联系人 Contacts", "C3", "1234")
	set("Hidden", "A1", "never shown")
	if err := f.SetSheetVisible("Hidden", false); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func samples(t *testing.T) map[string][]byte {
	t.Helper()
	return map[string][]byte{
		"rules.docx": formattest.SampleDOCX(), "welcome.pptx": formattest.SamplePPTX(), "book.epub": formattest.SampleEPUB(),
		"rules.pdf": formattest.SamplePDF(), "fees.xlsx": sampleXLSX(t),
		"fees.csv":   []byte("sep=;\r\n卡;Fee;Note\r\n员工卡;10;\"two\nlines; one cell\"\r\n;;\r\n访客卡;5;a|b\r\n"),
		"fees.tsv":   []byte("\xbf\xa8\tFee\n\xd4\xb1\xb9\xa4\xbf\xa8\t10\n\xb7\xc3\xbf\xcd\xbf\xa8\t5\n"), // GB18030
		"page.html":  []byte(`<!doctype html><html lang="en"><head><title>Cards</title><link rel="canonical" href="https://example.org/cards"></head><body><nav>Home</nav><h1>Cards</h1><h2 id="lost">Lost</h2><p>Report it.</p><footer>Imprint</footer></body></html>`),
		"rules.md":   []byte("---\ntitle: Rules\n---\n# Cards {#cards}\n\nText.\n"),
		"notes.txt":  []byte("Just text.\nTwo lines."),
		"many.jsonl": []byte(`{"id":"a","text":"# A\nb"}` + "\n" + `{"id":"b","text":"c","title":"B","url":"https://example.com/b"}`),
	}
}

// shown is a document as the golden files have it.
func shown(docs []knowledge.Document) string {
	var b strings.Builder
	for _, d := range docs {
		fmt.Fprintf(&b, "id: %s\norigin: %q\ntitle: %s\nurl: %s\nmarkdown: %v, anchor: %d, updated: %d\n", d.ID, d.Origin, d.Title, d.URL, d.Markdown, d.Anchor, d.UpdatedAt.Unix())
		for _, key := range slices.Sorted(maps.Keys(d.Metadata)) {
			fmt.Fprintf(&b, "%s: %s\n", key, d.Metadata[key])
		}
		b.WriteString("----\n" + strings.ReplaceAll(d.Text, "\f", "<page>") + "\n====\n")
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, content := range samples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs, skipped := read(t, name, content)
			if len(skipped) > 0 {
				t.Fatalf("left out: %+v", skipped)
			}
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(shown(docs)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), shown(docs)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestContentSpeaksBeforeTheName renames every sample to .txt, which all but
// those whose content shows nothing survive.
func TestContentSpeaksBeforeTheName(t *testing.T) {
	t.Parallel()
	all := samples(t)
	for _, name := range []string{"rules.docx", "welcome.pptx", "book.epub", "rules.pdf", "fees.xlsx", "page.html"} {
		for _, as := range []string{name, "x.txt", "x.pdf", "x.docx", "x.xls"} {
			docs, skipped := read(t, as, all[name])
			want, _ := read(t, name, all[name])
			if len(docs) != 1 || docs[0].Text != want[0].Text {
				t.Errorf("%s called %s: %d documents, left out %v", name, as, len(docs), skipped)
			}
		}
	}
}

func TestWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	ole := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600)
	for _, tt := range []struct {
		name, content, reason string
	}{
		{"a.doc", ole, "save it as .docx"},
		{"a.xls", ole, ".xlsx"},
		{"a.docx", ole, "password"},
		{"a.docx", "only text", "called DOCX but is none"},
		{"a.pdf", "", "called PDF but is none"},
		{"a.pdf", "%PDF-1.7 and no more", "print it to a new PDF"},
		{"a.docx", string(formattest.Zip(formattest.Part{Name: "x", Text: "y"})), "called DOCX but is none"},
		{"a.epub", string(formattest.Zip(formattest.Part{Name: "x", Text: "y"})), "called EPUB but is none"},
		{"a.xlsx", string(formattest.Zip(formattest.Part{Name: "xl/workbook.xml", Text: "y"})), "damaged"},
		{"a.docx", "PK\x03\x04 and no more", "damaged"},
		{"a.md", string(formattest.Zip(formattest.Part{Name: "x", Text: "y"})), "unpack it"},
		{"a.docx", string(formattest.Zip(formattest.Part{Name: "content.xml", Text: "y"})), "save it as .docx"},
		{"a.md", "\x00\x01\x02binary\xff\xfe\x00", "not text"},
		{"a.txt", `{\rtf1 x}`, "save it as .docx"},
		{"a.docx", string(formattest.DOCX("t", "")), "no text"},
		{"a.pptx", string(formattest.PPTX("t", formattest.Slide{})), "no text"},
		{"a.epub", string(formattest.EPUB("t", "")), "no text"},
		{"a.csv", ";;;\n;;\n", "no text"},
		{"a.pdf", string(formattest.EmptyPDF(3)), "OCR"},
		{"a.html", "<html><body><script>draw()</script></body></html>", "without its scripts"},
		{"a.png", "x", "image"},
		{"a.mp4", "x", "recording"},
		{"a.zip", "x", "unpack"},
		{"a.exe", "MZ", "program"},
		{"a.odt", "x", ".docx"},
		{"a", "x", "by the ending"},
		{"../../x", "x", "by the ending"},
	} {
		docs, skipped := read(t, tt.name, []byte(tt.content))
		if len(docs) != 0 || len(skipped) != 1 || !strings.Contains(skipped[0].Reason, tt.reason) || skipped[0].Document != tt.name {
			t.Errorf("%s %.20q: documents %d, left out %+v, want %q", tt.name, tt.content, len(docs), skipped, tt.reason)
		}
	}
}

func TestTheEndOfAContextIsNoReason(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, content := range samples(t) {
		format.Read(ctx, format.File{Name: name, Size: int64(len(content)), ReaderAt: bytes.NewReader(content)}, func(d knowledge.Document, err error) bool {
			if !errors.Is(err, context.Canceled) || d.Text != "" {
				t.Errorf("%s: document %q, error %v", name, d.ID, err)
			}
			return true
		})
	}
}

// TestAYieldThatPanics is not taken for a broken file.
func TestAYieldThatPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("the panic was swallowed")
		}
	}()
	format.Read(t.Context(), format.File{Name: "a.md", Size: 1, ReaderAt: strings.NewReader("a")}, func(knowledge.Document, error) bool { panic("mine") })
}
