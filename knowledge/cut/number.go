package cut

import "unicode/utf8"

// Bounds of what is read as one numeral.
const (
	longestNumeral = 48   // bytes: longer than any number that people write
	largestNumeral = 1e15 // above it float64 and int could part
)

// Numeral reads a Chinese numeral (八十七, 一百零三, 二〇二四, 贰仟, 廿五) from the
// start of text and returns its value and its length in bytes; the length is 0
// where text does not start with one. The characters of cheques count as the
// common ones.
func Numeral(text string) (value, size int) {
	var n numeral
	for size < len(text) {
		r, width := utf8.DecodeRuneInString(text[size:])
		if !n.take(r, size) {
			break
		}
		size += width
		if size > longestNumeral || n.value() > largestNumeral {
			return 0, 0
		}
	}
	return n.value(), size
}

// numeral is what has been read so far: what stands before the last 亿, before
// the last 万, and behind it. A digit waits for its unit.
type numeral struct {
	high, total, section, digit int
	waits                       bool
}

func (n *numeral) value() int { return n.high + n.total + n.section + n.digit }

// take adds one character; size is how much was read before it.
func (n *numeral) take(r rune, size int) bool {
	if d := numeralDigit(r); d >= 0 {
		n.digit = joinDigit(n.digit, d)
		n.waits = true
		return true
	}
	if tens := numeralTens(r); tens > 0 {
		n.section += tens
		return true
	}
	unit := numeralUnit(r)
	switch {
	case unit == 0, unit >= 10000 && size == 0: // 万一 has none
		return false
	case unit > 10000:
		n.high = n.value() * unit
		n.total, n.section = 0, 0
	case unit == 10000:
		n.total = (n.total + n.section + n.digit) * unit
		n.section = 0
	default:
		n.section += n.unitOf(size) * unit
	}
	n.digit, n.waits = 0, false
	return true
}

// joinDigit puts digits one after another (二〇二四); a leading zero is dropped.
func joinDigit(before, d int) int {
	if before <= 0 {
		return d
	}
	return before*10 + d
}

// unitOf is how many times a unit counts: 十 alone is one ten.
func (n *numeral) unitOf(size int) int {
	if !n.waits || n.digit == 0 && size == 0 {
		return 1
	}
	return n.digit
}

func numeralDigit(r rune) int {
	switch r {
	case '零', '〇':
		return 0
	case '一', '壹':
		return 1
	case '二', '两', '贰':
		return 2
	case '三', '叁':
		return 3
	case '四', '肆':
		return 4
	case '五', '伍':
		return 5
	case '六', '陆':
		return 6
	case '七', '柒':
		return 7
	case '八', '捌':
		return 8
	case '九', '玖':
		return 9
	}
	return -1
}

func numeralTens(r rune) int {
	switch r {
	case '廿':
		return 20
	case '卅':
		return 30
	case '卌':
		return 40
	}
	return 0
}

func numeralUnit(r rune) int {
	switch r {
	case '十', '拾':
		return 10
	case '百', '佰':
		return 100
	case '千', '仟':
		return 1000
	case '万':
		return 1e4
	case '亿':
		return 1e8
	}
	return 0
}
