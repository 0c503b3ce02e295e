package eval_test

import (
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/eval"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/rank"
)

var confidences = flag.String("eval-confidences", "", "file to write every question's confidence to")

// refusals says what is expected of one collection: the part of the unanswerable
// that is refused where so many of the answerable are lost.
type refusals struct {
	name   string
	enough float64 // the built-in threshold of its language
	least  float64
	// most is how many of the answerable the built-in threshold may lose.
	most float64
}

// bearable is the part of the answerable that may be lost where collections are
// compared.
const bearable = .05

// TestDevelopmentRefusal measures how well questions that the documents do not
// answer are told from those that they do.
//
//nolint:paralleltest // one measurement at a time: the index is opened by one
func TestDevelopmentRefusal(t *testing.T) {
	r := developed(t)
	for _, s := range []refusals{
		{"statutes-zh", rank.EnoughChinese, .85, .08},
		{"aws-docs-en", rank.EnoughEnglish, .69, .05},
	} {
		yes, no := confidence(t, r, s.name, "queries.jsonl"), confidence(t, r, s.name, "unanswerable.jsonl")
		got := refusedAt(yes, no, bearable)
		low, high := interval(len(yes), len(no), func(a, b []int) float64 { return refusedAt(pick(yes, a), pick(no, b), bearable) })
		t.Logf("%-12s refusal: AUC %.3f; %.0f%% of the unanswerable refused at %.0f%% of the answerable lost (95%% interval %.0f to %.0f%%)",
			s.name, eval.AUC(yes, no), 100*got, 100*bearable, 100*low, 100*high)
		t.Logf("%-12s refusal: the built-in %.2f refuses %.0f%% of %d unanswerable and loses %.1f%% of %d answerable",
			s.name, s.enough, 100*below(no, s.enough), len(no), 100*below(yes, s.enough), len(yes))
		for half := range 2 {
			a, b := everyOther(yes, half), everyOther(no, half)
			t.Logf("%-12s refusal: half %d: AUC %.3f, %.0f%%", s.name, half, eval.AUC(a, b), 100*refusedAt(a, b, bearable))
		}
		atLeast(t, s.name+" refused", got, s.least)
		if lost := below(yes, s.enough); lost > s.most {
			t.Errorf("%s: %.3f of the answerable are lost, want %.2f at most", s.name, lost, s.most)
		}
	}
}

// developed opens the index of the development collections, built if need be.
func developed(t *testing.T) *rank.Ranker {
	t.Helper()
	if !*evaluate {
		t.Skip("measures only with -eval")
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
	t.Cleanup(func() { x.Close() })
	r, err := rank.New(x, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// confidence asks all questions of a file.
func confidence(t *testing.T, r *rank.Ranker, name, file string) []float64 {
	t.Helper()
	var out []float64
	for _, q := range questions(t, name, file) {
		found := retrieve(t, r, name, q.Text, 10)
		out = append(out, rank.Confidence(found))
		note(t, name, file, q, found)
	}
	return out
}

// note writes down what a question's confidence is made of.
func note(t *testing.T, name, file string, q question, found []knowledge.Passage) {
	t.Helper()
	if *confidences == "" {
		return
	}
	type line struct {
		Set, File, ID, Text string
		Confidence          float64
		Coverage            []float64
		First               string
	}
	l := line{Set: name, File: file, ID: q.ID, Text: q.Text, Confidence: rank.Confidence(found)}
	for _, p := range found {
		l.Coverage = append(l.Coverage, p.Coverage)
	}
	if len(found) > 0 {
		l.First = found[0].ID
	}
	f, err := os.OpenFile(*confidences, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := json.NewEncoder(f).Encode(l); err != nil {
		t.Fatal(err)
	}
}

// refusedAt is the part of the unanswerable below the value that loses at most
// the given part of the answerable.
func refusedAt(yes, no []float64, lost float64) float64 {
	sorted := slices.Sorted(slices.Values(yes))
	limit := sorted[min(int(math.Floor(lost*float64(len(sorted)))), len(sorted)-1)]
	return below(no, limit)
}

// samples is how often an interval draws anew.
const samples = 2000

// interval is the 95 % bootstrap interval of a figure over two groups (Efron,
// Tibshirani: An Introduction to the Bootstrap, 1993). The draws are the same
// each time.
func interval(n, m int, figure func(a, b []int) float64) (low, high float64) {
	draw := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // nothing secret: the same draws each time
	values := make([]float64, samples)
	for i := range values {
		values[i] = figure(drawn(draw, n), drawn(draw, m))
	}
	slices.Sort(values)
	return values[samples*25/1000], values[samples*975/1000]
}

func drawn(draw *rand.Rand, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = draw.IntN(n)
	}
	return out
}

func pick(values []float64, places []int) []float64 {
	out := make([]float64, len(places))
	for i, p := range places {
		out[i] = values[p]
	}
	return out
}

func everyOther(values []float64, half int) []float64 {
	var out []float64
	for i := half; i < len(values); i += 2 {
		out = append(out, values[i])
	}
	return out
}
