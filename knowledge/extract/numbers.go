package extract

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// mode says what counts as a number. A sentence that is checked is read
// strictly, so that 一 in 一定 is no claim; a passage is read leniently, so that
// every number it might state is found.
type mode bool

const (
	strict  mode = false
	lenient mode = true
)

// numberReader finds the numbers of a folded text.
type numberReader struct {
	text string
	at   int
	mode mode
	out  []string
}

func (r *numberReader) add(n string) {
	if !slices.Contains(r.out, n) {
		r.out = append(r.out, n)
	}
}

func (r *numberReader) run() {
	for r.at < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[r.at:])
		switch {
		case c >= '0' && c <= '9':
			r.digits()
		case cut.Han(c):
			r.chinese(size)
		case unicode.IsLetter(c):
			r.word()
		default:
			r.at += size
		}
	}
}

// digits reads 5,000 or 0.5 and what multiplies it (5万). Digits inside an
// identifier are part of it.
func (r *numberReader) digits() {
	start := r.at
	for r.at < len(r.text) {
		c := r.text[r.at]
		next := byte(0)
		if r.at+1 < len(r.text) {
			next = r.text[r.at+1]
		}
		if c < '0' || c > '9' {
			if c != '.' && c != ',' || next < '0' || next > '9' {
				break
			}
		}
		r.at++
	}
	s := strings.ReplaceAll(r.text[start:r.at], ",", "")
	if c, _ := utf8.DecodeRuneInString(r.text[r.at:]); c < utf8.RuneSelf && unicode.IsLetter(c) || c == '_' {
		r.skipWord()
		s = strings.ToLower(r.text[start:r.at])
	}
	v, size := times(s, r.text[r.at:])
	r.add(v)
	r.at += size
}

// times applies 万 and 亿, thousand and million; size is the length of what it
// read of the rest.
func times(digits, rest string) (number string, size int) {
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return digits, 0
	}
	word := strings.TrimLeft(rest, " ")
	for _, u := range [...]struct {
		word  string
		times float64
	}{{"万", 1e4}, {"亿", 1e8}, {"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}} {
		if strings.HasPrefix(word, u.word) {
			v *= u.times
			size = len(rest) - len(word) + len(u.word)
			break
		}
	}
	return strconv.FormatFloat(v, 'f', -1, 64), size
}

func (r *numberReader) skipWord() {
	for r.at < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[r.at:])
		if cut.Han(c) || !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '_' {
			return
		}
		r.at += size
	}
}

// chinese reads a Chinese numeral, or passes one character.
func (r *numberReader) chinese(size int) {
	rest := r.text[r.at:]
	if strings.HasPrefix(rest, "第") {
		if _, n := cut.Numeral(rest[size:]); n > 0 && r.mode == strict {
			r.at += size + n // an ordinal or a reference, which is read elsewhere
			return
		}
	}
	for _, f := range [...]string{"百分之", "千分之", "万分之"} {
		if strings.HasPrefix(rest, f) {
			r.at += len(f)
			rest, size = r.text[r.at:], 0
			break
		}
	}
	v, n := cut.Numeral(rest)
	if n == 0 {
		r.at += size
		return
	}
	r.at += n
	if r.mode == lenient || size == 0 || utf8.RuneCountInString(rest[:n]) > 1 || counted(rest[n:]) && v != 1 {
		r.add(strconv.Itoa(v))
	}
}

// counted reports whether text starts with a unit that a number stands before.
func counted(text string) bool {
	for _, u := range [...]string{"个月", "个工作日", "个", "日", "天", "月", "年", "周", "小时", "倍", "元", "次", "名", "人", "份", "岁", "级", "成", "万", "千", "百"} {
		if strings.HasPrefix(text, u) {
			return true
		}
	}
	return false
}

// word reads an English number word.
func (r *numberReader) word() {
	start := r.at
	r.skipWord()
	if r.at == start { // a letter that no word is made of
		_, size := utf8.DecodeRuneInString(r.text[r.at:])
		r.at += size
		return
	}
	word := strings.ToLower(r.text[start:r.at])
	if v, ok := numberWord(word); ok && (v != "1" || r.mode == lenient) {
		r.add(v)
		return
	}
	if strings.ContainsFunc(word, unicode.IsDigit) {
		r.add(word) // an identifier such as err_1234
	}
}

func numberWord(word string) (string, bool) {
	for i, w := range [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"} {
		if w == word {
			return strconv.Itoa(i), true
		}
	}
	for i, w := range [...]string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"} {
		if w == word {
			return strconv.Itoa(i*10 + 20), true
		}
	}
	switch word {
	case "once":
		return "1", true
	case "twice", "double":
		return "2", true
	case "hundred":
		return "100", true
	}
	return "", false
}
