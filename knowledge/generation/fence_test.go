package generation_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// gate is a follower that stops where it is told to.
type gate struct {
	follower

	shared  bool
	at      string        // the collection it stops at
	reached chan struct{} // closed when it does
	open    chan struct{} // closed to let it go on
	once    sync.Once
	ended   chan error // what the first that stopped ended with
}

func newGate(at string, shared bool) *gate {
	return &gate{at: at, shared: shared, reached: make(chan struct{}), open: make(chan struct{}), ended: make(chan error, 1)}
}

func (g *gate) Shared() bool { return g.shared }

func (g *gate) Follow(ctx context.Context, collection string, all iter.Seq2[knowledge.Passage, error], progress func(knowledge.Progress)) error {
	var err error
	if collection == g.at {
		g.once.Do(func() {
			close(g.reached)
			select {
			case <-g.open:
			case <-ctx.Done():
				err = ctx.Err()
			}
			g.ended <- err
		})
	}
	if err != nil {
		return err
	}
	return g.follower.Follow(ctx, collection, all, progress)
}

// TestASlowFollowerDelaysNoAdoption stops the follower of one worker: what the
// other publishes is served all the same, and followed in the end.
func TestASlowFollowerDelaysNoAdoption(t *testing.T) {
	t.Parallel()
	blobs, g := &knowledgetest.Blobs{}, newGate("first", false)
	a := open(t, t.TempDir(), generation.Options{Blobs: blobs})
	b := open(t, t.TempDir(), generation.Options{Blobs: blobs, Followers: []knowledge.Follower{g}})
	feed(t, a, "first", doc("a", "apple"))
	running(t, b)
	<-g.reached
	feed(t, a, "second", doc("b", "banana"))
	eventually(t, "it is adopted", func() bool { return len(find(t, b, "banana", "second")) == 1 })
	if err := a.Drop(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "and a drop is", func() bool { return len(find(t, b, "apple", "first")) == 0 })
	close(g.open)
	eventually(t, "the follower catches up", func() bool { _, first := g.ids()["first"]; return !first && len(g.ids()["second"]) == 1 })
}

// TestAFollowerIsWaitedForOutsideOfTheTurn has an ingest wait for its follower,
// and another pass by.
func TestAFollowerIsWaitedForOutsideOfTheTurn(t *testing.T) {
	t.Parallel()
	g := newGate("site", false)
	s := open(t, t.TempDir(), generation.Options{Followers: []knowledge.Follower{&follower{}, g}})
	done := ingesting(s, source(doc("a", "apple")), knowledge.IngestOptions{})
	<-g.reached
	same(t, "it is found already", []string{"a"}, short(find(t, s, "apple", "site")))
	other := make(chan error, 1)
	go func() {
		_, err := s.Ingest(context.Background(), "other", source(doc("b", "banana")), knowledge.IngestOptions{})
		other <- err
	}()
	eventually(t, "the other is", func() bool { return len(find(t, s, "banana", "other")) == 1 })
	close(g.open)
	if err := errors.Join(<-done, <-other); err != nil {
		t.Fatal(err)
	}
	same(t, "both were followed", map[string][]string{"site": {"a"}, "other": {"b"}}, g.ids())
}

// TestAnOlderStateIsNotCopiedOverANewerOne has two workers feed one follower,
// as they do a cluster.
func TestAnOlderStateIsNotCopiedOverANewerOne(t *testing.T) {
	t.Parallel()
	blobs, g := &knowledgetest.Blobs{}, newGate("", true)
	a := open(t, t.TempDir(), generation.Options{Blobs: blobs, Followers: []knowledge.Follower{g}})
	feed(t, a, "c", doc("a", "apple"))
	b := open(t, t.TempDir(), generation.Options{Blobs: blobs, Followers: []knowledge.Follower{g}})
	feed(t, a, "other", doc("o", "orange"))
	feed(t, a, "c", doc("b", "banana"))
	before := g.count()
	if err := b.Sync(t.Context(), nil); err != nil {
		t.Errorf("Sync: %v", err)
	}
	same(t, "nothing is told", before, g.count())
	same(t, "what is there stays", []string{"b"}, g.ids()["c"])
	same(t, "it is still to be done", 1, len(b.State().Behind))
	running(t, b)
	eventually(t, "the latest is told", func() bool { return g.count() > before && len(b.State().Behind) == 0 })
	same(t, "and is the same", []string{"b"}, g.ids()["c"])
}

// TestACopyThatIsOvertakenStops has the other worker publish while it is made. A
// change of another collection is no reason to stop.
func TestACopyThatIsOvertakenStops(t *testing.T) {
	t.Parallel()
	blobs, g, free := &knowledgetest.Blobs{}, newGate("c", true), &follower{}
	a := open(t, t.TempDir(), generation.Options{Blobs: blobs, Followers: []knowledge.Follower{free}})
	feed(t, a, "c", doc("a", "apple"))
	b := open(t, t.TempDir(), generation.Options{Blobs: blobs, Followers: []knowledge.Follower{g}}.AskEvery(time.Millisecond))
	running(t, b)
	<-g.reached
	feed(t, a, "other", doc("o", "orange"))
	eventually(t, "it is adopted", func() bool { return len(find(t, b, "orange", "other")) == 1 })
	select {
	case err := <-g.ended:
		t.Fatalf("stopped by another collection: %v", err)
	default:
	}
	feed(t, a, "c", doc("b", "banana"))
	if err := <-g.ended; err == nil {
		t.Error("it was not stopped")
	}
	eventually(t, "the latest is copied", func() bool { return len(b.State().Behind) == 0 })
	same(t, "as it is", map[string][]string{"c": {"b"}, "other": {"o"}}, g.ids())
}

// TestWhatWasFedAgainIsNotForgotten has a worker be late with forgetting.
func TestWhatWasFedAgainIsNotForgotten(t *testing.T) {
	t.Parallel()
	blobs, g := &knowledgetest.Blobs{}, newGate("", true)
	b := open(t, t.TempDir(), generation.Options{Blobs: blobs, Followers: []knowledge.Follower{g}})
	feed(t, b, "c", doc("a", "apple"))
	g.set(errors.New("no network"))
	if err := b.Drop(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	g.set(nil)
	a := open(t, t.TempDir(), generation.Options{Blobs: blobs})
	feed(t, a, "c", doc("b", "banana"))
	if err := b.Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	same(t, "it is left alone", []string{"a"}, g.ids()["c"])
	running(t, b)
	eventually(t, "and made the latest", func() bool { return len(g.ids()["c"]) == 1 && g.ids()["c"][0] == "b" })
}

// TestWithoutTheSharedStoreACopyWaits: who can't ask does not write.
func TestWithoutTheSharedStoreACopyWaits(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	blobs := &knowledgetest.Blobs{Fail: func(string, string) error {
		if away.Load() {
			return errors.New("no network")
		}
		return nil
	}}
	g := newGate("", true)
	s := open(t, t.TempDir(), generation.Options{Blobs: blobs, Followers: []knowledge.Follower{g}})
	feed(t, s, "c", doc("a", "apple"))
	before := g.count()
	away.Store(true)
	if err := s.Sync(t.Context(), nil); err == nil {
		t.Error("no error")
	}
	same(t, "nothing is told", before, g.count())
	away.Store(false)
	if err := s.Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	same(t, "now it is", before+1, g.count())
}
