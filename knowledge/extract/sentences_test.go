package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLanguage(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"公司辞退员工怎么赔偿？", "zh"},
		{"Can my employer refuse to pay overtime?", "en"},
		{"ERR_1234 是什么意思？", "zh"},
		{"What does 劳动合同法 say about severance pay?", "en"},
		{"iPhone 屏幕失灵怎么强制重启？", "zh"},
		{"", "en"},
		{"👍 123", "en"},
	}
	for _, tt := range tests {
		if got := Language(tt.text); got != tt.want {
			t.Errorf("Language(%q) = %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"Chinese", "应当支付二倍工资。[1] 不支付的怎么办？可以仲裁！", []string{"应当支付二倍工资。[1]", "不支付的怎么办？", "可以仲裁！"}},
		{"English", "Pay is due monthly [1]. It must be full.[2][3] Is it? Yes!", []string{"Pay is due monthly [1].", "It must be full.[2][3]", "Is it?", "Yes!"}},
		{"abbreviations", "See e.g. Art. 38 and Mr. Li, i.e. the boss. Done.", []string{"See e.g. Art. 38 and Mr. Li, i.e. the boss.", "Done."}},
		{"etc. may end", "Pens, paper, etc. are free. Buy pens, etc. They last.", []string{"Pens, paper, etc. are free.", "Buy pens, etc.", "They last."}},
		{"no. before a number", "See No. 5 first. He said no. Then he left.", []string{"See No. 5 first.", "He said no.", "Then he left."}},
		{"decimals and hosts", "It costs 3.5 at example.com today. Fine.", []string{"It costs 3.5 at example.com today.", "Fine."}},
		{"quotes", "他说：“不同意。”然后走了。", []string{"他说：“不同意。”", "然后走了。"}},
		{"list", "Two ways:\n- Ask first. Then wait.\n- Sue [2].\n1. One", []string{"Two ways:", "- Ask first.", "Then wait.", "- Sue [2].", "1. One"}},
		{"soft breaks", "one line\ngoes on here.\n\nnext", []string{"one line\ngoes on here.", "next"}},
		{"heading, row, code", "# Head. Line\n| a. b | c |\n```\nx. y\n```\nend", []string{"# Head. Line", "| a. b | c |", "```\nx. y\n```", "end"}},
		{"open fence", "```\nx", []string{"```\nx"}},
		{"links stay whole", "见[怎么办？看这里](https://a.example/？b。c)。好。\nSee [Who pays? You!](/a?b=1. c) Then `a. b` ends. So", []string{"见[怎么办？看这里](https://a.example/？b。c)。", "好。", "See [Who pays? You!](/a?b=1. c)", "Then `a. b` ends.", "So"}},
		{"tags stay whole", "<a href=\"x。y\">去</a>吧。[a. b](c", []string{"<a href=\"x。y\">去</a>吧。", "[a.", "b](c"}},
		{"statute items", "下列情形：\n（一）患病的；\n（二）怀孕的。", []string{"下列情形：", "（一）患病的；", "（二）怀孕的。"}},
		{"mixed scripts", "使用 v1.2.3 版本. 然后重启。", []string{"使用 v1.2.3 版本.", "然后重启。"}},
		{"nothing", " \n\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, Sentences(tt.text)); diff != "" {
				t.Errorf("Sentences(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"emphasis", "**Pay** the *whole* `wage`", "Pay the whole wage"},
		{"arithmetic", "2 * 3 and 2*3", "2 * 3 and 2*3"},
		{"link", "see [the law](https://example.com/a_b) now", "see the law now"},
		{"link with brackets", "see [the law [old]](https://example.com/a_(b)) now", "see the law [old] now"},
		{"image that is a link", "a [![logo](x.png)](/home) b", "a b"},
		{"reference link", "see [the law][law] and [fees][] in array[i][j]", "see the law and fees in array[i][j]"},
		{"broken links", "a [b](c and [d][e", "a [b](c and [d][e"},
		{"link with a title", `see [a](<https://example.com/a b> "Title (x)") and [b](https://example.com 'so (') now`, "see a and b now"},
		{"links in a row", "[a](b),(c) [d](e)[f](g) [h]() [i]( j )", "a,(c) df h i"},
		{"looks of a link", `see [a](b){:target="_blank"} and [c](d){.button} {x}`, "see a and c {x}"},
		{"bracket in a link", `see [a \] b](c) now`, "see a ] b now"},
		{"image by reference", "a ![logo][img] b [![Build][b]][c]", "a b"},
		{"image without words", "![](a.png)", ""},
		{"links of a wiki", "[[Leave]] and [[Fees 2026|fees]], [[ -f a ]]", "Leave and fees, [[ -f a ]]"},
		{"notes", "As said[^1] here[^note2], not [^a-z]. See [2](b) or word[1](#n) [\\[3\\]](#c)", "As said here, not [^a-z]. See 2 or word"},
		{"a note", "[^1]: Only on weekdays.", "Only on weekdays."},
		{"address with signs", "at <http://example.com/a?b=(c)&d=e> or <mailto:desk@example.com>", "at http://example.com/a?b=(c)&d=e or desk@example.com"},
		{"code", "Write `[text](url)`, `a * b` or `` a`b ``, `<b>` and `snake_case`", "Write [text](url), a * b or a`b, <b> and snake_case"},
		{"a part of code", "a` and b", "a and b"},
		{"underlined", "__Pay the *whole*__ _wage_, _all of it_, __init__ snake_case_name 《_甲_》 _x ____", "Pay the whole wage, all of it, __init__ snake_case_name 《甲》 _x ____"},
		{"struck", "~~old~~ new, ~5 days", "old new, ~5 days"},
		{"entities", "R&amp;D &lt;b&gt;&nbsp;&#39;x&#39; A&B; &unknown;", "R&D <b> 'x' A&B; &unknown;"},
		{"comments and quoted signs", `a <!-- b > c --> d <img alt="e > f"> g`, "a d g"},
		{"closed heading", "## Fees in C# ##", "Fees in C#"},
		{"tasks", "- [x] Ask for a badge", "Ask for a badge"},
		{"address", "at <https://example.com/a> or <desk@example.com>", "at https://example.com/a or desk@example.com"},
		{"line break", "12 EUR<br/>a day", "12 EUR a day"},
		{"image", "a ![logo](x.png) b", "a b"},
		{"own citations", "Due in 30 days [3].", "Due in 30 days ."},
		{"tags", `Permissions<a name="x"></a> < 5`, "Permissions < 5"},
		{"escapes", `built\-in \(new\)`, "built-in (new)"},
		{"Chinese line break", "用人\n单位", "用人单位"},
		{"English line break", "two\n  lines", "two lines"},
		{"quote and marker", "- > said", "said"},
		{"brackets of its own", "array[i] and [maybe]", "array[i] and [maybe]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := plain(tt.text); got != tt.want {
				t.Errorf("plain(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func FuzzSentences(f *testing.F) {
	for _, s := range []string{"a. b", "```\n", "（一", "第百条", "[1", "! [", "\\", "*", "<a", "1.", "\xff。", "[a? b](c", "`a. b", "__a b__", "[[a. b]]", "![a][b. c]", "&lt;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kept := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := kept(strings.Join(Sentences(text), "")); got != kept(text) {
			t.Errorf("sentences of %q lose text: %q", text, got)
		}
		if strings.ContainsAny(plain(text), "\n\r") {
			t.Errorf("plain(%q) has more than one line", text)
		}
	})
}
