package rank

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/vector"
)

// handbookOf are documents about one office, of which some say in words of their
// own what people ask in others.
func handbookOf() []knowledge.Document {
	docs := []knowledge.Document{
		{ID: "leave.md", Title: "Leave", Text: "Every employee has twenty days of annual leave."},
		{ID: "sick.md", Title: "Illness", Text: "Whoever is unwell sends a medical certificate to the people team."},
		{ID: "car.md", Title: "Vehicles", Text: "The garage has forty places, which the front desk gives out."},
		{ID: "end.md", Title: "End of employment", Text: "A terminated employee is owed one month for each year of service."},
		{ID: "rule12.md", Title: "Office Rules Section 12", Text: "Doors are locked at eight."},
	}
	for i := range 80 {
		docs = append(docs, knowledge.Document{
			ID: fmt.Sprintf("note%d.md", i), Title: fmt.Sprintf("Note %d", i),
			Text: fmt.Sprintf("The committee%d met in room%d about budget%d and supplier%d.", i, i*3, i*5, i*7),
		})
	}
	return docs
}

func synonyms() map[string][]string {
	return map[string][]string{
		"end":     {"axed", "fired", "sacked", "terminated", "被优化"},
		"holiday": {"getaway", "vacation", "annual leave"},
		"ill":     {"doctor's note", "medical certificate"},
		"parking": {"parking", "garage", "vehicles", "carport"},
	}
}

// meaningful returns a ranker with vectors over documents, and what fails them.
func meaningful(t *testing.T, docs map[string][]knowledge.Document, o Options) (*Ranker, *embedtest.Model) {
	t.Helper()
	r := over(t, docs)
	m := &embedtest.Model{Same: synonyms(), Dimensions: 512}
	s, err := vector.Open(t.TempDir(), vector.Options{Embedder: m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	x, ok := r.engine.(*index.Index)
	if !ok {
		t.Fatalf("the engine is a %T", r.engine)
	}
	for name := range docs {
		if err := s.Follow(t.Context(), name, x.Passages(t.Context(), name), nil); err != nil {
			t.Fatal(err)
		}
	}
	o.Nearby = s
	if r, err = New(x, o); err != nil {
		t.Fatal(err)
	}
	return r, m
}

// TestRetrieverWithVectors holds that all that holds of words holds with
// vectors too.
func TestRetrieverWithVectors(t *testing.T) {
	t.Parallel()
	r, _ := meaningful(t, knowledgetest.Documents(), Options{})
	knowledgetest.TestRetriever(t, r)
	if since, why := r.Degraded(); !since.IsZero() {
		t.Errorf("vectors fail: %s", why)
	}
}

// TestFindsWhatWordsMiss holds what vectors are for: a passage that shares no
// word with the question is among the first ten, and words alone did not have it.
func TestFindsWhatWordsMiss(t *testing.T) {
	t.Parallel()
	docs := map[string][]knowledge.Document{"c": handbookOf()}
	words := over(t, docs)
	both, _ := meaningful(t, docs, Options{})
	for question, want := range map[string]string{
		"axed":                               "end.md",
		"what happens when somebody is axed": "end.md",
		"被优化有钱吗":                             "end.md",
		"getaways for a committee member":    "leave.md",
		"budget for the carport":             "car.md",
	} {
		q := knowledge.Query{Text: question, Collections: []string{"c"}}
		if got := best(t, both, q); !slices.Contains(got, want) {
			t.Errorf("%q: %v, want %s among them", question, got, want)
		}
		if got := best(t, words, q); slices.Contains(got, want) {
			t.Errorf("%q: words found %s too: the test shows nothing", question, want)
		}
	}
}

// TestExactStaysFirst holds that meaning does not push away what the question
// names.
func TestExactStaysFirst(t *testing.T) {
	t.Parallel()
	docs := map[string][]knowledge.Document{"c": handbookOf()}
	r, _ := meaningful(t, docs, Options{})
	got := best(t, r, knowledge.Query{Text: "Office Rules Section 12 about vacation and the garage", Collections: []string{"c"}})
	if got[0] != "rule12.md" || !slices.Contains(got, "leave.md") {
		t.Errorf("got %v", got)
	}
}

// TestVectorsKeepApart is the canary: what may not be seen does not come in by
// meaning, and does not stand in the confidence either.
func TestVectorsKeepApart(t *testing.T) {
	t.Parallel()
	docs := map[string][]knowledge.Document{"c": handbookOf(), "hidden": {
		{ID: "canary.md", Title: "Vacation", Text: "Vacation of the board: the canary sings."},
	}}
	r, _ := meaningful(t, docs, Options{})
	q := knowledge.Query{Text: "vacation of the canary board", Collections: []string{"c"}}
	if got := best(t, r, q); slices.Contains(got, "canary.md") {
		t.Errorf("leaked: %v", got)
	}
	leaky := fixed{{Ref: knowledge.Ref{Collection: "hidden", ID: "canary.md#1"}, Similarity: .99}}
	careless, err := New(r.engine, Options{Nearby: leaky})
	if err != nil {
		t.Fatal(err)
	}
	if got := best(t, careless, q); slices.Contains(got, "canary.md") {
		t.Errorf("what careless vectors name comes through: %v", got)
	}
}

// fixed finds always the same.
type fixed []knowledge.Near

func (f fixed) Nearest(context.Context, string, []string, int) ([]knowledge.Near, error) {
	return f, nil
}

// TestConfidenceByMeaning holds that a passage that plainly means what the
// question means can be answered from, and that the nearest of what means
// something else can not.
func TestConfidenceByMeaning(t *testing.T) {
	t.Parallel()
	r, _ := meaningful(t, map[string][]knowledge.Document{"c": handbookOf()}, Options{})
	for question, want := range map[string]bool{
		"fired employee, owed service":                   true,
		"what is the wifi password":                      false,
		"which vaccinations does the kindergarten need":  false,
		"how do I renew my passport at the embassy":      false,
		"vacation rules of the swimming pool in Denmark": false,
		"error ERR_4711 when sacked":                     false, // the code is nowhere
	} {
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: question, Collections: []string{"c"}})
		if err != nil {
			t.Fatal(err)
		}
		if Relevant(question, got) != want {
			t.Errorf("%q: confidence %.2f, relevant %t", question, Confidence(got), !want)
		}
	}
}

// TestMeaningCoverage holds the scale by numbers.
func TestMeaningCoverage(t *testing.T) {
	t.Parallel()
	near := func(top float64, rest int) *meaning {
		list := []knowledge.Near{{Ref: knowledge.Ref{Collection: "c", ID: "top"}, Similarity: top}}
		for i := range rest {
			list = append(list, knowledge.Near{Ref: knowledge.Ref{Collection: "c", ID: strconv.Itoa(i)}, Similarity: .4})
		}
		return understand(list, []string{"c"})
	}
	top := &found{passage: knowledge.Passage{Collection: "c", ID: "top"}}
	for _, test := range []struct {
		name    string
		m       *meaning
		q       *question
		byWords float64
		want    float64
	}{
		{"no vectors", nil, &question{}, .2, .2},
		{"the same text", near(1, 60), &question{}, .2, .9},
		{"outstanding", near(.76, 60), &question{}, .2, .54},
		{"just so", near(.7001, 60), &question{}, .2, .45},
		{"as an unanswerable question finds", near(.60, 60), &question{}, .2, .2},
		{"words say more", near(.76, 60), &question{}, .8, .8},
		{"too few to compare", near(.9, 30), &question{}, .2, .2},
		{"not the place that is named", near(1, 60), &question{places: [][]int{{0}}}, 0, 0},
	} {
		if got := test.m.coverage(test.q, top, test.byWords); got < test.want-.001 || got > test.want+.001 {
			t.Errorf("%s: %.3f, want %.3f", test.name, got, test.want)
		}
	}
}

// TestVectorsFail holds that a search goes on by words alone, in their order,
// that it says so, and not at every search.
func TestVectorsFail(t *testing.T) {
	t.Parallel()
	docs := map[string][]knowledge.Document{"c": handbookOf()}
	now := time.Unix(1e9, 0)
	var log bytes.Buffer
	r, m := meaningful(t, docs, Options{Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&log, nil))})
	words := over(t, docs)
	broken := errors.New("the endpoint is down")
	m.Before = func(context.Context, []string) error { return broken }
	began, before := now, m.Calls()
	for i := range 40 {
		q := knowledge.Query{Text: fmt.Sprintf("annual leave of employee %d", i), Collections: []string{"c"}}
		got, err := r.Retrieve(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := words.Retrieve(t.Context(), q)
		if !cmp.Equal(got, want) {
			t.Fatalf("not as by words alone: %s", cmp.Diff(want, got))
		}
		now = now.Add(time.Second)
	}
	if calls := m.Calls() - before; calls < 3 || calls > 7 {
		t.Errorf("%d calls of what fails in 40 s, want a few", calls)
	}
	if n := strings.Count(log.String(), "vectors fail"); n != 1 {
		t.Errorf("logged %d times in 40 s:\n%s", n, &log)
	}
	if since, why := r.Degraded(); !since.Equal(began) || !strings.Contains(why, broken.Error()) {
		t.Errorf("degraded since %v: %q", since, why)
	}
	m.Before = nil
	now = now.Add(time.Minute)
	if got := best(t, r, knowledge.Query{Text: "sacked", Collections: []string{"c"}}); !slices.Contains(got, "end.md") {
		t.Errorf("after it: %v", got)
	}
	if since, why := r.Degraded(); !since.IsZero() || why != "" || !strings.Contains(log.String(), "work again") {
		t.Errorf("still degraded since %v: %q", since, why)
	}
}

// best are the documents that are found, best first.
func best(t *testing.T, r *Ranker, q knowledge.Query) []string {
	t.Helper()
	got, err := r.Retrieve(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return documents(got)
}

func documents(ps []knowledge.Passage) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Document)
	}
	return out
}
