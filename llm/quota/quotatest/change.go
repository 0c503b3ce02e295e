package quotatest

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// read finds a key that is there.
func read(t *testing.T, keys llm.Keys, hash string) llm.Key {
	t.Helper()
	k, ok, err := keys.Key(t.Context(), hash)
	if err != nil || !ok {
		t.Fatalf("key %s: found is %t, %v", hash, ok, err)
	}
	return k
}

// change changes a key that is there.
func change(t *testing.T, keys llm.Keys, hash string, how func(k *llm.Key)) {
	t.Helper()
	k := read(t, keys, hash)
	how(&k)
	if ok, err := keys.Change(t.Context(), k); !ok || err != nil {
		t.Fatalf("changing %s: %t, %v", hash, ok, err)
	}
}

// refuses checks that a change is refused.
func refuses(t *testing.T, keys llm.Keys, k llm.Key, want error) {
	t.Helper()
	if ok, err := keys.Change(t.Context(), k); ok || !errors.Is(err, want) {
		t.Errorf("changing %s to %q: %t, %v; want %v", k.Hash, k.Alias, ok, err, want)
	}
}

func rename(alias string) func(k *llm.Key) { return func(k *llm.Key) { k.Alias = alias } }

func testChange(t *testing.T, a, b llm.Keys) {
	t.Helper()
	budget := 2.5
	k := llm.Key{Hash: "h1", Shown: "sk-...abcd", Alias: "alice", RPM: 60, Budget: &budget, Created: born, Expires: born.Add(time.Hour)}
	add(t, a, k)
	k.RPM, k.Budget, k.Expires, k.Blocked, k.Models = 0, nil, time.Time{}, true, []string{"m"}
	for range 2 { // the second time to what it is already
		change(t, a, "h1", func(was *llm.Key) {
			was.RPM, was.Budget, was.Expires, was.Blocked, was.Models = 0, nil, time.Time{}, true, []string{"m"}
		})
	}
	holds(t, a, "h1", &k)
	lists(t, b, k)
	taken(t, b, key("h2", "alice", 0))
	remove(t, a, "h1", true)
	lists(t, b)
}

// testRename: an alias is free as soon as its key has another one, and only then.
func testRename(t *testing.T, a, b llm.Keys) {
	t.Helper()
	add(t, a, key("h1", "alice", 2))
	for _, alias := range []string{"bob", "", "carol", "alice", "bob"} {
		change(t, a, "h1", rename(alias))
		if alias != "" {
			taken(t, b, key("h2", alias, 1))
		}
	}
	other := key("h2", "alice", 1)
	add(t, b, other)
	refuses(t, b, named(read(t, b, "h2"), "bob"), llm.ErrKeyExists)
	first := key("h1", "bob", 2)
	lists(t, a, first, other)
	remove(t, a, "h1", true)
	change(t, b, "h2", rename("bob"))
	taken(t, a, key("h3", "bob", 0))
	add(t, a, key("h3", "alice", 0))
}

func named(k llm.Key, alias string) llm.Key {
	k.Alias = alias
	return k
}

func testNoChange(t *testing.T, a, b llm.Keys) {
	t.Helper()
	for _, hash := range []string{"", "abc", "*"} {
		if ok, err := a.Change(t.Context(), key(hash, "alice", 0)); ok || err != nil {
			t.Errorf("changing %q, which is not there: %t, %v", hash, ok, err)
		}
	}
	add(t, a, key("h1", "alice", 0))
	old := read(t, a, "h1")
	change(t, b, "h1", func(k *llm.Key) { k.Blocked = true })
	refuses(t, a, named(old, "alice"), llm.ErrKeyChanged)
	refuses(t, a, named(old, "bob"), llm.ErrKeyChanged)
	blocked := key("h1", "alice", 0)
	blocked.Blocked = true
	lists(t, a, blocked)
	holds(t, a, "h1", &blocked) // a refusal is never answered from memory afterwards
	remove(t, b, "h1", true)
	if ok, err := a.Change(t.Context(), old); ok || err != nil {
		t.Errorf("changing what was removed: %t, %v", ok, err)
	}
	add(t, a, key("h2", "bob", 0)) // the refused one has left no trace
}

// testChangersRace: what one changes no other one takes back.
func testChangersRace(t *testing.T, a, b llm.Keys) {
	t.Helper()
	const changers, each = 4, 5
	add(t, a, key("h1", "alice", 0))
	var all sync.WaitGroup
	for i := range changers {
		keys := []llm.Keys{a, b}[i%2]
		all.Go(func() {
			for done := 0; done < each; {
				k, _, err := keys.Key(t.Context(), "h1")
				if err != nil {
					t.Error(err)
					return
				}
				k.RPM++
				ok, err := keys.Change(t.Context(), k)
				if ok {
					done++
				} else if !errors.Is(err, llm.ErrKeyChanged) {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if got := read(t, a, "h1").RPM; got != changers*each {
		t.Errorf("%d changes of %d are there", got, changers*each)
	}
}

// testRenamersRace: of many keys that want one alias at once, by being added or
// by being changed, one gets it at most, and then it can be had again.
func testRenamersRace(t *testing.T, a, b llm.Keys) {
	t.Helper()
	const many = 6
	for i := range many {
		add(t, a, key("h"+strconv.Itoa(i), "own"+strconv.Itoa(i), 0))
	}
	var all sync.WaitGroup
	var won atomic.Int64
	for i := range many {
		keys := []llm.Keys{a, b}[i%2]
		k := named(read(t, a, "h"+strconv.Itoa(i)), "alice")
		all.Go(func() {
			if ok, err := keys.Change(t.Context(), k); ok {
				won.Add(1)
			} else if !errors.Is(err, llm.ErrKeyExists) && !errors.Is(err, llm.ErrKeyChanged) {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := keys.Add(t.Context(), key("new"+strconv.Itoa(i), "alice", 0)); err == nil {
				won.Add(1)
			} else if !errors.Is(err, llm.ErrKeyExists) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := holders(t, b, "alice"); int64(got) != won.Load() || got > 1 {
		t.Fatalf("%d have the alias, %d were told so; want one at most", got, won.Load())
	}
	for _, k := range listed(t, a) {
		if k.Alias == "alice" {
			change(t, a, k.Hash, rename("was-alice"))
		}
	}
	add(t, b, key("last", "alice", 0))
	if got := holders(t, a, "alice"); got != 1 {
		t.Errorf("%d have the alias in the end", got)
	}
}

func listed(t *testing.T, keys llm.Keys) []llm.Key {
	t.Helper()
	all, err := keys.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func holders(t *testing.T, keys llm.Keys, alias string) int {
	t.Helper()
	n := 0
	for _, k := range listed(t, keys) {
		if k.Alias == alias {
			n++
		}
	}
	return n
}
