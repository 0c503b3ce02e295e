package cut

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func joined(text string) string {
	var out []string
	for _, t := range Terms(text) {
		out = append(out, t.Text)
	}
	return strings.Join(out, " ")
}

func TestTerms(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"characters and pairs", "试用期", "试 试用 用 用期 期"},
		{"a run ends at a space", "加班 工资", "加 加班 班 工 工资 资"},
		{"punctuation ends a run", "加，班", "加 班"},
		{"article in numerals", "劳动法第八十七条", "劳 劳动 动 动法 法 第87条"},
		{"article in digits", "第87条规定", "第87条 规 规定 定"},
		{"article with spaces and full width", "第 ８７ 条", "第87条"},
		{"article in numerals with spaces", "第 八十七 条 规", "第87条 规"},
		{"a count with spaces is no article", "87 条", "87 条"},
		{"article without its first word", "劳动法87条", "劳 劳动 动 动法 法 第87条"},
		{"a count is no article", "一条裤子", "一 一条 条 条裤 裤 裤子 子"},
		{"inserted article", "第一百二十条之一", "第120条之1"},
		{"ordinal is no reference", "第三人", "第 第三 三 三人 人"},
		{"chapter and paragraph", "第二章第三款", "第2章 第3款"},
		{"English reference", "See Article 87 of it", "see articl 第87条 87"},
		{"section", "Section 5.2 and § 7", "section §5.2 5.2 §7 7"},
		{"stems and stop words", "The dismissed employees were running", "dismiss employe run"},
		{"code whole and in parts", "ERR_1234", "err_1234 err 1234"},
		{"hyphen with digits", "CVE-2024-1234", "cve-2024-1234 cve 2024 1234"},
		{"hyphen between words", "pay-as-you-go", "pai go"},
		{"function", "os.Getenv()", "os.getenv os getenv"},
		{"camel", "getUserById", "getuserbyid get user id"},
		{"instance type", "d2.xlarge", "d2.xlarge d2 xlarg"},
		{"escaped Markdown", `d2\.xlarge built\-in`, "d2.xlarge d2 xlarg built"},
		{"amount", "5,000 yuan or 3.5", "5000 yuan 3.5"},
		{"comma in a list", "1, 2", "1 2"},
		{"full width", "ＥＲＲ＿１２３４：失败", "err_1234 err 1234 失 失败 败"},
		{"traditional", "勞動合同", "劳 劳动 动 动合 合 合同 同"},
		{"mixed", "iPhone手机", "iphone phone 手 手机 机"},
		{"possessive", "employer's duty", "employ duti"},
		{"curly apostrophe", "don’t", ""},
		{"end of a sentence", "He left. She stayed.", "left stai"},
		{"other scripts", "Über Привет", "über привет"},
		{"nothing", " ,.!。\n", ""},
		{"emoji", "👍", ""},
		{"broken bytes", "a\xff\xfeb", "b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, joined(tt.text)); diff != "" {
				t.Errorf("terms of %q (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{"第百条之一", "a.b_c-1'x", "１２条", "§5.2", "\xff\\", "万一", "_", "'s", "第１", "iPhone手机1条"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c Cutter
		last := 0
		n := c.Each(text, func(term Term) {
			if term.Text == "" || term.Pos < last {
				t.Errorf("%q: term %+v after position %d", text, term, last)
			}
			if term.Kind != Pair {
				last = term.Pos
			}
		})
		if last > n {
			t.Errorf("%q: position %d of %d", text, last, n)
		}
		for rest := text; rest != ""; {
			end := SentenceEnd(rest)
			if end <= 0 || end > len(rest) {
				t.Fatalf("%q: a sentence of %d bytes", rest, end)
			}
			rest = rest[end:]
		}
	})
}
