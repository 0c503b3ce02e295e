package generation_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/generation"
)

// follower keeps the ids of all passages.
type follower struct {
	mu   sync.Mutex
	has  map[string][]string
	runs int
	fail error
}

func (f *follower) Follow(_ context.Context, collection string, all iter.Seq2[knowledge.Passage, error], progress func(knowledge.Progress)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	f.runs++
	ids := []string{}
	for p, err := range all {
		if err != nil {
			return err
		}
		ids = append(ids, p.ID)
	}
	progress(knowledge.Progress{Stage: "follow", Passages: len(ids)})
	slices.Sort(ids)
	if f.has == nil {
		f.has = map[string][]string{}
	}
	f.has[collection] = ids
	return nil
}

func (*follower) Name() string { return "the follower" }

func (f *follower) Forget(_ context.Context, collection string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return f.fail
	}
	delete(f.has, collection)
	return nil
}

func (f *follower) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

func (f *follower) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.runs
}

func (f *follower) ids() map[string][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := maps.Clone(f.has)
	for k := range out {
		out[k] = short(slices.Clone(out[k]))
	}
	return out
}

func TestFollowersAreTold(t *testing.T) {
	t.Parallel()
	f := &follower{}
	s := open(t, t.TempDir(), generation.Options{Followers: []knowledge.Follower{f}})
	var stages []string
	_, err := s.Ingest(t.Context(), "c", source(doc("a", "apple"), doc("b", "banana")), knowledge.IngestOptions{
		Progress: func(p knowledge.Progress) { stages = append(stages, p.Stage) },
	})
	if err != nil || !slices.Contains(stages, "follow") {
		t.Errorf("stages %q, %v", stages, err)
	}
	same(t, "told", map[string][]string{"c": {"a", "b"}}, f.ids())
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	same(t, "not told where nothing changed", 1, f.count())
	feed(t, s, "d", doc("x", "xylophone"))
	same(t, "told of what changed only", 2, f.count())
	if err := s.Drop(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	same(t, "forgotten", map[string][]string{"c": {"a", "b"}}, f.ids())
}

func TestAFollowerThatFailsIsToldAgain(t *testing.T) {
	t.Parallel()
	dir, f, good := t.TempDir(), &follower{}, &follower{}
	f.set(errors.New("no network"))
	o := generation.Options{Followers: []knowledge.Follower{f, good}}
	s := open(t, dir, o)
	feed(t, s, "c", doc("a", "apple"))
	feed(t, s, "gone", doc("a", "apple"))
	same(t, "words go on", []string{"a"}, short(find(t, s, "apple", "c")))
	same(t, "and the other follower", []string{"c", "gone"}, slices.Sorted(maps.Keys(good.ids())))
	if b := s.State().Behind; len(b) != 2 || b[0].Reason != "no network" || !strings.Contains(s.State().Problem(), "no network") {
		t.Errorf("state %+v", s.State())
	}
	if err := s.Drop(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(t.Context(), nil); err == nil {
		t.Error("Sync says nothing")
	}
	shut(t, s)
	f.has = map[string][]string{"gone": {"a#1"}} // what it had before it failed
	f.set(nil)
	s = open(t, dir, o)
	if err := s.Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	same(t, "caught up, and what was dropped is forgotten over a restart", map[string][]string{"c": {"a"}}, f.ids())
	same(t, "nobody is behind", 0, len(s.State().Behind))
	f.set(errors.New("no network"))
	feed(t, s, "c", doc("a", "apple"), doc("b", "banana"))
	f.set(nil)
	running(t, s)
	eventually(t, "Run tells it again", func() bool { return slices.Contains(f.ids()["c"], "b") })
}
