package quotatest

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tribunebot/tribune/llm"
)

// TestKeys checks a store of virtual keys. open makes an empty one, and a
// second client of the same: the same value where it cannot be shared.
func TestKeys(t *testing.T, open func(t *testing.T) (a, b llm.Keys)) { //nolint:tparallel // its caller has called t.Parallel, and twice would panic
	t.Helper()
	for name, test := range map[string]func(*testing.T, llm.Keys, llm.Keys){
		"a key is kept whole":                testWhole,
		"no such key":                        testNoKey,
		"one hash, one key":                  testHashTaken,
		"one alias, one key":                 testAliasTaken,
		"keys without an alias":              testNoAlias,
		"removed keys leave nothing":         testRemove,
		"oldest first":                       testOldest,
		"expired keys stay":                  testExpired,
		"two who add at once":                testAddersRace,
		"one who adds and one who removes":   testAddRemoveRace,
		"an alias and a hash may look alike": testAlike,
		"a key is changed":                   testChange,
		"a changed alias":                    testRename,
		"nothing is changed by mistake":      testNoChange,
		"two who change at once":             testChangersRace,
		"many who want one alias":            testRenamersRace,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			test(t, a, b)
		})
	}
}

var born = time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC) //nolint:gochecknoglobals // a constant, but for the language

// unmarked leaves out the mark, which is the store's own.
var unmarked = cmpopts.IgnoreFields(llm.Key{}, "Revision") //nolint:gochecknoglobals // a constant, but for the language

func key(hash, alias string, age time.Duration) llm.Key {
	return llm.Key{Hash: hash, Shown: "sk-...abcd", Alias: alias, Created: born.Add(-age)}
}

func add(t *testing.T, keys llm.Keys, all ...llm.Key) {
	t.Helper()
	for _, k := range all {
		if err := keys.Add(t.Context(), k); err != nil {
			t.Fatalf("adding %s: %v", k.Alias, err)
		}
	}
}

func taken(t *testing.T, keys llm.Keys, k llm.Key) {
	t.Helper()
	if err := keys.Add(t.Context(), k); !errors.Is(err, llm.ErrKeyExists) {
		t.Errorf("adding %s %q: %v, want ErrKeyExists", k.Hash, k.Alias, err)
	}
}

// holds checks what a key is; nil: there is none.
func holds(t *testing.T, keys llm.Keys, hash string, want *llm.Key) {
	t.Helper()
	got, ok, err := keys.Key(t.Context(), hash)
	if err != nil {
		t.Fatal(err)
	}
	if ok != (want != nil) {
		t.Fatalf("key %s: found is %t", hash, ok)
	}
	if want == nil {
		want = &llm.Key{}
	}
	if diff := cmp.Diff(*want, got, unmarked); diff != "" {
		t.Errorf("key %s (-want +got):\n%s", hash, diff)
	}
}

func remove(t *testing.T, keys llm.Keys, hash string, want bool) {
	t.Helper()
	if was, err := keys.Remove(t.Context(), hash); err != nil || was != want {
		t.Errorf("removing %s: %t, %v; want %t", hash, was, err, want)
	}
}

func lists(t *testing.T, keys llm.Keys, want ...llm.Key) {
	t.Helper()
	got, err := keys.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, slices.Clip(got), unmarked); diff != "" && len(want)+len(got) > 0 {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

func testWhole(t *testing.T, a, b llm.Keys) {
	t.Helper()
	budget := 12.5
	k := llm.Key{
		Hash: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8", Shown: "sk-...wxyz", Alias: "团队 alice.*> /1",
		Models: []string{"gpt-4", "openai/*"}, User: "U07", RPM: 60, TPM: 100_000, Max: 3, Budget: &budget, Every: 24 * time.Hour,
		Created: born, Expires: born.Add(time.Hour), Blocked: true,
		Metadata: map[string]any{"team": "law", "deep": map[string]any{"n": 1.5, "list": []any{"x", true, nil}}},
	}
	add(t, a, k)
	holds(t, a, k.Hash, &k)
	holds(t, b, k.Hash, &k)
	lists(t, b, k)
}

func testNoKey(t *testing.T, a, _ llm.Keys) {
	t.Helper()
	for _, hash := range []string{"", "abc", "*", ">", "a.b", "alias.x"} {
		holds(t, a, hash, nil)
		remove(t, a, hash, false)
	}
	lists(t, a)
}

func testHashTaken(t *testing.T, a, b llm.Keys) {
	t.Helper()
	first, second := key("h1", "alice", 0), key("h1", "bob", 0)
	add(t, a, first)
	taken(t, a, second)
	taken(t, b, second)
	holds(t, b, "h1", &first)
	add(t, b, key("h2", "bob", 0)) // the refused one has left no trace
}

func testAliasTaken(t *testing.T, a, b llm.Keys) {
	t.Helper()
	first := key("h1", "alice", 0)
	add(t, a, first)
	taken(t, a, key("h2", "alice", 0))
	taken(t, b, key("h2", "alice", 0))
	holds(t, b, "h2", nil)
	lists(t, b, first)
}

func testNoAlias(t *testing.T, a, b llm.Keys) {
	t.Helper()
	first, second := key("h1", "", 2), key("h2", "", 1)
	add(t, a, first)
	add(t, b, second)
	lists(t, a, first, second)
	remove(t, a, "h1", true)
	lists(t, b, second)
}

func testRemove(t *testing.T, a, b llm.Keys) {
	t.Helper()
	k := key("h1", "alice", 0)
	for range 2 {
		add(t, a, k)
		remove(t, b, "h1", true)
		remove(t, a, "h1", false)
		holds(t, a, "h1", nil)
		lists(t, a)
	}
	other := key("h2", "alice", 0)
	add(t, b, other)
	holds(t, a, "h2", &other)
}

func testOldest(t *testing.T, a, _ llm.Keys) {
	t.Helper()
	young, middle, old := key("a", "young", 0), key("b", "middle", time.Hour), key("c", "old", 2*time.Hour)
	add(t, a, middle, young, old)
	lists(t, a, old, middle, young)
}

func testExpired(t *testing.T, a, _ llm.Keys) {
	t.Helper()
	k := key("h1", "gone", time.Hour)
	k.Expires = born.Add(-time.Minute)
	add(t, a, k)
	holds(t, a, "h1", &k)
	lists(t, a, k)
	remove(t, a, "h1", true)
}

// testAddersRace: of many who want one alias exactly one gets it.
func testAddersRace(t *testing.T, a, b llm.Keys) {
	t.Helper()
	const adders = 16
	var all sync.WaitGroup
	var won atomic.Int64
	for i := range adders {
		keys := []llm.Keys{a, b}[i%2]
		all.Go(func() {
			err := keys.Add(t.Context(), key("h"+strconv.Itoa(i), "alice", 0))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, llm.ErrKeyExists) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	list, err := a.List(t.Context())
	if err != nil || len(list) != 1 || won.Load() != 1 {
		t.Errorf("%d of %d got the alias, %d are there, %v; want one", won.Load(), adders, len(list), err)
	}
}

// testAddRemoveRace: however adding and removing fall together, in the end the
// alias can be had again, once.
func testAddRemoveRace(t *testing.T, a, b llm.Keys) {
	t.Helper()
	for i := range 8 {
		old, young := "old"+strconv.Itoa(i), "young"+strconv.Itoa(i)
		add(t, a, key(old, "alice", 0))
		var all sync.WaitGroup
		all.Go(func() { remove(t, a, old, true) })
		var err error
		all.Go(func() { err = b.Add(t.Context(), key(young, "alice", 0)) })
		all.Wait()
		if err != nil && !errors.Is(err, llm.ErrKeyExists) {
			t.Fatal(err)
		}
		if err == nil {
			taken(t, a, key("third", "alice", 0))
			remove(t, a, young, true)
		}
		lists(t, b)
	}
}

func testAlike(t *testing.T, a, _ llm.Keys) {
	t.Helper()
	first, second := key("x", "y", 2), key("y", "x", 1)
	add(t, a, first, second)
	lists(t, a, first, second)
	remove(t, a, "x", true)
	holds(t, a, "y", &second)
}
