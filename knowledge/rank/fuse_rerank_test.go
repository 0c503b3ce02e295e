package rank

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

// hanging never answers.
type hanging struct{}

func (hanging) Nearest(ctx context.Context, _ string, _ []string, _ int) ([]knowledge.Near, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (hanging) Rerank(ctx context.Context, _ string, _ []knowledge.Passage) ([]knowledge.Passage, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// flat is an engine in memory: no goroutine of it disturbs a test's clock.
type flat []knowledge.Passage

func (f flat) Candidates(context.Context, knowledge.Lookup) (knowledge.Candidates, error) {
	return knowledge.Candidates{Passages: slices.Clone(f), Total: len(f)}, nil
}

func someLeave(n int) flat {
	var out flat
	for i := range n {
		id := fmt.Sprintf("%02d", i)
		out = append(out, knowledge.Passage{ID: id + "#1", Document: id, Collection: "c", Title: id, Text: "annual leave" + strings.Repeat(" and more words", i)})
	}
	return out
}

// TestLate holds how long a search waits, that it names the cause, and that a
// person who leaves is no failure.
func TestLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, err := New(someLeave(5), Options{Nearby: hanging{}})
		if err != nil {
			t.Fatal(err)
		}
		left, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _ = r.Retrieve(left, knowledge.Query{Text: "annual leave", Collections: []string{"c"}})
		if since, _ := r.Degraded(); !since.IsZero() {
			t.Error("degraded because somebody left")
		}
		began := time.Now()
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: "annual leave", Collections: []string{"c"}})
		if took := time.Since(began); err != nil || len(got) != 5 || took != patience {
			t.Errorf("%d passages after %v, %v", len(got), took, err)
		}
		if _, why := r.Degraded(); !strings.Contains(why, "took longer than 2s") {
			t.Errorf("the reason is %q", why)
		}
	})
}

// shuffled gives passages in an order that is made of theirs.
type shuffled func([]knowledge.Passage) ([]knowledge.Passage, error)

func (s shuffled) Rerank(_ context.Context, _ string, p []knowledge.Passage) ([]knowledge.Passage, error) {
	return s(p)
}

// TestRerank holds that a re-ranker changes the order and nothing else.
func TestRerank(t *testing.T) {
	t.Parallel()
	engine := someLeave(30)
	q := knowledge.Query{Text: "annual leave", Collections: []string{"c"}, Limit: 25}
	plain, err := New(engine, Options{})
	if err != nil {
		t.Fatal(err)
	}
	order := best(t, plain, q)
	moved := func(n int) []string {
		return slices.Concat([]string{order[n]}, order[:n], order[n+1:])
	}
	for name, test := range map[string]struct {
		how  shuffled
		want []string
	}{
		"nothing":    {func([]knowledge.Passage) ([]knowledge.Passage, error) { return nil, nil }, order},
		"last first": {func(p []knowledge.Passage) ([]knowledge.Passage, error) { return p[19:20], nil }, moved(19)},
		"twice":      {func(p []knowledge.Passage) ([]knowledge.Passage, error) { return append(p[5:6], p[5]), nil }, moved(5)},
		"made up": {func([]knowledge.Passage) ([]knowledge.Passage, error) {
			return []knowledge.Passage{{Collection: "other", ID: "x", Text: "bought"}}, nil
		}, order},
		"fails": {func(p []knowledge.Passage) ([]knowledge.Passage, error) {
			slices.Reverse(p)
			return p, errors.New("no")
		}, order},
	} {
		r, err := New(engine, Options{Reranker: test.how})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Retrieve(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if ids := documents(got); !cmp.Equal(ids, test.want) {
			t.Errorf("%s: %s", name, cmp.Diff(test.want, ids))
		}
		if !slices.IsSortedFunc(got, func(a, b knowledge.Passage) int { return -int(1e6 * (a.Score - b.Score)) }) {
			t.Errorf("%s: scores are not in order", name)
		}
	}
	changed, err := New(engine, Options{Reranker: shuffled(func(p []knowledge.Passage) ([]knowledge.Passage, error) {
		if len(p) != reread {
			t.Errorf("%d passages were given, want %d", len(p), reread)
		}
		p[3].Text, p[3].Coverage = "changed", 1
		return p[3:], nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := changed.Retrieve(t.Context(), knowledge.Query{Text: "annual leave", Collections: []string{"c"}, Limit: 3})
	if len(got) != 3 || got[0].Document != order[3] || got[0].Text == "changed" {
		t.Errorf("got %+v", got)
	}
}

// TestRerankLate holds that a re-ranker that hangs costs its time and no more.
func TestRerankLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, err := New(someLeave(5), Options{Reranker: hanging{}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		got, err := r.Retrieve(t.Context(), knowledge.Query{Text: "annual leave", Collections: []string{"c"}})
		if took := time.Since(began); err != nil || len(got) != 5 || took != rerankPatience {
			t.Errorf("%d passages after %v, %v", len(got), took, err)
		}
	})
}
