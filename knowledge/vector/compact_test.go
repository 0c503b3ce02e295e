package vector_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge/embed/embedtest"
	"github.com/tribunebot/tribune/knowledge/vector"
)

// TestCompacts holds that unused vectors go, but not at once.
func TestCompacts(t *testing.T) {
	t.Parallel()
	dir, m, now := t.TempDir(), &embedtest.Model{Dimensions: 64}, time.Unix(1e9, 0)
	s := open(t, dir, vector.Options{Embedder: m, Now: func() time.Time { return now }})
	texts := many(3000, "rule")
	follow(t, s, "a", texts...)
	follow(t, s, "a", texts[:900]...)
	now = now.Add(23 * time.Hour)
	follow(t, s, "a", texts[:800]...)
	if got := s.Size().Vectors; got != 3000 {
		t.Fatalf("%d vectors before their time was over", got)
	}
	now = now.Add(2 * time.Hour)
	follow(t, s, "a", texts[:800]...)
	if got := s.Size(); got.Vectors != 800 || got.Bytes > 800*(64*4+20)+64 {
		t.Fatalf("%+v after it, want 800 vectors", got)
	}
	for range 2 {
		if got := ids(t, s, "T\n\n"+texts[799], 1, "a"); !cmp.Equal(got, []string{"a/799#1"}) || s.Count("a") != 800 {
			t.Errorf("got %v of %d", got, s.Count("a"))
		}
		s.Close()
		s = open(t, dir, vector.Options{Embedder: m})
	}
	follow(t, s, "a", texts[:900]...)
	if got := m.Texts(); got != 3000+100+2 {
		t.Errorf("%d texts paid", got)
	}
}

// TestFull holds that there is an end to the memory, and that unused vectors
// make room.
func TestFull(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), vector.Options{Embedder: &embedtest.Model{Dimensions: 64}, Most: 500})
	texts := many(900, "rule")
	follow(t, s, "a", texts[:400]...)
	err := s.Follow(t.Context(), "a", seq(passages("a", texts...)), nil)
	if !errors.Is(err, vector.ErrFull) || s.Count("a") != 400 {
		t.Fatalf("%v, %d passages", err, s.Count("a"))
	}
	follow(t, s, "a", texts[400:800]...)
	if s.Count("a") != 400 || s.Size().Vectors != 400 {
		t.Errorf("%d passages, %+v", s.Count("a"), s.Size())
	}
}
