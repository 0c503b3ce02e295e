package answer

import (
	"slices"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestNearest holds that a refusal names what comes nearest, if anything does,
// and stays a refusal.
func TestNearest(t *testing.T) {
	t.Parallel()
	weak := probation()
	for i := range weak.passages {
		weak.passages[i].Coverage = .35 - float64(i)*.15 // .35, .20, .05
	}
	strangers := probation()
	for i := range strangers.passages {
		strangers.passages[i].Coverage = .05
	}
	for name, tc := range map[string]struct {
		shelf *shelf
		model *llmtest.Script
		q     bots.Question
		want  int
	}{
		"nothing is near":                {strangers, nil, ask("试用期吃什么？"), 0},
		"two are":                        {weak, nil, ask("试用期吃什么？"), 2},
		"two are, in English":            {weak, nil, ask("What is for lunch during probation?"), 2},
		"the model finds none":           {probation(), llmtest.NewScript(llmtest.Say("NOT_IN", "_DOCUMENTS")), ask("试用期吃什么？"), 2},
		"the model hides it in a phrase": {probation(), llmtest.NewScript(llmtest.Say("Sorry: NOT_IN_DOCUMENTS.")), ask("试用期？"), 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := answerer(tc.shelf, nil)
			if tc.model != nil {
				a.Model = tc.model
			} else {
				a.Relevant = func(string, []knowledge.Passage) bool { return false }
			}
			got, shown := get(t, a, tc.q)
			if !got.Refused || len(got.Sources) != tc.want || len(shown) != 0 {
				t.Fatalf("refused %t, %d sources, shown %v", got.Refused, len(got.Sources), shown)
			}
			if !strings.HasPrefix(got.Text, say(got.Language).notFound) {
				t.Errorf("%q does not begin with the refusal", got.Text)
			}
			if cited := strings.Contains(got.Text, "[1]") && strings.Contains(got.Text, "[2]"); cited != (tc.want == 2) {
				t.Errorf("%q cites %t", got.Text, cited)
			}
		})
	}
}

// TestNearestOfAPlace: two passages of one section are one place.
func TestNearestOfAPlace(t *testing.T) {
	t.Parallel()
	got := nearTo([]knowledge.Passage{
		{ID: "1", Document: "a", Section: "s", Coverage: .3},
		{ID: "2", Document: "a", Section: "s", Coverage: .3},
		{ID: "3", Document: "a", Section: "t", Coverage: .09},
		{ID: "4", Document: "b", Section: "s", Coverage: .2},
		{ID: "5", Document: "c", Section: "s", Coverage: .2},
	})
	var ids []string
	for _, p := range got {
		ids = append(ids, p.ID)
	}
	if want := []string{"1", "4"}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
}
