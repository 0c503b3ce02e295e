package extract

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

// TestAHeadingIsQuotedWhereTheSentenceNeedsIt holds that a sentence that only
// its heading makes an answer is not quoted without it, and no other is with it.
func TestAHeadingIsQuotedWhereTheSentenceNeedsIt(t *testing.T) {
	t.Parallel()
	probation := knowledge.Passage{
		Title: "Probation", Section: "Probation > How long probation may be", Score: 1, Coverage: .9,
		Text: "At most six months. There is no probation in contracts for a single task.",
	}
	tests := []struct {
		name, question string
		passage        knowledge.Passage
		want           string
	}{
		{
			"the heading says it", "How long may a probation period be?", probation,
			"- How long probation may be: At most six months. [1]\n- There is no probation in contracts for a single task. [1]",
		},
		{
			"a code", "E1001",
			knowledge.Passage{Title: "errors", Section: "E1001", Text: "The disk is full. Delete old builds."},
			"- E1001: The disk is full. [1]\n- Delete old builds. [1]",
		},
		{
			"a question", "Is there parking?",
			knowledge.Passage{Title: "FAQ", Section: "Is there parking?", Text: "Behind the house, for guests only."},
			"- Is there parking? Behind the house, for guests only. [1]",
		},
		{
			"Chinese, in a passage of several parts", "试用期多长",
			knowledge.Passage{Title: "入职", Section: "报到 / 试用期", Text: "带好证件。\n## 试用期\n一般为三个月整。"},
			"- 试用期：一般为三个月整。 [1]",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, _ := Answer(tt.question, []knowledge.Passage{tt.passage}, 700); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}
