package extract

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// chinese reads a Chinese numeral, or passes one character.
func (r *numberReader) chinese(size int) {
	rest := r.text[r.at:]
	if n := r.passed(rest, size); n > 0 {
		r.at += n
		return
	}
	if r.byName(rest) || r.weekday(rest) || r.approximate(rest) {
		return
	}
	if strings.HasPrefix(rest, "半") {
		r.half(rest)
		r.at += size
		return
	}
	if n := r.vague(rest); n > 0 {
		r.at += n
		return
	}
	if below, n := perMany(rest); n > 0 {
		r.at += n
		r.percent(below)
		return
	}
	v, n := cut.Numeral(rest)
	if n == 0 {
		r.at += size
		return
	}
	r.numeral(rest, v, n)
}

// perMany reads 百分之, 千分之 and 万分之; below is what makes percents of it.
func perMany(rest string) (below float64, size int) {
	for i, f := range [...]string{"百分之", "千分之", "万分之"} {
		if strings.HasPrefix(rest, f) {
			return [...]float64{1, 10, 100}[i], len(f)
		}
	}
	return 0, 0
}

// percent adds the number behind 百分之 as it is, and 万分之五 as the 0.05 percent
// that other languages make of it.
func (r *numberReader) percent(below float64) {
	rest := r.text[r.at:]
	v, n := cut.Numeral(rest)
	value := float64(v)
	if d := decimalAt(rest); d > 0 {
		parsed, err := strconv.ParseFloat(rest[:d], 64)
		if err != nil {
			return
		}
		value, n = parsed, d
	}
	if n == 0 {
		return
	}
	r.at += n
	r.point(&value)
	r.spelled = percents
	r.also(value)
	r.add(figure(value / below))
}

// decimalAt is the length of a number in digits at the start of text.
func decimalAt(text string) int {
	n := digitsAt(text)
	if n > 0 && n <= exactDigits && strings.HasPrefix(text[n:], ".") {
		if more := digitsAt(text[n+1:]); more > 0 && more <= exactDigits {
			n += 1 + more
		}
	}
	return n
}

// numeral adds a numeral of n bytes if it states something.
func (r *numberReader) numeral(rest string, v, n int) {
	after := rest[n:]
	one := utf8.RuneCountInString(rest[:n]) == 1
	if one && v == 1 && strings.HasPrefix(after, "半") {
		r.at += n + len("半")
		r.add("0.5")
		return
	}
	value := float64(v)
	alone := r.alone(after)
	r.at += n
	before := r.at
	r.point(&value)
	states := r.mode == lenient || !one || r.at > before || v != 1 && (counted(strings.TrimLeft(after, " ")) || alone) ||
		strings.HasPrefix(after, "倍")
	if _, size := overFraction(value, r.text[r.at:]); size == 0 && !states {
		if _, size = halfMore(value, r.text[r.at:]); size == 0 && !strings.HasPrefix(after, "几") && (!strings.HasPrefix(after, "数") || !tallied(after[len("数"):])) {
			if v == 1 {
				r.single(before - n)
			}
			return
		}
	}
	r.suffixes(value)
}

// alone reports whether a numeral stands among words of another script, where
// it can be part of no Chinese word.
func (r *numberReader) alone(after string) bool {
	before, _ := utf8.DecodeLastRuneInString(strings.TrimRight(r.text[:r.at], " "))
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, " "))
	return !cut.Han(before) && (next == '%' || strings.HasPrefix(after, " ") && !cut.Han(next))
}

// passed is the length of what a checked sentence does not claim: ordinals and
// references, which are read elsewhere, and idioms.
func (r *numberReader) passed(rest string, size int) int {
	if n := r.ordered(rest); n > 0 {
		return n
	}
	if r.mode == lenient {
		return 0
	}
	before, _ := utf8.DecodeLastRuneInString(r.text[:r.at])
	for _, w := range [...]struct{ numeral, before string }{{"陆", "大内着登上水"}, {"伍", "队入退落为"}, {"拾", "收捡"}} {
		if strings.HasPrefix(rest, w.numeral) && before != utf8.RuneError && strings.ContainsRune(w.before, before) {
			return size
		}
	}
	for _, idiom := range [...]string{
		"千万不", "千万别", "千万要", "千万记", "千万注意", "乱七八糟", "三三两两", "一五一十", "七七八八", "三五成群", "十有八九", "一一", "百分之百地", "五一劳动节",
		"五一国际劳动节", "五一节", "五一假", "五一长假", "五一黄金周", "十一国庆", "十一假", "十一长假", "十一黄金周",
	} {
		if after, ok := strings.CutPrefix(rest, idiom); ok {
			if _, n := cut.Numeral(after); n == 0 {
				return len(idiom)
			}
		}
	}
	return 0
}

// byName reads the words that have a number and what it counts in them.
func (r *numberReader) byName(rest string) bool {
	for _, w := range [...]struct {
		word, value string
		unit        measureUnit
	}{
		{"双倍", "2", ratio},
		{"双薪", "2", ratio},
		{"加倍", "2", ratio},
		{"翻倍", "2", ratio},
		{"翻番", "2", ratio},
		{"翻一番", "2", ratio},
		{"翻两番", "4", ratio},
		{"一半", "0.5", ratio},
		{"减半", "0.5", ratio},
		{"对半", "0.5", ratio},
		{"折半", "0.5", ratio},
		{"半数", "0.5", ratio},
		{"半价", "0.5", ratio},
		{"对折", "0.5", ratio},
		{"两个月", "2", months},
		{"两月", "2", months},
		{"俩个月", "2", months},
		{"俩月", "2", months},
		{"仨月", "3", months},
	} {
		if strings.HasPrefix(rest, w.word) && (w.unit != months || r.aside("十百千万")) {
			r.spelled = w.unit
			r.add(w.value)
			r.at += len(w.word)
			return true
		}
	}
	for i, w := range [...]string{"俩", "仨"} {
		if after, ok := strings.CutPrefix(rest, w); ok && (r.mode == lenient || counted(after)) {
			r.add(strconv.Itoa(i + 2))
			r.at += len(w)
			return true
		}
	}
	return false
}

// aside reports whether none of the characters stands before.
func (r *numberReader) aside(chars string) bool {
	before, _ := utf8.DecodeLastRuneInString(r.text[:r.at])
	return before == utf8.RuneError || !strings.ContainsRune(chars, before)
}

// half adds 半 where it is a quantity: 半年, 减半; not 半成品, 上半年 or 多半.
func (r *numberReader) half(rest string) {
	if r.mode == strict {
		before, _ := utf8.DecodeLastRuneInString(r.text[:r.at])
		after := rest[len("半"):]
		if strings.ContainsRune("上下前后", before) {
			return
		}
		if !strings.ContainsRune("减折过对各", before) && !startsWith(after, "年", "个", "天", "月", "日", "小时", "数", "薪", "价", "倍", "学年", "周", "额", "分钟", "星期") {
			return
		}
	}
	r.add("0.5")
}

// vague reads 几十 and 数百, which say no more than their order. 人数十人 has
// none: there 数 ends a word.
func (r *numberReader) vague(rest string) int {
	c, size := utf8.DecodeRuneInString(rest)
	if c != '几' && c != '数' {
		return 0
	}
	if before, _ := utf8.DecodeLastRuneInString(r.text[:r.at]); c == '数' && strings.ContainsRune("人年天次月岁总件基倍指系函参分额少多日个", before) && before != utf8.RuneError {
		return 0
	}
	v, n := scaled(1, rest[size:])
	switch {
	case n > 0:
		r.add("几" + figure(v))
	case strings.HasPrefix(rest[size:], "倍"):
		r.add("几倍")
	case c == '几' && few(rest[size:]) && !asking(rest):
		r.add(several)
	default:
		return 0
	}
	return size + n
}

// overFraction reads the 分之二 of 三分之二.
func overFraction(v float64, rest string) (value float64, size int) {
	after, ok := strings.CutPrefix(rest, "分之")
	if !ok || v == 0 {
		return 0, 0
	}
	if n := digitsAt(after); n > 0 && n < 5 {
		top := 0
		for _, c := range after[:n] {
			top = top*10 + int(c-'0')
		}
		return float64(top) / v, len("分之") + n
	}
	top, n := cut.Numeral(after)
	if n == 0 {
		return 0, 0
	}
	return float64(top) / v, len("分之") + n
}

// halfMore reads the 年半 of 一年半, and the 又二分之一 of 一又二分之一.
func halfMore(v float64, rest string) (value float64, size int) {
	if after, ok := strings.CutPrefix(rest, "又"); ok {
		below, n := cut.Numeral(after)
		if part, more := overFraction(float64(below), after[n:]); n > 0 && more > 0 {
			return v + part, len("又") + n + more
		}
	}
	for _, unit := range [...]string{"年", "个", "天", "倍", "小时", "日", "周", "个月", "成", "点"} {
		after, ok := strings.CutPrefix(rest, unit+"半")
		if ok && !startsWith(after, "数", "价", "薪", "额", "途", "路", "夜", "成", "导", "径") {
			return v + .5, len(unit) + len("半")
		}
	}
	return 0, 0
}

// counted reports whether text starts with a unit that a number stands before.
func counted(text string) bool {
	return startsWith(text, "个月", "个工作日", "个", "日", "天", "月", "年", "周", "小时", "分钟", "秒", "星期", "礼拜", "季度", "工作日", "自然日", "倍", "元", "块",
		"角", "薪", "折", "次", "名", "人", "份", "岁", "级", "成", "万", "亿", "千", "百", "刻钟", "旬", "条", "台", "张", "家", "件", "种", "遍", "周年", "度", "米", "平方米", "公里", "公斤")
}

// tallied reports whether 数 after a numeral is "and some" (十数年) and not the
// beginning of a word (数据).
func tallied(text string) bool {
	return startsWith(text, "年", "倍", "天", "日", "个", "人", "名", "次", "万", "亿", "元", "家", "小时")
}

func startsWith(text string, words ...string) bool {
	for _, w := range words {
		if strings.HasPrefix(text, w) {
			return true
		}
	}
	return false
}
