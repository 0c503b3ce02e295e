package extract

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// nearNumber is how many bytes around a number are looked at for its unit, so
// that a text of nothing but numbers costs no more than any other.
const nearNumber = 64

// wordsToUnit is how many words may stand between a number and its unit: "five
// additional working days".
const wordsToUnit = 3

// unitAfter reads the unit behind a number, past the rest of a range: the days
// of "3 or 5 days", the 年 of 三至五年. Size is where the unit ends, 0 if that is
// behind another number.
func unitAfter(rest string) (unit measureUnit, size int) {
	rest = rest[:min(len(rest), nearNumber)]
	whole := len(rest)
	for i := range 3 { // a range has two ends, a list rarely more
		rest = strings.TrimLeft(rest, " -")
		if u, n := chineseUnit(rest); u != noUnit {
			return u, ended(i, whole-len(rest)+n)
		}
		after, ok := rangeEnd(rest)
		if !ok {
			u, n := wordUnit(rest)
			return u, ended(i, whole-len(rest)+n)
		}
		rest = after
	}
	return noUnit, 0
}

func ended(i, size int) int {
	if i > 0 {
		return 0
	}
	return size
}

// rangeEnd passes what connects two numbers, and the second of them.
func rangeEnd(rest string) (after string, ok bool) {
	for _, c := range [...]string{"至", "到", "或者", "或", "、", "~", "～", "/", "to ", "or ", "and "} {
		tail, found := strings.CutPrefix(rest, c)
		if !found {
			continue
		}
		if n := decimalAt(tail); n > 0 {
			return tail[n:], true
		}
		if _, n := cut.Numeral(tail); n > 0 {
			return tail[n:], true
		}
		if _, n := cardinal(tail); n > 0 {
			return tail[n:], true
		}
	}
	if n := decimalAt(rest); n > 0 { // 3-5 days: the hyphen is gone
		return rest[n:], true
	}
	return "", false
}

// wordUnit reads an English unit within a few words; size is where it ends.
func wordUnit(rest string) (unit measureUnit, size int) {
	last, whole := "", len(rest)
	for range wordsToUnit {
		word, n := nextWord(" " + rest)
		if word == "" || stopsUnit(word) {
			return noUnit, 0
		}
		rest = rest[max(0, n-1):]
		size = whole - len(rest)
		switch u := englishUnit(word); {
		case word == "per" && strings.HasPrefix(rest, " cent"):
			return percents, size + len(" cent")
		case word == "square" && strings.HasPrefix(rest, " met"):
			return squareMetres, size + len(" metres")
		case u == days && (last == "working" || last == "business"):
			return workdays, size
		case u != noUnit:
			return u, size
		}
		last = word
	}
	return noUnit, 0
}

// stopsUnit reports whether a word begins something else than what is counted.
func stopsUnit(word string) bool {
	switch word {
	case "in", "within", "after", "before", "for", "from", "by", "at", "on", "and", "or", "to", "is", "are", "with", "under", "which", "that", "if":
		return true
	}
	return false
}

// longestMonth is the number of days of the longest month: a larger number beside
// a month's name is a year.
const longestMonth = 31

// unitBefore reads what stands before a number: a currency, or the month of a
// day.
func unitBefore(head, number string) measureUnit {
	head = strings.TrimRight(head[max(0, len(head)-nearNumber):], " ")
	for _, w := range [...]struct {
		sign string
		unit measureUnit
	}{{"¥", yuan}, {"￥", yuan}, {"rmb", yuan}, {"cny", yuan}, {"人民币", yuan}, {"usd", dollars}, {"$", dollars}, {"€", euros}, {"eur", euros}} {
		if strings.HasSuffix(strings.ToLower(head), w.sign) {
			return w.unit
		}
	}
	if last, _ := utf8.DecodeLastRuneInString(head); last < utf8.RuneSelf && monthNumber(lastWord(strings.TrimRight(head, ","))) > 0 {
		if v, err := strconv.ParseFloat(number, 64); err == nil && v > longestMonth {
			return years
		}
		return days
	}
	return noUnit
}

// monthNumber is the place of a month in the year, 0 for any other word.
func monthNumber(word string) int {
	for i, m := range [...]string{
		"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
	} {
		if m == word {
			return i + 1
		}
	}
	return 0
}

// refers reports whether a number is that of an article: 第五十条, "Articles 40
// and 46". It bears no amount out.
func refers(head, rest string) bool {
	head = strings.ToLower(strings.TrimRight(head[max(0, len(head)-nearNumber):], " "))
	if strings.HasSuffix(head, "第") {
		return startsWith(rest, "条", "款", "项", "章", "节", "编")
	}
	for {
		if referenceUnit(lastWord(head)) != "" {
			return true
		}
		bare := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(head, " ,"), " and"), " to"), " ,")
		before := strings.TrimRight(bare, "0123456789")
		if len(bare) == len(head) || len(before) == len(bare) {
			return false
		}
		head = strings.TrimRight(before, " ")
	}
}
