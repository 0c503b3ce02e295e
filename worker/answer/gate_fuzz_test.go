package answer

import (
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/extract"
)

// FuzzGateKeepsQuotes holds that the gate never panics, and that a sentence which
// stands word for word in the passage that it cites is always kept.
func FuzzGateKeepsQuotes(f *testing.F) {
	for _, text := range []string{
		"遗失门卡的，应当在三十日内报告；未经批准不得进入。逾期不报的，加收百分之五十。",
		"Without a badge, you must not enter. The fee is 5,000 yuan at most, not 6,000.",
		"It is false that notice is due. Ask Maria Lopez, at https://intra.example.com/leave.",
		"- 3/4 of ½, １２ and ㈩, x²\n- 第87条 《劳动法》 王建国律师",
		"| a | b |\n| --- | --- |\n| 三天 | 5 days |",
		"不不不不。no no not never. 99999999999999999999 1e9 10^9 ⅩⅣ",
	} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, passage, sentence string) {
		if len(passage) > 4096 || len(sentence) > 4096 {
			t.Skip("longer than a passage")
		}
		p := knowledge.Passage{Text: passage}
		dropped(sentence, p)
		for _, quote := range extract.Sentences(passage) {
			// Marks, links, images and fences are changed before a sentence is judged.
			if strings.ContainsAny(quote, "[]`~") || strings.TrimSpace(quote) == "" {
				continue
			}
			if dropped(quote, p) {
				t.Errorf("%q is dropped, which its passage %q says", quote, passage)
			}
		}
	})
}

// patience is far more than a hostile text costs and far less than work that
// grows with its square: a race detector on a busy machine is twenty times slower.
const patience = 20 * time.Second

// TestGateIsBounded feeds texts that would take minutes if the work grew with the
// square of their numbers, clauses or characters.
func TestGateIsBounded(t *testing.T) {
	t.Parallel()

	numbers := strings.Repeat("7 days, 12 months and 30% of 5,000 yuan; ", 2500)
	for name, tc := range map[string]struct{ sentence, passage string }{
		"a sentence of a megabyte":       {strings.Repeat("the fee is not due unless it is paid ", 1<<20/37), "The fee is due."},
		"Chinese without a stop":         {strings.Repeat("不得超过三十日", 1<<20/21), "不得超过三十日。"},
		"ten thousand numbers":           {numbers, numbers + "."},
		"a passage of a megabyte":        {"The fee is 7 days, not 30.", strings.Repeat(numbers, 10)},
		"nothing but brackets":           {strings.Repeat("[1](", 1<<18), strings.Repeat("《", 1<<18)},
		"nothing but digits":             {strings.Repeat("1", 1<<20), strings.Repeat("1,", 1<<19)},
		"as many figures as are allowed": {strings.Repeat("7 days and ", 200), numbers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			begun := time.Now()
			g := newGate([]knowledge.Passage{{Text: tc.passage}}, "", extract.Language(tc.sentence))
			g.pass(tc.sentence + " [1]")
			if took := time.Since(begun); took > patience {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestUnreadIsNotBorneOut: what is too long to be compared has no support, in
// whatever language.
func TestUnreadIsNotBorneOut(t *testing.T) {
	t.Parallel()

	p := knowledge.Passage{Text: "试用期最长六个月。"}
	for name, sentence := range map[string]string{
		"long":         strings.Repeat("The probation period is six months and ", extract.MostClaim/30),
		"many figures": strings.Repeat("6 months, ", extract.MostFigures+1),
	} {
		if !dropped(sentence, p) {
			t.Errorf("a sentence that is %s passes", name)
		}
	}
}
