package extract

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// largestExponent bounds 1e9: a larger number is no amount.
const largestExponent = 12

// digits reads 5,000 or 0.5 or 1e3 and what multiplies it (5万). Digits inside an
// identifier are part of it.
func (r *numberReader) digits() {
	start := r.at
	if r.date() {
		return
	}
	r.grouped()
	for strings.HasPrefix(r.text[r.at:], ".") && digitsAt(r.text[r.at+1:]) > 0 {
		r.at += 1 + digitsAt(r.text[r.at+1:])
	}
	written := r.text[start:r.at]
	number := strings.Map(ungrouped, written)
	if r.glued(start, number) {
		return
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || len(number) > exactDigits {
		r.add(number) // 1.2.3, or too long to be compared by value
		return
	}
	r.power(&v)
	r.fraction(start, &v)
	r.point(&v)
	for i, sign := range [...]string{"‰", "‱"} {
		if strings.HasPrefix(strings.TrimLeft(r.text[r.at:], " "), sign) {
			r.also(v)
			v /= [...]float64{10, 100}[i] // percents
		}
	}
	if r.mode == lenient && number != written && digitsAt(written) == len("200") {
		r.partsOf(written)
	}
	r.suffixes(v)
}

// ungrouped takes out what groups digits.
func ungrouped(c rune) rune {
	if c == ',' || c == ' ' || c == '\'' {
		return -1
	}
	return c
}

// millions reports whether the m behind a number makes millions of it: beside a
// currency it does, anywhere else it may be minutes or metres.
func (r *numberReader) millions(start int, suffix string) bool {
	if suffix != "m" && suffix != "mn" && suffix != "mio" {
		return false
	}
	behind, _ := unitAfter(r.text[r.at:])
	return unitBefore(r.text[:start], "").money() || behind.money()
}

// money reports whether a unit is a currency.
func (u measureUnit) money() bool { return u == yuan || u == dollars || u == euros }

// grouped moves past digits in groups of three: 1,000 and 1 000 and 1'000.
func (r *numberReader) grouped() {
	first := digitsAt(r.text[r.at:])
	r.at += first
	if first == 0 || first > 3 {
		return
	}
	sep := byte(0)
	for r.at < len(r.text) {
		c := r.text[r.at]
		if sep != 0 && c != sep || c != ',' && c != ' ' && c != '\'' || digitsAt(r.text[r.at+1:]) != 3 {
			return
		}
		sep = c
		r.at += 4
	}
}

// partsOf adds the groups one by one: a passage may list them.
func (r *numberReader) partsOf(written string) {
	for part := range strings.FieldsFuncSeq(written, func(c rune) bool { return strings.ContainsRune(", '", c) }) {
		if v, err := strconv.ParseFloat(part, 64); err == nil {
			r.add(figure(v))
		}
	}
}

// glued reads the letters that stand right behind digits: a unit (16x, 24h), an
// exponent (1e3), or else the rest of an identifier, which is then done with.
func (r *numberReader) glued(start int, number string) (done bool) {
	c, _ := utf8.DecodeRuneInString(r.text[r.at:])
	if (c >= utf8.RuneSelf || !unicode.IsLetter(c)) && c != '_' {
		return false
	}
	end := r.at
	r.skipWord()
	suffix := strings.ToLower(r.text[end:r.at])
	whole := strings.ToLower(strings.ReplaceAll(r.text[start:r.at], ",", ""))
	v, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil:
	case r.millions(start, suffix):
		r.suffixes(v * 1e6)
		return true
	case gluedUnit(suffix):
		if r.mode == lenient {
			r.add(whole)
		}
		r.at = end // the unit is read as a word of its own
		if suffix == "x" || suffix == "k" {
			r.at += len(suffix)
		}
		if suffix == "k" {
			v *= 1e3
		}
		r.suffixes(v)
		return true
	case suffix == "st" || suffix == "nd" || suffix == "rd" || suffix == "th":
		r.also(v)
	default:
		if p, ok := exponent(v, suffix); ok {
			r.suffixes(p)
			return true
		}
	}
	r.add(whole)
	return true
}

// gluedUnit lists what people write right behind a number. The letters of
// ordinals are not in it: 15th stays one word.
func gluedUnit(s string) bool {
	switch s {
	case "x", "k", "fold", "h", "hr", "hrs", "hour", "hours", "min", "mins", "minutes", "d", "day", "days", "week", "weeks",
		"month", "months", "year", "years", "yrs", "tb", "gb", "mb", "kb", "km", "kg", "sqm", "bn", "times", "percent", "pct", "yuan", "rmb", "cny", "usd", "thousand", "million", "billion", "hundred":
		return true
	}
	return false
}

// exponent reads the e3 of 1e3.
func exponent(v float64, suffix string) (float64, bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(suffix, "e"))
	if err != nil || suffix[0] != 'e' || n > largestExponent {
		return 0, false
	}
	return pow(v, 10, n), true
}

// power reads the ^3 of 10^3, and the e+3 of 1.5e+3 is none of ours.
func (r *numberReader) power(v *float64) {
	rest := r.text[r.at:]
	for _, sign := range [...]string{"^", "**"} {
		after, ok := strings.CutPrefix(rest, sign)
		n := digitsAt(after)
		if !ok || n == 0 {
			continue
		}
		times, err := strconv.Atoi(after[:n])
		if p := pow(1, *v, min(times, largestExponent)); err == nil && times <= largestExponent && p <= 1e15 {
			r.also(*v, float64(times))
			*v = p
			r.at += len(sign) + n
			return
		}
	}
}

// pow is v times base to the n-th.
func pow(v, base float64, n int) float64 {
	for range n {
		v *= base
	}
	return v
}

// fraction reads 3⁄4 and 1 1⁄2, and 3/4 where no date or list can be meant: of
// small numbers, the smaller first. A passage may mean both parts.
func (r *numberReader) fraction(start int, v *float64) {
	if below, size, sure := r.below(*v); size > 0 {
		plain := !sure && (start > 0 && r.text[start-1] == '/' || *v >= below || below > 10 || strings.HasPrefix(r.text[r.at+size:], "/"))
		if r.mode == lenient || !plain {
			r.also(*v, below)
			if plain {
				r.add(figure(*v / below))
				return
			}
			*v /= below
			r.at += size
		}
		return
	}
	// A whole number before a fraction: 1 1⁄2.
	word := strings.TrimLeft(r.text[r.at:], " ")
	n := digitsAt(word)
	gap := len(r.text) - r.at - len(word)
	if n == 0 || n > 2 || gap == 0 {
		return
	}
	top, err := strconv.ParseFloat(word[:n], 64)
	ahead := numberReader{text: r.text, at: r.at + gap + n}
	below, size, sure := ahead.below(top)
	if err == nil && size > 0 && top < below && (sure || below <= 10) {
		r.also(*v, top, below, top/below)
		*v += top / below
		r.at = ahead.at + size
	}
}

// below reads the lower part of a fraction; sure is false for a plain slash.
func (r *numberReader) below(top float64) (value float64, size int, sure bool) {
	rest := r.text[r.at:]
	for _, slash := range [...]string{"⁄", "/"} {
		after, ok := strings.CutPrefix(rest, slash)
		n := digitsAt(after)
		if !ok || n == 0 || n > 4 {
			continue
		}
		if v, err := strconv.ParseFloat(after[:n], 64); err == nil && v > 0 && top >= 0 {
			return v, len(slash) + n, slash == "⁄"
		}
	}
	return 0, 0, false
}

// point reads the 点五 of 3点五 and the 点5 of 3点5, but no time of day.
func (r *numberReader) point(v *float64) {
	after, ok := strings.CutPrefix(r.text[r.at:], "点")
	if !ok {
		return
	}
	part, size := decimals(after)
	if size == 0 {
		return
	}
	r.also(*v)
	*v += part
	r.at += len("点") + size
}

// decimals reads digits behind 点; a unit of tens or of time says that it was an hour.
func decimals(text string) (value float64, size int) {
	place := .1
	for size < len(text) {
		c, n := utf8.DecodeRuneInString(text[size:])
		d := -1
		if c >= '0' && c <= '9' {
			d = int(c - '0')
		} else if v, width := cut.Numeral(text[size : size+n]); width == n && v < 10 {
			d = v
		}
		if d < 0 {
			break
		}
		value += float64(d) * place
		place /= 10
		size += n
	}
	if next, _ := utf8.DecodeRuneInString(text[size:]); strings.ContainsRune("分十刻钟", next) {
		return 0, 0
	}
	return value, size
}
