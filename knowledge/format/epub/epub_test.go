package epub

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/formattest"
)

func readAll(t *testing.T, content []byte) (knowledge.Document, error) {
	t.Helper()
	return Read(t.Context(), bytes.NewReader(content), int64(len(content)))
}

func TestABook(t *testing.T) {
	t.Parallel()
	doc, err := readAll(t, formattest.EPUB("Rules", "<h1>Badges</h1><p>At the desk.</p>", "<h2>费用</h2><table><tr><th>卡</th><th>费用</th></tr><tr><td>员工卡</td><td>10</td></tr></table>"))
	if err != nil {
		t.Fatal(err)
	}
	first, second := strings.Index(doc.Text, "# Badges\n\nAt the desk."), strings.Index(doc.Text, "## 费用\n\n| 卡 | 费用 |")
	if first < 0 || second < first || doc.Title != "Rules" || doc.Metadata["language"] != "zh-CN" || doc.Metadata["author"] != "Office" {
		t.Errorf("got %+v", doc)
	}
}

func TestABrokenBook(t *testing.T) {
	t.Parallel()
	whole := formattest.EPUB("t", "<p>One.</p>", "<p>Two.</p>")
	with := func(name, text string) []byte { return formattest.Change(t, whole, name, text) }
	long := "<html><body><p>" + formattest.Words(maxOut*5/8) + "</p></body></html>"
	tests := map[string]struct {
		content []byte
		reason  string
	}{
		"nothing":              {nil, "damaged"},
		"half of it":           {whole[:len(whole)/2], "damaged"},
		"no container":         {with("META-INF/container.xml", ""), "called EPUB but is none"},
		"no package":           {with("OEBPS/content.opf", ""), "called EPUB but is none"},
		"a broken package":     {with("OEBPS/content.opf", "<package><manifest>"), "damaged"},
		"a package of nothing": {with("OEBPS/content.opf", "<package/>"), "no text"},
		"protected":            {formattest.Change(t, whole, "META-INF/rights.xml", "<rights/>"), "protected against copying"},
		"empty chapters":       {formattest.EPUB("t", "", " "), "no text"},
		"too long":             {formattest.Change(t, formattest.Change(t, whole, "OEBPS/text/chapter 1.xhtml", long), "OEBPS/text/chapter 2.xhtml", long), "8 MB"},
		"chapters nested deep": {with("OEBPS/text/chapter 1.xhtml", "<body>"+strings.Repeat("<div>", 100_000)), "nested too deep"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := readAll(t, tt.content)
			if err == nil || !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("got %v and %.60q, want %q", err, doc.Text, tt.reason)
			}
		})
	}
	if doc, err := readAll(t, with("OEBPS/text/chapter 1.xhtml", "")); err != nil || doc.Text != "Two." {
		t.Errorf("without a chapter a book is %q (%v)", doc.Text, err)
	}
}

func TestAddressesStayInTheArchive(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string]string{
		"text/a%20b.xhtml": "OEBPS/text/a b.xhtml", "../a.xhtml": "a.xhtml", "../../../etc/passwd": "etc/passwd", "/a.xhtml": "OEBPS/a.xhtml", "%zz": "OEBPS/%zz",
	} {
		if got := resolve("OEBPS/content.opf", ref); got != want {
			t.Errorf("%q leads to %q, want %q", ref, got, want)
		}
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	content := formattest.SampleEPUB()
	if _, err := Read(ctx, bytes.NewReader(content), int64(len(content))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
