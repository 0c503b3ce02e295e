package extract

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

func guides() []knowledge.Passage {
	return []knowledge.Passage{
		{ID: "zh/tea.md#1", Title: "茶水间", Section: "开水", Text: "## 开水\n\n开水每天**早上八点**供应。茶叶放在[二楼的柜子](https://example.com)里。咖啡机每周五清洗。"},
		{ID: "en/tea.md#1", Title: "Tea room", Text: "Hot water is ready at 8 every morning. The tea is in the cupboard on the second floor. The machine is cleaned on Fridays."},
		{ID: "zh/desk.md#1", Title: "前台", Text: "有下列情形的，到前台登记：\n（一）忘带门卡；\n（二）访客来访；\n（三）领取开水壶。\n\n说明："},
	}
}

func TestAnswerQuotesInTheLanguageOfTheQuestion(t *testing.T) {
	t.Parallel()
	text, used := Answer("开水什么时候供应？", guides(), 600)
	if !strings.Contains(text, "- 开水每天早上八点供应。 [1]") {
		t.Errorf("want the sentence about hot water, got:\n%s", text)
	}
	if strings.Contains(text, "Hot water") || strings.Contains(text, "##") || strings.Contains(text, "https") {
		t.Errorf("want Chinese without markup, got:\n%s", text)
	}
	if len(used) == 0 || used[0] != 0 {
		t.Errorf("used = %v, want the first passage first", used)
	}
	text, used = Answer("Where is the tea?", guides(), 600)
	if diff := cmp.Diff([]int{1}, used); diff != "" || !strings.Contains(text, "cupboard on the second floor. [1]") {
		t.Errorf("used %v, text:\n%s", used, text)
	}
}

func TestAnswerKeepsAListWithItsIntroduction(t *testing.T) {
	t.Parallel()
	text, used := Answer("访客来访要登记吗", guides(), 600)
	want := "- 有下列情形的，到前台登记： （一） 忘带门卡； （二） 访客来访； （三） 领取开水壶。 [1]"
	if !strings.Contains(text, want) || strings.Contains(text, "说明") {
		t.Errorf("want %q, got:\n%s", want, text)
	}
	if len(used) == 0 || used[0] != 2 {
		t.Errorf("used = %v", used)
	}
}

func TestAnswerCutsALongListWithAnEllipsis(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("The following are forbidden:\n")
	for i := range 40 {
		fmt.Fprintf(&b, "- a rather long item with number %d in the list\n", i)
	}
	text, _ := Answer("what is forbidden", []knowledge.Passage{{Text: b.String()}}, 2000)
	if !strings.Contains(text, " … [1]") || utf8.RuneCountInString(text) > mostUnit+40 {
		t.Errorf("got:\n%s", text)
	}
}

func TestAnswerStaysWithinItsLimit(t *testing.T) {
	t.Parallel()
	cite := regexp.MustCompile(` \[(\d+)\]$`)
	for limit := range 200 {
		text, used := Answer("开水 茶叶 咖啡机 门卡", guides(), limit)
		if n := utf8.RuneCountInString(text); n > limit {
			t.Fatalf("limit %d: %d characters", limit, n)
		}
		if text == "" {
			continue
		}
		for line := range strings.SplitSeq(text, "\n") {
			m := cite.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("limit %d: a bullet without citation: %q", limit, line)
			}
			if n, err := strconv.Atoi(m[1]); err != nil || n < 1 || n > len(used) {
				t.Fatalf("limit %d: citation %s of %d", limit, m[1], len(used))
			}
		}
	}
}

func TestAnswerWithoutAMatch(t *testing.T) {
	t.Parallel()
	if text, used := Answer("anything", nil, 500); text != "" || used != nil {
		t.Errorf("no passages: got %q, %v", text, used)
	}
	only := []knowledge.Passage{{Text: "# A heading\n\n```\ncode\n```\n\n| a | b |\n"}}
	if text, _ := Answer("heading", only, 500); text != "" {
		t.Errorf("nothing to quote: got %q", text)
	}
	// Across languages no word matches: the first sentences stand for the passage.
	text, used := Answer("When is hot water served?", guides()[:1], 500)
	if !strings.HasPrefix(text, "- 开水每天早上八点供应。 [1]") || len(used) != 1 {
		t.Errorf("across languages: %q, %v", text, used)
	}
}

func TestAnswerDoesNotRepeatItself(t *testing.T) {
	t.Parallel()
	same := knowledge.Passage{Text: "Badges are handed out at the front desk every Monday morning."}
	text, used := Answer("Where are badges handed out?", []knowledge.Passage{same, same, same}, 900)
	if strings.Count(text, "Badges") != 1 || len(used) != 1 {
		t.Errorf("got:\n%s", text)
	}
}
