package extract

import (
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

func TestAsked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		question string
		want     asks
	}{
		{"公司欠我工资怎么办", asks{action: true}},
		{"公司欠我三个月工资", asks{action: true}}, // tells what happened
		{"年假有几天", asks{amount: true}},
		{"试用期要签合同吗", asks{}},
		{"What should I do about unpaid wages?", asks{action: true}},
		{"How long is annual leave?", asks{amount: true}},
		{"My wages are late", asks{action: true}},
		{"Can I refuse?", asks{}},
	}
	for _, tt := range tests {
		if got := asked(tt.question); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.question, got, tt.want)
		}
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"年假五天（《条例》第三条）。": true, "年假由公司安排（《条例》第 5 条）。": false,
		"At least 150 percent (Labour Law, Article 44).": true, "In writing (Labour Law, Article 44).": false, "": false, "(": false,
	}
	for text, want := range tests {
		if states(text) != want {
			t.Errorf("%q states an amount: want %t", text, want)
		}
	}
}

func wages() []knowledge.Passage {
	return []knowledge.Passage{
		{ID: "w#1", Title: "工资", Section: "工资 > 公司能扣工资吗", Text: "公司每月扣工资不超过百分之二十。公司扣工资要有约定。", Score: 9},
		{ID: "w#2", Title: "工资", Section: "工资 > 公司欠工资怎么办", Text: "先催要工资并留下记录，然后可以：\n\n- 投诉（第九条）。\n- 申请仲裁\n", Score: 8},
	}
}

func TestStepsComeFirstWhereTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	text, used := Answer("公司欠我工资怎么办", wages(), 600)
	if want := "- 先催要工资并留下记录，然后可以： 投诉（第九条）。 申请仲裁; [1]"; !strings.HasPrefix(text, want) || used[0] != 1 {
		t.Errorf("used %v, want %q first, got:\n%s", used, want, text)
	}
	if text, _ := Answer("公司扣工资最多扣多少", wages(), 600); !strings.HasPrefix(text, "- 公司每月扣工资不超过百分之二十。 [1]") {
		t.Errorf("want the amount first, got:\n%s", text)
	}
}

func TestNothingIsQuotedThatSharesNothing(t *testing.T) {
	t.Parallel()
	for _, question := range []string{"法国的首都是哪里", "谁是总统", "你是谁", "怎么烤面包", "公司上市了吗"} {
		if text, used := Answer(question, wages(), 600); text != "" || used != nil {
			t.Errorf("%s: %v\n%s", question, used, text)
		}
	}
	found := wages()
	found[1].Coverage = .8 // found by what other words stand for
	if text, used := Answer("老板欠薪", found, 600); !strings.Contains(text, "申请仲裁") || used[0] != 1 {
		t.Errorf("a passage that is vouched for: %v\n%s", used, text)
	}
}
