package extract

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// unitNames are the words of a unit, with bars between them.
type unitNames struct {
	unit  measureUnit
	names string
}

// englishUnits are what words without an s at their end count.
//
//nolint:gochecknoglobals // a compiled-in table, built at first use
var englishUnits = sync.OnceValue(func() map[string]measureUnit {
	units := map[string]measureUnit{}
	for _, u := range [...]unitNames{
		{years, "year|yr"},
		{months, "month"},
		{weeks, "week"},
		{days, "day|january|february|march|april|may|june|july|august|september|october|november|december"},
		{workdays, "workday"},
		{hours, "hour|hr|h"},
		{minutes, "minute|min"},
		{seconds, "second|sec"},
		{percents, "percent|pct"},
		{ratio, "fold"},
		{times, "time"},
		{occasions, "occasion"},
		{yuan, "yuan|rmb|cny"},
		{dollars, "dollar|usd"},
		{euros, "euro|eur"},
		{people, "people|person|employee|worker|staff"},
		{terabytes, "tb|terabyte"},
		{gigabytes, "gb|gigabyte"},
		{megabytes, "mb|megabyte"},
		{kilobytes, "kb|kilobyte"},
		{squareMetres, "sqm"},
		{metres, "metre|meter"},
		{kilometres, "km|kilometre|kilometer"},
		{grams, "gram"},
		{kilograms, "kg|kilogram|kilo"},
		{degrees, "degree"},
	} {
		for name := range strings.SplitSeq(u.names, "|") {
			units[name] = u.unit
		}
	}
	return units
})

// englishUnit is what a word counts.
func englishUnit(word string) measureUnit { return englishUnits()[strings.TrimSuffix(word, "s")] }

// chineseWord is one name of a unit.
type chineseWord struct {
	word string
	unit measureUnit
}

// chineseUnits are the names of Chinese units, longer ones first.
//
//nolint:gochecknoglobals // a compiled-in table, built at first use
var chineseUnits = sync.OnceValue(func() []chineseWord {
	var out []chineseWord
	for _, u := range [...]unitNames{
		{percents, "%|‰|‱|个百分点"},
		{workdays, "个工作日|工作日"},
		{days, "个自然日|自然日|天|日|号"},
		{months, "个月"},
		{calendarMonth, "月份|月"},
		{years, "周岁|周年|岁|年"},
		{weeks, "个星期|星期|个礼拜|礼拜|周"},
		{hours, "个小时|小时|个钟头"},
		{quarters, "个季度|季度"},
		{quarterHours, "刻钟"},
		{tenDays, "旬"},
		{discounts, "折"},
		{jiao, "角|毛"},
		{squareMetres, "平方米|平米"},
		{kilometres, "公里|千米"},
		{kilograms, "公斤|千克"},
		{grams, "克"},
		{metres, "米"},
		{degrees, "度|℃"},
		{minutes, "分钟"},
		{fen, "分钱"},
		{seconds, "秒"},
		{tenths, "成"},
		{ratio, "倍"},
		{dollars, "美元|美金"},
		{euros, "欧元"},
		{yuan, "元|块"},
		{people, "名|人|位|个人"},
		{occasions, "次|回"},
	} {
		for name := range strings.SplitSeq(u.names, "|") {
			out = append(out, chineseWord{name, u.unit})
		}
	}
	slices.SortStableFunc(out, func(a, b chineseWord) int { return len(b.word) - len(a.word) })
	return out
})

// chineseUnit reads a unit at the start of text, the longest that fits.
func chineseUnit(text string) (unit measureUnit, size int) {
	if text == "" || text[0] < utf8.RuneSelf && text[0] != '%' {
		return noUnit, 0
	}
	for _, w := range chineseUnits() {
		if strings.HasPrefix(text, w.word) {
			return w.unit, len(w.word)
		}
	}
	return noUnit, 0
}
