package answer

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

func TestSourcesNameTheirPlace(t *testing.T) {
	t.Parallel()

	s := probation()
	s.passages[0].Page, s.passages[0].Collection, s.passages[0].URL = 12, "law", "https://docs.example.com/probation.pdf#page=12"
	for language, want := range map[string]string{"zh": "试用期 > 期限（第12页）", "en": "试用期 > 期限 (p. 12)"} {
		r := &run{lang: language, found: s.passages}
		got := r.sources([]int{0, 1})
		if got[0].Title != want || got[0].Collection != "law" || got[0].URL != "https://docs.example.com/probation.pdf#page=12" {
			t.Errorf("%s: %+v, want %q", language, got[0], want)
		}
		if got[1].Title != "试用期工资" {
			t.Errorf("%s: a document without pages is called %q", language, got[1].Title)
		}
	}
	if got := heading(knowledge.Passage{Title: "A\nB", Section: "A\nB", Page: 1}, "en"); got != "A B (p. 1)" {
		t.Errorf("got %q", got)
	}
}
