package extract

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plainNumbers writes the numbers of a text with the digits 0 to 9 and the
// common Chinese numerals, and takes out what is not seen: a zero-width space
// between two digits hides a number from who reads bytes and from nobody else.
func plainNumbers(text string) string {
	if !strings.ContainsFunc(text, odd) {
		return text
	}
	text = strings.ToValidUTF8(text, " ")
	var b strings.Builder
	var last rune
	for i, r := range text {
		next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		switch {
		case hidden(r):
			continue
		case r == '，' && ambiguous(text[:i], text[i+len("，"):]):
			b.WriteString(", ") // 150，200，300: a list
		default:
			b.WriteString(plainNumber(r, last, next))
		}
		last = r
	}
	return b.String()
}

// odd reports whether plainNumbers may have to look at a character.
func odd(r rune) bool {
	return string(r) == romanMark || r >= utf8.RuneSelf && (r == utf8.RuneError || unicode.IsNumber(r) || hidden(r) || plainRune(r) != r || r == '，' || r == 0x1F51F || enclosedNumeral(r))
}

// hidden reports whether a character shows nothing of its own: format
// characters and marks, among them those that make an emoji of a digit.
func hidden(r rune) bool {
	return string(r) == romanMark || unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me)
}

// plainNumber is how a character reads; last and next stand beside it.
func plainNumber(r, last, next rune) string {
	if n, ok := enclosed(r); ok {
		return " " + strconv.Itoa(n) + " "
	}
	if d, ok := decimalDigit(r); ok {
		return string(rune('0' + d))
	}
	if n := roman(r); n > 0 {
		return romanRun(n, last, next)
	}
	form := norm.NFKD.String(string(r))
	switch {
	case r < utf8.RuneSelf || !unicode.IsNumber(r) && !enclosedNumeral(r):
		return string(plainRune(r))
	case strings.Contains(form, "⁄"):
		return " " + form + " " // 1½ is not 11/2
	case raised(r) && unicode.IsDigit(last):
		return "^" + form
	case raised(r), r >= 0x2080 && r <= 0x2089:
		return form
	case enclosedNumeral(r):
		return strings.Trim(form, "()") // ㈩ is (十)
	case form != string(r):
		return " " + form + " "
	}
	return hangzhou(r)
}

// longestList is how many bytes back the beginning of a list is looked for, so
// that a text of nothing but commas costs no more than any other.
const longestList = 64

// ambiguous reports whether a comma of full width stands in a list of numbers
// of three digits rather than in one long number.
func ambiguous(before, after string) bool {
	before = before[max(0, len(before)-longestList):]
	head := lastDigits(before)
	for strings.HasSuffix(before, "，"+head) { // back to where the list begins
		before = strings.TrimSuffix(before, "，"+head)
		more := lastDigits(before)
		if more == "" {
			break
		}
		head = more
	}
	tail := after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
	return len(head) == 3 && len(tail) == 3 && head[0] != '0' && tail[0] != '0'
}

func lastDigits(text string) string {
	return text[len(strings.TrimRight(text, "0123456789")):]
}

// plainRune maps the separators of other scripts and the characters that have
// several simplified forms, of which one is a numeral.
func plainRune(r rune) rune {
	switch r {
	case '萬':
		return '万'
	case '幾':
		return '几'
	case '貳', '弐', '贰':
		return '贰'
	case '壱':
		return '壹'
	case '叄', '參':
		return '叁'
	case '陸':
		return '陆'
	case '٫':
		return '.'
	case '٬', '\u2019':
		return ','
	case '∕':
		return '/'
	case '−', '–', '—', '‑':
		return '-'
	}
	if unicode.Is(unicode.Zs, r) {
		return ' '
	}
	return r
}

// decimalDigit reads a digit of any script. The digits of a script stand in
// order, and the ranges of the table begin with a zero.
func decimalDigit(r rune) (int, bool) {
	if r < utf8.RuneSelf || !unicode.IsDigit(r) {
		return 0, false
	}
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10, true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return int(r-rune(t.Lo)) % 10, true
		}
	}
	return 0, false
}

// enclosed reads the numbers in circles that have no plain form in Unicode's
// tables, and those that have one, by their places in the code charts.
func enclosed(r rune) (int, bool) {
	for _, c := range [...]struct {
		from, to rune
		first    int
	}{
		{0x2460, 0x2473, 1},
		{0x2474, 0x2487, 1},
		{0x2488, 0x249B, 1},
		{0x24EB, 0x24F4, 11},
		{0x24F5, 0x24FE, 1},
		{0x24EA, 0x24EA, 0},
		{0x24FF, 0x24FF, 0},
		{0x2776, 0x277F, 1},
		{0x2780, 0x2789, 1},
		{0x278A, 0x2793, 1},
		{0x3251, 0x325F, 21},
		{0x32B1, 0x32BF, 36},
		{0x1F51F, 0x1F51F, 10},
	} {
		if r >= c.from && r <= c.to {
			return int(r-c.from) + c.first, true
		}
	}
	return 0, false
}

// enclosedNumeral reports whether r is a Chinese numeral in brackets or a
// circle, or one of the radicals that look like one.
func enclosedNumeral(r rune) bool {
	return r >= 0x3220 && r <= 0x3229 || r >= 0x3280 && r <= 0x3289 || r >= 0x2F00 && r <= 0x2FD5
}

// raised reports whether r is a superscript digit.
func raised(r rune) bool {
	return r == '²' || r == '³' || r == '¹' || r >= 0x2070 && r <= 0x2079
}

// roman is the value of a character for a Roman numeral, 0 for any other.
func roman(r rune) int {
	switch {
	case r >= 0x2160 && r <= 0x216B:
		return int(r-0x2160) + 1
	case r >= 0x2170 && r <= 0x217B:
		return int(r-0x2170) + 1
	case r >= 0x216C && r <= 0x216F:
		return [...]int{50, 100, 500, 1000}[r-0x216C]
	case r >= 0x217C && r <= 0x217F:
		return [...]int{50, 100, 500, 1000}[r-0x217C]
	}
	return 0
}

// romanRun marks a character of a Roman numeral; the reader adds them up, which
// is why the mark holds its place: ⅩⅤ is "\x00"10 and "\x00"5.
func romanRun(n int, last, next rune) string {
	s := romanMark + strconv.Itoa(n)
	if roman(last) == 0 {
		s = " " + s
	}
	if roman(next) == 0 {
		s += " "
	}
	return s
}

// romanMark stands before the value of each Roman character. It is taken out of
// the text itself.
const romanMark = "\x00"

// hangzhou reads the numerals of market stalls; any other number stays as it is.
func hangzhou(r rune) string {
	if i := int(r - '〡'); i >= 0 && i < 9 {
		return strconv.Itoa(i + 1)
	}
	return string(r)
}
