package rank

import (
	"fmt"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

// office is a small collection. In one of a dozen passages no word would say
// much more than any other.
func office(t *testing.T) *Ranker {
	t.Helper()
	docs := []knowledge.Document{
		md("lead", "上班时间", "公司九点上班，各地的分公司可以另行安排。"),
		md("wage", "加班费", "休息日加班的，公司支付工资的百分之二百。"),
		md("paid", "欠工资", "公司拖欠工资的，可以申请仲裁。"),
		md("leave", "年休假", "工作满一年的员工每年有五天年假。"),
		md("jp", "日本分公司的加班费", "在日本工作的员工，加班费按当地法律计算。"),
		md("badge", "门卡", "门卡丢失后到前台补办。"),
		md("en-owed", "Wages owed", "What to do about unpaid wages: complain to the inspectorate."),
		md("en-over", "Overtime", "Overtime is paid at twice the hourly rate. Write your name on the list."),
		md("en-leave", "Annual leave", "Everybody has five days. Days that are not taken are paid."),
		md("en-badge", "Badges", "A lost badge is replaced at the front desk, and costs five yuan."),
		md("en-room", "Rooms", "Rooms are cleaned in the evening."),
		md("en-trip", "Trips", "Book trips at the travel desk."),
	}
	for i := range 40 {
		docs = append(docs,
			md(fmt.Sprintf("zh%d", i), "公告", fmt.Sprintf("公司第%d号公告：请保持走廊整洁。", i)),
			md(fmt.Sprintf("en%d", i), "Notice", fmt.Sprintf("Notice %d: keep the corridor tidy.", i)))
	}
	return over(t, map[string][]knowledge.Document{"c": docs})
}

func TestRelevant(t *testing.T) {
	t.Parallel()
	r := office(t)
	tests := []struct {
		question string
		want     bool
	}{
		{"公司几点上班", true},
		{"周末加班给多少钱", true},
		{"老板拖欠工资", true},
		{"门卡丢了怎么补办", true},
		{"公司上市了吗", false},    // 上 stands in 上班
		{"你是谁", false},       // about nothing
		{"法国的首都是哪里？", false}, // nothing of it stands anywhere
		{"日本的加班费怎么算", true},  // the country is named
		{"德国的加班费怎么算", false}, // it is not
		{"how is overtime paid", true},
		{"My wages haven't been paid", true},
		{"what is your name", false}, // one word that says little
		{"how do I bake bread", false},
		{"overtime rate in Germany", false},
		{"", false},
	}
	for _, tt := range tests {
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: tt.question, Collections: []string{"c"}})
		if err != nil {
			t.Fatal(err)
		}
		if Relevant(tt.question, got) != tt.want {
			t.Errorf("%s: confidence %.2f, want relevant: %t", tt.question, Confidence(got), tt.want)
		}
	}
}

func TestCoverageIsAShare(t *testing.T) {
	t.Parallel()
	r := office(t)
	for _, q := range []string{"公司", "加班费", "overtime", "日本分公司的加班费按当地法律计算", "badge of badges", "87", "第八十七条"} {
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: q, Collections: []string{"c"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range got {
			if p.Coverage < 0 || p.Coverage > 1 {
				t.Errorf("%s: coverage %f of %s", q, p.Coverage, p.ID)
			}
		}
	}
}

func TestAnEverydayWordSaysNoMoreThanWhatItStandsFor(t *testing.T) {
	t.Parallel()
	r := office(t)
	cover := func(question string) float64 {
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: question, Collections: []string{"c"}})
		if err != nil {
			t.Fatal(err)
		}
		return Confidence(got)
	}
	if boss, shop := cover("老板的咖啡"), cover("门卡的咖啡"); boss >= shop {
		t.Errorf("老板 covers %.2f, the rare 门卡 %.2f", boss, shop)
	}
}

// TestAShareOfMoreCounts holds that half of a long question is better evidence
// than half of a short one, and that all of it is enough whatever its length.
func TestAShareOfMoreCounts(t *testing.T) {
	t.Parallel()
	r := office(t)
	cover := func(question string) float64 {
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: question, Collections: []string{"c"}})
		if err != nil {
			t.Fatal(err)
		}
		return Confidence(got)
	}
	long, short := cover("门卡丢失后前台补办，咖啡牛奶面包水果点心"), cover("门卡咖啡")
	if long <= short {
		t.Errorf("much of a long question covers %.2f, half of a short one %.2f", long, short)
	}
	if whole := cover("门卡丢失"); whole < .9 {
		t.Errorf("all of a short question covers %.2f", whole)
	}
}
