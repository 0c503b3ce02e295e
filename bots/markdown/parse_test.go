package markdown

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestParseInline(t *testing.T) {
	t.Parallel()
	link := func(url, text string) Link { return Link{URL: url, Text: []Inline{Text(text)}} }
	tests := []struct {
		name, in string
		want     []Inline
	}{
		{"citations", "so[1][23] [0] [1234] [x]", []Inline{Text("so"), Cite(1), Cite(23), Text(" [0] [1234] [x]")}},
		{"no definition", "[1]: https://a.example/x", []Inline{Cite(1), Text(": "), link("https://a.example/x", "https://a.example/x")}},
		{"number with a target", "[1](https://a.example)", []Inline{link("https://a.example", "1")}},
		{"citation in a link", "[see [1]](https://a.example)", []Inline{link("https://a.example", "see [1]")}},
		{"citation in code", "`a[1]`", []Inline{CodeSpan("a[1]")}},
		{"bad scheme", "[a](javascript:alert) b", []Inline{Text("a b")}},
		{"disguised scheme", "[a](java&#115;cript:alert) [b](&#x6a;avascript:x)", []Inline{Text("a b")}},
		{"user name in a host", "[a](https://bank.example@evil.example)", []Inline{Text("a")}},
		{"image", "![alt](https://a.example/i.png)", []Inline{link("https://a.example/i.png", "alt")}},
		{"image without words", "![](https://a.example/i.png)", []Inline{link("https://a.example/i.png", "https://a.example/i.png")}},
		{"image in a link", "[![b](https://a.example/i)](https://a.example)", []Inline{link("https://a.example", "b")}},
		{"mail", "<a@b.example>", []Inline{link("mailto:a@b.example", "a@b.example")}},
		{"address in Chinese", "见https://a.example/x。好", []Inline{Text("见"), link("https://a.example/x", "https://a.example/x"), Text("。好")}},
		{"address in brackets", "(https://a.example/x)", []Inline{Text("("), link("https://a.example/x", "https://a.example/x"), Text(")")}},
		{"dangerous characters", "[a](<https://a.example/x y|z>)", []Inline{link("https://a.example/x%20y%7Cz", "a")}},
		{"raw HTML", "<b>x</b><br>y", []Inline{Text("<b>x</b>"), Break{}, Text("y")}},
		{"references", "&lt;&amp;&copy;&nosuch; \\&amp; \\*", []Inline{Text("<&©&nosuch; &amp; *")}},
		{"reference of a control", "a&#27;[31m&#10;b", []Inline{Text("a[31m b")}},
		{"Chinese bold", "**重要：**请看**“这里”**吧", []Inline{
			Styled{Strong, []Inline{Text("重要：")}}, Text("请看"), Styled{Strong, []Inline{Text("“这里”")}}, Text("吧"),
		}},
		{"all marks", "*a* **b** ~~c~~ _d_ e_f_g", []Inline{
			Styled{Emphasis, []Inline{Text("a")}},
			Text(" "),
			Styled{Strong, []Inline{Text("b")}},
			Text(" "),
			Styled{Strike, []Inline{Text("c")}},
			Text(" "),
			Styled{Emphasis, []Inline{Text("d")}},
			Text(" e_f_g"),
		}},
		{"line breaks", "a\nb  \nc\\\nd", []Inline{Text("a"), Break{}, Text("b"), Break{}, Text("c"), Break{}, Text("d")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := Doc{Blocks: []Block{Paragraph{Text: tt.want}}}
			if diff := cmp.Diff(want, Parse(tt.in)); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestParseTables(t *testing.T) {
	t.Parallel()
	cell := func(text ...Inline) Cell { return text }
	tests := []struct {
		name, in string
		want     Table
	}{
		{"alignment and short row", "|a|b|\n|:-|-:|\n|1|", Table{
			Align: []Align{AlignLeft, AlignRight}, Header: []Cell{{Text("a")}, {Text("b")}},
			Rows: [][]Cell{{cell(Text("1")), nil}},
		}},
		{"pipe in code", "|a|b|\n|-|-|\n|`x|y`|2|", Table{
			Align: []Align{AlignNone, AlignNone}, Header: []Cell{{Text("a")}, {Text("b")}},
			Rows: [][]Cell{{cell(CodeSpan("x|y")), cell(Text("2"))}},
		}},
		{"too many cells", "> |a|b|\n> |-|-|\n> |1|2|3|", Table{
			Align: []Align{AlignNone, AlignNone}, Header: []Cell{{Text("a")}, {Text("b")}},
			Rows: [][]Cell{{cell(Text("1")), cell(Text("2"), Text(" | 3"))}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			block := Parse(tt.in).Blocks[0]
			if q, quoted := block.(Quote); quoted {
				block = q.Blocks[0]
			}
			if diff := cmp.Diff(tt.want, block); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	allowed := Hosts("https://Law.example/a", "docs.example", "")
	for url, want := range map[string]bool{
		"https://law.example/other": true, "http://LAW.example": true, "https://law.example:8443/": false,
		"https://law.example.evil.example": false, "https://docs.example": false, "mailto:a@law.example": false, ":": false,
	} {
		if got := allowed(url); got != want {
			t.Errorf("%s: got %v, want %v", url, got, want)
		}
	}
}

// TestHostileTextSurvives: what is too much for the parser is shown as it is.
func TestHostileTextSurvives(t *testing.T) {
	t.Parallel()
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, s)
	}
	for name, source := range map[string]string{
		"delimiters":  strings.Repeat("a*[b", 4000),
		"nesting":     strings.Repeat("> ", 200) + "deep",
		"columns":     strings.Repeat("|a", 100) + "|\n" + strings.Repeat("|-", 100) + "|\n|b|",
		"long":        strings.Repeat("word *word*\n\n", 20_000),
		"one line":    strings.Repeat("word ", 40_000),
		"after fence": "```\n" + strings.Repeat("x*_[", 1000) + "\n```\n\nend",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, want := letters(Plain(source)), letters(source); got != want {
				t.Errorf("%d letters of %d survived", len(got), len(want))
			}
		})
	}
}

// FuzzParse: letters survive parsing, whatever surrounds them. What may go are
// the targets of links, info strings and names of references, so the alphabet
// has none of their signs.
func FuzzParse(f *testing.F) {
	f.Add("# a\n- *b* **c**\n\n> d\n\n|e|f|\n|-|-|\n|g|h|i|")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, "]`~&<\\") || Clean(s) != s || len(s) > 10_000 {
			t.Skip("such a text may lose signs by design")
		}
		if got, want := wordsOf(Parse(s).Blocks), wordsOf([]Block{CodeBlock{Text: s}}); len(got) < len(strings.Trim(want, "0123456789")) && lettersOnly(got) != lettersOnly(want) {
			t.Errorf("Parse(%q) keeps %q", s, got)
		}
	})
}

// lettersOnly drops digits: the number of a list item is not its text.
func lettersOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

func TestPlain(t *testing.T) {
	t.Parallel()
	in := "# T\n\n1. a **b** [l](https://a.example)\n   - c [1]\n\n```\ncode\n```\n\x1b[31m&#27;[2J\u2028x"
	want := "T\n\n1. a b l (https://a.example)\n   - c [1]\n\ncode\n\n[2J\nx"
	if diff := cmp.Diff(want, Plain(in)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCodeIsVerbatim: nothing that guards or mends touches code.
func TestCodeIsVerbatim(t *testing.T) {
	t.Parallel()
	code := "a | b\n--|--\n1 | 2 | 3\n" + strings.Repeat("-", 80) + "\n" + strings.Repeat("x[i] = *p_q;\n", 200) + "| `a|b` |"
	want := Doc{Blocks: []Block{CodeBlock{Info: "c", Text: code}, Rule{}}}
	if diff := cmp.Diff(want, Parse("```c\n"+code+"\n```\n\n"+strings.Repeat("-", 80))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSafeURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://a.example/x?y=1#z":    "https://a.example/x?y=1#z",
		" HTTP://a.example ":           "HTTP://a.example",
		"mailto:a@b.example":           "mailto:a@b.example",
		"https://a.example/(x)|y z":    "https://a.example/%28x%29%7Cy%20z",
		"https://a.example/<!channel>": "https://a.example/%3C!channel%3E",
		"https://":                     "",
		"https://user@a.example":       "",
		"javascript:alert(1)":          "",
		"data:text/html,x":             "",
		"//a.example":                  "",
		"a.example":                    "",
		"mailto:":                      "",
		"https://a.example/\nx":        "",
		"https://a.example/" + strings.Repeat("x", 2000): "",
	} {
		if got := SafeURL(raw); got != want {
			t.Errorf("SafeURL(%q) = %q, want %q", raw, got, want)
		}
	}
}
