package generation_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

func source(docs ...knowledge.Document) *knowledgetest.Source {
	return &knowledgetest.Source{Docs: docs}
}

// pair is two workers that share an index.
type pair struct {
	blobs    *knowledgetest.Blobs
	clock    *clock
	a, b     *generation.Store
	dirA     string
	dirB     string
	followed *follower
}

func newPair(t *testing.T, blobs *knowledgetest.Blobs) *pair {
	t.Helper()
	p := &pair{blobs: blobs, clock: newClock(), dirA: t.TempDir(), dirB: t.TempDir(), followed: &follower{}}
	p.a = open(t, p.dirA, generation.Options{Blobs: blobs, Now: p.clock.now})
	p.b = open(t, p.dirB, generation.Options{Blobs: blobs, Now: p.clock.now, Followers: []knowledge.Follower{p.followed}})
	return p
}

func (p *pair) same(t *testing.T) {
	t.Helper()
	eventually(t, "both have the same generation", func() bool { return p.a.State().ID == p.b.State().ID })
}

func TestWhatOneFeedsTheOtherFinds(t *testing.T) {
	t.Parallel()
	p := newPair(t, &knowledgetest.Blobs{})
	running(t, p.a)
	running(t, p.b)
	feed(t, p.a, "c", doc("a", "apple"))
	p.same(t)
	same(t, "found", []string{"a"}, short(find(t, p.b, "apple", "c")))
	eventually(t, "the other's followers are told", func() bool { return len(p.followed.ids()["c"]) == 1 })
	feed(t, p.b, "c", doc("a", "apple"), doc("b", "banana"))
	p.same(t)
	same(t, "and back", []string{"b"}, short(find(t, p.a, "banana", "c")))
	if err := p.a.Drop(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	p.same(t)
	same(t, "dropped", []string{}, find(t, p.b, "apple", "c"))
	eventually(t, "the other's followers forget", func() bool { return len(p.followed.ids()) == 0 })
	if !p.a.State().Shared {
		t.Error("not shared")
	}
}

// TestBothFeedAtOnce has both workers feed side by side: nothing of either is
// lost, though each publishes on top of the other.
func TestBothFeedAtOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t, &knowledgetest.Blobs{})
	var group sync.WaitGroup
	const each = 5
	for name, s := range map[string]*generation.Store{"a": p.a, "b": p.b} {
		group.Go(func() {
			for n := range each {
				_, err := s.Ingest(context.Background(), fmt.Sprint(name, n), source(doc("d", "common "+name)), knowledge.IngestOptions{})
				if err != nil {
					t.Errorf("%s%d: %v", name, n, err)
				}
			}
		})
	}
	group.Wait()
	running(t, p.a)
	running(t, p.b)
	p.same(t)
	for _, s := range []*generation.Store{p.a, p.b} {
		if all, err := s.Collections(t.Context()); len(all) != 2*each || err != nil {
			t.Errorf("%d collections, %v", len(all), err)
		}
	}
}

func TestANewWorkerFetchesWhatThereIs(t *testing.T) {
	t.Parallel()
	p := newPair(t, &knowledgetest.Blobs{})
	feed(t, p.a, "c", doc("a", "apple"))
	feed(t, p.a, "c", doc("a", "apple"), doc("b", "banana"))
	s := open(t, t.TempDir(), generation.Options{Blobs: p.blobs})
	same(t, "found at once", []string{"a"}, short(find(t, s, "apple", "c")))
	same(t, "the same generation", p.a.State().ID, s.State().ID)
	same(t, "the same number", uint64(2), s.State().Number)
	if r := feed(t, s, "c", doc("a", "apple"), doc("b", "banana")); r.Unchanged != 2 {
		t.Errorf("report %+v", r)
	}
	same(t, "unchanged is not published", p.a.State().ID, s.State().ID)
}

func TestADamagedGenerationIsFetchedAgain(t *testing.T) {
	t.Parallel()
	for name, spoil := range spoils() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, &knowledgetest.Blobs{})
			feed(t, p.a, "c", doc("a", "apple"))
			feed(t, p.a, "c", doc("a", "apple"), doc("b", "banana"))
			id := p.a.State().ID
			shut(t, p.a)
			if err := spoil(filepath.Join(p.dirA, "2")); err != nil {
				t.Fatal(err)
			}
			p.a = open(t, p.dirA, generation.Options{Blobs: p.blobs})
			same(t, "the same as before", id, p.a.State().ID)
			same(t, "no problem is left", "", p.a.State().Problem())
			same(t, "found", []string{"b"}, short(find(t, p.a, "banana", "c")))
		})
	}
}

func TestWithoutNetworkTheLocalOneIsServed(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	blobs := &knowledgetest.Blobs{Fail: func(string, string) error {
		if away.Load() {
			return errors.New("no network")
		}
		return nil
	}}
	p := newPair(t, blobs)
	feed(t, p.a, "c", doc("a", "apple"))
	id := p.a.State().ID
	shut(t, p.a)
	away.Store(true)
	log, lines := logged()
	p.a = open(t, p.dirA, generation.Options{Blobs: blobs, Log: log})
	same(t, "served", id, p.a.State().ID)
	if state := p.a.State(); !strings.Contains(state.Away, "no network") || !strings.Contains(state.Problem(), "no network") {
		t.Errorf("state %+v", state)
	}
	if !strings.Contains(lines.String(), "can't be reached") {
		t.Errorf("logged %q", lines)
	}
	r, err := p.a.Ingest(t.Context(), "c", source(doc("b", "banana")), knowledge.IngestOptions{})
	if err == nil || r.Added != 0 {
		t.Errorf("fed alone: %+v, %v", r, err)
	}
	away.Store(false)
	feed(t, p.a, "c", doc("a", "apple"), doc("b", "banana"))
	same(t, "no problem is left", "", p.a.State().Problem())
}

// TestThePublishFails loses the network in the last moment: the build is kept,
// and the next ingest need not do its work again.
func TestThePublishFails(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	blobs := &knowledgetest.Blobs{Fail: func(method, _ string) error {
		if away.Load() && method == "Publish" {
			return errors.New("no network")
		}
		return nil
	}}
	p := newPair(t, blobs)
	away.Store(true)
	r, err := p.a.Ingest(t.Context(), "c", source(doc("a", "apple")), knowledge.IngestOptions{})
	if err == nil || r.Added != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	same(t, "nothing shows", []string{}, find(t, p.a, "apple", "c"))
	away.Store(false)
	if r := feed(t, p.a, "c", doc("a", "apple")); r.Unchanged != 1 {
		t.Errorf("%+v", r)
	}
	same(t, "now it does", []string{"a"}, short(find(t, p.a, "apple", "c")))
}

// TestAFetchIsGoneOnWith loses the network between two files.
func TestAFetchIsGoneOnWith(t *testing.T) {
	t.Parallel()
	var gets, limit atomic.Int64
	limit.Store(1)
	blobs := &knowledgetest.Blobs{Fail: func(method, _ string) error {
		if method == "Get" && gets.Add(1) > limit.Load() {
			return errors.New("no network")
		}
		return nil
	}}
	a := open(t, t.TempDir(), generation.Options{Blobs: blobs})
	feed(t, a, "c", doc("a", "apple"))
	files := a.State().Files
	dir := t.TempDir()
	s := open(t, dir, generation.Options{Blobs: blobs})
	same(t, "nothing yet", []string{}, find(t, s, "apple", "c"))
	gets.Store(0)
	limit.Store(1000)
	running(t, s)
	eventually(t, "the rest is fetched", func() bool { return s.State().ID == a.State().ID })
	if n := int(gets.Load()); n >= files {
		t.Errorf("%d fetches of %d files: what was there was fetched again", n, files)
	}
}

// TestABlobThatIsNotWhatItWas is fetched and refused.
func TestABlobThatIsNotWhatItWas(t *testing.T) {
	t.Parallel()
	blobs := &knowledgetest.Blobs{}
	a := open(t, t.TempDir(), generation.Options{Blobs: blobs})
	feed(t, a, "c", doc("a", "apple"))
	names, err := blobs.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := blobs.Put(t.Context(), name, strings.NewReader("other")); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, t.TempDir(), generation.Options{Blobs: blobs})
	if away := s.State().Away; !strings.Contains(away, "damaged") {
		t.Errorf("away %q", away)
	}
	for _, name := range names {
		if err := blobs.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	running(t, a) // whoever has the file puts it back
	running(t, s)
	eventually(t, "they are put back", func() bool {
		all, err := blobs.List(t.Context())
		return err == nil && len(all) == len(names)
	})
}

// TestAManifestFromElsewhere is never taken for a path, or for an index.
func TestAManifestFromElsewhere(t *testing.T) {
	t.Parallel()
	const id = `"id":"AAAAAAAAAAAAAAAAAAAAAAAAAA"`
	for name, raw := range map[string]string{
		"garbage":       `garbage`,
		"empty":         `{}`,
		"no files":      `{` + id + `}`,
		"a path":        `{` + id + `,"format":3,"files":[{"name":"../../x","size":1}]}`,
		"another path":  `{` + id + `,"format":3,"files":[{"name":"/etc/passwd","size":1}]}`,
		"an odd id":     `{"id":"../../../../../../../../x.","format":3,"files":[{"name":"root.bolt","size":1}]}`,
		"negative size": `{` + id + `,"format":3,"files":[{"name":"root.bolt","size":-1}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blobs := &knowledgetest.Blobs{}
			if err := blobs.Publish(t.Context(), []byte(raw), 0); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			s := open(t, filepath.Join(dir, "index"), generation.Options{Blobs: blobs})
			feed(t, s, "c", doc("a", "apple"))
			other := open(t, t.TempDir(), generation.Options{Blobs: blobs})
			same(t, "replaced", []string{"a"}, short(find(t, other, "apple", "c")))
			same(t, "nothing beside", []string{"index"}, entries(t, dir))
		})
	}
}

func TestANewerWorkersIndexIsLeftAlone(t *testing.T) {
	t.Parallel()
	blobs := &knowledgetest.Blobs{}
	const newer = `{"id":"AAAAAAAAAAAAAAAAAAAAAAAAAA","format":99,"files":[{"name":"root.bolt","size":1}]}`
	if err := blobs.Publish(t.Context(), []byte(newer), 0); err != nil {
		t.Fatal(err)
	}
	s := open(t, t.TempDir(), generation.Options{Blobs: blobs})
	if _, err := s.Ingest(t.Context(), "c", source(doc("a", "apple")), knowledge.IngestOptions{}); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("got %v", err)
	}
	if raw, _, err := blobs.Latest(t.Context()); string(raw) != newer || err != nil {
		t.Errorf("published over it: %s, %v", raw, err)
	}
}

// TestAWorkerThatWasAloneSharesWhatItHas has been fed before there were others.
func TestAWorkerThatWasAloneSharesWhatItHas(t *testing.T) {
	t.Parallel()
	dir, blobs := t.TempDir(), &knowledgetest.Blobs{}
	s := open(t, dir, generation.Options{})
	feed(t, s, "c", doc("a", "apple"))
	shut(t, s)
	s = open(t, dir, generation.Options{Blobs: blobs})
	running(t, s)
	eventually(t, "it is published", func() bool {
		_, revision, err := blobs.Latest(t.Context())
		return revision == 1 && err == nil
	})
	other := open(t, t.TempDir(), generation.Options{Blobs: blobs})
	same(t, "found", []string{"a"}, short(find(t, other, "apple", "c")))
}

// TestOldBlobsGo feeds many generations: what the latest two need stays, and
// what none needs goes, but only after a grace.
func TestOldBlobsGo(t *testing.T) {
	t.Parallel()
	p := newPair(t, &knowledgetest.Blobs{})
	if err := p.blobs.Put(t.Context(), strings.Repeat("0", 64), strings.NewReader("left by somebody")); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		all, err := p.blobs.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for n := range 6 {
		feed(t, p.a, "c", doc("a", fmt.Sprint("version ", n)))
	}
	before := count()
	if before < 12 { // a segment and a root each, at least
		t.Fatalf("%d blobs: some went before their time", before)
	}
	p.clock.add(2 * generation.Grace)
	feed(t, p.a, "c", doc("a", "version 7"))
	if n := count(); n >= before {
		t.Errorf("%d blobs of %d are left", n, before)
	}
	p.clock.add(2 * generation.Grace)
	feed(t, p.a, "c", doc("a", "version 8"))
	feed(t, p.a, "c", doc("a", "version 9"))
	late := open(t, t.TempDir(), generation.Options{Blobs: p.blobs})
	same(t, "the latest is whole", []string{"a"}, short(find(t, late, "9", "c")))
	same(t, "number", uint64(9), late.State().Number)
}
