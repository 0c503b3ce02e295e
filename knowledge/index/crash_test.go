package index_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// version is a document of three passages that all say which version they are.
func version(id string, n int) knowledge.Document {
	return long(id, fmt.Sprintf("common v%d", n), 3)
}

// TestSearchBesideIngest reads while documents are replaced: a search sees each
// document whole and in one version.
func TestSearchBesideIngest(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	const docs, versions = 20, 30
	write := func(n int) {
		var all []knowledge.Document
		for i := range docs {
			all = append(all, version(fmt.Sprintf("d%d", i), n))
		}
		if _, err := x.Ingest(t.Context(), "c", &knowledgetest.Source{Docs: all}, knowledge.IngestOptions{Prune: true}); err != nil {
			t.Errorf("Ingest: %v", err)
		}
	}
	write(0)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					whole(t, x, docs)
				}
			}
		})
	}
	for n := range versions {
		write(n + 1)
	}
	close(done)
	readers.Wait()
}

// whole checks that every document has its three passages in one version.
func whole(t *testing.T, x *index.Index, docs int) {
	t.Helper()
	got, err := x.Candidates(t.Context(), knowledge.Lookup{
		Terms: []knowledge.Term{{Text: cut.Stem("common"), Weight: 1}}, Collections: []string{"c"},
	})
	if err != nil {
		t.Errorf("Candidates: %v", err)
		return
	}
	parts := map[string]int{}
	for _, p := range got.Passages {
		word, _, _ := strings.Cut(strings.TrimPrefix(p.Text, "common "), " ")
		parts[p.Document+" "+word]++
	}
	if len(parts) != docs {
		t.Errorf("%d documents, want %d: %v", len(parts), docs, parts)
	}
	for d, n := range parts {
		if n != 3 {
			t.Errorf("%s has %d passages", d, n)
		}
	}
}

// TestChild is the process that TestKilled kills.
func TestChild(t *testing.T) {
	t.Parallel()
	if *child == "" {
		t.Skip("only run by TestKilled")
	}
	x, err := index.Open(*child, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		var all []knowledge.Document
		for i := range 40 {
			all = append(all, version(fmt.Sprintf("d%d", i), n))
		}
		if _, err := x.Ingest(t.Context(), "c", &knowledgetest.Source{Docs: all}, knowledge.IngestOptions{}); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(os.Stdout, "written %d\n", n)
	}
}

// TestKilled kills a process in the middle of its ingests: the index opens, and
// has every version that was reported as written, whole.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 4 {
		last := killed(t, dir, 3+2*round)
		x := open(t, dir)
		whole(t, x, 40)
		for n := range last {
			if got := find(t, x, fmt.Sprintf("v%d", n), "c"); len(got) != 0 {
				t.Errorf("round %d: version %d is back: %d passages", round, n, len(got))
			}
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killed runs a child until it has written a number of versions, kills it in
// the middle of the next, and returns the last version that was written.
func killed(t *testing.T, dir string, versions int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-child="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "written %d", &last); err == nil && last+1 >= versions {
			break
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	if last < 0 {
		t.Fatalf("the child wrote nothing: %v", lines.Err())
	}
	return last
}
