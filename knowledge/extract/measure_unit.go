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

// englishUnit is what a word counts.
func englishUnit(word string) measureUnit {
	switch strings.TrimSuffix(word, "s") {
	case "year", "yr":
		return years
	case "month":
		return months
	case "week":
		return weeks
	case "day":
		return days
	case "workday":
		return workdays
	case "hour", "hr", "h":
		return hours
	case "minute", "min":
		return minutes
	case "second", "sec":
		return seconds
	case "percent", "pct":
		return percents
	case "fold":
		return ratio
	case "time":
		return times
	case "occasion":
		return occasions
	case "yuan", "rmb", "cny":
		return yuan
	case "dollar", "usd":
		return dollars
	case "euro", "eur":
		return euros
	case "people", "person", "employee", "worker", "staff":
		return people
	case "tb", "terabyte":
		return terabytes
	case "gb", "gigabyte":
		return gigabytes
	case "mb", "megabyte":
		return megabytes
	case "kb", "kilobyte":
		return kilobytes
	case "sqm":
		return squareMetres
	case "metre", "meter":
		return metres
	case "km", "kilometre", "kilometer":
		return kilometres
	case "gram":
		return grams
	case "kg", "kilogram", "kilo":
		return kilograms
	case "degree":
		return degrees
	case "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december":
		return days
	}
	return noUnit
}

// chineseUnit reads a unit at the start of text. What begins like a shorter one
// comes first.
func chineseUnit(text string) (unit measureUnit, size int) {
	if text == "" || text[0] < utf8.RuneSelf && text[0] != '%' {
		return noUnit, 0
	}
	for _, w := range [...]struct {
		word string
		unit measureUnit
	}{
		{"%", percents},
		{"‰", percents},
		{"‱", percents},
		{"个百分点", percents},
		{"个工作日", workdays},
		{"工作日", workdays},
		{"个自然日", days},
		{"自然日", days},
		{"个月", months},
		{"月份", calendarMonth},
		{"周岁", years},
		{"周年", years},
		{"岁", years},
		{"年", years},
		{"个星期", weeks},
		{"星期", weeks},
		{"个礼拜", weeks},
		{"礼拜", weeks},
		{"周", weeks},
		{"个小时", hours},
		{"小时", hours},
		{"个钟头", hours},
		{"个季度", quarters},
		{"季度", quarters},
		{"刻钟", quarterHours},
		{"旬", tenDays},
		{"折", discounts},
		{"角", jiao},
		{"毛", jiao},
		{"平方米", squareMetres},
		{"平米", squareMetres},
		{"公里", kilometres},
		{"千米", kilometres},
		{"公斤", kilograms},
		{"千克", kilograms},
		{"克", grams},
		{"米", metres},
		{"度", degrees},
		{"℃", degrees},
		{"分钟", minutes},
		{"分钱", fen},
		{"秒", seconds},
		{"天", days},
		{"日", days},
		{"号", days},
		{"月", calendarMonth},
		{"成", tenths},
		{"倍", ratio},
		{"美元", dollars},
		{"美金", dollars},
		{"欧元", euros},
		{"元", yuan},
		{"块", yuan},
		{"名", people},
		{"人", people},
		{"位", people},
		{"个人", people},
		{"次", occasions},
		{"回", occasions},
	} {
		if strings.HasPrefix(text, w.word) {
			return w.unit, len(w.word)
		}
	}
	return noUnit, 0
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
