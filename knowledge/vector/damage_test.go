package vector_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
	"github.com/tribunebot/tribune/knowledge/vector"
)

// Sizes of the files in these tests: 64 dimensions.
const (
	dims   = 64
	head   = 64
	record = 16 + 4*dims + 4
)

func fileOf(t *testing.T, dir, name string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", name))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v", name, found, err)
	}
	return found[0]
}

// change changes a file in place.
func change(t *testing.T, path string, how func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, how(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at] ^= 0x40
		return b
	}
}

// TestTornTail holds that whatever a kill leaves of the last write, the vectors
// before it are there and only the others are paid for again.
func TestTornTail(t *testing.T) {
	t.Parallel()
	texts := many(40, "rule")
	for _, test := range []struct {
		name  string
		bytes int // that are left of the file, from its end
		lost  int
	}{
		{"whole", 0, 0},
		{"one byte short", 1, 1},
		{"half a record", record / 2, 1},
		{"one record", record, 1},
		{"three and a half", 3*record + record/2, 4},
		{"all", 40 * record, 40},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir, m := t.TempDir(), &embedtest.Model{Dimensions: dims}
			s := open(t, dir, vector.Options{Embedder: m})
			follow(t, s, "a", texts...)
			s.Close()
			change(t, fileOf(t, dir, "vectors"), func(b []byte) []byte { return b[:len(b)-test.bytes] })
			s = open(t, dir, vector.Options{Embedder: m})
			if got := s.Count("a"); got != 40-test.lost {
				t.Errorf("%d passages, want %d", got, 40-test.lost)
			}
			follow(t, s, "a", texts...)
			if paid := m.Texts() - 40; paid != test.lost || s.Count("a") != 40 {
				t.Errorf("%d texts paid again, want %d; %d passages", paid, test.lost, s.Count("a"))
			}
			if got := ids(t, s, "T\n\n"+texts[39], 1, "a"); !cmp.Equal(got, []string{"a/39#1"}) {
				t.Errorf("got %v", got)
			}
		})
	}
}

// TestGarbageTail holds that blocks that a power cut left unwritten are no
// vectors.
func TestGarbageTail(t *testing.T) {
	t.Parallel()
	dir, m := t.TempDir(), &embedtest.Model{Dimensions: dims}
	s := open(t, dir, vector.Options{Embedder: m})
	follow(t, s, "a", many(10, "rule")...)
	s.Close()
	change(t, fileOf(t, dir, "vectors"), func(b []byte) []byte { return append(b, make([]byte, 2*record+7)...) })
	s = open(t, dir, vector.Options{Embedder: m})
	if got := s.Size(); got.Vectors != 10 || got.Bytes != head+10*record {
		t.Errorf("got %+v", got)
	}
}

// TestDamagedRecord holds that a vector that has changed on disk is not shown,
// and embedded anew.
func TestDamagedRecord(t *testing.T) {
	t.Parallel()
	dir, m := t.TempDir(), &embedtest.Model{Dimensions: dims}
	texts := many(600, "rule")
	s := open(t, dir, vector.Options{Embedder: m})
	follow(t, s, "a", texts...)
	change(t, fileOf(t, dir, "vectors"), flip(head+7*record+100)) // while it is open
	question := "T\n\n" + texts[7]
	if got := ids(t, s, question, 10, "a"); len(got) != 10 || got[0] == "a/7#1" {
		t.Errorf("got %v", got)
	}
	if s.Count("a") != 599 {
		t.Errorf("%d passages", s.Count("a"))
	}
	paid := m.Texts()
	follow(t, s, "a", texts...)
	if m.Texts() != paid+1 {
		t.Errorf("%d texts paid, want 1", m.Texts()-paid)
	}
	for range 2 {
		if got := ids(t, s, question, 1, "a"); !cmp.Equal(got, []string{"a/7#1"}) {
			t.Errorf("got %v", got)
		}
		s.Close()
		s = open(t, dir, vector.Options{Embedder: m})
	}
}

// TestDamagedFiles holds that a file that is damaged costs at most what it held.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file string
		how        func([]byte) []byte
		count      int // passages afterwards, before the next ingest
		paid       int // by that
	}{
		{"codes", "codes", flip(500), 600, 0},
		{"codes cut", "codes", func(b []byte) []byte { return b[:len(b)/2] }, 600, 0},
		{"codes empty", "codes", func([]byte) []byte { return nil }, 600, 0},
		{"passages", "maps/*", flip(100), 0, 0},
		{"passages cut", "maps/*", func(b []byte) []byte { return b[:9] }, 0, 0},
		{"head", "vectors", flip(9), 0, 600},
		{"no head", "vectors", func([]byte) []byte { return []byte("x") }, 0, 600},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir, m := t.TempDir(), &embedtest.Model{Dimensions: dims}
			texts := many(600, "rule")
			s := open(t, dir, vector.Options{Embedder: m})
			follow(t, s, "a", texts...)
			s.Close()
			change(t, fileOf(t, dir, test.file), test.how)
			s = open(t, dir, vector.Options{Embedder: m})
			if s.Count("a") != test.count {
				t.Errorf("%d passages, want %d", s.Count("a"), test.count)
			}
			follow(t, s, "a", texts...)
			if paid := m.Texts() - 600; paid != test.paid || s.Count("a") != 600 {
				t.Errorf("%d texts paid, want %d; %d passages", paid, test.paid, s.Count("a"))
			}
			if got := ids(t, s, "T\n\n"+texts[7], 1, "a"); !cmp.Equal(got, []string{"a/7#1"}) {
				t.Errorf("got %v", got)
			}
		})
	}
}

// TestHalfWrittenFiles holds that what a kill leaves beside the files is no
// trouble.
func TestHalfWrittenFiles(t *testing.T) {
	t.Parallel()
	dir, m := t.TempDir(), &embedtest.Model{Dimensions: dims}
	s := open(t, dir, vector.Options{Embedder: m})
	follow(t, s, "a", "one")
	s.Close()
	own := filepath.Dir(fileOf(t, dir, "vectors"))
	for _, name := range []string{"vectors.new", ".codes-1", "maps/.x-1"} {
		if err := os.WriteFile(filepath.Join(own, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, dir, vector.Options{Embedder: m})
	if s.Count("a") != 1 {
		t.Errorf("%d passages", s.Count("a"))
	}
	for _, name := range []string{"vectors.new", ".codes-1", "maps/.x-1"} {
		if _, err := os.Stat(filepath.Join(own, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}

// TestSearchWhileFollowing holds, with the race detector, that searches go on
// while passages come, go, and are compacted.
func TestSearchWhileFollowing(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), vector.Options{Embedder: &embedtest.Model{Dimensions: dims}, Keep: 1})
	texts := many(1500, "rule")
	follow(t, s, "still", texts[:300]...)
	done := make(chan struct{})
	var group sync.WaitGroup
	for n := range 3 {
		group.Go(func() {
			for i := n; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				want := texts[i%300]
				if got := ids(t, s, "T\n\n"+want, 400, "still", "moving"); !slices.Contains(got[:2], fmt.Sprintf("still/%d#1", i%300)) {
					t.Errorf("%q: found %v", want, got[:2])
				}
				s.Size()
			}
		})
	}
	for round := range 3 {
		follow(t, s, "moving", texts...)
		follow(t, s, "moving", texts[:100*round]...)
		follow(t, s, "moving", texts[:10]...)
		if err := s.Forget(t.Context(), "moving"); err != nil {
			t.Error(err)
		}
	}
	close(done)
	group.Wait()
	if s.Count("still") != 300 || s.Size().Vectors >= 1500 {
		t.Errorf("%d passages, %+v", s.Count("still"), s.Size())
	}
}
