package extract

import (
	"strings"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// asks is what kind of answer a question wants.
type asks struct {
	amount bool // how much, how long, how many
	action bool // what to do
}

// asked reads the kind from the words of a question. Who only tells what
// happened wants to know what to do.
func asked(question string) asks {
	q := " " + strings.ToLower(cut.Fold(question)) + " "
	return asks{
		amount: hasAny(q, "几", "多少", "多久", "多长", "上限", "最长", "钱", "倍", "最多", "how much", "how many", "how long", "how far", "maximum", "money", "cash"),
		action: hasAny(q, actionWords()...) || !hasAny(q, "吗", "呢", "?", "什么", "几", "多少", "多久", "哪", "谁", "怎么", "如何", "能不能", "有没有",
			" what ", " how ", " when ", " who ", " where ", " can ", " is ", " do ", " does "),
	}
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
