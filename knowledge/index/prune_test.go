package index_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// TestMostOfACollectionIsNotPruned: a drive that is not mounted looks like a
// folder that was emptied.
func TestMostOfACollectionIsNotPruned(t *testing.T) {
	t.Parallel()
	docs := func(n int) *knowledgetest.Source {
		s := &knowledgetest.Source{}
		for i := range n {
			s.Docs = append(s.Docs, knowledge.Document{ID: fmt.Sprintf("%d.md", i), Title: "No.", Text: fmt.Sprintf("Text %d.", i)})
		}
		return s
	}
	x := fresh(t)
	feed := func(n int, o knowledge.IngestOptions) knowledge.Report {
		t.Helper()
		r, err := x.Ingest(t.Context(), "c", docs(n), o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	feed(300, knowledge.IngestOptions{})
	for _, step := range []struct {
		left    int
		force   bool
		removed int
		kept    int
	}{
		{160, false, 140, 0}, // less than half
		{10, false, 0, 150},  // most
		{0, false, 0, 160},
		{10, true, 150, 0},
		{1, false, 9, 0}, // most, but few
	} {
		r := feed(step.left, knowledge.IngestOptions{Prune: true, Force: step.force})
		if r.Removed != step.removed || r.Kept != step.kept {
			t.Errorf("%d left: %d removed, %d kept, want %d and %d", step.left, r.Removed, r.Kept, step.removed, step.kept)
		}
	}
}

// withdrawing is a source that says what may not be shown any more.
type withdrawing struct {
	*knowledgetest.Source

	prefix string
}

func (w withdrawing) Withdrawn(origin string) bool {
	return w.prefix != "" && strings.HasPrefix(origin, w.prefix)
}

// TestWithdrawn: what may not be shown any more goes whatever the options say,
// and however much it is; with a prune it is counted once.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	for _, o := range []knowledge.IngestOptions{{}, {Prune: true}, {Prune: true, Whole: true, Force: true}} {
		x := open(t, t.TempDir())
		all := &knowledgetest.Source{}
		for i := range 150 {
			all.Docs = append(all.Docs, knowledge.Document{ID: strconv.Itoa(i), Origin: fmt.Sprintf("private/%d", i), Text: "secret"})
		}
		public := knowledge.Document{ID: "p", Origin: "public/1", Text: "open to all"}
		all.Docs = append(all.Docs, public)
		if _, err := x.Ingest(t.Context(), "a", all, knowledge.IngestOptions{}); err != nil {
			t.Fatal(err)
		}
		less := withdrawing{&knowledgetest.Source{Docs: []knowledge.Document{public}}, "private/"}
		r, err := x.Ingest(t.Context(), "a", less, o)
		if err != nil || r.Removed != 150 || r.Kept != 0 || r.Unchanged != 1 {
			t.Errorf("%+v: %+v, %v", o, r, err)
		}
		got, err := x.Collections(t.Context())
		if err != nil || got[0].Documents != 1 || got[0].Bytes != int64(len(public.Text)) {
			t.Errorf("%+v: left %+v, %v", o, got, err)
		}
		back := withdrawing{all, "private/"} // what it gives is shown
		if r, err := x.Ingest(t.Context(), "a", back, o); err != nil || r.Added != 150 {
			t.Errorf("%+v: %+v, %v", o, r, err)
		}
	}
}
