package rank

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

// today is when the documents of these tests are looked at.
func today() time.Time { return time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC) }

const year = 365 * 24 * time.Hour

func dated(id, text string, age time.Duration) knowledge.Document {
	d := md(id, "Badge", text)
	d.UpdatedAt = today().Add(-age)
	return d
}

func TestCollectionsWeigh(t *testing.T) {
	t.Parallel()
	docs := map[string][]knowledge.Document{
		"rules": {md("rules", "Badge", "A lost badge costs ten.")},
		"chat":  {md("chat", "Lost badge", "A lost badge costs ten.")},
	}
	q := knowledge.Query{Text: "lost badge", Collections: []string{"chat", "rules"}}
	tests := []struct {
		name  string
		weigh map[string]Weight
		want  string
	}{
		{"nothing said", nil, "chat#1"},
		{"the rules count more", map[string]Weight{"rules": {Authority: 2}}, "rules#1"},
		{"the chat counts less", map[string]Weight{"chat": {Authority: .5}}, "rules#1"},
		{"zero is one", map[string]Weight{"rules": {}, "chat": {}}, "chat#1"},
		{"of another collection", map[string]Weight{"others": {Authority: 9}}, "chat#1"},
	}
	engine := over(t, docs).engine
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := New(engine, Options{Weigh: tt.weigh})
			if err != nil {
				t.Fatal(err)
			}
			if got := first(t, r, q); len(got) != 2 || got[0] != tt.want {
				t.Errorf("got %v, want %s first", got, tt.want)
			}
		})
	}
}

func TestNewerDocumentsFirst(t *testing.T) {
	t.Parallel()
	engine := over(t, map[string][]knowledge.Document{"c": {
		dated("old", "A lost badge costs ten.", 6*year),
		dated("new", "A lost badge costs twelve now, as of this year, whoever lost it.", year/12),
	}}).engine
	for want, weigh := range map[string]Weight{"old#1": {}, "new#1": {HalfLife: 2 * year}} {
		r, err := New(engine, Options{Weigh: map[string]Weight{"c": weigh}, Now: today})
		if err != nil {
			t.Fatal(err)
		}
		if got := first(t, r, knowledge.Query{Text: "what does a lost badge cost"}); len(got) != 2 || got[0] != want {
			t.Errorf("half-life %s: got %v, want %s first", weigh.HalfLife, got, want)
		}
	}
}

func TestSourceFactor(t *testing.T) {
	t.Parallel()
	r := &Ranker{o: Options{Now: today, Weigh: map[string]Weight{"c": {Authority: 3, HalfLife: year}}}}
	tests := []struct {
		name    string
		passage knowledge.Passage
		want    float64
	}{
		{"of today", knowledge.Passage{Collection: "c", UpdatedAt: today()}, 3},
		{"a year old", knowledge.Passage{Collection: "c", UpdatedAt: today().Add(-year)}, 1.5},
		{"two years old", knowledge.Passage{Collection: "c", UpdatedAt: today().Add(-2 * year)}, .75},
		{"of unknown age", knowledge.Passage{Collection: "c"}, 3},
		{"from the future", knowledge.Passage{Collection: "c", UpdatedAt: today().Add(year)}, 3},
		{"of another collection", knowledge.Passage{Collection: "d", UpdatedAt: today().Add(-year)}, 1},
	}
	for _, tt := range tests {
		if got := r.source(tt.passage); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: factor %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestWeightsThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, w := range []Weight{{Authority: -1}, {Authority: math.NaN()}, {Authority: math.Inf(1)}, {HalfLife: -time.Hour}} {
		_, err := New(down{}, Options{Weigh: map[string]Weight{"wiki": w}})
		if err == nil || !strings.Contains(err.Error(), `"wiki"`) {
			t.Errorf("%+v: got %v", w, err)
		}
	}
}

// TestFeaturesCanBeLeftOut leaves out each feature and finds that the weights
// are others, and that questions still have answers.
func TestFeaturesCanBeLeftOut(t *testing.T) {
	t.Parallel()
	engine := over(t, map[string][]knowledge.Document{"c": {md("badge", "Badge", "A lost badge costs ten. 门卡丢失的，收取工本费。")}}).engine
	for _, f := range Features() {
		if cmp.Equal(measured(), measured().without([]Feature{f}), cmp.AllowUnexported(weights{})) {
			t.Errorf("without %s nothing changes", f)
		}
		r, err := New(engine, Options{Without: []Feature{f}})
		if err != nil {
			t.Fatal(err)
		}
		if got := first(t, r, knowledge.Query{Text: "门卡丢失 lost badge"}); len(got) != 1 {
			t.Errorf("without %s: got %v", f, got)
		}
	}
}
