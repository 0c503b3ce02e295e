package html

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

func markdown(t *testing.T, page string) (title, text string) {
	t.Helper()
	base, err := url.Parse("https://docs.example.com/guide/page.html")
	if err != nil {
		t.Fatal(err)
	}
	title, text, err = Markdown(strings.NewReader(page), base)
	if err != nil {
		t.Fatalf("Markdown: %v", err)
	}
	return title, text
}

func TestAPageBecomesMarkdown(t *testing.T) {
	t.Parallel()
	title, text := markdown(t, `<!doctype html><html lang="zh-CN"><head><title> 门卡
 指南 </title><style>x{}</style></head><body>
<header class="site-header"><a href="/">Home</a></header>
<nav><ul><li><a href="/a">A</a></li></ul></nav>
<main><h1>门卡指南</h1><p>Read <a href="other.html">the other page</a> and <b>ask</b>.</p>
<h2 id="lost_card">遗失<a class="headerlink" href="#lost_card">¶</a></h2><p>立即报告。</p>
<section id="fees"><h3>Fees</h3><table><tr><th>卡</th><th>Fee</th></tr><tr><td>first | only</td><td>10</td></tr></table></section>
<a name="old"></a><h2>Old style</h2>
<ul><li>one</li><li>two<ol><li>nested</li></ol></li></ul>
<pre><code class="language-go">func main() {
	x()
}
</code></pre><script>alert(1)</script><p style="display: none">hidden</p><img src="x.png" alt="A picture of a card"></main>
<aside>Ads</aside><footer>Copyright</footer></body></html>`)
	want := "# 门卡指南\n\nRead [the other page](https://docs.example.com/guide/other.html) and **ask**.\n\n## 遗失 {#lost_card}\n\n立即报告。\n\n### Fees {#fees}\n\n| 卡 | Fee |\n|---|---|\n| first \\| only | 10 |\n\n## Old style {#old}\n\n- one\n- two\n  \n  1. nested\n\n```go\nfunc main() {\n\tx()\n}\n```\n\nA picture of a card"
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if title != "门卡 指南" {
		t.Errorf("title %q", title)
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	const want = "立即报告，缴纳工本费。"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(want)
	if err != nil {
		t.Fatal(err)
	}
	big, err := traditionalchinese.Big5.NewEncoder().String("立即報告，繳納工本費。")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, header, page, want string }{
		{"meta charset", "", `<meta charset="gb2312"><p>` + gb, want},
		{"meta http-equiv", "", `<meta http-equiv="Content-Type" content="text/html; charset=GBK"><p>` + gb, want},
		{"header", "text/html; charset=gb18030", `<p>` + gb, want},
		{"big5", "", `<meta charset=big5><p>` + big, "立即報告，繳納工本費。"},
		{"nothing said", "", `<p>` + gb, want},
		{"nothing said, UTF-8", "", `<p>` + want, want},
		{"a lie", "", `<meta charset="utf-8"><p>` + gb, want},
		{"byte order mark", "text/html; charset=gbk", "\xEF\xBB\xBF<p>" + want, want},
		{"late meta", "", "<head>" + strings.Repeat("<!-- x -->", 200) + `<meta charset="gbk"></head><p>` + gb, want},
		{"Western", "", "<p>caf\xe9 au lait", "café au lait"},
	} {
		p, err := Read(strings.NewReader(tt.page), nil, tt.header)
		if err != nil || p.Markdown != tt.want {
			t.Errorf("%s: %q, %v", tt.name, p.Markdown, err)
		}
	}
}

// TestWhatStandsAroundIsLeftOut has pages of the kinds that documentation,
// news and old sites are made of.
func TestWhatStandsAroundIsLeftOut(t *testing.T) {
	t.Parallel()
	links := strings.Repeat(`<li><a href="/x">Another page of this site</a></li>`, 40)
	text := strings.Repeat("<p>Report a lost card at the desk, and pay the fee for a new one, says the handbook.</p>", 8)
	for name, page := range map[string]string{
		"main":       `<body><div class="sidebar"><ul>` + links + `</ul></div><main><h1>Cards</h1>` + text + `</main></body>`,
		"role":       `<body><div role="navigation"><ul>` + links + `</ul></div><div role="main"><h1>Cards</h1>` + text + `</div></body>`,
		"article":    `<body><ul>` + links + `</ul><article><header><h1>Cards</h1></header>` + text + `<footer>Another page of this site</footer></article></body>`,
		"by names":   `<body><div id="navbar"><ul>` + links + `</ul></div><div><h1>Cards</h1>` + text + `</div><div class="site-footer">Another page of this site</div></body>`,
		"hidden":     `<body><div aria-hidden="true">Another page of this site</div><h1>Cards</h1>` + text + `<div hidden>Another page of this site</div></body>`,
		"only links": `<body><table><tr><td><ul>` + links + `</ul></td><td><div class="post"><h1>Cards</h1>` + text + text + text + text + `</div></td></tr></table></body>`,
	} {
		p, err := Read(strings.NewReader("<!doctype html><html><head><title>Cards</title></head>"+page+"</html>"), nil, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Count(p.Markdown, "Report a lost card") < 8 || strings.Contains(p.Markdown, "Another page") {
			t.Errorf("%s: %s", name, p.Markdown)
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	base, _ := url.Parse("https://example.com/a/b.html")
	p, err := Read(strings.NewReader(`<html lang="zh"><head><base href="/c/"><title>T</title><meta name="robots" content="NOINDEX, nofollow"><link rel="canonical" href="/canonical">
<meta property="article:modified_time" content="2025-03-01T08:00:00Z"></head><body><p>x <a href="d.html#y">one</a> <a href="d.html">again</a> <a href="mailto:a@example.com">mail</a>
<a href="javascript:x()">run</a> <a rel="nofollow" href="/no">no</a> <a href="https://other.example/z">other</a> <a href="%zz">broken</a></body></html>`), base, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"https://example.com/c/d.html", "https://other.example/z"}, p.Links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if !p.NoIndex || !p.NoFollow || p.Canonical != "https://example.com/canonical" || p.Language != "zh" || p.Modified.Year() != 2025 {
		t.Errorf("page %+v", p)
	}
}

func TestAnchorsOfHeadings(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		`<h2 id="a">x</h2>`:                                   "## x {#a}",
		`<h2><a name="b"></a>x</h2>`:                          "## x {#b}",
		`<section id="c"><h2>x</h2></section>`:                "## x {#c}",
		`<div id="d"><p>y</p><h2>x</h2></div>`:                "y\n\n## x",
		`<a id="e"></a><h2>x</h2>`:                            "## x {#e}",
		`<h2 id="with space">x</h2>`:                          "## x",
		`<h2 id="f">x<br>y #</h2>`:                            "## x y {#f}",
		`<h2 id="g"> </h2><p>z</p>`:                           "z",
		`<h3 id="h_i"><code>x_y</code> 中文</h3>`:               "### `x_y` 中文 {#h_i}",
		`<table><tr><td>one cell<h2>x</h2></td></tr></table>`: "one cell\n\n## x",
	} {
		got, err := Fragment(strings.NewReader(page), nil)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", page, got, err, want)
		}
	}
}
