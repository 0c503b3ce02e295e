package extract

import (
	"strings"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// asks is what kind of answer a question wants.
type asks struct {
	amount bool // how much, how long, how many
	action bool // what to do
	when   bool
	who    bool
	where  bool
}

// asked reads the kind from the words of a question. Who only tells what
// happened wants to know what to do.
func asked(question string) asks {
	q := " " + strings.ToLower(cut.Fold(question)) + " "
	return asks{
		amount: hasAny(q, "几", "多少", "多久", "多长", "上限", "最长", "钱", "倍", "最多", "how much", "how many", "how long", "how far", "how often", "how high", "how big",
			"maximum", "money", "cash", "price", "what does it cost", "what is the fee", "percentage"),
		action: hasAny(q, actionWords()...) || !hasAny(q, "吗", "呢", "?", "什么", "几", "多少", "多久", "哪", "谁", "怎么", "如何", "能不能", "有没有",
			" what ", " how ", " when ", " who ", " where ", " can ", " is ", " do ", " does "),
		when: hasAny(q, "什么时候", "何时", "几点", "几号", "哪天", "哪一天", "几月", "截止", "what time", "which day", "what day", "what date", "deadline", "by when") ||
			asksBy(q, "when"),
		who:   hasAny(q, "谁", "哪个部门", "哪位", "负责人", "联系人", "which team", "which department", "contact person", "whom ", "whose ") || asksBy(q, "who"),
		where: hasAny(q, "哪里", "哪儿", "在哪", "什么地方", "地址", "哪个系统", "哪个网站", "几楼", "which floor", "which room", "which building", "what address") || asksBy(q, "where"),
	}
}

// asksBy reports whether a word asks, and does not join ("when I am sick, do I
// have to call?", "employees who leave").
func asksBy(q, word string) bool {
	for _, next := range [...]string{"is", "are", "was", "do", "does", "did", "can", "could", "will", "would", "must", "should", "may"} {
		if strings.Contains(q, " "+word+" "+next+" ") {
			return true
		}
	}
	return word == "who" && strings.HasPrefix(q, " who ")
}

// actionWords ask for steps, and head the sections that give them.
func actionWords() []string {
	return []string{
		"怎么办", "怎么处理", "怎么要", "怎么走", "该做什么", "咋办", "维权", "投诉", "举报", "what to do", "what can i do", "what should i do", "complain",
	}
}

// leadsTo reports whether a heading promises what to do.
func leadsTo(heading string) bool {
	return hasAny(strings.ToLower(cut.Fold(heading)), actionWords()...)
}

func hasAny(text string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// states reports whether a sentence states an amount: a number that is not the
// number of an article in brackets.
func states(sentence string) bool {
	r := numberReader{text: cut.Fold(withoutBrackets(sentence)), mode: strict}
	r.run()
	return len(r.out) > 0
}

// withoutBrackets leaves out what stands in round brackets.
func withoutBrackets(text string) string {
	var b strings.Builder
	depth := 0
	for _, r := range text {
		switch r {
		case '(', '（':
			depth++
		case ')', '）':
			depth = max(0, depth-1)
		default:
			if depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}
