package extract

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// measureUnit is what a number counts.
type measureUnit uint8

// The units that are told apart. Any other noun is none.
const (
	noUnit measureUnit = iota
	years
	months
	weeks
	days
	workdays
	hours
	minutes
	seconds
	percents
	tenths // 成
	ratio  // 倍, double
	times  // 次, or 倍: English has one word for both
	occasions
	yuan
	dollars
	euros
	people
	calendarMonth
	quarterHours // 刻钟
	tenDays      // 旬
	quarters     // 季度
	discounts    // 折: what is left to pay, in tenths
	jiao         // 角
	fen          // 分 of money
	terabytes
	gigabytes
	megabytes
	kilobytes
	squareMetres
	metres
	kilometres
	grams
	kilograms
	degrees
	articles // no amount: what it counts is the place in a law
)

// String names a unit for a log or a test.
func (u measureUnit) String() string {
	return [...]string{
		"", "years", "months", "weeks", "days", "working days", "hours", "minutes", "seconds", "percent", "tenths", "-fold", "times",
		"occasions", "yuan", "dollars", "euros", "people", "month", "quarters of an hour", "ten days", "quarters", "tenths of the price",
		"jiao", "fen", "TB", "GB", "MB", "KB", "square metres", "metres", "kilometres", "grams", "kilograms", "degrees", "article",
	}[u]
}

// measure is a number with its unit, its bound and its place.
type measure struct {
	value string // as figure writes it, or a word
	unit  measureUnit
	bound limit
	shift direction

	at, end int // where the number stands in the plain text, in bytes
	unitEnd int // where its unit ends, if it stands behind

	refers bool // it is the number of an article
}

func (m measure) String() string {
	text := m.value
	if m.unit != noUnit {
		text += " " + m.unit.String()
	}
	return m.bound.String() + m.shift.String() + text
}

// base writes a measure in the smallest unit that is exactly convertible: a
// month has no number of days, nor a gigabyte one of megabytes that all agree
// on.
func (m measure) base() (measureUnit, float64, bool) {
	v, err := strconv.ParseFloat(m.value, 64)
	if err != nil {
		return noUnit, 0, false
	}
	unit, by := m.unit.smallest(v)
	return unit, v * by, true
}

// smallest is the unit that a unit is converted to, and how many of it make one.
// v is the number before it: 八五折 is .85 of the price, as 八折 is .8.
func (u measureUnit) smallest(v float64) (measureUnit, float64) {
	switch u {
	case years:
		return months, 12
	case quarters:
		return months, 3
	case weeks:
		return seconds, 7 * 24 * 60 * 60
	case tenDays:
		return seconds, 10 * 24 * 60 * 60
	case days:
		return seconds, 24 * 60 * 60
	case hours:
		return seconds, 60 * 60
	case quarterHours:
		return seconds, 15 * 60
	case minutes:
		return seconds, 60
	case percents:
		return ratio, .01
	case tenths:
		return ratio, .1
	case discounts:
		if v > 10 {
			return ratio, .01
		}
		return ratio, .1
	case jiao:
		return yuan, .1
	case fen:
		return yuan, .01
	case kilograms:
		return grams, 1000
	case kilometres:
		return metres, 1000
	default:
		return u, 1
	}
}

// matches reports whether a measure of a passage bears one of a sentence out:
// the same, or the same in another unit, and with no bound against it. Where
// either says no unit the number alone decides.
func (m measure) matches(p measure) bool {
	return m.equals(p) && !m.bound.against(p.bound) && !m.shift.against(p.shift)
}

// equals reports whether two measures are the same amount.
func (m measure) equals(p measure) bool {
	if m.value == p.value && (m.unit == p.unit || m.unit == noUnit || p.unit == noUnit) {
		return true
	}
	if m.vague() || p.vague() {
		return m.holds(p)
	}
	if place, ok := m.place(); ok {
		return place == p.value && (p.unit == m.unit || m.unit == noUnit && (p.unit == days || p.unit == calendarMonth))
	}
	a, v, ok := m.base()
	b, w, also := p.base()
	return ok && also && math.Abs(v-w) < 1e-9*math.Max(1, v) && a != noUnit && alikeUnits(a, b)
}

// place is the number of an ordinal: 第3, 15th.
func (m measure) place() (number string, ok bool) {
	if after, found := strings.CutPrefix(m.value, "第"); found && digitsAt(after) == len(after) {
		return after, true
	}
	n := digitsAt(m.value)
	switch m.value[n:] {
	case "st", "nd", "rd", "th":
		return m.value[:n], n > 0
	}
	return "", false
}

func alikeUnits(a, b measureUnit) bool {
	return a == b || a == times && (b == ratio || b == occasions) || b == times && (a == ratio || a == occasions)
}

// note gives the numbers that were read since the last call their unit; start is
// where they begin.
func (r *numberReader) note(start int) {
	if len(r.fresh) == 0 {
		return
	}
	m := measure{unit: r.spelled, at: start, end: r.at, unitEnd: r.at}
	u, size := unitAfter(r.text[r.at:])
	if m.unit == noUnit {
		m.unit = u
	}
	if u != noUnit {
		m.unitEnd += size
	}
	if m.unit == noUnit {
		m.unit = unitBefore(r.text[:start], r.fresh[0])
	}
	if m.unit == noUnit {
		m.unit = r.elided(start)
	}
	m.refers = refers(r.text[:start], r.text[r.at:])
	if r.mode == lenient && m.refers {
		m.unit = articles
	}
	m.bound, m.shift = r.limits(m)
	for _, n := range r.fresh {
		m.value = n
		r.found = append(r.found, m)
	}
	r.fresh, r.spelled, r.last = r.fresh[:0], noUnit, m.unitEnd
}

// single notes a one that is a claim for its unit alone: "one week", 一个月. It
// begins at start.
func (r *numberReader) single(start int) {
	switch u, size := unitAfter(r.text[r.at:]); u {
	case years, months, weeks, days, workdays, hours, quarters, tenDays, quarterHours:
		m := measure{value: "1", unit: u, at: start, end: r.at, unitEnd: r.at + size}
		m.bound, m.shift = r.limits(m)
		r.found = append(r.found, m)
		r.last = m.unitEnd
	default:
	}
}

// elided is the unit that a number goes on with: the days of "98 days, 15 of them
// before the birth; 15 more for twins".
func (r *numberReader) elided(start int) measureUnit {
	rest := strings.TrimLeft(r.text[r.at:], " ")
	if len(r.found) == 0 || !startsWith(rest, "of them", "of these", "of those", "of which", "more for", "more in", "more if", "more when", "more after", "more.", "more,", "more;", "in all") {
		return noUnit
	}
	last := r.found[len(r.found)-1]
	if last.at < 0 || last.unitEnd > start || strings.Contains(r.text[last.unitEnd:start], ". ") {
		return noUnit
	}
	return last.unit
}

// measures are the numbers and references of a text with their units.
func measures(text string, mode mode) []measure { return read(text, mode).found }

// read reads a text as measures does; the text in which they stand comes with
// them.
func read(text string, mode mode) *numberReader {
	r := &numberReader{text: text, mode: mode}
	r.all()
	r.found = composed(r.text, r.found, mode)
	r.found = append(r.found, r.moments()...)
	r.found = append(r.found, rates(r.text, mode)...)
	if mode == lenient {
		r.found = append(r.found, singles(r.text)...)
	}
	return r
}

// lacking returns what a sentence measures and a passage does not.
func lacking(mine, theirs []measure) []string {
	var out []string
	rated := slices.ContainsFunc(theirs, func(p measure) bool { return p.value == each })
	for _, m := range mine {
		if m.value == each && !rated {
			continue // the passage may say it in any way
		}
		if !slices.ContainsFunc(theirs, m.matches) && !slices.Contains(out, m.String()) {
			out = append(out, m.String())
		}
	}
	return out
}

// singles are the ones that a passage says without a number: 每月, "a month",
// "monthly".
func singles(text string) []measure {
	var out []measure
	add := func(u measureUnit) {
		if u != noUnit {
			out = append(out, measure{value: "1", unit: u, at: nowhere})
		}
	}
	last := ""
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(c rune) bool { return c < 'a' || c > 'z' }) {
		switch word {
		case "monthly":
			add(months)
		case "yearly", "annual", "annually":
			add(years)
		case "daily":
			add(days)
		case "weekly":
			add(weeks)
		case "hourly":
			add(hours)
		}
		if determines(last) {
			add(englishUnit(word))
		}
		last = word
	}
	for i, c := range text {
		if strings.ContainsRune("每当次本按全整各该逐满上", c) {
			u, _ := chineseUnit(strings.TrimPrefix(text[i+len(string(c)):], "个"))
			if u == calendarMonth {
				u = months
			}
			add(u)
		}
	}
	return out
}

// determines reports whether a word before a unit means one of it.
func determines(word string) bool {
	switch word {
	case "a", "an", "per", "each", "every", "the", "this", "next", "last", "same", "full", "extra", "whole", "any", "another", "single":
		return true
	}
	return false
}
