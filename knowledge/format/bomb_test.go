package format_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format"
	"github.com/tribunebot/tribune/knowledge/format/formattest"
)

// endless is a file of any size without its bytes.
type endless struct{ touched bool }

// ReadAt implements io.ReaderAt.
func (e *endless) ReadAt(p []byte, _ int64) (int, error) {
	e.touched = true
	return len(p), nil
}

func TestATooLargeFileIsNotRead(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.txt", "a.pdf", "a.docx", "a.jsonl", "a.csv", "a.html"} {
		var in endless
		var got error
		format.Read(t.Context(), format.File{Name: name, Size: 2 << 30, ReaderAt: &in}, func(_ knowledge.Document, err error) bool {
			got = err
			return true
		})
		if s, ok := errors.AsType[*knowledge.Skipped](got); !ok || !strings.Contains(s.Reason, "2048 MB") || in.touched {
			t.Errorf("%s: %v, read %v", name, got, in.touched)
		}
	}
}

// bombs are files that mean harm, and what is said of them.
func bombs(t *testing.T) map[string]struct {
	content []byte
	reason  string
} {
	t.Helper()
	type bomb = struct {
		content []byte
		reason  string
	}
	part := func(name, text string) formattest.Part { return formattest.Part{Name: name, Text: text} }
	zeros := strings.Repeat("0", 8<<20)
	many := make([]formattest.Part, 20_000)
	for i := range many {
		many[i] = part(fmt.Sprintf("word/%d.xml", i), "")
	}
	laughs := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">` + strings.Repeat(`<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">`, 10) + `]><w:document><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>`
	deep := strings.Repeat("<w:p><w:r><w:txbxContent>", 10_000)
	nested := strings.Repeat("<div>", 100_000)
	return map[string]bomb{
		"zip.docx":       {formattest.Zip(part("word/document.xml", zeros)), "zip bomb"},
		"styles.docx":    {formattest.Zip(part("word/document.xml", "<a/>"), part("word/styles.xml", zeros)), "zip bomb"},
		"many.docx":      {formattest.Zip(many...), "more than 10000 files"},
		"laughs.docx":    {formattest.Zip(part("word/document.xml", laughs)), "damaged"},
		"deep.docx":      {formattest.Zip(part("word/document.xml", "<w:body>"+deep)), "nested too deep"},
		"open.docx":      {formattest.Zip(part("word/document.xml", "<w:body><w:p><w:r><w:t>x")), "damaged"},
		"zip.xlsx":       {formattest.Zip(part("xl/workbook.xml", "<a/>"), part("xl/worksheets/sheet1.xml", zeros)), "zip bomb"},
		"zip.pptx":       {formattest.Zip(part("ppt/presentation.xml", zeros)), "zip bomb"},
		"zip.epub":       {formattest.Zip(part("META-INF/container.xml", zeros)), "zip bomb"},
		"deep.html":      {[]byte("<!doctype html><body>" + nested), "nested too deep"},
		"large.html":     {[]byte("<!doctype html><body>" + strings.Repeat("x", 11<<20)), "more than 10 MB"},
		"line.csv":       {[]byte(strings.Repeat("x,", 10<<20)), "line end"},
		"quote.csv":      {[]byte("a,b\n\"" + strings.Repeat("x\n", 5<<20)), "closing quote"},
		"pages.pdf":      {formattest.EmptyPDF(100_000), "more than 10000 pages"},
		"expand.pdf":     {formattest.BombPDF(40 << 20), "bomb"},
		"brackets.pdf":   {[]byte("%PDF-1.7\n1 0 obj\n" + strings.Repeat("[", 5<<20) + "\nstartxref\n9\n%%EOF\n"), "nested too deep"},
		"dictionary.pdf": {[]byte("%PDF-1.7\n1 0 obj\n" + strings.Repeat("<</A", 2<<20) + "\nstartxref\n9\n%%EOF\n"), "nested too deep"},
		"size.pdf":       {[]byte("%PDF-1.7\n1 0 obj\n<< /Type /XRef /Size 9000000000 /W [1 2 1] /Length 4 >>\nstream\nxxxx\nendstream\nendobj\n" + strings.Repeat("%\n", 60) + "startxref\n9\n%%EOF\n"), "more objects"},
		"table.pdf":      {[]byte("%PDF-1.7\nxref %\n4000000000 1\n0000000000 65535 f \ntrailer << /Size 1 >>\n" + strings.Repeat("%\n", 60) + "startxref\n9\n%%EOF\n"), "more objects"},
		"loop.pdf":       {[]byte("%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Prev 9 >>\n" + strings.Repeat("%\n", 60) + "startxref\n9\n%%EOF\n"), "print it"},
		"line.txt":       {[]byte(strings.Repeat("x", 20<<20)), ""},
		"binary.md":      {bytes.Repeat([]byte("\x7fELF\x00\x01\x02\xff"), 1<<18), "not text"},
		"picture.txt":    {pngOf(t), "not text"},
		"aliases.md":     {[]byte("---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n---\ntext"), ""},
		"long.jsonl":     {[]byte(strings.Repeat("[", 20<<20)), "JSON"},
	}
}

func pngOf(t *testing.T) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestBombs runs alone, as it measures memory: what a file of some 10 MB may
// take beside itself.
//
//nolint:paralleltest // it measures the memory of the process
func TestBombs(t *testing.T) {
	const most = 400 << 20
	for name, bomb := range bombs(t) {
		runtime.GC()
		began := time.Now()
		peak := measure(func() {
			docs, skipped := read(t, name, bomb.content)
			switch {
			case bomb.reason == "" && len(docs) != 1:
				t.Errorf("%s: left out %+v", name, skipped)
			case bomb.reason != "" && (len(skipped) != 1 || len(docs) != 0 || !strings.Contains(skipped[0].Reason, bomb.reason)):
				t.Errorf("%s: documents %d, left out %+v, want %q", name, len(docs), skipped, bomb.reason)
			}
		})
		t.Logf("%-16s %v %4d MB of file, %4d MB allocated and kept at most", name, time.Since(began).Round(time.Millisecond), len(bomb.content)>>20, peak>>20)
		if peak > most {
			t.Errorf("%s took %d MB", name, peak>>20)
		}
	}
}

// measure is how many bytes of heap do kept at most, as far as it can be seen
// from beside every millisecond.
func measure(do func()) uint64 {
	heap := func() uint64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	before := heap()
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		look := time.NewTicker(time.Millisecond)
		defer look.Stop()
		for most := uint64(0); ; {
			most = max(most, heap())
			select {
			case <-done:
				peak <- most
				return
			case <-look.C:
			}
		}
	}()
	do()
	close(done)
	return max(<-peak, before) - before
}

// failing is a file that can't be read any more.
type failing struct{}

// ReadAt implements io.ReaderAt.
func (failing) ReadAt([]byte, int64) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAFileThatFails(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.txt", "a.pdf", "a.docx", "a.xlsx", "a.csv", "a.html", "a.epub", "a.pptx"} {
		format.Read(t.Context(), format.File{Name: name, Size: 100, ReaderAt: failing{}}, func(_ knowledge.Document, err error) bool {
			if s, ok := errors.AsType[*knowledge.Skipped](err); !ok || !strings.Contains(s.Reason, "can't be read") {
				t.Errorf("%s: %v", name, err)
			}
			return true
		})
	}
}
