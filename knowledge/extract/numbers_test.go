package extract

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

// TestStrictNumbers holds every spelling that a checked sentence may use.
func TestStrictNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string
	}{
		// English words
		{"sixteen, seventeen, eighteen and nineteen days", []string{"16", "17", "18", "19"}},
		{"a thousand yuan", []string{"1000"}},
		{"thousand yuan a day", []string{"1000"}},
		{"triple the pay", []string{"3"}},
		{"pay is doubled, then quadrupled", []string{"2", "4"}},
		{"a dozen, two dozen, half a dozen", []string{"12", "24", "6"}},
		{"dozens of days, hundreds of yuan", []string{"几12", "几100"}},
		{"nine hundred percent", []string{"900"}},
		{"a hundred and twenty-five days", []string{"125"}},
		{"between one hundred and two hundred yuan", []string{"100", "200"}},
		{"two hundred and fifty thousand yuan", []string{"250000"}},
		{"one hundred thousand and twelve", []string{"100012"}},
		{"twenty-one thousand three hundred", []string{"21300"}},
		{"thirty to sixty days, five-six weeks", []string{"30", "60", "5", "6"}},
		{"fifteen-fold, tenfold, sixteen fold, 16-fold", []string{"15", "10", "16"}},
		{"16x the wage, 17× the wage", []string{"16", "17"}},
		{"minus five, -7 and −8 percent", []string{"5", "7", "8"}},
		{"one times, one percent", []string{"1"}},
		{"5 million and 2.5 billion and 16 hundred", []string{"5000000", "2500000000", "1600"}},
		// parts
		{"half the pay", []string{"0.5"}},
		{"half a year, one half, cut in half", []string{"0.5"}},
		{"half a million", []string{"500000"}},
		{"a quarter of the pay", []string{"0.25"}},
		{"one quarter, quarter of it", []string{"0.25"}},
		{"three quarters, three-quarters", []string{"0.75"}},
		{"two thirds", []string{"0.666666666667"}},
		{"a third of it, one-fifth", []string{"0.333333333333", "0.2"}},
		{"two and a half", []string{"2.5"}},
		{"one and a half times", []string{"1.5"}},
		{"one and one half", []string{"1.5"}},
		{"a year and a half", []string{"1.5"}},
		{"two and three quarters", []string{"2.75"}},
		{"½ ¾ 1½ 2 ¼", []string{"0.5", "0.75", "1.5", "2.25"}},
		{"1/3 of it, 1 1/2 months", []string{"0.333333333333", "1.5"}},
		{"150/200/300 %", []string{"150", "200", "300"}},
		{".5 of it", []string{"0.5"}},
		// digits of every kind
		{"Ⅻ, ⅩⅤ, ⅳ, ⅩⅬⅤ", []string{"12", "15", "4", "45"}},
		{"of ① and ⑩, ⑽, ❸, ⓫, ㉕, ⒌, 🔟", []string{"1", "10", "3", "11", "25", "5"}},
		{"㈠个月，㈩天，㊂天", []string{"10", "3"}},
		{"١٥ ۱۶ १७ １８ 𝟏𝟗", []string{"15", "16", "17", "18", "19"}},
		{"1\u200b5, 1\u00ad6, 1\u20607, \ufeff1\u200d8, 2\ufe0f\u20e33", []string{"15", "16", "17", "18", "23"}},
		{"1e3, 1E4, 10^3, 10**2, 10⁵", []string{"1000", "10000", "100", "100000"}},
		{"1 000, 2\u00a0000, 3\u202f000 and 1，500元, 4'000, 5’000", []string{"1000", "2000", "3000", "1500", "4000", "5000"}},
		{"1,234,567 and 1，234，567", []string{"1234567"}},
		{"150，200，300", []string{"150", "200", "300"}},
		{"30-60 days, 31–61, 32—62, 33~63", []string{"30", "60", "31", "61", "32", "62", "33", "63"}},
		{"１５．５ and ٣٫٥", []string{"15.5", "3.5"}},
		{"24h, 30days, 5k", []string{"24", "30", "5000"}},
		{"15th, err_77, x86, 1.2.3", []string{"15th", "err_77", "x86", "1.2.3"}},
		{"6222021234567890123", []string{"6222021234567890123"}},
		// Chinese
		{"半年、半个月、减半、一半", []string{"0.5"}},
		{"一倍，两倍，拾倍，廿倍", []string{"1", "2", "10", "20"}},
		{"卅日，卌天，廿五天", []string{"30", "40", "25"}},
		{"双倍工资，加倍支付", []string{"2"}},
		{"十几倍", []string{"10几"}},
		{"几倍，数倍", []string{"几倍"}},
		{"RMB5,000, 300rmb, ¥20, $1,000.50", []string{"5000", "300", "20", "1000.5"}},
		{"几十倍，数十倍", []string{"几10"}},
		{"数百元，几万元，几十万元", []string{"几100", "几10000", "几100000"}},
		{"十几万元，30几天，十数年", []string{"100000几", "30几", "10几"}},
		{"壹万贰仟叁佰肆拾伍元", []string{"12345"}},
		{"陆佰柒拾捌元玖角", []string{"678", "9"}},
		{"壹佰萬元，貳佰元，伍倍", []string{"1000000", "200", "5"}},
		{"一亿零三百万元", []string{"103000000"}},
		{"三分之二，3分之1，百分之五，百分之一", []string{"0.666666666667", "0.333333333333", "5", "1"}},
		{"万分之五，千分之20，千分之七，8‰", []string{"0.05", "2", "0.7", "0.8"}},
		{"一又二分之一", []string{"1.5"}},
		{"一点五倍，3点5倍，百分之十二点五", []string{"1.5", "3.5", "12.5"}},
		{"一年半、两个半月、一倍半", []string{"1.5", "2.5"}},
		{"两个半小时", []string{"2.5"}},
		{"5万元，3千万元，5百元", []string{"50000", "30000000", "500"}},
		{"下午三点十五分，3点30分", []string{"15", "3", "30"}},
		{"〡〢个月", []string{"12"}},
		{"三薪", []string{"3"}},
		{"第87条，第八十八条", []string{"87", "第87条", "第88条"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, numbers(tt.text, strict)); diff != "" {
			t.Errorf("numbers(%q) (-want +got):\n%s", tt.text, diff)
		}
		has := numbers(tt.text, lenient)
		for _, n := range tt.want {
			if !slices.Contains(has, n) {
				t.Errorf("%q as a passage lacks %s: %v", tt.text, n, has)
			}
		}
	}
}

// TestNoNumbers holds the words that look like figures and state none.
func TestNoNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"one of them, no one, once you know, one another",
		"a second agreement; on second thought, wait a second",
		"on behalf of the firm; the first half of the year; the second half; a half-hearted reply",
		"a third party; the quarter; the last quarter; once a quarter; quarterly",
		"please double-check and double check; manifold reasons; often; attend; a one-off",
		"一定、一般、一律、一致、统一、一旦、万一、一起、一方、一些",
		"半成品、多半、半途、上半年、下半年、前半段",
		"千万不要签字，千万别急，十有八九，一一说明，乱七八糟，三三两两",
		"五一劳动节，国庆",
		"大陆人员，收拾个人物品，队伍名单，着陆",
		"十分重要，几个，数据，数额，人数",
		"① 报告单位",
		"一成不变，两者，三者，一方面，另一方面",
		"Ⓐ ™ ² ",
	} {
		got := numbers(text, strict)
		if text == "Ⓐ ™ ² " {
			got = slices.DeleteFunc(got, func(n string) bool { return n == "2" }) // the mark of a footnote may count
		}
		if len(got) > 0 {
			t.Errorf("numbers(%q) = %v, want none", text, got)
		}
	}
}

// TestInvented holds that none of the spellings passes against a passage with
// other figures, and that the passage's own figures do in any spelling.
func TestInvented(t *testing.T) {
	t.Parallel()
	passage := knowledge.Passage{Text: "延长工作时间的，支付百分之一百五十的工资；休息日工作的，支付200%；法定休假日工作的，支付300 percent。"}
	for _, s := range []string{
		"sixteen days", "nineteen", "thousand", "half the pay", "a dozen", "a quarter of it", "½", "¾", "Ⅻ", "ⅩⅤ", "pay ①", "⑩", "١٥", "１５",
		"半年", "一倍", "十几倍", "廿倍", "卅日", "拾倍", "壹仟元", "数十倍", "几十倍", "fifteen-fold", "16x", "tenfold", "three quarters",
		"two and a half", "nine hundred percent", "150 days", "300 yuan", "quadruple", "四倍", "1e3", "10^3", "1 000", "1，000", "30-60 days", "minus five", "1\u200b5", "1\u00ad5",
	} {
		if b := Support("The rate is "+s+".", passage); len(b.MissingNumbers) == 0 {
			t.Errorf("%q passes: numbers %v", s, b.Numbers)
		}
	}
	for _, s := range []string{
		"150 %", "１５０%", "one hundred and fifty percent", "百分之壹佰伍拾", "1\u200b50 %", "١٥٠", "150，200，300", "两百", "三百", "贰佰", "two hundred", "300x", "ⅭⅬ", "2e2", "150/200/300 %", "triple", "两倍", "one and a half times",
	} {
		if b := Support("The rate is "+s+".", passage); len(b.MissingNumbers) > 0 || len(b.Numbers) == 0 {
			t.Errorf("%q: missing %v of %v", s, b.MissingNumbers, b.Numbers)
		}
	}
}

// TestSameValue holds which spellings meet: sentence first, passage second.
func TestSameValue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sentence, passage string
		missing           []string
	}{
		{"half a month", "半个月", nil},
		{"半个月", "half a month", nil},
		{"½ month", "半个月的工资", nil},
		{"0.5 months", "half a month", nil},
		{"50 %", "half of it", nil},
		{"half of it", "50 %", nil},
		{"1.5 倍", "one and a half times", nil},
		{"three quarters", "四分之三", nil},
		{"一倍", "1 times", nil},
		{"一倍", "two times", []string{"1 -fold"}},
		{"数十倍", "几十倍", nil},
		{"数十倍", "十倍", []string{"几10 -fold"}},
		{"十几倍", "十倍", []string{"10几 -fold"}},
		{"十倍", "十几倍", []string{"10 -fold"}},
		{"1000", "1 000", nil},
		{"30 and 60 days", "30-60 days", nil},
		{"two and a half", "2 and 5", []string{"2.5"}},
		{"200 and 300", "200,300", nil},
		{"每月15日", "by the 15th", nil},
		{"by the 15th", "每月15日", nil},
		{"by the 15th", "每月16日", []string{"at most 15th"}},
		{"by the 15th", "15 people", []string{"at most 15th"}},
		{"四个月", "before the fourth month", nil},
		{"第四十六条第五项", "(Article 46, item 5)", nil},
		{"300倍", "3百倍", nil},
		{"③ 十万元", "③ 十万元", nil},
		{"万分之五", "0.05 percent", nil},
		{"第四十六条、第四十七条", "(Articles 38, 46 and 47).", nil},
		{"第四十八条", "(Articles 38, 46 and 47), 48 days", []string{"第48条"}},
	}
	for _, tt := range tests {
		got := Support(tt.sentence, knowledge.Passage{Text: tt.passage}).MissingNumbers
		if diff := cmp.Diff(tt.missing, got); diff != "" {
			t.Errorf("%q on %q: missing (-want +got):\n%s", tt.sentence, tt.passage, diff)
		}
	}
}

// TestNumbersOfLongTexts holds that the time grows with the text and not with
// its square: the texts below once took ten seconds each.
func TestNumbersOfLongTexts(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"，1", "150，", "1 ", "two hundred and ", "½", "一", "a "} {
		text := strings.Repeat(part, 20000)
		start := time.Now()
		measures(text, lenient)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q, repeated, took %v", part, took)
		}
	}
}
