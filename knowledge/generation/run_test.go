package generation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge/generation"
)

// patience bounds every wait of these tests; none should come near it.
const patience = 20 * time.Second

// running runs Run until the test ends.
func running(t *testing.T, s *generation.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil && !errors.Is(err, generation.ErrClosed) {
				t.Errorf("Run: %v", err)
			}
		case <-time.NewTimer(patience).C:
			t.Error("Run does not return")
		}
	})
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("never happened: %s", what)
		}
	}
}

func TestWithoutLinksFilesAreCopied(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := generation.Options{}.WithLink(func(string, string) error { return errors.ErrUnsupported })
	s := open(t, dir, o)
	feed(t, s, "c", doc("a", "apple"))
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	shut(t, s)
	s = open(t, dir, o)
	same(t, "found", []string{"a"}, short(find(t, s, "apple", "c")))
	same(t, "and what is new", []string{"b"}, short(find(t, s, "banana", "c")))
}

// TestLargeFilesAreCheckedLater serves at once, and takes the generation back
// when the check comes to the damage.
func TestLargeFilesAreCheckedLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "apple"))
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	shut(t, s)
	flipUnread(t, filepath.Join(dir, "2"), filepath.Join(dir, "1"))
	s = open(t, dir, generation.Options{}.CheckAtOnce(1))
	if s.State().Damage != nil || s.State().Number != 2 {
		t.Fatalf("state %+v", s.State())
	}
	running(t, s)
	eventually(t, "the damage is found", func() bool { return s.State().Damage != nil })
	same(t, "generation", uint64(1), s.State().Number)
	same(t, "the one before is served", []string{"a"}, short(find(t, s, "apple", "c")))
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	same(t, "healed", "", s.State().Problem())
	same(t, "found", []string{"b"}, short(find(t, s, "banana", "c")))
}

// flipUnread changes a byte in the segment that only the first folder has, where
// opening it does not look: in the stored text at its beginning.
func flipUnread(t *testing.T, folder, before string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "*.zap"))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(p string) bool {
		_, err := os.Stat(filepath.Join(before, filepath.Base(p)))
		return err != nil
	})
	if i < 0 {
		t.Fatal("no segment of its own")
	}
	f, err := os.OpenFile(all[i], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, 12); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b, 12); err != nil {
		t.Fatal(err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), generation.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}
