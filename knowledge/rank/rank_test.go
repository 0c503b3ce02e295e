package rank

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// over returns a ranker over an index that holds documents by collection.
func over(tb testing.TB, docs map[string][]knowledge.Document) *Ranker {
	tb.Helper()
	x, err := index.Open(tb.TempDir(), index.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { x.Close() })
	for name, d := range docs {
		if _, err := x.Ingest(tb.Context(), name, &knowledgetest.Source{Docs: d}, knowledge.IngestOptions{}); err != nil {
			tb.Fatal(err)
		}
	}
	r, err := New(x, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func TestRetriever(t *testing.T) {
	t.Parallel()
	knowledgetest.TestRetriever(t, over(t, knowledgetest.Documents()))
}

// uncounted is an engine that does not know how often a term stands.
type uncounted struct{ knowledge.Engine }

func (u uncounted) Candidates(ctx context.Context, l knowledge.Lookup) (knowledge.Candidates, error) {
	c, err := u.Engine.Candidates(ctx, l)
	c.Frequencies = nil
	return c, err
}

func TestRetrieverWithoutFrequencies(t *testing.T) {
	t.Parallel()
	r, err := New(uncounted{over(t, knowledgetest.Documents()).engine}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	knowledgetest.TestRetriever(t, r)
}

var errDown = errors.New("down")

type down struct{}

func (down) Candidates(context.Context, knowledge.Lookup) (knowledge.Candidates, error) {
	return knowledge.Candidates{}, errDown
}

func TestAnEngineThatFails(t *testing.T) {
	t.Parallel()
	r, err := New(down{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Retrieve(t.Context(), knowledge.Query{Text: "badge", Collections: []string{"c"}}); !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
}

func first(t *testing.T, r *Ranker, q knowledge.Query) []string {
	t.Helper()
	if q.Collections == nil {
		q.Collections = []string{"c"}
	}
	got, err := r.Retrieve(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range got {
		out = append(out, p.ID)
	}
	return out
}

func md(id, title, text string) knowledge.Document {
	return knowledge.Document{ID: id, Title: title, Text: text, Markdown: true}
}

func TestTheGuideInTheLanguageOfTheQuestion(t *testing.T) {
	t.Parallel()
	r := over(t, map[string][]knowledge.Document{"c": {
		md("zh/offer.md", "录用通知 (offer)", "HR 发出 offer 后又取消的，公司应当赔偿损失。可以联系 HR 协商。"),
		md("en/offer.md", "Job offer", "When HR withdraws an offer, the company owes damages. Offer letters from HR bind the company. 录用 offer."),
		md("zh/leave.md", "年休假", "职工累计工作满一年的，享受带薪年休假。"),
		md("en/leave.md", "Annual leave", "After one year of work an employee has paid annual leave (年休假)."),
	}})
	tests := []struct{ question, want string }{
		{"HR 给的 offer 取消了，怎么办？", "zh/offer.md#1"},
		{"HR offer 取消 company 赔偿吗", "zh/offer.md#1"},
		{"HR withdrew my offer, what now?", "en/offer.md#1"},
		{"How long is annual leave (年休假)?", "en/leave.md#1"},
		{"annual leave 年休假有几天", "zh/leave.md#1"},
	}
	for _, tt := range tests {
		if got := first(t, r, knowledge.Query{Text: tt.question}); len(got) == 0 || got[0] != tt.want {
			t.Errorf("%s: got %v, want %s first", tt.question, got, tt.want)
		}
	}
}

func TestExactReferences(t *testing.T) {
	t.Parallel()
	statute := func(id, title string) knowledge.Document {
		var b strings.Builder
		for i := 1; i <= 90; i++ {
			fmt.Fprintf(&b, "第%d条 违反本法第八十七条规定的第%d种情形，依照劳动合同法处理。\n", i, i)
		}
		return knowledge.Document{ID: id, Title: title, Text: b.String()}
	}
	r := over(t, map[string][]knowledge.Document{"c": {
		statute("a.txt", "劳动合同法"), statute("b.txt", "门卡法"),
		md("manual.md", "Manual", "# Manual\n\n## 5.1 Cleaning\n\nSection 5.2 has the fees. "+strings.Repeat("clean it ", 20)+"\n\n## 5.2 Fees\n\nA replacement costs a fee. "+strings.Repeat("pay it ", 20)),
		md("errors.md", "Errors", "## ERR_1234\n\nThe tank is empty. Fill it with water and wait. "+strings.Repeat("Then go on. ", 12)+"\n\n## ERR_1235\n\nUnlike ERR_1234, the tank is full. "+strings.Repeat("ERR_1234 ", 12)),
		md("api.md", "Interface", "## openBadge()\n\nOpens it for a person. "+strings.Repeat("It takes a name. ", 10)+"\n\n## closeBadge()\n\nCall it after openBadge. "+strings.Repeat("It takes a badge. ", 10)),
	}})
	tests := []struct{ question, want string }{
		{"劳动合同法第87条", "a.txt#87"},
		{"《劳动合同法》第八十七条怎么规定的？", "a.txt#87"},
		{"门卡法87条是什么", "b.txt#87"},
		{"勞動合同法第八十七條", "a.txt#87"},
		{"劳动合同法第８７条", "a.txt#87"},
		{"請問《門卡法》第 九 条", "b.txt#9"},
		{"违反劳动合同法第三十条会怎样，依照什么处理", "a.txt#30"},
		{"article 12 of the 门卡法", "b.txt#12"},
		{"what does Section 5.2 of the manual say", "manual.md#2"},
		{"§5.1", "manual.md#1"},
		{"SECTION ５.２ of the manual", "manual.md#2"},
		{"see sec. 5.2", "manual.md#2"},
		{"ERR_1234 是什么意思", "errors.md#1"},
		{"what is err_1235?", "errors.md#2"},
		{"how do I use openBadge?", "api.md#1"},
		{"closeBadge()报错", "api.md#2"},
		{"ＥＲＲ＿１２３４", "errors.md#1"},
	}
	for _, tt := range tests {
		if got := first(t, r, knowledge.Query{Text: tt.question}); len(got) == 0 || got[0] != tt.want {
			t.Errorf("%s: got %v, want %s first", tt.question, got, tt.want)
		}
	}
}

func TestEverydayWords(t *testing.T) {
	t.Parallel()
	r := over(t, map[string][]knowledge.Document{"c": {
		md("dismiss", "解除劳动合同", "用人单位违法解除劳动合同的，应当支付赔偿金。"),
		md("wage", "劳动报酬", "用人单位应当及时足额支付劳动报酬。"),
		md("fire", "消防", "发生火灾时拨打电话。开除尘埃。"),
		md("en", "Dismissal", "Dismissal without a reason is unlawful and leads to damages."),
		md("other", "Kitchen", "The kitchen is cleaned on Fridays without a reason."),
	}})
	tests := []struct{ question, want string }{
		{"老板炒鱿鱼了怎么办", "dismiss#1"},
		{"公司拖欠工资", "wage#1"},
		{"I was fired without a reason", "en#1"},
	}
	for _, tt := range tests {
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: tt.question, Collections: []string{"c"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 || got[0].ID != tt.want {
			t.Fatalf("%s: got %+v, want %s first", tt.question, got, tt.want)
		}
		if got[0].Coverage < .3 {
			t.Errorf("%s: synonyms do not count for coverage: %.2f", tt.question, got[0].Coverage)
		}
	}
}

func TestContextWeighsLess(t *testing.T) {
	t.Parallel()
	r := over(t, map[string][]knowledge.Document{"c": {
		md("badge", "Badge", "A badge opens the door. It costs a fee."),
		md("printer", "Printer", "The printer needs paper. It costs a fee."),
	}})
	same := func(q knowledge.Query, want string) {
		t.Helper()
		if got := first(t, r, q); len(got) == 0 || got[0] != want {
			t.Errorf("%+v: got %v, want %s first", q, got, want)
		}
	}
	same(knowledge.Query{Text: "what does it cost", Context: "my badge is lost"}, "badge#1")
	same(knowledge.Query{Text: "what does it cost", Context: "the printer is broken"}, "printer#1")
	same(knowledge.Query{Text: "and the printer?", Context: "my badge is lost"}, "printer#1")
}

func TestRepeatsOfOneDocumentStandBack(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 6 {
		fmt.Fprintf(&b, "## Part %d\n\n%s\n\n", i, strings.Repeat("The badge opens every door of the building at any time. ", 4))
	}
	r := over(t, map[string][]knowledge.Document{"c": {
		md("again", "Badge", b.String()), md("other", "Doors", "A badge is needed for the door."),
	}})
	got := first(t, r, knowledge.Query{Text: "badge door", Limit: 3})
	if len(got) != 3 || got[1] != "other#1" && got[0] != "other#1" {
		t.Errorf("got %v, want the other document among the first two", got)
	}
}

func TestTiesHaveOneOrder(t *testing.T) {
	t.Parallel()
	var docs []knowledge.Document
	for i := range 30 {
		docs = append(docs, md(fmt.Sprintf("d%02d", 29-i), "Badge", "The very same text about a badge."))
	}
	got := first(t, over(t, map[string][]knowledge.Document{"c": docs}), knowledge.Query{Text: "badge", Limit: 30})
	for i, id := range got {
		if want := fmt.Sprintf("d%02d#1", i); id != want {
			t.Fatalf("place %d has %s, want %s", i, id, want)
		}
	}
}
