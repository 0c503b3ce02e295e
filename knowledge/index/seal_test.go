package index_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// sealed makes an index by many small ingests, and seals it.
func sealed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	x := open(t, dir)
	var docs []knowledge.Document
	for i := range 12 {
		docs = append(docs, doc(fmt.Sprint("d", i), "apple "+fmt.Sprint("number", i)))
		feed(t, x, "c", false, docs...)
	}
	feed(t, x, "c", true, docs[1:]...)
	if err := x.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestASealedIndexHasFewFiles(t *testing.T) {
	t.Parallel()
	dir := sealed(t)
	names, err := index.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(names) > 2+4 || !slices.Contains(names, "root.bolt") || !slices.Contains(names, "format.json") {
		t.Errorf("files %v", names)
	}
	// A folder with these files alone is the same index.
	other := t.TempDir()
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(other, name), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	x := open(t, other)
	defer x.Close()
	same(t, "found", 11, len(find(t, x, "apple", "c")))
	same(t, "what was deleted stays so", []string{}, find(t, x, "number0", "c"))
}

func TestAnIndexOpenedToRead(t *testing.T) {
	t.Parallel()
	dir := sealed(t)
	before := entries(t, dir)
	o := index.Options{ReadOnly: true}
	x, err := index.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	y, err := index.Open(dir, o)
	if err != nil {
		t.Fatalf("a second time: %v", err)
	}
	defer y.Close()
	for range 3 { // from the disk, then from memory
		same(t, "found", find(t, y, "apple", "c"), find(t, x, "apple", "c"))
		same(t, "one", []string{"d7#1"}, find(t, x, "number7", "c"))
	}
	if _, err := x.Ingest(t.Context(), "c", &knowledgetest.Source{}, knowledge.IngestOptions{}); err == nil {
		t.Error("it was fed")
	}
	if err := x.Drop(t.Context(), "c"); err == nil || errors.Is(err, knowledge.ErrNoCollection) {
		t.Errorf("Drop: %v", err)
	}
	same(t, "nothing was touched", before, entries(t, dir))
	if _, err := index.Open(t.TempDir(), o); !errors.Is(err, index.ErrCorrupt) {
		t.Errorf("an empty folder: %v", err)
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		out = append(out, e.Name())
	}
	return out
}

func TestWritesAreCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x := open(t, dir)
	revision := func() uint64 {
		t.Helper()
		n, err := x.Revision()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	same(t, "new", uint64(0), revision())
	feed(t, x, "c", false, doc("a", "apple"))
	first := revision()
	feed(t, x, "c", true, doc("a", "apple"))
	if same(t, "unchanged", first, revision()); first == 0 {
		t.Error("a write was not counted")
	}
	feed(t, x, "c", true, doc("a", "apricot"))
	second := revision()
	if err := x.Drop(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	third := revision()
	if second <= first || third <= second {
		t.Errorf("%d, %d, %d", first, second, third)
	}
	if err := x.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir)
	defer x.Close()
	same(t, "opened again", third, revision())
}

func TestInspect(t *testing.T) {
	t.Parallel()
	made, names, err := index.Inspect(sealed(t))
	if made != index.Format || !slices.Equal(names, []string{"c"}) || err != nil {
		t.Errorf("%d, %v, %v", made, names, err)
	}
	if made, names, err = index.Inspect(t.TempDir()); made != 0 || names != nil || err != nil {
		t.Errorf("an empty folder: %d, %v, %v", made, names, err)
	}
}

// TestBytesAndOriginsAreKeptTrue replaces, shortens, moves and drops documents
// of several passages.
func TestBytesAndOriginsAreKeptTrue(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	check := func(when string) {
		t.Helper()
		var bytes int64
		for p, err := range x.Passages(t.Context(), "c") {
			if err != nil {
				t.Fatal(err)
			}
			bytes += int64(len(p.Text))
		}
		all, err := x.Collections(t.Context())
		if err != nil || len(all) != 1 || all[0].Bytes != bytes {
			t.Errorf("%s: %+v, %v; want %d bytes", when, all, err, bytes)
		}
	}
	feed(t, x, "c", false, long("a", "apple", 5), long("b", "banana", 3))
	check("new")
	feed(t, x, "c", false, long("a", "apricot", 2))
	check("shorter")
	feed(t, x, "c", false, long("a", "apple", 7), doc("b", " "))
	check("longer, and one gone blank")
	moved := long("a", "apple", 7)
	moved.Origin = "/elsewhere/a"
	feed(t, x, "c", true, moved)
	check("moved")
	for n := range 12 {
		src := &named{knowledgetest.Source{Docs: []knowledge.Document{doc("x", fmt.Sprint("text ", n))}}, fmt.Sprint("source ", n%11)}
		if _, err := x.Ingest(t.Context(), "c", src, knowledge.IngestOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	check("from many sources")
	all, err := x.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := all[0].Origins; len(got) != 10 || got[9] != "source 0" || got[0] != "source 2" {
		t.Errorf("origins %q", got)
	}
}

// named is a source with a name of its own.
type named struct {
	knowledgetest.Source
	name string
}

func (s *named) Name() string { return s.name }
