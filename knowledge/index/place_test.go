package index_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/source/folder"
)

// disk is a folder of folders, and an index that they are fed to.
type disk struct {
	dir   string
	index *index.Index
}

func newDisk(t *testing.T, files map[string]string) disk {
	t.Helper()
	d := disk{dir: t.TempDir(), index: fresh(t)}
	for name, text := range files {
		d.write(t, name, text)
	}
	return d
}

func (d disk) write(t *testing.T, name, text string) {
	t.Helper()
	path := d.at(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (d disk) at(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

func (d disk) move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(d.at(to)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(d.at(from), d.at(to)); err != nil {
		t.Fatal(err)
	}
}

// feed feeds paths, given by their names, and returns what was added, changed,
// unchanged, removed and left out.
func (d disk) feed(t *testing.T, prune bool, names ...string) ([5]int, knowledge.Report) {
	t.Helper()
	var paths []string
	for _, n := range names {
		paths = append(paths, d.at(n))
	}
	src, err := folder.New(paths)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.index.Ingest(t.Context(), "c", src, knowledge.IngestOptions{Prune: prune})
	if err != nil {
		t.Fatal(err)
	}
	return [5]int{r.Added, r.Changed, r.Unchanged, r.Removed, r.Skips}, r
}

// fed feeds paths and compares the counts.
func (d disk) fed(t *testing.T, want [5]int, names ...string) {
	t.Helper()
	got, r := d.feed(t, false, names...)
	if got != want {
		t.Errorf("feeding %v gave %v, want %v: %+v", names, got, want, r)
	}
}

// pruned is fed with Prune.
func (d disk) pruned(t *testing.T, want [5]int, names ...string) {
	t.Helper()
	got, r := d.feed(t, true, names...)
	if got != want {
		t.Errorf("pruning %v gave %v, want %v: %+v", names, got, want, r)
	}
}

// has compares which passages have a word.
func (d disk) has(t *testing.T, word string, want ...string) {
	t.Helper()
	same(t, word, append([]string{}, want...), find(t, d.index, word, "c"))
}

func TestFoldersWithFilesOfTheSameName(t *testing.T) {
	t.Parallel()
	d := newDisk(t, map[string]string{"one/page.md": "heron", "one/other.md": "pelican", "two/page.md": "walrus", "x/two/page.md": "otter"})
	d.fed(t, [5]int{2, 0, 0, 0, 0}, "one")
	d.fed(t, [5]int{1, 0, 0, 0, 0}, "two")
	d.fed(t, [5]int{1, 0, 0, 0, 0}, "x/two")
	check := func() {
		t.Helper()
		d.has(t, "heron", "page.md#1")
		d.has(t, "pelican", "other.md#1")
		d.has(t, "walrus", "two/page.md#1")
		d.has(t, "otter", "two-2/page.md#1")
	}
	check()
	d.pruned(t, [5]int{0, 0, 1, 0, 0}, "two")
	d.pruned(t, [5]int{0, 0, 4, 0, 0}, "x/two", "two", "one", "two", "two/page.md")
	d.pruned(t, [5]int{0, 0, 4, 0, 0}, "x", "one", "two")
	check()

	// A change goes to the document of its own file.
	d.write(t, "two/page.md", "badger")
	d.fed(t, [5]int{0, 1, 0, 0, 0}, "two/page.md")
	d.has(t, "walrus")
	d.has(t, "badger", "two/page.md#1")

	// Who had the plain name first may go: the others keep theirs.
	if err := os.Remove(d.at("one/page.md")); err != nil {
		t.Fatal(err)
	}
	d.pruned(t, [5]int{0, 0, 1, 0, 0}, "two")
	d.has(t, "heron", "page.md#1")
	d.pruned(t, [5]int{0, 0, 1, 1, 0}, "one")
	d.has(t, "heron")
	d.fed(t, [5]int{0, 0, 1, 0, 0}, "two")
	d.has(t, "badger", "two/page.md#1")
}

func TestFoldersFedTogether(t *testing.T) {
	t.Parallel()
	d := newDisk(t, map[string]string{"a/page.md": "heron", "b/page.md": "walrus", "b/only.md": "otter", "c/b/page.md": "badger"})
	d.fed(t, [5]int{4, 0, 0, 0, 0}, "a", "b", "c/b")
	d.has(t, "heron", "page.md#1")
	d.has(t, "walrus", "b/page.md#1")
	d.has(t, "badger", "b-2/page.md#1")
	d.has(t, "otter", "only.md#1")
	d.pruned(t, [5]int{0, 0, 4, 0, 0}, "c", "b", "a")
	d.pruned(t, [5]int{0, 0, 4, 0, 0}, ".")
}

func TestASourceThatIsTheWholeCollection(t *testing.T) {
	t.Parallel()
	d := newDisk(t, map[string]string{"a/page.md": "heron", "b/page.md": "walrus", "b/other.md": "otter"})
	d.fed(t, [5]int{3, 0, 0, 0, 0}, "a", "b")
	src, err := folder.New([]string{d.at("a")})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		prune   bool
		removed int
	}{{false, 0}, {true, 2}} {
		r, err := d.index.Ingest(t.Context(), "c", src, knowledge.IngestOptions{Prune: tt.prune, Whole: true})
		if err != nil || r.Unchanged != 1 || r.Removed != tt.removed {
			t.Errorf("prune %v: %+v, %v", tt.prune, r, err)
		}
	}
	d.has(t, "heron", "page.md#1")
	d.has(t, "walrus")
}

func TestAFolderThatWasMoved(t *testing.T) {
	t.Parallel()
	d := newDisk(t, map[string]string{"old/docs/a.md": "heron", "old/docs/b.md": "walrus", "old/docs/c.md": "otter"})
	d.fed(t, [5]int{3, 0, 0, 0, 0}, "old/docs")
	d.move(t, "old/docs", "new/docs")
	d.write(t, "new/docs/b.md", "badger")
	if err := os.Remove(d.at("new/docs/c.md")); err != nil {
		t.Fatal(err)
	}
	d.pruned(t, [5]int{0, 1, 1, 1, 0}, "new/docs")
	d.has(t, "heron", "a.md#1")
	d.has(t, "badger", "b.md#1")
	d.has(t, "otter")
	d.pruned(t, [5]int{0, 0, 2, 0, 0}, "new/docs")

	// Renamed: what is the same is known again, what changed is not.
	d.move(t, "new/docs", "guides")
	d.write(t, "guides/b.md", "lynx")
	d.pruned(t, [5]int{1, 0, 1, 0, 0}, "guides")
	d.has(t, "heron", "a.md#1")
	d.has(t, "badger", "b.md#1")
	d.has(t, "lynx", "guides/b.md#1")
}

func TestAFolderByALink(t *testing.T) {
	t.Parallel()
	d := newDisk(t, map[string]string{"docs/a.md": "heron", "docs/b.jsonl": `{"id":"b","text":"walrus"}`})
	if err := os.Symlink(d.at("docs"), d.at("link")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	d.fed(t, [5]int{2, 0, 0, 0, 0}, "docs")
	for _, way := range []string{"link", "docs", "link"} {
		counts, r := d.feed(t, true, way)
		same(t, way, [5]int{0, 0, 2, 0, 0}, counts)
		same(t, way+": notes", 0, r.Noted)
	}
	d.has(t, "heron", "a.md#1")
}

func TestIdsThatTheTeamChose(t *testing.T) {
	t.Parallel()
	d := newDisk(t, map[string]string{
		"a.jsonl":   `{"id":"x","text":"heron"}` + "\n" + `{"id":"y","text":"pelican"}`,
		"b.jsonl":   `{"id":"x","text":"walrus"}`,
		"docs/x":    "left out",
		"docs/p.md": "otter",
		"c.jsonl":   `{"id":"p.md","text":"badger"}` + "\n" + `{"id":"q.md","text":"lynx"}`,
		"more/q.md": "weasel",
	})
	d.fed(t, [5]int{2, 0, 0, 0, 0}, "a.jsonl")
	counts, r := d.feed(t, true, "b.jsonl")
	same(t, "the newer wins", [5]int{0, 1, 0, 0, 0}, counts)
	same(t, "and it is told", []knowledge.Note{{Document: "x", Text: "it replaces the document of the same id from " + filepath.ToSlash(d.at("a.jsonl"))}}, r.Notes)
	d.has(t, "walrus", "x#1")
	d.has(t, "heron")
	d.has(t, "pelican", "y#1")

	// Together the first wins, each time.
	for range 2 {
		counts, r = d.feed(t, true, "b.jsonl", "a.jsonl")
		same(t, "both", [5]int{0, 0, 2, 0, 1}, counts)
		same(t, "told", "x", r.Skipped[0].Document)
	}
	d.has(t, "walrus", "x#1")

	// A file's name does not make room for a chosen id, nor the other way round.
	d.fed(t, [5]int{1, 0, 0, 0, 1}, "docs")
	d.fed(t, [5]int{1, 0, 0, 0, 1}, "c.jsonl")
	d.fed(t, [5]int{1, 0, 0, 0, 0}, "more")
	d.has(t, "otter", "p.md#1")
	d.has(t, "badger")
	d.has(t, "lynx", "q.md#1")
	d.has(t, "weasel", "more/q.md#1")

	// A file of lines that was moved is the same one.
	d.move(t, "b.jsonl", "sub/other.jsonl")
	counts, r = d.feed(t, true, "sub")
	same(t, "moved", [5]int{0, 0, 1, 0, 0}, counts)
	same(t, "nothing to tell", 0, r.Noted)
}

func TestPruneKeepsWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := newDisk(t, map[string]string{
		"docs/a.md": "heron", "docs/b.jsonl": `{"id":"x/y","text":"walrus"}`, "docs/c.md": "otter", "docs/gone.md": "badger",
		"docs/link.md": "lynx",
	})
	d.fed(t, [5]int{5, 0, 0, 0, 0}, "docs")
	if err := errors.Join(os.Remove(d.at("docs/link.md")), os.Symlink("nowhere", d.at("docs/link.md"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(d.at("docs/gone.md")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"docs/a.md", "docs/b.jsonl"} {
		if err := os.Truncate(d.at(name), 51<<20); err != nil {
			t.Fatal(err)
		}
	}
	d.pruned(t, [5]int{0, 0, 1, 2, 3}, "docs")
	d.has(t, "lynx")
	d.has(t, "heron", "a.md#1")
	d.has(t, "walrus", "x/y#1")
	d.has(t, "badger")
}

// counted is a source that can tell how much it gives.
type counted struct{ knowledgetest.Source }

func (c *counted) Count(context.Context) int { return len(c.Docs) }

func TestProgress(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	docs := knowledgetest.Generate(300)
	last := knowledge.Progress{}
	calls := 0
	options := knowledge.IngestOptions{Progress: func(p knowledge.Progress) {
		if p.Documents < last.Documents || p.Total != 300 {
			t.Errorf("after %+v came %+v", last, p)
		}
		last = p
		calls++
	}}
	for _, passages := range []int{300, 0} { // unchanged ones are progress too
		last, calls = knowledge.Progress{}, 0
		if _, err := x.Ingest(t.Context(), "c", &counted{knowledgetest.Source{Docs: docs}}, options); err != nil {
			t.Fatal(err)
		}
		if last.Documents != 300 || last.Passages < passages || calls < 4 {
			t.Errorf("%d calls, the last one %+v", calls, last)
		}
	}
}

// strange is a source whose places are all gone.
type strange struct{ docs []knowledge.Document }

func (s *strange) Name() string             { return "strange" }
func (s *strange) Covers(string) bool       { return false }
func (s *strange) Gone(string) bool         { return true }
func (s *strange) Same(string, string) bool { return false }
func (s *strange) Documents(context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		for _, d := range s.docs {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// TestNames holds that documents whose ids collide get ones of their own, that
// they keep, whatever their origins look like.
func TestNames(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	src := &strange{}
	for i, origin := range []string{"/p.md", "elsewhere", "https://example.com/p.md", "/a/p.md", "/b/a/p.md", "/a/p.md/p.md"} {
		src.docs = append(src.docs, knowledge.Document{ID: "p.md", Origin: origin, Text: fmt.Sprintf("heron number%d", i)})
	}
	for _, want := range []int{0, len(src.docs)} {
		r, err := x.Ingest(t.Context(), "c", src, knowledge.IngestOptions{Prune: true})
		if err != nil || r.Unchanged != want || r.Added+r.Unchanged != len(src.docs) {
			t.Errorf("%+v, %v", r, err)
		}
		same(t, "ids", []string{"a-2/p.md#1", "a/p.md#1", "example.com/p.md#1", "p-2.md#1", "p.md#1", "p.md/p.md#1"}, find(t, x, "heron", "c"))
		same(t, "the last", []string{"p.md/p.md#1"}, find(t, x, "number5", "c"))
	}
	src.docs = append(src.docs, knowledge.Document{ID: strings.Repeat("p", 1020), Origin: "/x", Text: "a"}, knowledge.Document{ID: strings.Repeat("p", 1020), Origin: "/y", Text: "b"},
		knowledge.Document{ID: strings.Repeat("p", 1024), Origin: "/long/" + strings.Repeat("p", 1024), Text: "a"}, knowledge.Document{ID: strings.Repeat("p", 1024), Origin: "/x/y/" + strings.Repeat("p", 1024), Text: "b"})
	r, err := x.Ingest(t.Context(), "c", src, knowledge.IngestOptions{})
	if err != nil || r.Added != 3 || r.Skips != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestAnEarlierFormat opens an index that an earlier version made: it is moved
// aside, and the person is told what to do.
func TestAnEarlierFormat(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "index")
	for round, aside := range []string{dir + "-format-1", dir + "-format-1-2"} {
		x := open(t, dir)
		feed(t, x, "wiki", false, doc("a", "heron"))
		feed(t, x, "handbook", false, doc("a", "heron"))
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "format.json"), []byte(`{"format":1}`), 0o600); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		x, err := index.Open(dir, index.Options{Log: slog.New(slog.NewJSONHandler(&log, nil)), Now: now})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		var told struct{ Level, Msg, Collections, Old string }
		if err := json.Unmarshal(log.Bytes(), &told); err != nil {
			t.Fatal(err)
		}
		if told.Level != "WARN" || !strings.Contains(told.Msg, "feed the documents") || told.Collections != "handbook wiki" || told.Old != aside {
			t.Errorf("told %+v", told)
		}
		same(t, "new and empty", []string{}, find(t, x, "heron", "wiki"))
		feed(t, x, "wiki", false, doc("a", "walrus"))
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(aside, "root.bolt")); err != nil {
			t.Error(err)
		}
		x = open(t, dir)
		same(t, "kept", []string{"a#1"}, find(t, x, "walrus", "wiki"))
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
