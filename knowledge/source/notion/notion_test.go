package notion_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge/source/notion"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

const (
	home  = "0123456789abcdef0123456789abcde1"
	leave = "0123456789abcdef0123456789abcde2"
	tasks = "0123456789abcdef0123456789abcde3"
	row   = "0123456789abcdef0123456789abcde4"
	other = "0123456789abcdef0123456789abcde5"
)

// markdown is an export as "Markdown & CSV", with folders that have ids and
// folders that have none.
func markdown() map[string]string {
	return map[string]string{
		"员工手册 " + home + ".md":                                              "# 员工手册\n\n[休假 Leave (2024)](%E5%91%98%20" + home + "/Leave%20(2024)%20" + leave + ".md) and [law](https://law.example/x)\n\n![photo.png](x/photo.png)\n\n[Tasks](Tasks%20" + tasks + ".csv)",
		"员工手册 " + home + "/休假 Leave (2024) " + leave + ".md":                "# 休假 Leave (2024): all rules that a cut file name has no room for\n\nOwner: Ada\nTags: hr, leave\n\n## How much\n\n25 days.",
		"员工手册 " + home + "/photo.png":                                       "png",
		"员工手册 " + home + "/contract.txt":                                    "A file without an id",
		"员工手册 " + home + "/Tasks " + tasks + ".csv":                         "\uFEFFName,Status\nFix the door,Done\n",
		"员工手册 " + home + "/Tasks " + tasks + "_all.csv":                     "\uFEFFName,Status,Owner\nFix the door,Done,Ada\nBuy tea,Open,李雷\n",
		"员工手册 " + home + "/Tasks " + tasks + "/Fix the door " + row + ".md": "# Fix the door\n\nStatus: Done\n\nThe key is at the desk.",
		"Other " + other + ".md":                                            "# Other\n\ntext",
		"Other/ " + row[:31] + "9.md":                                       "no heading at all",
	}
}

func read(t *testing.T, files map[string]string) (*notion.Export, ziptest.Got) {
	t.Helper()
	a := ziptest.Open(t, files)
	if !notion.Is(a) {
		t.Fatal("it is an export of Notion")
	}
	e, err := notion.Open(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return e, ziptest.Read(e.Documents(t.Context()))
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	e, got := read(t, markdown())
	got.Golden(t, "markdown")
	for origin, want := range map[string]bool{
		"notion-export://" + home + "/" + leave: true, "notion-export://" + other + "/x": true, "notion-export://" + leave + "/x": false, "/x": false,
	} {
		if e.Covers(origin) != want {
			t.Errorf("covers %s: %v", origin, !want)
		}
	}
}

func TestHTML(t *testing.T) {
	t.Parallel()
	page := func(title, body string) string {
		return `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"/><title>` + title + `</title><style>p{}</style></head><body><article id="01234567-89ab-cdef-0123-456789abcde1" class="page sans"><header><h1 class="page-title">` + title + `</h1></header><div class="page-body">` + body + `</div></article></body></html>`
	}
	_, got := read(t, map[string]string{
		"index.html":                        page("Contents", "<ul><li><a href='x'>Handbook</a></li></ul>"),
		"Handbook " + home + ".html":        page("Handbook", `<h2 id="a">Fees</h2><p>The fee is 12 EUR, see <a href="Handbook%20x/Leave%20y.html">Leave</a>.</p>`),
		"Handbook/Leave " + leave + ".html": page("Leave", "<p>25 days of leave for everybody.</p>"),
	})
	got.Golden(t, "html")
}

// TestParts: a large export comes as archives in an archive.
func TestParts(t *testing.T) {
	t.Parallel()
	one, two := map[string]string{}, map[string]string{}
	for name, text := range markdown() {
		if strings.HasPrefix(name, "Other/") || strings.Contains(name, leave) {
			two[name] = text
		} else {
			one[name] = text
		}
	}
	_, whole := read(t, markdown())
	_, parts := read(t, map[string]string{
		"ExportBlock-0a1b-Part-1.zip": string(ziptest.Make(t, one)), "ExportBlock-0a1b-Part-2.zip": string(ziptest.Make(t, two)),
	})
	want := map[string]string{}
	for _, d := range whole.Docs {
		want[d.Origin] = d.Text
	}
	for _, d := range parts.Docs {
		if want[d.Origin] != d.Text {
			t.Errorf("%s is other in parts", d.Origin)
		}
	}
	if len(parts.Docs) != len(whole.Docs) || len(whole.Docs) < 6 {
		t.Errorf("%d of %d documents", len(parts.Docs), len(whole.Docs))
	}
	broken := ziptest.Open(t, map[string]string{"ExportBlock-0a1b-Part-1.zip": "no archive"})
	if _, err := notion.Open(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "Part-1.zip: it is not a zip file") {
		t.Errorf("a broken part: %v", err)
	}
}

func TestWhatIsNoExport(t *testing.T) {
	t.Parallel()
	for _, files := range []map[string]string{
		{"a.md": "x"}, {"a.md": "x", "b.md": "x", "c " + home + ".md": "x"}, {"photo " + home + ".png": "x"}, {"x.zip": "x"}, {},
	} {
		if notion.Is(ziptest.Open(t, files)) {
			t.Errorf("%v is none", files)
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	e, _ := read(t, markdown())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := ziptest.Read(e.Documents(ctx)); !errors.Is(got.Failed, context.Canceled) {
		t.Errorf("after cancel: %v", got.Failed)
	}
	for range e.Documents(t.Context()) {
		break
	}
}
