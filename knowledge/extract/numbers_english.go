package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

func (r *numberReader) skipWord() {
	for r.at < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[r.at:])
		if cut.Han(c) || !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '_' {
			return
		}
		r.at += size
	}
}

// word reads an English number, or passes one word.
func (r *numberReader) word() {
	start := r.at
	if v, size := cardinal(r.text[r.at:]); size > 0 {
		r.at += size
		r.english(v)
		return
	}
	r.skipWord()
	if r.at == start { // a letter that no word is made of
		_, size := utf8.DecodeRuneInString(r.text[r.at:])
		r.at += size
		return
	}
	word := strings.ToLower(r.text[start:r.at])
	if len(word) > 3 && startsWith(word, "rmb", "cny", "usd") && digitsAt(word[3:]) > 0 {
		r.at = start + 3 // a currency right before its amount
		return
	}
	if strings.ContainsFunc(word, unicode.IsDigit) {
		r.add(word) // an identifier such as err_1234
		return
	}
	r.quantity(word, start)
}

// english adds a cardinal; "one of them" states nothing.
func (r *numberReader) english(v float64) {
	rest := r.text[r.at:]
	if v == 1 && r.mode == strict {
		_, more := andHalf(v, rest)
		_, part := parted(v, rest)
		next, _ := nextWord(rest)
		if more == 0 && part == 0 && !oneOf(next) {
			r.single(r.at - len("one"))
			return
		}
	}
	r.suffixes(v)
}

// oneOf reports whether "one" before this word is a figure.
func oneOf(next string) bool {
	switch next {
	case "times", "percent", "fold", "dozen", "hundred", "thousand":
		return true
	}
	return false
}

// quantity reads the words that are figures without being cardinals.
func (r *numberReader) quantity(word string, start int) {
	if stem, ok := strings.CutSuffix(word, "fold"); ok {
		if v, size := cardinal(stem); size == len(stem) && size > 0 {
			r.spelled = ratio
			r.add(figure(v))
		}
		return
	}
	if n := plenty(word); n != "" {
		r.add(n)
		return
	}
	rest := r.text[r.at:]
	next, _ := nextWord(rest)
	if r.named(word, start) || r.loosely(word, rest, next) || r.ordinalWord(word, rest) {
		return
	}
	switch word {
	case "half", "halves", "halved", "halve", "halving":
		r.halfWord(word, next, start)
	case "a", "an":
		r.article(rest)
	case "quarter", "quarters":
		r.also(.25)
		if before := lastWord(r.text[:start]); r.mode == strict && next == "of" && before != "first" && before != "last" && before != "every" {
			r.add("0.25")
		}
	default:
		if v := multiple(word); v > 0 && next != "check" && (v > 1 || r.mode == lenient) {
			r.spelled = multiplies(word)
			r.add(figure(v))
		}
	}
}

// plenty reads the plurals that say no more than their order, like 几百.
func plenty(word string) string {
	switch word {
	case "tens":
		return "几10"
	case "dozens":
		return "几12"
	case "hundreds":
		return "几100"
	case "thousands":
		return "几1000"
	case "millions":
		return "几1000000"
	}
	return ""
}

// halfWord reads "half a dozen", and half as a quantity, which it is not in
// "the first half of the year" or "half-hearted".
func (r *numberReader) halfWord(word, next string, start int) {
	rest := r.text[r.at:]
	if word == "half" {
		if w, size := nextWord(rest); w == "a" || w == "an" {
			if v, more := scaled(.5, rest[size:]); more > 0 {
				r.also(.5)
				r.at += size + more
				r.add(figure(v))
				return
			}
		}
	}
	if r.mode == strict {
		switch lastWord(r.text[:start]) {
		case "first", "second", "latter", "other", "better":
			return
		}
		switch next {
		case "hearted", "way", "baked", "truth", "truths", "finished":
			return
		}
	}
	r.spelled = shareOf(rest)
	if word != "half" {
		r.spelled = ratio
	}
	r.add("0.5")
}

// shareOf is the unit of a part: of what is counted in a unit it is an amount of
// that, of anything else a share.
func shareOf(rest string) measureUnit {
	if u, _ := unitAfter(rest); u != noUnit {
		return noUnit
	}
	next, size := nextWord(rest)
	if next == "of" || next == "the" || next == "off" || next == "price" {
		if w, n := nextWord(rest[size:]); (w == "an" || w == "a") && timely(rest[size+n:]) {
			return noUnit
		}
		return ratio
	}
	return noUnit
}

// timely reports whether a text begins with a unit of time.
func timely(rest string) bool {
	w, _ := nextWord(rest)
	return timeUnit(w)
}

// article reads "a year and a half", "a quarter of" and "a third of"; "a
// hundred" and "a dozen" begin with their second word.
func (r *numberReader) article(rest string) {
	if with, size := andHalf(1, rest); size > 0 {
		r.also(1, .5)
		r.add(figure(with))
		r.at += size
		return
	}
	part, size := parted(1, rest)
	next, end := nextWord(rest)
	if size == 0 && r.whole(next, rest, end) || size == 0 || next == "half" {
		return // the half is read by itself
	}
	r.spelled = shareOf(rest[size:])
	if r.mode == strict && next == "quarter" && perQuarter(lastWord(r.text[:max(0, r.at-1)])) {
		r.at += size // once a quarter: a time
		return
	}
	r.add(figure(part))
	r.at += size
}

func perQuarter(before string) bool {
	return before == "once" || before == "twice" || before == "times" || before == "days" || before == "hours"
}

// multiple is what a word such as triple multiplies by.
func multiple(word string) float64 {
	switch word {
	case "once":
		return 1
	case "twice", "double", "doubled", "doubles", "doubling":
		return 2
	case "thrice", "triple", "tripled", "triples", "tripling", "treble", "trebled":
		return 3
	case "quadruple", "quadrupled", "quadruples":
		return 4
	case "quintuple", "quintupled":
		return 5
	case "dozen":
		return 12
	}
	return 0
}

// multiplies is the unit of a word that multiplies; a dozen counts anything.
func multiplies(word string) measureUnit {
	switch word {
	case "dozen":
		return noUnit
	case "once", "twice", "thrice":
		return times
	}
	return ratio
}

// andHalf reads the rest of "two and a half", "a year and a half" and "three and
// three quarters".
func andHalf(v float64, rest string) (value float64, size int) {
	w, size := nextWord(rest)
	if w != "and" && timeUnit(w) {
		n := size
		w, size = nextWord(rest[n:])
		size += n
	}
	if w != "and" {
		return 0, 0
	}
	top := 1.0
	w, n := nextWord(rest[size:])
	if w == "a" || w == "an" {
		size += n
	} else if v, more := cardinal(strings.TrimLeft(rest[size:], " -")); more > 0 && v < 10 {
		top = v
		size += n
	}
	part, more := parted(top, rest[size:])
	if more == 0 || part >= 1 {
		return 0, 0
	}
	return v + part, size + more
}

func timeUnit(word string) bool {
	switch strings.TrimSuffix(word, "s") {
	case "year", "month", "week", "day", "hour", "time":
		return true
	}
	return false
}

// parted reads the lower part of a fraction in words: quarters, thirds. A single
// third needs "of" or a hyphen: "a third party" is none, and seconds are time.
func parted(v float64, rest string) (value float64, size int) {
	w, size := nextWord(rest)
	switch w {
	case "half", "halves":
		if v != 1 && w == "half" {
			return 0, 0
		}
		return v / 2, size
	case "quarter":
		if v == 1 {
			return v / 4, size
		}
		return 0, 0
	case "quarters":
		return v / 4, size
	}
	single, plural := strings.CutSuffix(w, "s")
	of, _ := nextWord(rest[size:])
	for _, below := range ordinal(single) {
		if plural || v == 1 && (of == "of" || strings.HasPrefix(rest, "-")) {
			return v / below, size
		}
	}
	return 0, 0
}

// ordinal is the place that a word from third to tenth names, if it does. First
// and second are too common as other words.
func ordinal(word string) []float64 {
	for i, name := range [...]string{"third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"} {
		if name == word {
			return []float64{float64(i + 3)}
		}
	}
	return nil
}

// nextWord returns the next word in small letters and where it ends, if only
// blanks or one hyphen stand before it.
func nextWord(text string) (word string, size int) {
	rest := strings.TrimLeft(text, " \n")
	if len(rest) == len(text) {
		rest = strings.TrimPrefix(rest, "-")
	}
	w := leadingWord(rest)
	if w == "" {
		return "", 0
	}
	return strings.ToLower(w), len(text) - len(rest) + len(w)
}

func leadingWord(text string) string {
	n := strings.IndexFunc(text, func(c rune) bool { return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') })
	if n < 0 {
		return text
	}
	return text[:n]
}

func lastWord(text string) string {
	text = text[max(0, len(text)-nearNumber):]
	text = strings.ToLower(strings.TrimRight(text, " -"))
	return text[strings.LastIndexFunc(text, func(c rune) bool { return c < 'a' || c > 'z' })+1:]
}
