package eval_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"unicode/utf8"

	"github.com/tribunebot/tribune/knowledge/eval"
	"github.com/tribunebot/tribune/knowledge/extract"
)

// TestDevelopmentExtract compares what is answered without a model with what
// people answered. Answers about manuals are a word or two, which no sentence
// is: those are for information.
//
//nolint:paralleltest // one measurement at a time: the index is opened by one
func TestDevelopmentExtract(t *testing.T) {
	r := developed(t)
	marks := regexp.MustCompile(`(?m)^- | \[\d+\]$`)
	for _, s := range []struct {
		name  string
		least float64
	}{{"statutes-zh", .28}, {"aws-docs-en", 0}} {
		reference := references(t, s.name)
		var (
			scores []float64
			length int
		)
		for _, q := range questions(t, s.name, "queries.jsonl") {
			if reference[q.ID] == "" {
				continue
			}
			text, _ := extract.Answer(q.Text, retrieve(t, r, s.name, q.Text, 8), extract.Limit(q.Text))
			text = marks.ReplaceAllString(text, "")
			length += utf8.RuneCountInString(text)
			scores = append(scores, eval.RougeL(text, reference[q.ID]))
		}
		low, high := interval(len(scores), 1, func(places, _ []int) float64 { return mean(pick(scores, places)) })
		t.Logf("%-12s answers without a model: ROUGE-L %.3f (95%% interval %.3f to %.3f) over %d, %d characters on average",
			s.name, mean(scores), low, high, len(scores), length/max(len(scores), 1))
		atLeast(t, s.name+" ROUGE-L", mean(scores), s.least)
	}
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// references are the answers that people gave, by question.
func references(t *testing.T, name string) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(development, name, "answers.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var a struct{ ID, Answer string }
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		out[a.ID] = a.Answer
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
