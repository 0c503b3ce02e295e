package webchat

import (
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestBlocksGolden(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]bots.Content{
		"chinese": chineseAnswer(), "english": englishAnswer(),
		"streaming": {Text: "See **the guide [1] and [the p", Sources: []bots.Source{{N: 1}}},
		"odd": {
			Text: "# One\n###### Six\n\n[1] [2] [3](https://docs.example.com/x)\n\n- a\n\n  - b\n\n      code\n- \n\n3. three\n\n---\n\n" +
				"![img](https://evil.example/x.png) <b>bold</b> https://evil.example/ ~~gone~~ *em*\\\nnext `a<b`",
			Sources: []bots.Source{{N: 1, URL: "https://docs.example.com/"}}, Final: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := json.MarshalIndent(blocks(content), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", name+".json"), string(data)+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-update writes it anew):\n%s", path, diff)
	}
}

// naughty are strings that have been markup, script or addresses somewhere.
func naughty() []string {
	return []string{
		`<script>window.pwned = 1</script>`,
		`<img src=x onerror="window.pwned = 1">`,
		`<svg/onload=window.pwned=1>`,
		`<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`,
		`"><script>window.pwned=1</script>`,
		`' onmouseover='window.pwned=1`,
		`</script><script>window.pwned=1</script>`,
		`</textarea><a href="javascript:window.pwned=1">x</a>`,
		`[click](javascript:window.pwned=1)`,
		`[click](JaVaScRiPt:window.pwned=1 "t")`,
		`[click](data:text/html;base64,PHNjcmlwdD4=)`,
		`[click](vbscript:msgbox)`,
		`[click]( java&#x0A;script:window.pwned=1)`,
		`<javascript:window.pwned=1>`,
		`![x](javascript:window.pwned=1)`,
		`![x](https://evil.example/steal.png?secret)`,
		`[x](https://evil.example/?q=secret)`,
		`[x](//evil.example)`,
		`[x](https://docs.example.com@evil.example/)`,
		"[x]: javascript:window.pwned=1\n\n[x]",
		"```html\n<script>window.pwned=1</script>\n```",
		"`<script>window.pwned=1</script>`",
		"| <script>window.pwned=1</script> | b |\n|---|---|\n| <img src=x onerror=window.pwned=1> | c |",
		"# <style>*{display:none}</style>",
		`{{constructor.constructor('window.pwned=1')()}}`,
		`${window.pwned=1}`,
		`&lt;script&gt;window.pwned=1&lt;/script&gt;`,
		"\u202egnp.exe\u2066 \u0000 \x1b[31mred\x1b[0m \u2028 \u2029",
		`<!--`, `]]>`, `<plaintext>`, `<base href="https://evil.example/">`, `<meta http-equiv=refresh content="0;url=https://evil.example">`,
		`[999999999999] [0] [-1] [1]( [1]`,
		strings.Repeat("[", 2000), strings.Repeat("> ", 500) + "x", strings.Repeat("- ", 500) + "x",
		strings.Repeat("*a_", 500), strings.Repeat("Z̷̢", 500),
	}
}

func naughtyContent(s string) bots.Content {
	return bots.Content{
		Text: s, Note: s, Language: s, Final: true,
		Sources: []bots.Source{
			{N: 1, Title: s, Ref: s, URL: s, Quote: s},
			{N: 2, Title: "t", Ref: "r", URL: "https://docs.example.com/a?b=<c>", Quote: s},
		},
	}
}

func TestNaughtyStringsStayText(t *testing.T) {
	t.Parallel()
	for _, s := range naughty() {
		content := bound(naughtyContent(s))
		for _, n := range blocks(content) {
			checkNode(t, s, n)
		}
		for _, source := range content.Sources {
			if u, err := url.Parse(source.URL); err != nil || source.URL != "" && u.Scheme != "https" {
				t.Errorf("%q: a source leads to %q", s, source.URL)
			}
		}
	}
}

func checkNode(t *testing.T, s string, n node) {
	t.Helper()
	const known = " p h3 h4 h5 h6 ul ol li blockquote pre code hr br table thead tbody tr th td strong em del cite a "
	if n.Tag != "" && !strings.Contains(known, " "+n.Tag+" ") {
		t.Errorf("%q: became a %q", s, n.Tag)
	}
	if n.Tag == "a" && !strings.HasPrefix(n.Href, "https://docs.example.com/") || n.Tag != "a" && n.Href != "" {
		t.Errorf("%q: a %q leads to %q", s, n.Tag, n.Href)
	}
	if n.Tag == "cite" && n.N != 1 && n.N != 2 {
		t.Errorf("%q: cites %d", s, n.N)
	}
	for _, child := range n.Nodes {
		checkNode(t, s, child)
	}
}

func TestSafeURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://docs.example.com/a b":     "https://docs.example.com/a%20b",
		"http://docs.example.com":          "http://docs.example.com",
		"HTTPS://docs.example.com":         "https://docs.example.com",
		"mailto:hr@example.com":            "mailto:hr@example.com",
		"javascript:alert(1)":              "",
		"file:///etc/passwd":               "",
		"//evil.example":                   "",
		"/relative":                        "",
		"https:///nohost":                  "",
		"https://a@evil.example":           "",
		"https://ev\nil.example":           "",
		" https://docs.example.com":        "",
		"data:text/html,<script></script>": "",
		"":                                 "",
	} {
		if got := safeURL(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestTextsMatch(t *testing.T) {
	t.Parallel()
	all, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	for key, en := range all["en"] {
		if zh := all["zh"][key]; zh == "" || en == "" {
			t.Errorf("%s is missing in a language", key)
		}
	}
	if len(all["en"]) != len(all["zh"]) || len(all) != 2 {
		t.Errorf("%d English texts, %d Chinese ones", len(all["en"]), len(all["zh"]))
	}
	// Every key that the page or the server asks for is there.
	for _, file := range []string{"assets/chat.html", "assets/chat.js", "assets/answer.js", "assets/words.js"} {
		data, err := assets.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range []string{`data-t="`, `data-label="`, `say("`, `, "`} {
			for _, rest := range strings.Split(string(data), mark)[1:] {
				key, _, _ := strings.Cut(rest, `"`)
				if strings.Contains(key, "_") && !strings.HasSuffix(key, "_") && all["en"][key] == "" {
					t.Errorf("%s uses %s, which has no text", file, key)
				}
			}
		}
	}
	for _, c := range []string{
		"busy", "not_allowed", "not_yours", "wrong_host", "cross_origin", "not_json", "bad_json", "too_large", "bad_conversation",
		"bad_id", "empty_text", "bad_wish", "id_taken", "too_many_streams", "internal", "network",
	} {
		if all["zh"]["error_"+c] == "" {
			t.Errorf("the refusal %s has no text", c)
		}
	}
}
