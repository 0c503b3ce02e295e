package knowledgetest

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
)

// Office and Secret are the collections of the kit's documents.
const (
	Office = "office"
	Secret = "secret"
)

// Documents are the kit's documents by collection. A harness feeds them all
// before it hands an engine or retriever over.
func Documents() map[string][]knowledge.Document {
	return map[string][]knowledge.Document{
		Office: {
			{ID: "zh/badge.md", Title: "门卡", Text: "门卡遗失后应当在三十日内到前台报告。补办门卡需要缴纳工本费。"},
			{ID: "en/badge.md", Title: "Badges", Text: "Report a lost badge at the front desk within 30 days. A replacement costs a fee."},
			{ID: "zh/coffee.md", Title: "咖啡机", Text: "咖啡机每周五清洗。错误代码 ERR_1234 表示缺水。"},
			{ID: "en/printer.md", Title: "Printers", Section: "Floor two", Text: "The printer stands beside the stairs. Paper is in the cupboard."},
			{ID: "rules/第十二条", Title: "门卡管理规定 第十二条", Text: "借用门卡的，当日归还。"},
			{ID: "rules/第十三条", Title: "门卡管理规定 第十三条", Text: "违反第十二条规定借用门卡的，收回门卡。"},
		},
		Secret: {
			{ID: "salary.md", Title: "薪酬", Text: "门卡主管的奖金为每月九百元。The badge manager's bonus is confidential."},
		},
	}
}

// TestEngine is what every engine must do. It holds the kit's documents.
func TestEngine(t *testing.T, e knowledge.Engine) {
	t.Helper()
	k := engineKit{e}
	t.Run("finds", k.finds)
	t.Run("gives whole passages", k.wholePassages)
	t.Run("counts within the collections", k.counts)
	t.Run("no collection, no result", k.noCollection)
	t.Run("several collections, each once", k.several)
	t.Run("limit", k.limit)
	t.Run("what is named comes too", k.also)
	t.Run("odd terms", k.oddTerms)
}

type engineKit struct{ engine knowledge.Engine }

// lookup asks for the terms of a text.
func (k engineKit) lookup(t *testing.T, text string, limit int, collections ...string) knowledge.Candidates {
	t.Helper()
	l := knowledge.Lookup{Collections: collections, Limit: limit}
	for _, term := range cut.Terms(text) {
		l.Terms = append(l.Terms, knowledge.Term{Text: term.Text, Weight: 1})
	}
	got, err := k.engine.Candidates(t.Context(), l)
	if err != nil {
		t.Fatalf("Candidates(%q): %v", text, err)
	}
	if got.Frequencies != nil && len(got.Frequencies) != len(l.Terms) {
		t.Fatalf("%d frequencies for %d terms", len(got.Frequencies), len(l.Terms))
	}
	return got
}

func (k engineKit) finds(t *testing.T) {
	for _, text := range []string{"门卡遗失", "lost badges", "ERR_1234", "第12条"} {
		if got := k.lookup(t, text, 0, Office); len(got.Passages) == 0 || got.Total != 6 {
			t.Errorf("%q: %d passages of %d, want some of 6", text, len(got.Passages), got.Total)
		}
	}
}

func (k engineKit) wholePassages(t *testing.T) {
	got := k.lookup(t, "stairs", 0, Office)
	if len(got.Passages) != 1 {
		t.Fatalf("got %d passages, want 1", len(got.Passages))
	}
	p := got.Passages[0]
	if p.ID == "" || p.Document != "en/printer.md" || p.Collection != Office || p.Title != "Printers" ||
		p.Section != "Floor two" || !strings.Contains(p.Text, "cupboard") || p.Line != 1 {
		t.Errorf("got %+v", p)
	}
}

func (k engineKit) counts(t *testing.T) {
	got := k.lookup(t, "bonus", 0, Office)
	if len(got.Passages) != 0 || slices.Max(append(got.Frequencies, 0)) != 0 {
		t.Errorf("a word of another collection shows: %+v", got)
	}
}

func (k engineKit) noCollection(t *testing.T) {
	for _, c := range [][]string{nil, {"unheard-of"}, {""}} {
		if got := k.lookup(t, "badge", 0, c...); len(got.Passages) != 0 || got.Total != 0 {
			t.Errorf("collections %q: %+v", c, got)
		}
	}
}

func (k engineKit) several(t *testing.T) {
	got := k.lookup(t, "门卡", 0, Secret, Office, Secret)
	seen := map[string]bool{}
	secret := false
	for _, p := range got.Passages {
		seen[p.Collection+"/"+p.ID] = true
		secret = secret || p.Collection == Secret
	}
	if got.Total != 7 || len(seen) != len(got.Passages) || !secret {
		t.Errorf("got %+v", got)
	}
}

func (k engineKit) limit(t *testing.T) {
	if got := k.lookup(t, "门卡 badge", 2, Office); len(got.Passages) != 2 {
		t.Errorf("got %d passages, want 2", len(got.Passages))
	}
}

func (k engineKit) also(t *testing.T) {
	l := knowledge.Lookup{
		Terms: []knowledge.Term{{Text: "stair", Weight: 1}}, Collections: []string{Office},
		Also: []knowledge.Ref{
			{Collection: Office, ID: "zh/coffee.md#1"},
			{Collection: Office, ID: "en/badge.md"},
			{Collection: Office, ID: "en/printer.md"},
			{Collection: Secret, ID: "salary.md"},
			{Collection: Office, ID: "zh/coffee.md#9"},
			{Collection: Office, ID: "nowhere"},
			{},
		},
	}
	got, err := k.engine.Candidates(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	ids := names(got.Passages)
	slices.Sort(ids)
	if want := []string{"en/badge.md", "en/printer.md", "zh/coffee.md"}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
}

func (k engineKit) oddTerms(t *testing.T) {
	for _, text := range []string{"\x00p", "\x00d", "\x1f", strings.Repeat("长", 5000)} {
		l := knowledge.Lookup{Terms: []knowledge.Term{{Text: text, Weight: 1}, {}}, Collections: []string{Office}}
		got, err := k.engine.Candidates(t.Context(), l)
		if err != nil || len(got.Passages) != 0 {
			t.Errorf("%.20q: %d passages, %v", text, len(got.Passages), err)
		}
	}
}

// TestRetriever is what every retriever must do. It holds the kit's documents.
func TestRetriever(t *testing.T, r knowledge.Retriever) {
	t.Helper()
	k := retrieverKit{r}
	t.Run("best first", k.bestFirst)
	t.Run("coverage", k.coverage)
	t.Run("what a channel may not see", k.unseen)
	t.Run("limit and the same order each time", k.sameOrder)
	t.Run("nothing asked", k.nothing)
	t.Run("a question of any size", k.anySize)
}

type retrieverKit struct{ retriever knowledge.Retriever }

func (k retrieverKit) find(t *testing.T, q knowledge.Query) []knowledge.Passage {
	t.Helper()
	got, err := k.retriever.Retrieve(t.Context(), q)
	if err != nil {
		t.Fatalf("Retrieve(%q): %v", q.Text, err)
	}
	if got == nil {
		t.Fatalf("Retrieve(%q): nil, want an empty slice", q.Text)
	}
	return got
}

func (k retrieverKit) bestFirst(t *testing.T) {
	tests := []struct{ text, want string }{
		{"门卡丢了怎么补办？", "zh/badge.md"},
		{"What do I do about a lost badge?", "en/badge.md"},
		{"ERR_1234 是什么意思", "zh/coffee.md"},
		{"where is the printer", "en/printer.md"},
		{"门卡管理规定第12条", "rules/第十二条"},
		{"门卡管理规定第十三条说了什么", "rules/第十三条"},
	}
	for _, tt := range tests {
		got := k.find(t, knowledge.Query{Text: tt.text, Collections: []string{Office}})
		if len(got) == 0 || got[0].Document != tt.want {
			t.Errorf("%q: got %v, want %s first", tt.text, names(got), tt.want)
		}
		if !slices.IsSortedFunc(got, func(a, b knowledge.Passage) int { return cmp.Compare(b.Score, a.Score) }) {
			t.Errorf("%q: not the best first: %v", tt.text, names(got))
		}
	}
}

func (k retrieverKit) coverage(t *testing.T) {
	has := k.find(t, knowledge.Query{Text: "咖啡机清洗", Collections: []string{Office}})
	if len(has) == 0 || has[0].Coverage < .6 || has[0].Coverage > 1 {
		t.Errorf("answerable: %+v", has)
	}
	for _, p := range k.find(t, knowledge.Query{Text: "咖啡店的营业执照", Collections: []string{Office}}) {
		if p.Coverage > .5 || p.Coverage < 0 {
			t.Errorf("not answerable: coverage %.2f of %s", p.Coverage, p.Document)
		}
	}
}

func (k retrieverKit) unseen(t *testing.T) {
	for _, c := range [][]string{nil, {}, {"unheard-of"}} {
		if got := k.find(t, knowledge.Query{Text: "badge bonus 奖金", Collections: c}); len(got) != 0 {
			t.Errorf("collections %q: %v", c, names(got))
		}
	}
	for _, p := range k.find(t, knowledge.Query{Text: "badge bonus 奖金", Collections: []string{Office}}) {
		if p.Collection != Office {
			t.Errorf("leaked %+v", p)
		}
	}
}

func (k retrieverKit) sameOrder(t *testing.T) {
	q := knowledge.Query{Text: "门卡 badge", Collections: []string{Office, Secret}, Limit: 3}
	first := k.find(t, q)
	if len(first) != 3 {
		t.Fatalf("got %d, want 3", len(first))
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			again, err := k.retriever.Retrieve(t.Context(), q)
			if err != nil || !slices.Equal(again, first) {
				t.Errorf("got %v, %v, want %v", names(again), err, names(first))
			}
		})
	}
	group.Wait()
}

func (k retrieverKit) nothing(t *testing.T) {
	for _, text := range []string{"", " ", "？！", "怎么办", "the", "👍"} {
		if got := k.find(t, knowledge.Query{Text: text, Collections: []string{Office}}); len(got) != 0 {
			t.Errorf("%q: %v", text, names(got))
		}
	}
}

func (k retrieverKit) anySize(t *testing.T) {
	text := strings.Repeat("门卡 badge 第十二条 \xff", 20000)
	k.find(t, knowledge.Query{Text: text, Context: text, Collections: []string{Office}})
}

func names(ps []knowledge.Passage) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Document)
	}
	return out
}
