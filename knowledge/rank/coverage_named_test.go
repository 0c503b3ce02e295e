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
