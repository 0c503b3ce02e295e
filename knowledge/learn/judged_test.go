package learn_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/learn"
)

func TestReadJudged(t *testing.T) {
	t.Parallel()
	file := "\xef\xbb\xbf" + `{"question":"门卡丢了？","refs":["zh/badge.md#1"]}` + "\r\n\n" +
		"not JSON\n" +
		`{"question":"no refs"}` + "\n" +
		`{"refs":["x"]}` + "\n" +
		`["question"]` + "\n" +
		`{"question":"` + strings.Repeat("x", 300<<10) + `","refs":["x"]}` + "\n" +
		`{"question":"the last, without an end","refs":["a","b"],"more":1}`
	got, problems, err := learn.ReadJudged(iotest.OneByteReader(strings.NewReader(file)), 0)
	want := []learn.Judged{
		{Line: 1, Question: "门卡丢了？", Refs: []string{"zh/badge.md#1"}},
		{Line: 8, Question: "the last, without an end", Refs: []string{"a", "b"}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	reasons := []string{3: "not JSON", 4: "no refs", 5: "no question", 6: "not JSON", 7: "longer"}
	if len(problems) != 5 {
		t.Fatalf("%d problems: %v", len(problems), problems)
	}
	for _, p := range problems {
		if p.Line >= len(reasons) || !strings.Contains(p.Reason, reasons[p.Line]) {
			t.Errorf("line %d: %s", p.Line, p.Reason)
		}
	}
}

func TestReadJudgedIsBounded(t *testing.T) {
	t.Parallel()
	line := `{"question":"q","refs":["r"]}` + "\n"
	got, _, err := learn.ReadJudged(strings.NewReader(strings.Repeat(line, 5)), 4)
	if err == nil || len(got) != 4 || !strings.Contains(err.Error(), "line 5") {
		t.Errorf("%d, %v", len(got), err)
	}
	if _, _, err := learn.ReadJudged(strings.NewReader(strings.Repeat("binary\n", 9)), 4); err == nil {
		t.Error("a file of something else is read to its end")
	}
	broken := errors.New("broken")
	if _, _, err := learn.ReadJudged(io.MultiReader(strings.NewReader(line), iotest.ErrReader(broken)), 0); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func FuzzReadJudged(f *testing.F) {
	f.Add(`{"question":"门卡丢了？","refs":["zh/badge.md#1"]}`)
	f.Add("\n\n{}\n[]\nnull\n\"x\"\n{\"question\":1}")
	f.Fuzz(func(t *testing.T, text string) {
		got, problems, err := learn.ReadJudged(strings.NewReader(text), 100)
		if n := strings.Count(text, "\n") + 1; err == nil && len(got)+len(problems) > n {
			t.Errorf("%d judged and %d problems of %d lines", len(got), len(problems), n)
		}
		for _, j := range got {
			if j.Question == "" || len(j.Refs) == 0 || j.Line == 0 {
				t.Errorf("got %+v", j)
			}
		}
	})
}

// TestLearnFromAFile goes from the lines of a file to what is recalled, with the
// documents of a real index.
func TestLearnFromAFile(t *testing.T) {
	t.Parallel()
	x, err := index.Open(t.TempDir(), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for name, docs := range knowledgetest.Documents() {
		if _, err := x.Ingest(t.Context(), name, &knowledgetest.Source{Docs: docs}, knowledge.IngestOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	b := open(t, learn.Options{Exists: learn.Known(x)})
	file := `{"question":"工牌找不到了","refs":["zh/badge.md","zh/coffee.md#1","nowhere.md","salary.md","zh/coffee.md#9"]}` + "\nrubbish\n" + `{"question":"奖金多少","refs":["salary.md"]}`
	rep, err := b.Learn(t.Context(), strings.NewReader(file), knowledgetest.Office, "file:judged.jsonl")
	if err != nil || rep.Added != 1 || rep.Left != 2 {
		t.Fatalf("%+v, %v", rep, err)
	}
	var lines []int
	for _, p := range rep.Problems {
		lines = append(lines, p.Line)
	}
	if diff := cmp.Diff([]int{1, 1, 1, 2, 3}, lines); diff != "" {
		t.Errorf("%+v (-want +got):\n%s", rep.Problems, diff)
	}
	got := recall(t, b, "我的工牌找不到", 0, knowledgetest.Office)
	if len(got) != 1 || !cmp.Equal(got[0].Refs, []string{"zh/badge.md", "zh/coffee.md#1"}) || got[0].Origin != "file:judged.jsonl" {
		t.Errorf("got %+v", got)
	}
}
