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
	articles // no amount: what it counts is the place in a law
)

// String names a unit for a log or a test.
func (u measureUnit) String() string {
	return [...]string{
		"", "years", "months", "weeks", "days", "working days", "hours", "minutes", "seconds", "percent", "tenths", "-fold", "times",
		"occasions", "yuan", "dollars", "euros", "people", "month", "article",
	}[u]
}

// measure is a number with its unit.
type measure struct {
	value string // as figure writes it, or a word
	unit  measureUnit
}

func (m measure) String() string {
	if m.unit == noUnit {
		return m.value
	}
	return m.value + " " + m.unit.String()
}

// base writes a measure in the smallest unit that is exactly convertible: a
// month has no number of days.
func (m measure) base() (measureUnit, float64, bool) {
	v, err := strconv.ParseFloat(m.value, 64)
	if err != nil {
		return noUnit, 0, false
	}
	switch m.unit {
	case years:
		return months, v * 12, true
	case weeks:
		return days, v * 7, true
	case hours:
		return minutes, v * 60, true
	case percents:
		return ratio, v / 100, true
	case tenths:
		return ratio, v / 10, true
	default:
		return m.unit, v, true
	}
}

// matches reports whether a measure of a passage bears one of a sentence out:
// the same, or the same in another unit. Where either says no unit the number
// alone decides.
func (m measure) matches(p measure) bool {
	if m.value == p.value && (m.unit == p.unit || m.unit == noUnit || p.unit == noUnit) {
		return true
	}
	a, v, ok := m.base()
	b, w, also := p.base()
	return ok && also && math.Abs(v-w) < 1e-9*math.Max(1, v) && a != noUnit && alikeUnits(a, b)
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
	u := r.spelled
	if u == noUnit {
		u = unitAfter(r.text[r.at:])
	}
	if u == noUnit {
		u = unitBefore(r.text[:start])
	}
	if r.mode == lenient && refers(r.text[:start], r.text[r.at:]) {
		u = articles
	}
	for _, n := range r.fresh {
		if m := (measure{n, u}); !slices.Contains(r.found, m) {
			r.found = append(r.found, m)
		}
	}
	r.fresh, r.spelled = r.fresh[:0], noUnit
}

// single notes a one that is a claim for its unit alone: "one week", 一个月.
func (r *numberReader) single(v int) {
	if v != 1 {
		return
	}
	switch u := unitAfter(r.text[r.at:]); u {
	case years, months, weeks, days, workdays, hours:
		if m := (measure{"1", u}); !slices.Contains(r.found, m) {
			r.found = append(r.found, m)
		}
	default:
	}
}

// measures are the numbers and references of a text with their units.
func measures(text string, mode mode) []measure {
	r := numberReader{text: text, mode: mode}
	r.all()
	if mode == lenient {
		r.found = append(r.found, singles(r.text)...)
	}
	return r.found
}

// lacking returns what a sentence measures and a passage does not.
func lacking(mine, theirs []measure) []string {
	var out []string
	for _, m := range mine {
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
			out = append(out, measure{"1", u})
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
			u := chineseUnit(strings.TrimPrefix(text[i+len(string(c)):], "个"))
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
