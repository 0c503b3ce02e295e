package generation_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// spoil damages a generation.
func spoil(t *testing.T, dir, folder string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, folder, "root.bolt"), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// nowhere checks that a collection can't be seen in any way.
func nowhere(t *testing.T, s *generation.Store, collection, word string) {
	t.Helper()
	same(t, "found", []string{}, find(t, s, word, collection))
	for p, err := range s.Passages(t.Context(), collection) {
		t.Errorf("read: %s, %v", p.ID, err)
	}
	got, err := s.Candidates(t.Context(), knowledge.Lookup{
		Collections: []string{collection}, Also: []knowledge.Ref{{Collection: collection, ID: "p"}},
	})
	if err != nil || len(got.Passages) > 0 {
		t.Errorf("named: %v, %v", got.Passages, err)
	}
	all, err := s.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Name == collection {
			t.Errorf("listed: %+v", c)
		}
	}
}

// TestWhatWasDroppedStaysSo damages the generation that dropped a collection.
func TestWhatWasDroppedStaysSo(t *testing.T) {
	t.Parallel()
	dir, f := t.TempDir(), &follower{}
	o := generation.Options{Followers: []knowledge.Follower{f}}
	s := open(t, dir, o)
	feed(t, s, "private", doc("p", "plum"))
	feed(t, s, "c", doc("a", "apple"))
	if err := s.Drop(t.Context(), "private"); err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	spoil(t, dir, "3")
	s = open(t, dir, o)
	nowhere(t, s, "private", "plum")
	same(t, "the rest is served", []string{"a"}, short(find(t, s, "apple", "c")))
	if p := s.State().Problem(); !strings.Contains(p, "not shown again: all of private") {
		t.Errorf("problem %q", p)
	}
	if err := s.Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	same(t, "followers do not get it", map[string][]string{"c": {"a"}}, f.ids())
	shut(t, s)
	s = open(t, dir, o)
	nowhere(t, s, "private", "plum")
	shut(t, s)
	spoil(t, dir, "4") // the one that was made without it
	s = open(t, dir, o)
	nowhere(t, s, "private", "plum")
	feed(t, s, "private", doc("q", "plum again"))
	same(t, "it can be fed again", []string{"q"}, short(find(t, s, "plum", "private")))
}

// TestWhatWasPrunedStaysSo damages the generation that removed documents.
func TestWhatWasPrunedStaysSo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "common apple"), doc("b", "common banana"), doc("p", "common plum"))
	feed(t, s, "c", doc("a", "common apple"), doc("b", "common banana"))
	shut(t, s)
	spoil(t, dir, "2")
	s = open(t, dir, generation.Options{})
	same(t, "the others", []string{"a", "b"}, short(find(t, s, "common", "c")))
	if p := s.State().Problem(); !strings.Contains(p, "1 documents of c") || !strings.Contains(p, "feed again: c") {
		t.Errorf("problem %q", p)
	}
	shut(t, s)
	s = open(t, dir, generation.Options{})
	same(t, "after another start", []string{"a", "b"}, short(find(t, s, "common", "c")))
	feed(t, s, "c", doc("a", "common apple"), doc("b", "common banana"))
	same(t, "fed again", []string{"a", "b"}, short(find(t, s, "common", "c")))
	same(t, "no problem is left", "", s.State().Problem())
}

// TestManyThatWerePrunedHideTheCollection: more than is written down.
func TestManyThatWerePrunedHideTheCollection(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, generation.Options{})
	docs := []knowledge.Document{doc("a", "common apple")}
	for n := range generation.MaxTombs + 1 {
		docs = append(docs, doc(fmt.Sprint("p", n), "common plum"))
	}
	feed(t, s, "c", docs...)
	feed(t, s, "d", doc("d", "date"))
	_, err := s.Ingest(t.Context(), "c", source(docs[0]), knowledge.IngestOptions{Prune: true, Force: true})
	if err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	spoil(t, dir, "3")
	s = open(t, dir, generation.Options{})
	nowhere(t, s, "c", "common")
	same(t, "others are served", []string{"d"}, short(find(t, s, "date", "d")))
	if p := s.State().Problem(); !strings.Contains(p, "all of c") || !strings.Contains(p, "feed again: c") {
		t.Errorf("problem %q", p)
	}
	feed(t, s, "c", docs[0])
	same(t, "it is back when it is fed", []string{"a"}, short(find(t, s, "common", "c")))
}

// TestWhatWasRemovedIsHiddenWhereItCannotGo loses the shared store as well: no
// generation can be made without it.
func TestWhatWasRemovedIsHiddenWhereItCannotGo(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	blobs := &knowledgetest.Blobs{Fail: func(string, string) error {
		if away.Load() {
			return errors.New("no network")
		}
		return nil
	}}
	p := newPair(t, blobs)
	feed(t, p.b, "private", doc("p", "plum"))
	feed(t, p.a, "c", doc("a", "common apple"), doc("b", "common banana"))
	shut(t, p.a)
	feed(t, p.b, "c", doc("b", "common banana"))
	p.a = open(t, p.dirA, generation.Options{Blobs: blobs}) // adopts it
	shut(t, p.a)
	if err := p.b.Drop(t.Context(), "private"); err != nil {
		t.Fatal(err)
	}
	shut(t, open(t, p.dirA, generation.Options{Blobs: blobs})) // and this
	away.Store(true)
	spoil(t, p.dirA, "4")
	s := open(t, p.dirA, generation.Options{Blobs: blobs})
	nowhere(t, s, "private", "plum")
	same(t, "the one before", uint64(3), s.State().Number)
	same(t, "is served", []string{"b"}, short(find(t, s, "common", "c")))
	away.Store(false)
	running(t, s)
	eventually(t, "the latest is fetched", func() bool { return s.State().Problem() == "" })
	nowhere(t, s, "private", "plum")
}

// TestRemovedDocumentsAreHiddenWhereTheyCannotGo is the same of documents.
func TestRemovedDocumentsAreHiddenWhereTheyCannotGo(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	blobs := &knowledgetest.Blobs{Fail: func(string, string) error {
		if away.Load() {
			return errors.New("no network")
		}
		return nil
	}}
	p := newPair(t, blobs)
	feed(t, p.b, "c", doc("a", "common apple"), doc("p", "common plum"))
	shut(t, p.a)
	shut(t, open(t, p.dirA, generation.Options{Blobs: blobs}))
	feed(t, p.b, "c", doc("a", "common apple"))
	shut(t, open(t, p.dirA, generation.Options{Blobs: blobs}))
	away.Store(true)
	spoil(t, p.dirA, "2")
	s := open(t, p.dirA, generation.Options{Blobs: blobs})
	same(t, "generation", uint64(1), s.State().Number)
	same(t, "found", []string{"a"}, short(find(t, s, "common", "c")))
	var read []string
	for p, err := range s.Passages(t.Context(), "c") {
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, p.ID)
	}
	same(t, "read", []string{"a"}, short(read))
}

// TestWhatWasDroppedStaysSoWithoutThePointer loses the file current as well.
func TestWhatWasDroppedStaysSoWithoutThePointer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, generation.Options{})
	feed(t, s, "private", doc("p", "plum"))
	feed(t, s, "c", doc("a", "apple"))
	if err := s.Drop(t.Context(), "private"); err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	spoil(t, dir, "3")
	if err := os.Remove(filepath.Join(dir, "current")); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, generation.Options{})
	nowhere(t, s, "private", "plum")
	same(t, "the rest is served", []string{"a"}, short(find(t, s, "apple", "c")))
}

// TestADamageThatIsFoundLaterBringsNothingBack finds it while it is served.
func TestADamageThatIsFoundLaterBringsNothingBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "common apple"), doc("p", "common plum"))
	feed(t, s, "c", doc("a", "common apple"), doc("b", "common banana"))
	shut(t, s)
	flipUnread(t, filepath.Join(dir, "2"), filepath.Join(dir, "1"))
	s = open(t, dir, generation.Options{}.CheckAtOnce(1))
	running(t, s)
	eventually(t, "the damage is found", func() bool { return s.State().Damage != nil })
	same(t, "found", []string{"a"}, short(find(t, s, "common", "c")))
}
