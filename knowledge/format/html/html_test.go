package html

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
