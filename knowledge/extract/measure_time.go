package extract

import (
	"strconv"
	"strings"
)

// each is the value of a rate: per day, monthly.
const each = "每"

// nowhere is the place of what is not said in one.
const nowhere = -1

// composed puts amounts together that are said in two units: 八元五角, "two
// years and six months". A sentence that says so claims the sum, a passage may
// mean its parts as well.
func composed(text string, found []measure, mode mode) []measure {
	var out []measure
	for i := 0; i < len(found); i++ {
		sum, n := found[i], 1
		for i+n < len(found) && joins(text, found[i+n-1], found[i+n]) {
			u, v, _ := sum.base()
			_, w, _ := found[i+n].base()
			sum.value, sum.unit, sum.end, sum.unitEnd = figure(v+w), u, found[i+n].end, found[i+n].unitEnd
			n++
		}
		if n > 1 {
			out = append(out, sum)
		}
		if n == 1 || mode == lenient {
			out = append(out, found[i:i+n]...)
		}
		i += n - 1
	}
	return out
}

// joins reports whether the second of two amounts goes on with the first, in a
// smaller unit of the same kind.
func joins(text string, a, b measure) bool {
	if a.unitEnd > b.at || a.unitEnd == a.end && a.unit == noUnit || b.at > len(text) {
		return false
	}
	u, v, ok := a.base()
	w, x, also := b.base()
	if !ok || !also || u != w || a.unit == b.unit || v <= x {
		return false
	}
	switch u {
	case months, seconds, yuan, grams, metres:
	default:
		return false
	}
	switch strings.TrimSpace(text[a.unitEnd:b.at]) {
	case "", "零", "又", "and", "加":
		return b.bound == unbounded || a.bound == b.bound || a.bound == unbounded
	}
	return false
}

// moments are the days that are said by their place: the next day, 当日.
func (r *numberReader) moments() []measure {
	var out []measure
	text := strings.ToLower(r.text)
	for _, m := range [...]struct {
		value string
		words []string
	}{
		{"+1", []string{"次日", "翌日", "第二天", "隔天", "隔日", "next day", "following day", "the day after", "day following", "the morning after"}},
		{"+0", []string{"当日", "当天", "同日", "同一天", "same day", "on the day "}},
		{"-1", []string{"前一日", "前一天", "previous day", "preceding day", "the day before"}},
	} {
		for _, w := range m.words {
			if strings.Contains(text, w) {
				out = append(out, measure{value: "day " + m.value, unit: days, at: nowhere})
				break
			}
		}
	}
	return out
}

// rates are what a text says per day, per month and so on.
func rates(text string, mode mode) []measure {
	var out []measure
	for _, u := range append(englishRates(text, mode), chineseRates(text)...) {
		if u == calendarMonth {
			u = months
		}
		switch u {
		case years, months, weeks, days, hours, quarters, workdays:
			out = append(out, measure{value: each, unit: u, at: nowhere})
		default:
		}
	}
	return out
}

func englishRates(text string, mode mode) []measureUnit {
	var out []measureUnit
	last, before := "", ""
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }) {
		switch {
		case last == "per" || last == "every" || last == "each",
			(last == "a" || last == "an") && (mode == lenient || rated(before)):
			out = append(out, englishUnit(word))
		default:
			out = append(out, periodic(word, mode))
		}
		last, before = word, last
	}
	return out
}

func chineseRates(text string) []measureUnit {
	var out []measureUnit
	for _, sign := range [...]string{"每个", "每", "按", "逐"} {
		for rest := text; ; {
			_, behind, ok := strings.Cut(rest, sign)
			if !ok {
				break
			}
			rest = behind
			if u, n := chineseUnit(rest); n > 0 && !strings.HasPrefix(rest[n:], "限") {
				out = append(out, u)
			}
		}
	}
	return out
}

// rated reports whether "a month" behind a word is a rate.
func rated(before string) bool {
	if _, err := strconv.Atoi(before); err == nil {
		return true
	}
	u := englishUnit(before)
	return before == "once" || before == "twice" || before == "thrice" || u != noUnit
}

// periodic is the period of a word such as monthly. Annual leave and hourly pay
// are names, which a checked sentence claims no rate by.
func periodic(word string, mode mode) measureUnit {
	switch word {
	case "annual":
		if mode == lenient {
			return years
		}
	case "hourly":
		if mode == lenient {
			return hours
		}
	case "daily":
		return days
	case "weekly":
		return weeks
	case "monthly":
		return months
	case "quarterly":
		return quarters
	case "yearly", "annually":
		return years
	}
	return noUnit
}
