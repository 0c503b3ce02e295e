package cut

import (
	"testing"
	"unicode/utf8"
)

func TestNumeral(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		value int
		rest  string
	}{
		{"八十七条", 87, "条"},
		{"十", 10, ""},
		{"二十", 20, ""},
		{"一百零三", 103, ""},
		{"一千二百六十条", 1260, "条"},
		{"两万五千", 25000, ""},
		{"十万", 100000, ""},
		{"二〇二四年", 2024, "年"},
		{"三", 3, ""},
		{"万一", 0, "万一"},
		{"亿", 0, "亿"},
		{"一亿零三百万", 103000000, ""},
		{"壹万贰仟叁佰肆拾伍元", 12345, "元"},
		{"陆拾柒", 67, ""},
		{"捌佰玖拾", 890, ""},
		{"廿五日", 25, "日"},
		{"卅", 30, ""},
		{"卌二", 42, ""},
		{"九亿亿亿", 0, "九亿亿亿"},
		{"条", 0, "条"},
		{"", 0, ""},
		{"〇", 0, ""},
		{"九九九九九九九九九九九九九九九九九九九", 0, "九九九九九九九九九九九九九九九九九九九"},
	}
	for _, tt := range tests {
		v, n := Numeral(tt.text)
		if v != tt.value || tt.text[n:] != tt.rest {
			t.Errorf("Numeral(%q) = %d, rest %q, want %d, %q", tt.text, v, tt.text[n:], tt.value, tt.rest)
		}
	}
}

func TestStem(t *testing.T) {
	t.Parallel()
	// Pairs of forms that must meet, and pairs that must not.
	same := [][2]string{
		{"dismissal", "dismiss"},
		{"dismissed", "dismissing"},
		{"employers", "employer"},
		{"policies", "policy"},
		{"hopping", "hop"},
		{"hoping", "hope"},
		{"relational", "relate"},
		{"agreed", "agree"},
		{"connections", "connected"},
		{"adjustment", "adjustable"},
		{"controlled", "controlling"},
		{"encryption", "encrypted"},
		{"sized", "size"},
	}
	for _, p := range same {
		if a, b := Stem(p[0]), Stem(p[1]); a != b {
			t.Errorf("%s -> %s, %s -> %s: want one stem", p[0], a, p[1], b)
		}
	}
	apart := [][2]string{{"wage", "wagon"}, {"hop", "hope"}, {"rate", "rat"}, {"sky", "ski"}}
	for _, p := range apart {
		if Stem(p[0]) == Stem(p[1]) {
			t.Errorf("%s and %s have one stem: %s", p[0], p[1], Stem(p[0]))
		}
	}
	for _, w := range []string{"", "a", "is", "naïve", "x1", "y", "yyy", "eed", "ing", "ed", "s", "sss"} {
		Stem(w) // must not panic
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	texts := []string{"", "a", "é", "法", "法律", "한", "😀", "\xe6", "\xe6\xb3", "\xe6\xb3x", "\xe0\x80\x80", "\xed\xa0\x80", "\xff"}
	for _, text := range texts {
		want, n := utf8.DecodeRuneInString(text)
		if got, size := decode(text); got != want || size != n {
			t.Errorf("%q: %q and %d, want %q and %d", text, got, size, want, n)
		}
	}
}
