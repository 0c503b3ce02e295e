package eval

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadGolden(t *testing.T) {
	t.Parallel()
	got, err := ReadGolden(strings.NewReader("\ufeff" + `{"question":"年假有几天？","refs":["leave.md"],"contains":["5"]}` + "\n\n" +
		`{"id":"x","question":"Who won?","refuse":true,"collection":"hr"}` + "\n"))
	want := []Golden{
		{ID: "1", Question: "年假有几天？", Refs: []string{"leave.md"}, Contains: []string{"5"}},
		{ID: "x", Question: "Who won?", Refuse: true, Collection: "hr"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestReadGoldenMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":               "no question in it",
		"{":              "line 1: not a golden question",
		`{"refs":["a"]}`: `line 1: it has no "question"`,
		`{"question":"q"}` + "\n" + `{"question":"q","refuse":true,"refs":["a"]}`:                   "line 2: it has \"refuse\" and",
		`{"id":"a","question":"q","refuse":true}` + "\n" + `{"id":"a","question":"p","refs":["b"]}`: `line 2: its id "a" is that of line 1`,
		`{"question":"q","ref":["a"]}`:                                            "unknown field",
		`{"question":"` + strings.Repeat("q", maxGoldenLine) + `","refuse":true}`: "too long",
	} {
		if _, err := ReadGolden(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

func TestSummarise(t *testing.T) {
	t.Parallel()
	golden := []Golden{
		{ID: "1", Question: "a", Refs: []string{"a.md"}},
		{ID: "2", Question: "b", Refs: []string{"b.md", "c.md"}, Contains: []string{"Five", "six"}},
		{ID: "3", Question: "c", Refuse: true},
		{ID: "4", Question: "d", Refuse: true},
		{ID: "5", Question: "e", Refs: []string{"e.md#2"}},
	}
	outcomes := []Outcome{
		{Hits: hits("x.md#1", "x.md#2", "a.md#4", "a.md#1"), Asked: true, Cited: []string{"a.md#4", "x.md#1"}},
		{Hits: hits("b.md#1"), Asked: true, Cited: []string{"z.md#1"}, Answer: "it is five"},
		{Asked: true, Refused: true},
		{Asked: true},
		{Hits: hits("e.md#1", "e.md#2"), Asked: true, Refused: true},
	}
	got := Summarise(golden, outcomes)
	values := map[string]float64{}
	for name, m := range got.Metrics {
		values[name] = m.Value
		if m.Low > m.Value || m.High < m.Value || m.Questions == 0 {
			t.Errorf("%s: %+v", name, m)
		}
	}
	want := map[string]float64{
		MetricRecall5: 2.5 / 3, MetricRecall10: 2.5 / 3, MetricMRR10: 2.0 / 3, MetricCited: .5, MetricOnly: .25,
		MetricContains: .5, MetricAnswered: 2.0 / 3, MetricRefused: .5,
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var why []string
	for _, f := range got.Failures {
		why = append(why, f.ID+" "+f.Why)
	}
	if diff := cmp.Diff([]string{
		"2 the answer cites none of its documents", "4 answered, though nothing answers it", "5 refused, though there is an answer",
	}, why); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	m := func(v float64) Metric { return Metric{Value: v, Questions: 4} }
	last := Summary{Metrics: map[string]Metric{"a": m(.5), "b": m(.5), "c": m(.5), "d": m(.5)}}
	now := Summary{Metrics: map[string]Metric{"a": m(.48), "b": m(.47), "c": m(.9), "e": m(.1)}}
	var dropped []string
	for _, c := range Compare(last, now, .02) {
		if c.Dropped {
			dropped = append(dropped, c.Metric)
		}
	}
	if diff := cmp.Diff([]string{"b", "d"}, dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

// TestASingleTextIsAList: "contains":"5" is what people write first.
func TestASingleTextIsAList(t *testing.T) {
	t.Parallel()
	got, err := ReadGolden(strings.NewReader(`{"question":"q","refs":"leave.md","contains":"5"}`))
	if err != nil || len(got) != 1 || len(got[0].Refs) != 1 || len(got[0].Contains) != 1 || got[0].Contains[0] != "5" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := ReadGolden(strings.NewReader(`{"question":"q","refs":7}`)); err == nil || !strings.Contains(err.Error(), "a text or a list of texts") {
		t.Errorf("got %v", err)
	}
}
