package extract

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// monthNames are the months in order.
func monthNames() [12]string {
	return [...]string{
		"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
	}
}

// Parts of a date in digits.
const (
	digitsOfYear = 4
	lastMonth    = 12
)

// date reads 2025-03-01, 2025/3/1 and 2025.3.1.
func (r *numberReader) date() bool {
	text := r.text[r.at:]
	if digitsAt(text) != digitsOfYear || digitsOfYear >= len(text) || !strings.ContainsRune("-/.", rune(text[digitsOfYear])) {
		return false
	}
	sep := text[digitsOfYear]
	size, values := 0, [3]int{}
	for i, most := range [...]int{digitsOfYear, 2, 2} {
		if i > 0 {
			if size >= len(text) || text[size] != sep {
				return false
			}
			size++
		}
		n := digitsAt(text[size:])
		if n == 0 || n > most {
			return false
		}
		values[i] = ordinary(text[size : size+n])
		size += n
	}
	next, _ := utf8.DecodeRuneInString(text[size:])
	if values[1] < 1 || values[1] > lastMonth || values[2] < 1 || values[2] > longestMonth || unicode.IsLetter(next) && !cut.Han(next) || sep == '.' && next == '.' {
		return false
	}
	r.dateOf(values, size)
	return true
}

// ordinary is the value of a few ASCII digits.
func ordinary(digits string) int {
	v := 0
	for _, c := range digits {
		v = v*10 + int(c-'0')
	}
	return v
}

// dateOf notes year, month and day, each with its unit; the day has the bound.
func (r *numberReader) dateOf(values [3]int, size int) {
	start := r.at
	for i, unit := range [...]measureUnit{years, calendarMonth, days} {
		r.spelled = unit
		r.add(strconv.Itoa(values[i]))
		if i == 2 {
			r.at += size
			m := measure{unit: unit, at: start, end: r.at, unitEnd: r.at, value: strconv.Itoa(values[i])}
			m.bound, _ = r.limits(m)
			tail, dir := behindChinese(r.text[r.at:min(len(r.text), r.at+bytesBehind)], true)
			if m.bound == unbounded && dir == undirected {
				m.bound = tail
			}
			r.found = append(r.found, m)
			r.last = r.at
		} else {
			r.found = append(r.found, measure{unit: unit, at: start, end: start, unitEnd: start, value: strconv.Itoa(values[i])})
		}
		r.fresh, r.spelled = r.fresh[:0], noUnit
	}
}

// named reads the name of a month beside a number or behind a preposition, and
// that of a day of the week.
func (r *numberReader) named(word string, start int) bool {
	if d := weekdayNumber(word); d > 0 {
		r.spelled = days
		r.add("周" + strconv.Itoa(d))
		return true
	}
	n := monthNumber(word)
	if n == 0 {
		return false
	}
	head := strings.TrimRight(r.text[max(0, start-nearNumber):start], " ")
	rest := strings.TrimLeft(r.text[r.at:min(len(r.text), r.at+nearNumber)], " ")
	beside := digitsAt(rest) > 0 || ordinalEnd(head)
	if _, size := cardinal(rest); size > 0 && word != "may" && word != "march" {
		beside = true
	}
	if !beside && (word == "may" || word == "march" || !ofMonth(lastWord(head))) {
		return true
	}
	r.spelled = calendarMonth
	r.add(strconv.Itoa(n))
	return true
}

// ordinalEnd reports whether a text ends in the day of a month: "4", "the 4th",
// "the 4th of".
func ordinalEnd(head string) bool {
	head = strings.TrimRight(strings.TrimSuffix(head, " of"), " ")
	for _, s := range [...]string{"st", "nd", "rd", "th"} {
		head = strings.TrimSuffix(head, s)
	}
	return head != "" && unicode.IsDigit(rune(head[len(head)-1]))
}

// ofMonth reports whether a month's name follows a word.
func ofMonth(word string) bool {
	switch word {
	case "in", "of", "by", "until", "till", "since", "during", "every", "each", "from", "before", "after", "to", "through", "end", "mid", "early", "late", "last", "next", "and", "or":
		return true
	}
	return false
}

func weekdayNumber(word string) int {
	for i, d := range [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		if word == d || word == d+"s" {
			return i + 1
		}
	}
	return 0
}

// weekday reads 周三, 星期三 and 礼拜三; in 每周一次 and 一周三天 there is none.
func (r *numberReader) weekday(rest string) bool {
	for _, w := range [...]string{"星期", "礼拜", "周"} {
		after, ok := strings.CutPrefix(rest, w)
		if !ok {
			continue
		}
		c, size := utf8.DecodeRuneInString(after)
		d := digitOf(c)
		switch {
		case c == '日' || c == '天':
			d = 7
		case c == '两' || d > 6:
			d = 0
		}
		tail := after[size:]
		_, more := cut.Numeral(tail)
		before, _ := utf8.DecodeLastRuneInString(r.text[:r.at])
		if d == 0 || more > 0 || startsWith(tail, "次", "个", "天", "小时", "回", "遍", "篇", "节", "分之", "至少", "期", "年", "岁", "班") || before >= '0' && before <= '9' || digitOf(before) > 0 || before == '个' || before == '半' {
			return false
		}
		r.spelled = days
		r.add("周" + strconv.Itoa(d))
		r.at += len(w) + size
		return true
	}
	return false
}

// ordered reads 第三天 and 第二个月: a place that counts something. The articles of
// laws are read elsewhere. It returns what is passed.
func (r *numberReader) ordered(rest string) int {
	after, ok := strings.CutPrefix(rest, "第")
	if !ok {
		return 0
	}
	v, n := cut.Numeral(after)
	if d := digitsAt(after); n == 0 && d > 0 && d < exactDigits {
		parsed, err := strconv.Atoi(after[:d])
		if err != nil {
			return 0
		}
		v, n = parsed, d
	}
	if n == 0 {
		return 0
	}
	size := len("第") + n
	counts := startsWith(after[n:], "天", "日", "个月", "年", "周", "次", "个工作日", "季度", "个季度", "小时", "学期", "期", "批", "名", "位", "个")
	if counts && v > 1 && (v != 2 || !startsWith(after[n:], "天")) {
		at := r.at
		r.at += size
		r.add("第" + strconv.Itoa(v))
		r.note(at)
		r.at = at
	}
	switch {
	case r.mode == lenient:
		return 0 // it is read as a number besides
	case digitsAt(after) > 0:
		return 0
	}
	return size
}

// ordinalWord reads "the third month"; a third party is none.
func (r *numberReader) ordinalWord(word, rest string) bool {
	places := ordinal(word)
	if len(places) == 0 {
		return false
	}
	r.also(places...)
	next, _ := nextWord(rest)
	if u := englishUnit(next); u != noUnit || r.mode == lenient {
		r.add("第" + figure(places[0]))
	}
	return true
}

// whole reads "a week" and "an hour" where they are amounts, "a score of
// members" and "a fortnight"; end is where the word after the article ends.
func (r *numberReader) whole(next, rest string, end int) bool {
	before := lastWord(r.text[:max(0, r.at-1)])
	if v, size := scaled(1, rest); next == "score" && size > 0 {
		if of := strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(rest[size:], " "), "of"), " "); digitsAt(of) == 0 {
			r.at += size
			r.add(figure(v))
			return true
		}
	}
	switch u := englishUnit(next); u {
	case years, months, weeks, days, hours:
		if r.mode == strict && amountBefore(before) {
			m := measure{value: "1", unit: u, at: r.at, end: r.at, unitEnd: r.at + end}
			m.bound, m.shift = r.limits(m)
			r.found = append(r.found, m)
			r.last = m.unitEnd
			return true
		}
	default:
	}
	return false
}

// amountBefore reports whether "a week" behind a word is an amount: "within a
// week". Behind others it is a rate: "twice a week".
func amountBefore(word string) bool {
	switch word {
	case "a", "an": // the article itself
		return false
	case "within", "for", "after", "in", "least", "most", "to", "than", "over", "under", "lasts", "last", "takes", "take", "about", "nearly", "by", "is", "almost", "until", "with", "of", "give", "gives":
		return true
	}
	return false
}
