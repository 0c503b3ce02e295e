package extract

import (
	"strings"
	"sync"
)

// Marks that stand for words of denial, exception and bound once a text has been
// spelled out: control characters, which no document has after folding.
const (
	negation  = "\x01"
	exception = "\x02"
	least     = "\x03"
	most      = "\x04"
	endOfWord = "\x05" // what is denied ends here: unused days
	nounOnly  = "\x06" // the next word alone is denied: without an escort
)

// spell replaces the words that deny, except or bound by marks. The longer of
// two words comes first; words that only look like a denial are left as they
// are or taken out.
func spell(text string) string {
	text = unmarked().Replace(text)
	text = chineseMarks().Replace(text)
	text = strings.ReplaceAll(text, "n't", " not")
	text = strings.ReplaceAll(text, "n’t", " not")
	text = strings.ReplaceAll(text, "cannot", "can not")
	return englishMarks().Replace(" " + text + " ")
}

// The replacers are tables: each is built once.
//
//nolint:gochecknoglobals // compiled-in tables, built at first use
var (
	unmarked = sync.OnceValue(func() *strings.Replacer {
		return strings.NewReplacer("\x01", " ", "\x02", " ", "\x03", " ", "\x04", " ", endOfWord, " ", nounOnly, " ")
	})
	bare   = sync.OnceValue(func() *strings.Replacer { return strings.NewReplacer(exception, " ", least, " ", most, " ") })
	duties = sync.OnceValue(func() *strings.Replacer {
		return strings.NewReplacer("应当", " ", "应该", " ", "必须", " ", "可以", " ", "需要", " ", "能够", " ")
	})
	chineseMarks = sync.OnceValue(chineseReplacer)
	englishMarks = sync.OnceValue(englishReplacer)
)

func chineseReplacer() *strings.Replacer {
	var pairs []string
	add := func(mark string, words ...string) {
		for _, w := range words {
			pairs = append(pairs, w, mark)
		}
	}
	for _, no := range [...]string{"不得", "不能", "不可", "不可以", "不应", "不许", "不准", "不会", "不宜", "不"} {
		for _, w := range [...]string{"超过", "高于", "多于", "大于", "晚于", "迟于", "长于"} {
			add(most, no+w)
		}
		for _, w := range [...]string{"低于", "少于", "小于", "早于", "短于"} {
			add(least, no+w)
		}
	}
	add(most, "不得超过", "不能超过", "不可超过", "不超过", "不多于", "不高于", "不得多于", "不可以超过", "不应超过", "至多", "最多", "最长", "以内", "之内", "低于", "少于", "小于", "早于", "短于")
	add(least, "不得低于", "不能低于", "不低于", "不得少于", "不能少于", "不可少于", "不可低于", "不可以低于", "不可以少于", "不应低于", "不少于", "至少", "最少", "超过", "高于", "多于", "大于", "晚于", "迟于")
	add(exception, "除非", "除外", "否则", "只有", "只能", "只要", "只限", "仅", "才能", "才可以", "才可", "才会", "未经")
	add(" ", "不满", "不足", "未满", "未达", "不同", "不仅", "不但", "不论", "不管", "不断", "不利", "不当", "不可抗力", "无论", "是否", "能否", "可否", "不动产", "未成年", "合不合",
		"避免", "免疫", "以免", "免得", "难免", "不免", "未免", "不一定", "毫不", "没收", "未来", "非常", "无固定期限", "非全日制", "不久", "不良", "不定期", "要不要", "能不能", "是不是")
	add(negation, "不应当", "不应该", "不可以", "不需要", "不再", "不应", "不得", "不能", "不可", "不用", "不必", "不须", "不需", "不会", "不是", "不予", "不给", "不算", "不要",
		"并非", "没有", "无需", "无须", "无权", "禁止", "严禁", "毋须", "毋需", "毋庸", "无庸", "不许", "不准", "不允许", "不该", "免于", "免除", "都不", "也不", "不", "没", "未", "无", "勿")
	for _, w := range [...]string{"收", "交", "缴", "付", "检", "予", "试", "押"} {
		pairs = append(pairs, "免"+w, negation+w)
	}
	pairs = append(pairs, "免票", negation+"买票", "免费", negation+"收费", "违法", negation+"合法", "非法", negation+"合法", "非", negation)
	return strings.NewReplacer(pairs...)
}

func englishReplacer() *strings.Replacer {
	var pairs []string
	add := func(mark string, words ...string) {
		for _, w := range words {
			pairs = append(pairs, " "+w+" ", " "+mark+" ")
		}
	}
	add(most, "no more than", "not more than", "no longer than", "not longer than", "no later than", "not later than", "may not exceed", "must not exceed",
		"does not exceed", "not exceeding", "not exceed", "at most", "at the most", "up to", "maximum of", "limited to", "at the latest", "below", "less than", "fewer than")
	add(least, "no less than", "not less than", "no fewer than", "not fewer than", "not below", "at least", "minimum of", "more than", "above", "exceeds")
	add(exception, "unless", "except", "only", "until", "otherwise", "if no", "if not")
	add(" ", "not only", "whether or not", "no doubt")
	add(negation, "not", "never", "no", "nor", "neither", "none", "nothing", "nobody", "free of", "free from", "exempt from", "exempted from", "excluded from", "barred from")
	add(negation+" "+nounOnly, "without")
	for _, w := range [...][2]string{
		{"free of charge", "charge"},
		{"for free", "charge"},
		{"without charge", "charge"},
		{"waived", "charged"},
		{"unlawful", "lawful"},
		{"unlawfully", "lawfully"},
		{"illegal", "lawful"},
		{"against the law", "lawful"},
		{"excluded", "included"},
		{"rejected", "accepted"},
		{"refused", "accepted"},
		{"unused", "used"},
		{"unpaid", "paid"},
		{"invalid", "valid"},
		{"forbidden", "allowed"},
		{"prohibited", "allowed"},
	} {
		mark := " " + negation + " " + w[1] + " " + endOfWord
		pairs = append(pairs, " "+w[0]+" ", mark+" ", " "+w[0]+".", mark+".")
	}
	return strings.NewReplacer(pairs...)
}

// withoutMarks leaves the words of denial, exception, bound and duty out of a
// sentence: they are compared as what they mean, not as words.
func withoutMarks(text string) string {
	return strings.Map(unmark, duties().Replace(chineseMarks().Replace(text)))
}
