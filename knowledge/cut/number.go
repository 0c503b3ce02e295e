package cut

import "unicode/utf8"

// Numeral reads a Chinese numeral (八十七, 一百零三, 二〇二四) from the start of
// text and returns its value and its length in bytes; the length is 0 where
// text does not start with one.
func Numeral(text string) (value, size int) {
	total, section, digit := 0, 0, -1
	for size < len(text) {
		r, n := utf8.DecodeRuneInString(text[size:])
		if d := numeralDigit(r); d >= 0 {
			digit = joinDigit(digit, d)
		} else if unit := numeralUnit(r); unit == 10000 {
			if size == 0 {
				break // 万一
			}
			total = (total + section + max(digit, 0)) * unit
			section, digit = 0, -1
		} else if unit > 0 {
			section += unitOf(digit, size) * unit
			digit = -1
		} else {
			break
		}
		size += n
		if size > 48 { // longer than any number that people write
			return 0, 0
		}
	}
	return total + section + max(digit, 0), size
}

// joinDigit puts digits one after another (二〇二四); a leading zero is dropped.
func joinDigit(before, d int) int {
	if before <= 0 {
		return d
	}
	return before*10 + d
}

// unitOf is how many times a unit counts: 十 alone is one ten.
func unitOf(digit, size int) int {
	if digit < 0 || digit == 0 && size == 0 {
		return 1
	}
	return digit
}

func numeralDigit(r rune) int {
	switch r {
	case '零', '〇':
		return 0
	case '一':
		return 1
	case '二', '两':
		return 2
	case '三':
		return 3
	case '四':
		return 4
	case '五':
		return 5
	case '六':
		return 6
	case '七':
		return 7
	case '八':
		return 8
	case '九':
		return 9
	}
	return -1
}

func numeralUnit(r rune) int {
	switch r {
	case '十':
		return 10
	case '百':
		return 100
	case '千':
		return 1000
	case '万':
		return 10000
	}
	return 0
}
