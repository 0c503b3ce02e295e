package extract

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

func TestSupport(t *testing.T) {
	t.Parallel()
	law := knowledge.Passage{
		Title: "门卡管理规定", Section: "第二章 > 第十二条",
		Text: "遗失门卡的，应当在三十日内报告，并按照第十条规定的工本费的二倍缴纳；迟报一个月的，加收百分之五十。",
	}
	guide := knowledge.Passage{Text: "Lost badges must be reported within 30 days. The fee is doubled after two months (Article 10). It is 5,000 yuan at most. Error ERR_77 means a lost badge."}
	tests := []struct {
		name     string
		sentence string
		passage  knowledge.Passage
		low      float64
		high     float64
		same     bool
		missing  []string
	}{
		{"all there", "遗失门卡应当在30日内报告。[1]", law, .7, 1, true, nil},
		{"numerals are digits", "按第10条工本费的2倍缴纳，迟报加收50%。", law, .4, 1, true, nil},
		{"own article", "依据第12条。", law, 0, 1, true, nil},
		{"wrong number", "应当在六十日内报告。", law, .3, 1, true, []string{"at most 60 days"}},
		{"wrong article", "依据第十三条报告。", law, 0, 1, true, []string{"第13条"}},
		{"another subject", "公司食堂周末不开放", law, 0, .1, true, nil},
		{"no claim in an idiom", "一定要统一报告。", law, 0, 1, true, nil},
		{"across languages", "Report it within 30 days, at twice the fee (Article 10).", law, 0, .2, false, nil},
		{"across languages, wrong", "Report it within 45 days.", law, 0, .2, false, []string{"at most 45 days"}},
		{"English", "Lost badges must be reported in thirty days.", guide, .7, 1, true, nil},
		{"amounts", "At most 5000 yuan, not 6,000.", guide, 0, 1, true, []string{"6000"}},
		{"identifier", "ERR_77 is about badges, ERR_78 is not.", guide, 0, 1, true, []string{"err_78"}},
		{"Chinese over English", "三十日内报告，最多5000元。", guide, 0, .3, false, nil},
		{"markers are no numbers", "1. Lost badges [2]", guide, .9, 1, true, nil},
		{"nothing", "", guide, 0, 0, true, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Support(tt.sentence, tt.passage)
			if got.Overlap < tt.low || got.Overlap > tt.high {
				t.Errorf("overlap %.2f, want %.2f to %.2f", got.Overlap, tt.low, tt.high)
			}
			if got.SameLanguage != tt.same {
				t.Errorf("same language: %v", got.SameLanguage)
			}
			if diff := cmp.Diff(tt.missing, got.MissingNumbers); diff != "" {
				t.Errorf("missing numbers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		mode mode
		want []string
	}{
		{"5万元，1.50 yuan, 3 million", strict, []string{"50000", "1.5", "3000000"}},
		{"二〇二四年一月五日", strict, []string{"2024", "5"}},
		{"二〇二四年一月五日", lenient, []string{"2024", "1", "5"}},
		{"一百零三人，十二个月", strict, []string{"103", "12"}},
		{"v1_2 and x86", strict, []string{"v1_2", "x86"}},
		{"one of them took twelve", strict, []string{"12"}},
		{"one of them", lenient, []string{"1"}},
		{"第八十七条", strict, []string{"第87条"}},
		{"", strict, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, numbers(tt.text, tt.mode)); diff != "" {
			t.Errorf("numbers(%q) (-want +got):\n%s", tt.text, diff)
		}
	}
}
