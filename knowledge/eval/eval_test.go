package eval

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func hits(ids ...string) []Hit {
	var out []Hit
	for i, id := range ids {
		out = append(out, Hit{Document: id, Score: float64(len(ids) - i)})
	}
	return out
}

func set(ids ...string) map[string]bool {
	out := map[string]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out
}

// near compares numbers to six digits.
func near(t *testing.T, what string, want, got float64) {
	t.Helper()
	if math.Abs(want-got) > 1e-6 {
		t.Errorf("%s: got %f, want %f", what, got, want)
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	far := make([]string, 30)
	for i := range far {
		far[i] = "x" + strings.Repeat("y", i)
	}
	far[14] = "late"
	run := Run{
		"first":  hits("a", "a", "b", "a"), // b is second: a counts once
		"half":   hits("n", "a", "n2"),
		"late":   hits(far...),
		"extra":  hits("a"), // not judged
		"wrong":  hits("n"),
		"nobody": hits("a"),
	}
	judged := Judged{"first": set("a", "b"), "half": set("a", "z"), "late": set("late"), "wrong": set("a"), "none": set("a"), "nobody": {}}
	s := Score(run, judged)
	if s.Questions != 5 {
		t.Errorf("%d questions, want 5", s.Questions)
	}
	near(t, "R@5", (1+.5)/5, s.Recall5)
	near(t, "R@10", (1+.5)/5, s.Recall10)
	near(t, "R@20", (1+.5+1)/5, s.Recall20)
	near(t, "R@100", (1+.5+1)/5, s.Recall100)
	near(t, "MRR", (1+.5)/5, s.ReciprocalRank10)
	ideal2 := 1 + 1/math.Log2(3)
	near(t, "nDCG", (1+1/math.Log2(3)/ideal2)/5, s.NDCG10)
	each := Each(run, judged)
	if len(each) != 5 || each[0].Recall5 != 1 || each[1].Recall5 != .5 || each[2].Recall20 != 1 {
		t.Errorf("by question: %+v", each)
	}
	if (Score(nil, nil) != Scores{}) {
		t.Error("nothing has scores")
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	run := Run{"q2": hits("a", "b", "a", "c"), "q1": hits("z"), "q0": nil}
	if err := run.Write(&b, 2); err != nil {
		t.Fatal(err)
	}
	want := "q1\tz\t1\t1.000000\nq2\ta\t1\t4.000000\nq2\tb\t2\t3.000000\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadJudged(t *testing.T) {
	t.Parallel()
	got, err := ReadJudged(strings.NewReader("q1\ta\t1\nq1\tb\t0\nq2\tc\n"))
	if diff := cmp.Diff(Judged{"q1": set("a"), "q2": set("c")}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := ReadJudged(strings.NewReader("q1\ta\n\nq2")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v", err)
	}
}

func TestAUC(t *testing.T) {
	t.Parallel()
	near(t, "apart", 1, AUC([]float64{2, 3}, []float64{0, 1}))
	near(t, "the same", .5, AUC([]float64{1}, []float64{1, 1}))
	near(t, "the wrong way", 0, AUC([]float64{0}, []float64{1}))
	near(t, "nothing", 0, AUC(nil, nil))
}
