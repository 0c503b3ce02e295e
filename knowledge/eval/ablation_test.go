package eval_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge/eval"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/rank"
)

var ablation = flag.Bool("ablation", false, "with -eval: measure what every feature of the order is worth (minutes)")

// TestDevelopmentAblation prints the table of docs/retrieval.md: what is lost
// where one feature is left out, with the 95 % interval of the loss, question by
// question.
//
//nolint:paralleltest // one measurement at a time: the index is opened by one
func TestDevelopmentAblation(t *testing.T) {
	if !*evaluate || !*ablation {
		t.Skip("measures only with -eval -ablation")
	}
	if _, err := os.Stat(development); err != nil {
		t.Skipf("SKIPPED, NOT MEASURED: no development questions at %s", development)
	}
	dir := *keep
	if dir == "" {
		dir = t.TempDir()
	}
	build(t, dir)
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, s := range sets() {
		t.Log(table(t, x, s.name))
	}
}

// table is the Markdown table of one set.
func table(t *testing.T, x *index.Index, name string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "\n| %s without |", name)
	for _, f := range figures() {
		fmt.Fprintf(&b, " %s |", f.name)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(figures())) + "\n")
	whole := each(t, x, name)
	row(&b, "(nothing left out)", whole, nil)
	for _, feature := range rank.Features() {
		row(&b, string(feature), each(t, x, name, feature), whole)
	}
	return b.String()
}

// each scores the questions of a set where some features are left out.
func each(t *testing.T, x *index.Index, name string, without ...rank.Feature) []eval.Scores {
	t.Helper()
	r, err := rank.New(x, rank.Options{Without: without})
	if err != nil {
		t.Fatal(err)
	}
	run := eval.Run{}
	for _, q := range questions(t, name, "queries.jsonl") {
		run[q.ID] = hits(retrieve(t, r, name, q.Text, deep))
	}
	return eval.Each(run, judgements(t, name))
}

// row writes the figures of one run or, beside another, how far they are off.
func row(b *strings.Builder, name string, run, beside []eval.Scores) {
	fmt.Fprintf(b, "| %s |", name)
	for _, f := range figures() {
		values, mean := make([]float64, len(run)), 0.0
		for i, s := range run {
			values[i] = f.of(s)
			if beside != nil {
				values[i] -= f.of(beside[i])
			}
			mean += values[i] / float64(len(run))
		}
		low, high := eval.Interval(values)
		sign := ""
		if beside != nil {
			sign = "+"
		}
		fmt.Fprintf(b, " %"+sign+".3f (%"+sign+".3f to %"+sign+".3f) |", mean, low, high)
	}
	b.WriteString("\n")
}
