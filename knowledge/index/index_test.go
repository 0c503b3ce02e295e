package index_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// child makes the test binary the process that TestKilled kills: it feeds the
// index in this folder without end.
var child = flag.String("child", "", "folder of the index to feed (used by the test itself)")

func now() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

func open(t *testing.T, dir string) *index.Index {
	t.Helper()
	x, err := index.Open(dir, index.Options{Now: now})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return x
}

// fresh opens a new index that is closed when the test ends.
func fresh(t *testing.T) *index.Index {
	t.Helper()
	x := open(t, t.TempDir())
	t.Cleanup(func() { x.Close() })
	return x
}

func feed(t *testing.T, x *index.Index, collection string, prune bool, docs ...knowledge.Document) knowledge.Report {
	t.Helper()
	r, err := x.Ingest(t.Context(), collection, &knowledgetest.Source{Docs: docs}, knowledge.IngestOptions{Prune: prune})
	if err != nil {
		t.Fatalf("Ingest: %v", err)
	}
	return r
}

func doc(id, text string) knowledge.Document {
	return knowledge.Document{ID: id, Title: id, Text: text, Markdown: true}
}

// find returns the ids of the passages that have a term, sorted.
func find(t *testing.T, x *index.Index, text string, collections ...string) []string {
	t.Helper()
	l := knowledge.Lookup{Collections: collections}
	for _, term := range cut.Terms(text) {
		l.Terms = append(l.Terms, knowledge.Term{Text: term.Text, Weight: 1})
	}
	got, err := x.Candidates(t.Context(), l)
	if err != nil {
		t.Fatalf("Candidates: %v", err)
	}
	ids := []string{}
	for _, p := range got.Passages {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return ids
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestEngine(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	for name, docs := range knowledgetest.Documents() {
		feed(t, x, name, false, docs...)
	}
	knowledgetest.TestEngine(t, x)
}

// long is a document of several passages that all have a word.
func long(id, word string, passages int) knowledge.Document {
	var b strings.Builder
	for i := range passages {
		fmt.Fprintf(&b, "## Part %d\n\n%s\n\n", i, strings.Repeat(word+" says something here. ", 20))
	}
	return doc(id, b.String())
}

func TestIngestWritesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	count := func(r knowledge.Report) [5]int { return [5]int{r.Added, r.Changed, r.Unchanged, r.Removed, r.Passages} }
	a, b := long("a", "apple", 3), long("b", "banana", 2)
	r := feed(t, x, "fruit", false, a, b)
	same(t, "first", [5]int{2, 0, 0, 0, 5}, count(r))
	if r.Collection != "fruit" || r.Source != "memory" {
		t.Errorf("report %+v", r)
	}
	same(t, "again", [5]int{0, 0, 2, 0, 0}, count(feed(t, x, "fruit", true, a, b)))
	same(t, "shorter", [5]int{0, 1, 1, 0, 1}, count(feed(t, x, "fruit", false, long("a", "apricot", 1), b)))
	same(t, "old words are gone", []string{}, find(t, x, "apple", "fruit"))
	same(t, "new words are there", []string{"a#1"}, find(t, x, "apricot", "fruit"))
	same(t, "without prune nothing goes", [5]int{0, 0, 1, 0, 0}, count(feed(t, x, "fruit", false, b)))
	same(t, "with prune it does", [5]int{0, 0, 1, 1, 0}, count(feed(t, x, "fruit", true, b)))
	same(t, "pruned", []string{}, find(t, x, "apricot", "fruit"))
	same(t, "kept", []string{"b#1", "b#2"}, find(t, x, "banana", "fruit"))
	got, err := x.Collections(t.Context())
	var bytes int64
	for p := range x.Passages(t.Context(), "fruit") {
		bytes += int64(len(p.Text))
	}
	same(t, "collections", []knowledge.Collection{
		{Name: "fruit", Documents: 1, Passages: 2, Bytes: bytes, UpdatedAt: now(), Origins: []string{"memory"}},
	}, got)
	if err != nil {
		t.Error(err)
	}
}

func TestCollectionsStandApart(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	feed(t, x, "one", false, doc("a", "shared apple"))
	feed(t, x, "two", false, doc("a", "shared banana"))
	feed(t, x, "two", true, doc("a", "shared cherry"))
	same(t, "one", []string{"a#1"}, find(t, x, "apple", "one"))
	same(t, "two", []string{"a#1"}, find(t, x, "cherry", "two"))
	if err := x.Drop(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	same(t, "dropped", []string{}, find(t, x, "shared", "two"))
	same(t, "the other stays", []string{"a#1"}, find(t, x, "shared", "one", "two"))
	if err := x.Drop(t.Context(), "two"); !errors.Is(err, knowledge.ErrNoCollection) {
		t.Errorf("drop again: %v", err)
	}
	got, err := x.Collections(t.Context())
	if err != nil || len(got) != 1 || got[0].Name != "one" {
		t.Errorf("collections %v, %v", got, err)
	}
}

func TestIngestLeavesOutAndSaysSo(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	feed(t, x, "c", false, doc("gone blank", "apple"), doc("unreadable", "apple"), doc("ok", "apple"))
	src := &knowledgetest.Source{
		Docs: []knowledge.Document{
			doc("ok", "apple"), doc("ok", "twice"), doc("", "no id"), doc("a\x1fb", "odd id"),
			doc("gone blank", " \n"), doc(strings.Repeat("x", 2000), "long id"),
			{},
			doc("huge", strings.Repeat("apple ", 2<<20)),
		},
		Before: func(n int) error {
			if n == 6 {
				return &knowledge.Skipped{Document: "unreadable", Reason: "it is locked"}
			}
			return nil
		},
	}
	r, err := x.Ingest(t.Context(), "c", src, knowledge.IngestOptions{Prune: true})
	if err != nil || r.Skips != 7 || len(r.Skipped) != 7 || r.Unchanged != 1 || r.Removed != 1 {
		t.Errorf("report %+v, %v", r, err)
	}
	// What can't be read today stays; what is empty now goes.
	same(t, "left", []string{"ok#1", "unreadable#1"}, find(t, x, "apple", "c"))
}

func TestSkippedIsBounded(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	docs := make([]knowledge.Document, 1000)
	r := feed(t, x, "c", false, docs...)
	if r.Skips != 1000 || len(r.Skipped) != 100 {
		t.Errorf("%d skips, %d listed", r.Skips, len(r.Skipped))
	}
}

func TestIngestErrors(t *testing.T) {
	t.Parallel()
	x := fresh(t)
	for _, name := range []string{"", "a b", "a/b", "a\x1fb", strings.Repeat("x", 65)} {
		if _, err := x.Ingest(t.Context(), name, &knowledgetest.Source{}, knowledge.IngestOptions{}); err == nil {
			t.Errorf("collection %q was taken", name)
		}
	}
	boom := errors.New("boom")
	src := &knowledgetest.Source{Docs: []knowledge.Document{doc("a", "apple"), doc("b", "apple")}, Before: func(n int) error {
		if n == 1 {
			return boom
		}
		return nil
	}}
	if _, err := x.Ingest(t.Context(), "c", src, knowledge.IngestOptions{Prune: true}); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
}

func TestAnIngestThatIsStoppedGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x := open(t, dir)
	docs := knowledgetest.Generate(9000)
	feed(t, x, "c", false, doc("old", "old apple"))
	ctx, cancel := context.WithCancel(t.Context())
	stopped, err := x.Ingest(ctx, "c", &knowledgetest.Source{Docs: docs}, knowledge.IngestOptions{Prune: true, Progress: func(p knowledge.Progress) {
		if p.Passages > 0 {
			cancel()
		}
	}})
	cancel()
	if !errors.Is(err, context.Canceled) || stopped.Added == 0 || stopped.Added == len(docs) {
		t.Fatalf("stopped with %v, %+v", err, stopped)
	}
	same(t, "nothing was pruned", []string{"old#1"}, find(t, x, "apple", "c"))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir)
	defer x.Close()
	r := feed(t, x, "c", true, docs...)
	if r.Unchanged != stopped.Added || r.Added != len(docs)-stopped.Added || r.Removed != 1 {
		t.Errorf("stopped %+v, then %+v", stopped, r)
	}
}

func TestADeletedDocumentStaysDeleted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	reopen := func(x *index.Index) *index.Index {
		t.Helper()
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		return open(t, dir)
	}
	x := open(t, dir)
	var keep []knowledge.Document
	for i := range 20 { // several segments, so that merges happen
		keep = append(keep, doc(fmt.Sprintf("keep%d", i), "apple "+strings.Repeat("x", i)))
		feed(t, x, "c", false, keep...)
	}
	feed(t, x, "c", false, doc("victim", "apple victim"))
	same(t, "there", []string{"victim#1"}, find(t, x, "victim", "c"))
	feed(t, x, "c", true, keep...)
	check := func(when string) {
		t.Helper()
		same(t, when, []string{}, find(t, x, "victim", "c"))
		same(t, when+", the others", 20, len(find(t, x, "apple", "c")))
	}
	check("deleted")
	x = reopen(x)
	check("reopened")
	feed(t, x, "c", false, doc("new", "banana"))
	check("after another commit")
	for i := range 3 {
		x = reopen(x)
		check(fmt.Sprintf("reopened %d times more", i+1))
		feed(t, x, "c", false, doc("new", fmt.Sprint("banana ", i)))
	}
	x.Close()
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	t.Run("in use", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		x := open(t, dir)
		defer x.Close()
		if _, err := index.Open(dir, index.Options{}); !errors.Is(err, index.ErrInUse) {
			t.Errorf("got %v, want ErrInUse", err)
		}
	})
	t.Run("not a folder", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := index.Open(filepath.Join(file, "index"), index.Options{}); err == nil || errors.Is(err, index.ErrCorrupt) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("read-only folder", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
			f.Close()
			t.Skip("this user may write everywhere")
		}
		if _, err := index.Open(dir, index.Options{}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v, want a permission error", err)
		}
	})
	for name, spoil := range map[string]func(dir string) error{
		"root is garbage":   func(dir string) error { return os.WriteFile(filepath.Join(dir, "root.bolt"), []byte("garbage"), 0o600) },
		"root is cut":       func(dir string) error { return os.Truncate(filepath.Join(dir, "root.bolt"), 5000) },
		"root is gone":      func(dir string) error { return os.Remove(filepath.Join(dir, "root.bolt")) },
		"segments are gone": func(dir string) error { return each(dir, os.Remove) },
		"segments are cut":  func(dir string) error { return each(dir, func(p string) error { return os.Truncate(p, 10) }) },
		"another version": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "format.json"), []byte(`{"format":99}`), 0o600)
		},
		"note is garbage": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "format.json"), []byte(`{`), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			x := open(t, dir)
			feed(t, x, "c", false, doc("a", "apple"))
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			x, err := index.Open(dir, index.Options{})
			if !errors.Is(err, index.ErrCorrupt) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
			if err == nil {
				x.Close()
			}
		})
	}
}

// each calls f with every segment file.
func each(dir string, f func(string) error) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.zap"))
	if len(files) == 0 {
		return fmt.Errorf("no segments in %s (%w)", dir, err)
	}
	for _, p := range files {
		if err := f(p); err != nil {
			return err
		}
	}
	return nil
}
