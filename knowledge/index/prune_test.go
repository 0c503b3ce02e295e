package index_test

import (
	"fmt"
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
