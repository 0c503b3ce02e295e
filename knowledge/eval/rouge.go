package eval

import (
	"strings"
	"unicode"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// RougeL is the F1 of ROUGE-L (Lin: ROUGE, 2004) of a text against a reference:
// the longest sequence of units that both have in this order, as a share of
// either. A unit is a Chinese character or a word of any other script; case,
// punctuation and the width of forms don't count.
func RougeL(text, reference string) float64 {
	a, b := rougeUnits(text), rougeUnits(reference)
	common := longestCommon(a, b)
	if common == 0 {
		return 0
	}
	precision, recall := float64(common)/float64(len(a)), float64(common)/float64(len(b))
	return 2 * precision * recall / (precision + recall)
}

// rougeUnits cuts a text into characters and words.
func rougeUnits(text string) []string {
	var (
		out  []string
		word strings.Builder
	)
	end := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	for _, r := range strings.ToLower(cut.Fold(text)) {
		switch {
		case cut.Han(r):
			end()
			out = append(out, string(r))
		case unicode.IsLetter(r), unicode.IsDigit(r):
			word.WriteRune(r)
		default:
			end()
		}
	}
	end()
	return out
}

// longestCommon is the length of the longest common subsequence.
func longestCommon(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for i, y := range b {
			above := row[i+1]
			if x == y {
				row[i+1] = diagonal + 1
			} else {
				row[i+1] = max(above, row[i])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}
