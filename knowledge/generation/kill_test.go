package generation_test

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// child makes the test binary the process that the tests kill: it feeds the
// store in this folder.
var (
	child = flag.String("child", "", "folder of the store to feed (used by the tests themselves)")
	large = flag.Int("child-large", 0, "documents of the one ingest to feed; 0: small ones without end")
)

func version(n int) []knowledge.Document {
	var all []knowledge.Document
	for i := range 20 {
		all = append(all, doc(fmt.Sprint("d", i), fmt.Sprintf("common v%d %s", n, strings.Repeat("more ", i))))
	}
	return all
}

// TestChild is the process that is killed.
func TestChild(t *testing.T) {
	t.Parallel()
	if *child == "" {
		t.Skip("only run by other tests")
	}
	s, err := generation.Open(*child, generation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if *large > 0 {
		feedLarge(t, s, *large)
		return
	}
	first := 0
	if all, err := s.Collections(t.Context()); err == nil && len(all) > 0 {
		first = 1000 * int(s.State().Number)
	}
	for n := first; ; n++ {
		if _, err := s.Ingest(t.Context(), "c", &knowledgetest.Source{Docs: version(n)}, knowledge.IngestOptions{}); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(os.Stdout, "written %d\n", n)
	}
}

func feedLarge(t *testing.T, s *generation.Store, n int) {
	t.Helper()
	_, err := s.Ingest(t.Context(), "c", &knowledgetest.Source{Docs: knowledgetest.Generate(n)}, knowledge.IngestOptions{
		Progress: func(p knowledge.Progress) { fmt.Fprintf(os.Stdout, "written %d\n", p.Passages) },
	})
	if err != nil {
		t.Fatal(err)
	}
}

// killed runs a child until it has told of a number of writes and some random
// time has passed, kills it, and returns the last number it told.
func killed(t *testing.T, dir string, writes int, after time.Duration, args ...string) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"-test.run=^TestChild$", "-child=" + dir}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last, told := -1, 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n := 0
		if _, err := fmt.Sscanf(lines.Text(), "written %d", &n); err != nil || n == 0 && last < 0 && len(args) > 0 {
			continue
		}
		last = n
		if told++; told == writes {
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	if told < writes {
		t.Fatalf("the child told of %d writes only: %v", told, lines.Err())
	}
	return last
}

// TestKilled kills a process anywhere between two generations: what was reported
// is there, whole, and what is left behind does not grow.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 6 {
		last := killed(t, dir, 2, time.Duration(rand.IntN(40))*time.Millisecond)
		s := open(t, dir, generation.Options{})
		if p := s.State().Problem(); p != "" {
			t.Fatalf("round %d: %s", round, p)
		}
		ids := find(t, s, "common", "c")
		if len(ids) != 20 {
			t.Errorf("round %d: %d documents", round, len(ids))
		}
		// The one after may have been on disk when its report was not yet read.
		if a, b := find(t, s, fmt.Sprint("v", last), "c"), find(t, s, fmt.Sprint("v", last+1), "c"); len(a)+len(b) != 20 || len(a) > 0 && len(b) > 0 {
			t.Errorf("round %d: %d of version %d, %d of the next", round, len(a), last, len(b))
		}
		if n := len(entries(t, dir)); n > 4 { // two generations, a build, current
			t.Errorf("round %d: %v is left", round, entries(t, dir))
		}
		shut(t, s)
	}
}

// TestABuildIsGoneOnWith kills an ingest in its midst: the live generation is as
// it was, and the next ingest does not index again what is on disk.
func TestABuildIsGoneOnWith(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const docs = 3000
	passages := killed(t, dir, 2, 0, fmt.Sprint("-child-large=", docs))
	s := open(t, dir, generation.Options{})
	same(t, "live", uint64(0), s.State().Number)
	same(t, "nothing of it shows", []string{}, find(t, s, "end", "c"))
	r := feed(t, s, "c", knowledgetest.Generate(docs)...)
	if r.Unchanged < passages/2 || r.Unchanged+r.Added != docs {
		t.Errorf("%d passages were written, then %+v", passages, r)
	}
	same(t, "number", uint64(1), s.State().Number)
	same(t, "files", []string{"0", "1", "current"}, entries(t, dir))
}

// TestABuildThatIsOfNoUseGoes leaves builds of another parent, half made ones,
// and broken ones.
func TestABuildThatIsOfNoUseGoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "apple"))
	id := s.State().ID
	shut(t, s)
	for folder, note := range map[string]string{
		"2": `{"parent":"ANOTHER","number":2}`,
		"3": `{"parent":"` + id + `","number":3}`, // it has no index
		"4": `{`,
		"5": "",
	} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
		if note == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, folder, "build.json"), []byte(note), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, folder, "root.bolt"), []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	same(t, "found", []string{"b"}, short(find(t, s, "banana", "c")))
	same(t, "files", []string{"1", "2", "current"}, entries(t, dir))
}
