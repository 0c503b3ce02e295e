package extract

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

// spellings writes n in every way that fits it.
func spellings(n int) map[string]string {
	digits := strconv.Itoa(n)
	out := map[string]string{
		"digits":       digits,
		"grouped":      grouped(digits, ","),
		"spaced":       grouped(digits, " "),
		"wide spaced":  grouped(digits, "\u202f"),
		"full width":   shifted(digits, '０'),
		"Arabic-Indic": shifted(digits, '٠'),
		"Devanagari":   shifted(digits, '०'),
		"mathematical": shifted(digits, '𝟎'),
		"hidden":       strings.Join(strings.Split(digits, ""), "\u200b"),
		"soft":         strings.Join(strings.Split(digits, ""), "\u00ad"),
		"English":      spelled(n),
		"Chinese":      numeralOf(n, "零一二三四五六七八九", "十百千"),
		"cheque":       numeralOf(n, "零壹贰叁肆伍陆柒捌玖", "拾佰仟"),
		"exponent":     digits + "e0",
		"decimal":      digits + ".0",
		"x":            digits + "x",
	}
	if n <= 20 {
		out["circled"] = string(rune('①' + n - 1))
	}
	if n < 4000 {
		out["Roman"] = romanOf(n)
	}
	return out
}

func shifted(digits string, zero rune) string {
	return strings.Map(func(r rune) rune { return r - '0' + zero }, digits)
}

func grouped(digits, sep string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + sep + digits[i:]
	}
	return digits
}

func spelled(n int) string {
	ones := strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tens := strings.Fields("twenty thirty forty fifty sixty seventy eighty ninety")
	switch {
	case n < 20:
		return ones[n]
	case n < 100:
		return strings.TrimSuffix(tens[n/10-2]+"-"+ones[n%10], "-zero")
	case n < 1000:
		return strings.TrimSuffix(ones[n/100]+" hundred and "+spelled(n%100), " and zero")
	case n < 1e6:
		return strings.TrimSuffix(spelled(n/1000)+" thousand "+spelled(n%1000), " zero")
	}
	return strings.TrimSuffix(spelled(n/1e6)+" million "+spelled(n%1e6), " zero")
}

// numeralOf spells a number below 10^8 with the digits and units given.
func numeralOf(n int, digits, units string) string {
	if n >= 10000 {
		s := numeralOf(n/10000, digits, units) + "万"
		switch rest := n % 10000; {
		case rest == 0:
			return s
		case rest < 1000:
			return s + string([]rune(digits)[0]) + numeralOf(rest, digits, units)
		default:
			return s + numeralOf(rest, digits, units)
		}
	}
	d, u := []rune(digits), []rune(units)
	var b strings.Builder
	gap := false
	for place, by := 3, 1000; place >= 0; place, by = place-1, by/10 {
		v := n / by % 10
		if v == 0 {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteRune(d[0])
		}
		gap = false
		b.WriteRune(d[v])
		if place > 0 {
			b.WriteRune(u[place-1])
		}
	}
	return b.String()
}

func romanOf(n int) string {
	var b strings.Builder
	for _, p := range [...]struct {
		v int
		s string
	}{
		{1000, "Ⅿ"},
		{900, "ⅭⅯ"},
		{500, "Ⅾ"},
		{400, "ⅭⅮ"},
		{100, "Ⅽ"},
		{90, "ⅩⅭ"},
		{50, "Ⅼ"},
		{40, "ⅩⅬ"},
		{10, "Ⅹ"},
		{9, "ⅠⅩ"},
		{5, "Ⅴ"},
		{4, "ⅠⅤ"},
		{1, "Ⅰ"},
	} {
		b.WriteString(strings.Repeat(p.s, n/p.v))
		n %= p.v
	}
	return b.String()
}

// FuzzSpelling holds that a number is found in a checked sentence however it is
// spelled, that a passage with it in digits bears it out and one without does not.
func FuzzSpelling(f *testing.F) {
	for _, n := range []uint32{2, 7, 10, 11, 15, 20, 21, 87, 100, 101, 110, 111, 150, 200, 1000, 1001, 1010, 2024, 3999, 10000, 10005, 25000, 100000, 120304, 99999999, 10000000} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, seed uint32) {
		n := int(seed)%99999999 + 1
		if n == 1 {
			return // 1 is no claim in words
		}
		want := strconv.Itoa(n)
		for name, s := range spellings(n) {
			for _, frame := range [][2]string{{"公司支付", "元工资。"}, {"The firm pays ", " yuan."}} {
				sentence := frame[0] + s + frame[1]
				if got := numbers(sentence, strict); !slices.Contains(got, want) {
					t.Errorf("%s: numbers(%q) = %v, want %s", name, sentence, got, want)
				}
				if b := Support(sentence, knowledge.Passage{Text: "It is " + want + " 元。"}); len(b.MissingNumbers) > 0 {
					t.Errorf("%s: %q lacks %v", name, sentence, b.MissingNumbers)
				}
				if b := Support(sentence, knowledge.Passage{Text: "It is " + strconv.Itoa(n+1) + " 元。"}); !slices.ContainsFunc(b.MissingNumbers, func(m string) bool { return m == want || strings.HasPrefix(m, want+" ") }) {
					t.Errorf("%s: %q passes against %d", name, sentence, n+1)
				}
			}
		}
	})
}

// FuzzNumbers holds that no text makes the reader panic or loop, and that a
// sentence bears itself out.
func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"", "\x00", "\x001", "1\x00", "½", "ⅩⅤ", "1/0", "0分之1", "几", "半", "1e", "1^", "1点", "a and a half", "\xff1\xff", "１，２３４", "①①", "1 1/2", "百分之", "第", "1,1,", ".5.", "数十", "𐄇", "9e12万亿"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		mine, has := numbers(s, strict), numbers(s, lenient)
		for _, n := range mine {
			if !slices.Contains(has, n) {
				t.Errorf("%q: strict has %s, lenient %v", s, n, has)
			}
		}
		if missing := lacking(measures(s, strict), measures(s, lenient)); len(missing) > 0 {
			t.Errorf("%q lacks its own %v", s, missing)
		}
	})
}
