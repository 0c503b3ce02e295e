package extract

import (
	"math"
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

// exactDigits is how many digits a number may have to be compared by value:
// float64 holds as many. Longer ones (card numbers) are compared as written.
const exactDigits = 15

// numberReader finds the numbers of a folded text.
type numberReader struct {
	text string
	at   int
	mode mode
	out  []string

	seen    map[string]bool // what is in out
	found   []measure
	fresh   []string    // numbers whose unit has not been looked for
	spelled measureUnit // the unit that a number's own spelling says
	last    int         // where the last number ended, with its unit
}

func (r *numberReader) add(n string) {
	if n != "" {
		r.fresh = append(r.fresh, n)
	}
	if n == "" || r.seen[n] {
		return
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[n] = true
	r.out = append(r.out, n)
}

// also adds what a passage might mean besides.
func (r *numberReader) also(values ...float64) {
	for _, v := range values {
		if r.mode == lenient {
			r.add(figure(v))
		}
	}
}

func (r *numberReader) run() {
	r.text = cut.Fold(plainNumbers(r.text))
	r.skipCircled()
	for r.at < len(r.text) {
		start := r.at
		c, size := utf8.DecodeRuneInString(r.text[r.at:])
		switch {
		case c >= '0' && c <= '9', c == '.' && r.pointOnly():
			r.digits()
		case c == 0:
			r.roman()
		case cut.Han(c):
			r.chinese(size)
		case unicode.IsLetter(c):
			r.word()
		case unicode.IsNumber(c):
			r.add(string(c)) // of a script whose numerals nobody here can read
			r.at += size
		default:
			r.at += size
		}
		r.note(start)
	}
}

// skipCircled passes the mark of a list item (① …), which is no claim, where no
// unit follows. The mark has been given blanks on both sides.
func (r *numberReader) skipCircled() {
	if r.mode == lenient || !strings.HasPrefix(r.text, " ") {
		return
	}
	n := digitsAt(r.text[1:])
	rest := r.text[1+n:]
	if n == 0 || n > 2 || !strings.HasPrefix(rest, " ") {
		return
	}
	rest = strings.TrimLeft(rest, " ")
	if c, _ := utf8.DecodeRuneInString(rest); rest != "" && !counted(rest) && (cut.Han(c) || unicode.IsUpper(c)) {
		r.at = 1 + n
	}
}

// pointOnly reports whether a point begins a number (.5).
func (r *numberReader) pointOnly() bool {
	before, _ := utf8.DecodeLastRuneInString(r.text[:r.at])
	return digitsAt(r.text[r.at+1:]) > 0 && !unicode.IsLetter(before) && !unicode.IsDigit(before)
}

// roman adds up a Roman numeral: a smaller part before a larger is taken off.
func (r *numberReader) roman() {
	total, last := 0, 0
	for strings.HasPrefix(r.text[r.at:], romanMark) {
		n := digitsAt(r.text[r.at+1:])
		v, err := strconv.Atoi(r.text[r.at+1 : r.at+1+n])
		r.at += 1 + n
		if err != nil {
			continue // a NUL of the text's own
		}
		if last > 0 && v > last {
			total -= 2 * last
		}
		total, last = total+v, v
	}
	if last > 0 {
		r.suffixes(float64(total))
	}
}

// figure writes a value in the one form that is compared. The last digits of a
// fraction are what arithmetic made of it.
func figure(v float64) string {
	if v != math.Trunc(v) {
		if short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64); err == nil {
			v = short
		}
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func digitsAt(text string) int {
	return len(text) - len(strings.TrimLeft(text, "0123456789"))
}

// suffixes adds a value with what follows it: 万, thousand, 几, 半, "and a
// half", quarters. It moves past what it read.
func (r *numberReader) suffixes(v float64) {
	rest := r.text[r.at:]
	if times, size := scaled(v, rest); size > 0 {
		r.also(v, times/v) // ③ 十万 has two numbers
		v, rest = times, rest[size:]
		r.at += size
	}
	if r.andSome(v, rest) || r.perMille(v, rest) {
		return
	}
	for _, more := range [...]func(float64, string) (float64, int){overFraction, halfMore, andHalf, parted} {
		if with, size := more(v, rest); size > 0 {
			r.also(v, with-v)
			v = with
			r.at += size
			break
		}
	}
	r.add(figure(v))
}

// scaled applies 万 and 亿, thousand and million, as often as they follow; size
// is the length of what it read of the rest.
func scaled(v float64, rest string) (value float64, size int) {
	for {
		word := strings.TrimLeft(rest[size:], " ")
		unit, times := scale(word)
		if v == 0 || times == 0 || v*times > 1e15 {
			return v, size
		}
		size = len(rest) - len(word) + len(unit)
		v *= times
	}
}

func scale(word string) (unit string, times float64) {
	for _, u := range [...]struct {
		word  string
		times float64
	}{{"十", 10}, {"百", 100}, {"千", 1e3}, {"万", 1e4}, {"亿", 1e8}} {
		if after, ok := strings.CutPrefix(word, u.word); ok && !strings.HasPrefix(after, "分") {
			return u.word, u.times
		}
	}
	next := strings.ToLower(leadingWord(word))
	switch next {
	case "hundred":
		return next, 100
	case "thousand":
		return next, 1e3
	case "million":
		return next, 1e6
	case "billion":
		return next, 1e9
	case "dozen":
		return next, 12
	case "score":
		return next, 20
	case "bn":
		return next, 1e9
	}
	return "", 0
}
