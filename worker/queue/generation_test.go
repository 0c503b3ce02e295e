package queue

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// indexOf is a worker's index over a queue of its own, with Run running.
func indexOf(t *testing.T, o Options) *generation.Store {
	t.Helper()
	s, err := generation.Open(t.TempDir(), generation.Options{Blobs: blobsOf(t, open(t, o)), Log: logTo(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	running(t, "Run", s.Run)
	return s
}

func documents(t *testing.T, s *generation.Store) int {
	t.Helper()
	all, err := s.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range all {
		n += c.Documents
	}
	return n
}

// TestWorkersShareAnIndex has two workers feed side by side over one NATS server:
// both have the documents of both, and a third that comes later too.
func TestWorkersShareAnIndex(t *testing.T) {
	t.Parallel()
	_, o := cluster(t, t.TempDir(), 0)
	a, b := indexOf(t, o), indexOf(t, o)
	var group sync.WaitGroup
	for n, s := range []*generation.Store{a, b} {
		group.Go(func() {
			for k := range 3 {
				src := &knowledgetest.Source{Docs: knowledgetest.Generate(100 + k)}
				_, err := s.Ingest(context.Background(), fmt.Sprintf("c%d-%d", n, k), src, knowledge.IngestOptions{})
				if err != nil {
					t.Errorf("worker %d: %v", n, err)
				}
			}
		})
	}
	group.Wait()
	const all = 2 * (100 + 101 + 102)
	for name, s := range map[string]*generation.Store{"a": a, "b": b, "late": indexOf(t, o)} {
		eventually(t, name+" has all documents", func() bool { return documents(t, s) == all })
	}
	eventually(t, "of one generation", func() bool { return a.State().ID == b.State().ID })
	if err := b.Drop(t.Context(), "c0-0"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a drop arrives", func() bool { return documents(t, a) == all-100 })
}
