package generation_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// clock gives times that only go on when told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond) // no two changes at one time
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// open opens a store, closed with the test if it was not before.
func open(tb testing.TB, dir string, o generation.Options) *generation.Store {
	tb.Helper()
	if o.Now == nil {
		o.Now = newClock().now
	}
	o.Index.Now = o.Now
	s, err := generation.Open(dir, o)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

func shut(tb testing.TB, s *generation.Store) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Fatalf("Close: %v", err)
	}
}

func doc(id, text string) knowledge.Document {
	return knowledge.Document{ID: id, Title: id, Text: text}
}

func feed(tb testing.TB, s *generation.Store, collection string, docs ...knowledge.Document) knowledge.Report {
	tb.Helper()
	r, err := s.Ingest(tb.Context(), collection, &knowledgetest.Source{Docs: docs}, knowledge.IngestOptions{Prune: true})
	if err != nil {
		tb.Fatalf("Ingest: %v", err)
	}
	return r
}

// find returns the ids of the passages that have a word, sorted.
func find(tb testing.TB, s *generation.Store, text string, collections ...string) []string {
	tb.Helper()
	ids, err := search(tb.Context(), s, text, collections...)
	if err != nil {
		tb.Fatalf("Candidates: %v", err)
	}
	return ids
}

func search(ctx context.Context, s *generation.Store, text string, collections ...string) ([]string, error) {
	l := knowledge.Lookup{Collections: collections}
	for _, term := range cut.Terms(text) {
		l.Terms = append(l.Terms, knowledge.Term{Text: term.Text, Weight: 1})
	}
	got, err := s.Candidates(ctx, l)
	ids := []string{}
	for _, p := range got.Passages {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return ids, err
}

func same(tb testing.TB, what string, want, got any) {
	tb.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// entries lists a folder but for the lock.
func entries(tb testing.TB, dir string) []string {
	tb.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	out := []string{}
	for _, e := range all {
		if e.Name() != "lock" {
			out = append(out, e.Name())
		}
	}
	return out
}

func TestEngine(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	for name, docs := range knowledgetest.Documents() {
		feed(t, s, name, docs...)
	}
	knowledgetest.TestEngine(t, s)
}

func TestAnEmptyStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, generation.Options{})
	same(t, "nothing is found", []string{}, find(t, s, "apple", "c"))
	if all, err := s.Collections(t.Context()); len(all) != 0 || err != nil {
		t.Errorf("collections %v, %v", all, err)
	}
	if err := s.Drop(t.Context(), "c"); !errors.Is(err, knowledge.ErrNoCollection) {
		t.Errorf("Drop: %v", err)
	}
	for range s.Passages(t.Context(), "c") {
		t.Error("a passage")
	}
	state := s.State()
	if state.Number != 0 || state.Damage != nil || state.Problem() != "" || state.Shared {
		t.Errorf("state %+v", state)
	}
	same(t, "files", []string{"0", "current"}, entries(t, dir))
}

func TestGenerationsFollowOneAnother(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, generation.Options{Now: c.now})
	for n := range 4 {
		if r := feed(t, s, "c", doc("a", "apple"), doc("b", fmt.Sprint("version ", n))); r.Added+r.Changed == 0 {
			t.Errorf("report %+v", r)
		}
	}
	same(t, "the last two are kept", []string{"3", "4", "current"}, entries(t, dir))
	before := s.State()
	if before.Number != 4 || before.Bytes == 0 || before.Files < 3 || before.MadeAt.IsZero() {
		t.Errorf("state %+v", before)
	}
	r := feed(t, s, "c", doc("a", "apple"), doc("b", "version 3"))
	if r.Unchanged != 2 || r.Added+r.Changed+r.Removed != 0 {
		t.Errorf("report %+v", r)
	}
	same(t, "nothing is swapped where nothing changed", before.ID, s.State().ID)
	same(t, "and nothing is left behind", []string{"3", "4", "current"}, entries(t, dir))
	c.add(time.Hour)
	if age := s.State().Age; age < time.Hour {
		t.Errorf("age %s", age)
	}
	shut(t, s)
	s = open(t, dir, generation.Options{Now: c.now})
	same(t, "opened again", before.ID, s.State().ID)
	same(t, "found", []string{"a"}, short(find(t, s, "apple", "c")))
	if err := s.Drop(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	same(t, "dropped", []string{}, find(t, s, "apple", "c"))
	same(t, "in a generation of its own", uint64(5), s.State().Number)
}

// short leaves the documents of passages.
func short(ids []string) []string {
	for i, id := range ids {
		ids[i], _, _ = strings.Cut(id, "#")
	}
	return ids
}

func TestCollectionsTellWhatTheyHold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	feed(t, s, "c", doc("a", "apple pie"))
	check := func(s *generation.Store) {
		t.Helper()
		all, err := s.Collections(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		got := all[0]
		if got.Documents != 1 || got.Passages != 1 || got.Bytes != int64(len("apple pie")) || got.UpdatedAt.IsZero() {
			t.Errorf("got %+v", got)
		}
		same(t, "origins", []string{"memory"}, got.Origins)
	}
	check(s)
	shut(t, s)
	check(open(t, dir, generation.Options{}))
}

// TestASearchNeverFailsInASwap searches and reads without end while generations
// come and go: each sees one of them, whole.
func TestASearchNeverFailsInASwap(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	const docs, versions = 10, 25
	write := func(n int) {
		var all []knowledge.Document
		for i := range docs {
			all = append(all, doc(fmt.Sprint("d", i), fmt.Sprintf("common v%d", n)))
		}
		feed(t, s, "c", all...)
	}
	write(0)
	done := make(chan struct{})
	var readers sync.WaitGroup
	until := func(do func() error) {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := do(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	until(func() error {
		ids, err := search(context.Background(), s, "common", "c")
		if err == nil && len(ids) != docs {
			err = fmt.Errorf("%d passages", len(ids))
		}
		return err
	})
	until(func() error {
		versions := map[string]bool{}
		for p, err := range s.Passages(context.Background(), "c") {
			if err != nil {
				return err
			}
			versions[p.Text] = true
		}
		if len(versions) != 1 {
			return fmt.Errorf("several versions at once: %v", versions)
		}
		return nil
	})
	until(func() error {
		all, err := s.Collections(context.Background())
		if err == nil && (len(all) != 1 || all[0].Documents != docs) {
			err = fmt.Errorf("collections %+v", all)
		}
		return err
	})
	for n := range versions {
		write(n + 1)
	}
	close(done)
	readers.Wait()
}

func TestCloseWaitsForSearches(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	closed := make(chan error, 1)
	n := 0
	for _, err := range s.Passages(t.Context(), "c") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			go func() { closed <- s.Close() }()
			for { // until it is on its way
				if _, err := s.Collections(t.Context()); errors.Is(err, generation.ErrClosed) {
					break
				}
			}
		}
	}
	if err := <-closed; n != 2 || err != nil {
		t.Errorf("%d passages, %v", n, err)
	}
	if _, err := s.Ingest(t.Context(), "c", &knowledgetest.Source{}, knowledge.IngestOptions{}); !errors.Is(err, generation.ErrClosed) {
		t.Errorf("Ingest: %v", err)
	}
	for _, err := range s.Passages(t.Context(), "c") {
		if !errors.Is(err, generation.ErrClosed) {
			t.Errorf("Passages: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, generation.Options{})
	if _, err := generation.Open(dir, generation.Options{}); !errors.Is(err, index.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	shut(t, s)
	open(t, dir, generation.Options{})
}

func TestAStoppedIngestKeepsWhatIsWhole(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	docs := knowledgetest.Generate(3000)
	feed(t, s, "c", doc("old", "old apple"))
	ctx, cancel := context.WithCancel(t.Context())
	stopped, err := s.Ingest(ctx, "c", &knowledgetest.Source{Docs: docs}, knowledge.IngestOptions{Prune: true, Progress: func(p knowledge.Progress) {
		if p.Passages > 0 {
			cancel()
		}
	}})
	cancel()
	if !errors.Is(err, context.Canceled) || stopped.Added == 0 || stopped.Added == len(docs) {
		t.Fatalf("stopped with %v, %+v", err, stopped)
	}
	all, err := s.Collections(t.Context())
	if err != nil || all[0].Documents != stopped.Added+1 {
		t.Errorf("%+v, %v: want what the report says, and what was there", all, err)
	}
	r := feed(t, s, "c", docs...)
	if r.Unchanged != stopped.Added || r.Added != len(docs)-stopped.Added || r.Removed != 1 {
		t.Errorf("stopped %+v, then %+v", stopped, r)
	}
}

func TestASourceThatBreaksOff(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	feed(t, s, "c", doc("a", "apple"))
	boom := errors.New("boom")
	src := &knowledgetest.Source{Docs: []knowledge.Document{doc("b", "banana"), doc("c", "cherry")}, Before: func(n int) error {
		if n == 1 {
			return boom
		}
		return nil
	}}
	if _, err := s.Ingest(t.Context(), "c", src, knowledge.IngestOptions{Prune: true}); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	same(t, "what was there stays", []string{"a"}, short(find(t, s, "apple", "c")))
	for _, name := range []string{"", "a/b"} {
		if _, err := s.Ingest(t.Context(), name, src, knowledge.IngestOptions{}); err == nil {
			t.Errorf("a collection named %q", name)
		}
	}
}

func TestUnfitFolders(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := generation.Open(filepath.Join(file, "index"), generation.Options{}); err == nil {
		t.Error("a folder in a file")
	}
	dir := t.TempDir()
	for _, name := range []string{"007", "x", "1.x", "notes.txt"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "apple"))
	same(t, "what is not ours stays", []string{"0", "007", "1", "1.x", "current", "notes.txt", "x"}, entries(t, dir))
}
