package rank

import (
	"fmt"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
)

// relevant is one question and whether a collection answers it.
type relevant struct {
	question string
	want     bool
}

func checkRelevant(t *testing.T, docs []knowledge.Document, tests []relevant) {
	t.Helper()
	r := over(t, map[string][]knowledge.Document{"c": docs})
	for _, tt := range tests {
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: tt.question, Collections: []string{"c"}})
		if err != nil {
			t.Fatal(err)
		}
		if Relevant(tt.question, got) != tt.want {
			t.Errorf("%s: confidence %.3f, want relevant: %t", tt.question, Confidence(got), tt.want)
		}
	}
}

// TestANumberTellsOneOfMany: where all passages share all other words, the
// number is what tells.
func TestANumberTellsOneOfMany(t *testing.T) {
	t.Parallel()
	var docs []knowledge.Document
	for i := range 60 {
		docs = append(docs, md(fmt.Sprintf("room%d", 200+i), fmt.Sprintf("Room %d", 200+i),
			fmt.Sprintf("Room %d seats %d people. Book it with code BK%d at the front desk.", 200+i, 4+i%9, 98000+i*37)))
	}
	for i := range 300 {
		docs = append(docs, md(fmt.Sprintf("order%d", 5000+i), "订单",
			fmt.Sprintf("订单%d于%d月%d日签收，金额为%d元。", 5000+i, 1+i%12, 1+i%28, 100+(i*37)%900)))
	}
	checkRelevant(t, docs, []relevant{
		{"How many people does room 214 seat?", true},
		{"Where do I book room 214?", true},
		{"what is code BK98037 for?", true},
		{"订单5042的金额是多少？", true},
		{"5042号订单什么时候签收？", true},
		{"what is code BK11111 for?", false},
		{"How do I bake bread in 214?", false},
		{"订单9999的金额是多少？", false},
		{"苹果手机5042多少钱", false},
		{"法国的首都是哪里？", false},
	})
}

// TestWhatIsNamedAndNotThere: who asks for an article gets that one or none.
func TestWhatIsNamedAndNotThere(t *testing.T) {
	t.Parallel()
	docs := []knowledge.Document{
		{ID: "x", Title: "劳动合同法", Text: "劳动者违法解除劳动合同，给用人单位造成损失的，应当承担赔偿责任。"},
		md("err", "Error codes", "## ERR_4711\n\nThe code ERR_4711 means that the printer has no paper."),
	}
	for name, articles := range map[string]int{"劳动合同法": 98, "消费者权益保护法": 63, "民法典": 620} {
		for i := 1; i <= articles; i++ {
			docs = append(docs, knowledge.Document{
				ID: fmt.Sprintf("%s/%d", name, i), Title: fmt.Sprintf("中华人民共和国%s 第%d条", name, i),
				Text: fmt.Sprintf("第%d种情形，当事人应当依照有关规定处理，按照约定履行%c义务。", i, 0x4E00+i*7),
			})
		}
	}
	checkRelevant(t, docs, []relevant{
		{"劳动合同法第87条", true},
		{"劳动合同法第八十七条是什么内容？", true},
		{"民法典第五百条", true},
		{"what is ERR_4711?", true},
		{"劳动合同法第三百条是什么内容？", false},
		{"消费者权益保护法第99条", false},
		{"刑法第五百条是什么", false},
		{"what is ERR_9999?", false},
		{"劳动者违法解除劳动合同给用人单位造成损失，依照劳动合同法第三百条要赔偿吗", true},
	})
}

// TestCodesOfAFamily: a code says nothing of the next one, however it is written,
// and a section is asked for by its number alone.
func TestCodesOfAFamily(t *testing.T) {
	t.Parallel()
	docs := []knowledge.Document{
		md("faults", "Fault list", "E01 the stop button is pressed. Turn it.\n\nE02 too hot. Wait until it has cooled down."),
		md("FC", "Fleet errors", "## FC-2040\n\nTelemetry is missing. Check the broker.\n\n## FC-3007\n\nTwo robots claim one segment."),
		md("prices", "Price list", "The charging station CP-200 has a power of 3.3 kW and costs 2450 EUR."),
		md("travel", "Travel policy", "## 3 Money back\n\n### 3.1 Submitting\nUpload receipts within 30 days.\n\n### 3.2 Lost receipts\nFill in form F-12.\n\n### 3.3 Payment\nIt comes with the salary."),
		{ID: "rules", Title: "考勤办法", Markdown: true, Text: "## 第一章 总则\n\n第一条 本办法适用于全体员工。\n\n## 第三章 休假\n\n第六条 年休假七天。\n\n第七条 未休完的可以结转。"},
		md("lunch", "Lunch", "Lunch is served at noon in the canteen, vegetarian food on every day of the week."),
	}
	checkRelevant(t, docs, []relevant{
		{"fc2040", true},
		{"FC 2040", true},
		{"what does FC-2040 mean?", true},
		{"what does FC-2041 mean?", false},
		{"E02", true},
		{"E02怎么处理", true},
		{"what is E07?", false},
		{"power of the charging station CP-200", true},
		{"power of the charging station CP-300", false},
		{"Section 3.2", true},
		{"section 9.4", false},
		{"第三章有哪些规定", true},
		{"第八章有哪些规定", false},
	})
}

// TestTheOtherLanguage: a question finds what is written in the other one.
func TestTheOtherLanguage(t *testing.T) {
	t.Parallel()
	docs := []knowledge.Document{
		md("who", "Contacts", "| Team | Person | Phone |\n| --- | --- | --- |\n| Payroll | Ann Lee | 110 |\n| IT helpdesk | Bo Ek | 120 |"),
		md("room", "会议室", "昆仑会议室在五楼，有四十个座位，向前台预订。"),
		md("badge", "门禁", "门卡丢失后应当在当天向行政部报告。"),
		md("trip", "Business trips", "A hotel may cost 140 EUR a night."),
		md("lunch", "Lunch", "Lunch is served at noon in the canteen, vegetarian food on every day of the week."),
	}
	r := over(t, map[string][]knowledge.Document{"c": docs})
	for question, want := range map[string]string{"酒店一晚多少钱": "trip", "where are the meeting rooms?": "room", "I lost my key card": "badge"} {
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: question, Collections: []string{"c"}})
		if err != nil || len(got) == 0 || got[0].Document != want {
			t.Errorf("%s: got %+v, %v, want %s first", question, got, err, want)
		}
	}
}

// TestAWordInsideOfAnother is not that word.
func TestAWordInsideOfAnother(t *testing.T) {
	t.Parallel()
	paternity := knowledge.Document{ID: "p", Title: "休假办法", Text: "男员工配偶生育的，享受陪产假15天，应当在三个月内休完。"}
	lunch := md("lunch", "午餐", "食堂每天中午供应午餐，周五有面条。")
	checkRelevant(t, []knowledge.Document{paternity, lunch}, []relevant{{"产假有多少天？", false}, {"陪产假有多少天？", true}, {"产假和陪产假各有多少天？", true}})
	both := knowledge.Document{ID: "m", Title: "休假办法", Text: "女员工生育的，享受产假158天；配偶享受陪产假15天。"}
	checkRelevant(t, []knowledge.Document{both, lunch}, []relevant{{"产假有多少天？", true}})
	if _, err := readWords("[longer]\n产假: 陪产假", ""); err == nil {
		t.Error("a shorter word that is longer is no mistake")
	}
}
