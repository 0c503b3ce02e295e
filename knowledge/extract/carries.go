package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// carried reports whether a sentence carries what is asked for: an amount, a
// day or hour, somebody, some place.
func (a asks) carried(sentence string) bool {
	low := " " + strings.ToLower(cut.Fold(sentence)) + " "
	return a.amount && states(sentence) || a.when && dates(low) || a.who && somebody(sentence, low) || a.where && somewhere(low)
}

// dates reports whether a sentence in lower case says when: a day, an hour, or a
// time before or after something.
func dates(low string) bool {
	if hasAny(low, "每天", "每周", "每月", "每年", "周一", "周二", "周三", "周四", "周五", "周六", "周日", "星期", "上午", "下午", "中午", "月底", "月初", "季度", "当天", "次日", "次月", "下月", "次年", "工作日",
		" noon", "midnight", " every ", "o'clock", " a.m.", " p.m.", " daily", " weekly", " monthly", " yearly", " at the end of ", " first day", " last day", " quarter", "following month", "following day", "next month") {
		return true
	}
	for word := range strings.FieldsFuncSeq(low, func(c rune) bool { return !unicode.IsLetter(c) }) {
		if day(word) {
			return true
		}
	}
	return clock(low)
}

// day reports whether a word is the name of a day or a month.
func day(word string) bool {
	switch strings.TrimSuffix(word, "s") {
	case "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "april", "june", "july",
		"august", "september", "october", "november", "december":
		return true
	}
	return false
}

// clock reports whether a number is a time of day, or a day of a month or year:
// 17:30, 5 pm, 15 日, 8 点, "within 5 days".
func clock(low string) bool {
	for i := 0; i < len(low); i++ {
		n := digitsAt(low[i:])
		if n == 0 {
			continue
		}
		i += n
		rest := low[i:]
		if strings.HasPrefix(rest, ":") && digitsAt(rest[1:]) == 2 {
			return true
		}
		rest = strings.TrimLeft(rest, " ")
		next, _ := utf8.DecodeRuneInString(rest)
		if strings.ContainsRune("点日号时月年天周", next) || hasAnyPrefix(rest, "am", "pm", "march", "may", "th ", "st ", "nd ", "rd ", "day", "week", "month", "hour", "working day", "个月", "个工作日", "小时") {
			return true
		}
	}
	return hasAny(low, "日前", "日内", "天内", "点前", "个月内", "一日", "五日", "十日", "点整")
}

// somebody reports whether a sentence names a person or a role. Two words with
// capitals in its middle are a name.
func somebody(sentence, low string) bool {
	if hasAny(low, "部", "经理", "主管", "负责人", "专员", "总监", "组长", "前台", "办公室", "委员会", "同事", "联系人", "导师", "助理", "管理员", "@",
		" manager", " team", " desk", "department", " office", " officer", "committee", "director", "reception", " lead ", " head of", "assistant", "colleague",
		"supervisor", " administrator", " buddy", " mentor", "human resources", " hr ") {
		return true
	}
	words := strings.Fields(sentence)
	for i := 1; i+1 < len(words); i++ {
		if capital(words[i]) && capital(words[i+1]) && !strings.HasSuffix(words[i-1], ".") {
			return true
		}
	}
	return false
}

func capital(word string) bool {
	first, size := utf8.DecodeRuneInString(word)
	second, _ := utf8.DecodeRuneInString(word[size:])
	return unicode.IsUpper(first) && unicode.IsLower(second)
}

// somewhere reports whether a sentence in lower case names a place: in a
// building, or on a computer.
func somewhere(low string) bool {
	return hasAny(low, "楼", "层", "室", "前台", "大厅", "门口", "柜", "系统", "网站", "平台", "门户", "文件夹", "地址", "路", "街", "中心", "仓库", "机房", "存储", "://",
		" room", " floor", " building", " office", " desk", " portal", " intranet", " folder", " channel", " street", " cabinet", " cupboard", " drawer", " shelf", " bucket", " drive",
		" reception", " lobby", " basement", " wiki", " page ", " menu", " under ", " next to ", " behind ", " outside ", " website", " app ")
}

func hasAnyPrefix(text string, words ...string) bool {
	for _, w := range words {
		if strings.HasPrefix(text, w) {
			return true
		}
	}
	return false
}
