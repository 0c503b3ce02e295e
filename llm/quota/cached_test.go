package quota

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota/quotatest"
)

// countedKeys counts the look-ups, and can be switched off.
type countedKeys struct {
	llm.Keys

	asked int
	err   error
}

func (c *countedKeys) Key(ctx context.Context, hash string) (llm.Key, bool, error) {
	c.asked++
	if c.err != nil {
		return llm.Key{}, false, c.err
	}
	return c.Keys.Key(ctx, hash)
}

func TestCachedAsksOnce(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	store := &countedKeys{Keys: quotatest.NewKeys()}
	keys := Cached(store, time.Minute, 10, c.now)
	find := func(hash string, want bool, asked int) {
		t.Helper()
		store.asked = 0
		_, ok, err := keys.Key(t.Context(), hash)
		if err != nil || ok != want || store.asked != asked {
			t.Errorf("%s: %t, %v, asked %d times; want %t, %d times", hash, ok, err, store.asked, want, asked)
		}
	}
	find("a", false, 1)
	find("a", false, 0)
	if err := keys.Add(t.Context(), llm.Key{Hash: "a"}); err != nil {
		t.Fatal(err)
	}
	find("a", true, 1)
	find("a", true, 0)
	c.at = c.at.Add(time.Minute)
	find("a", true, 1)
	find("b", false, 1)
	c.at = c.at.Add(time.Minute / absentShare)
	find("b", false, 1)
	find("a", true, 0)
	if _, err := keys.Remove(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	find("a", false, 1)
}

func TestCachedWithoutTheStore(t *testing.T) {
	t.Parallel()
	c := &clock{start}
	store := &countedKeys{Keys: quotatest.NewKeys()}
	keys := Cached(store, time.Minute, 10, c.now)
	if err := keys.Add(t.Context(), llm.Key{Hash: "a", Alias: "alice"}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := keys.Key(t.Context(), "a"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	store.err = errAway
	c.at = c.at.Add(staleTimes*time.Minute - time.Second)
	if k, ok, err := keys.Key(t.Context(), "a"); !ok || err != nil || k.Alias != "alice" {
		t.Errorf("a known key is refused: %v, %v", ok, err)
	}
	if _, ok, err := keys.Key(t.Context(), "b"); ok || err == nil {
		t.Errorf("a key that nobody knows: %v, %v; want the error", ok, err)
	}
	c.at = c.at.Add(time.Second)
	if _, ok, err := keys.Key(t.Context(), "a"); ok || err == nil {
		t.Errorf("a key is believed in for ever: %v, %v", ok, err)
	}
}

// TestCachedIsBounded: wrong keys do not push out right ones.
func TestCachedIsBounded(t *testing.T) {
	t.Parallel()
	store := &countedKeys{Keys: quotatest.NewKeys()}
	keys, ok := Cached(store, time.Minute, 10, nil).(*cached)
	if !ok {
		t.Fatal("not cached")
	}
	for i := range 20 {
		name := strconv.Itoa(i)
		if err := keys.Add(t.Context(), llm.Key{Hash: name, Alias: name}); err != nil {
			t.Fatal(err)
		}
		if _, found, err := keys.Key(t.Context(), name); !found || err != nil {
			t.Fatal(found, err)
		}
	}
	for i := range 1000 {
		if _, found, err := keys.Key(t.Context(), "wrong"+strconv.Itoa(i)); found || err != nil {
			t.Fatal(found, err)
		}
	}
	if len(keys.found.entries) != 10 || len(keys.absent.entries) != 10 {
		t.Errorf("%d keys and %d wrong ones are remembered", len(keys.found.entries), len(keys.absent.entries))
	}
	if _, found, err := Cached(store, time.Minute, 0, nil).Key(t.Context(), "1"); !found || err != nil {
		t.Error(found, err)
	}
}

// removing removes the key while it is looked up.
type removing struct {
	llm.Keys

	during func()
}

func (r removing) Key(ctx context.Context, hash string) (llm.Key, bool, error) {
	k, ok, err := r.Keys.Key(ctx, hash)
	r.during()
	return k, ok, err
}

// TestCachedDoesNotKeepWhatIsRemovedMeanwhile: a key that was just revoked must
// not come back from a look-up that was under way.
func TestCachedDoesNotKeepWhatIsRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	store := removing{Keys: quotatest.NewKeys(), during: func() {}}
	keys := Cached(&store, time.Minute, 10, nil)
	if err := keys.Add(t.Context(), llm.Key{Hash: "a"}); err != nil {
		t.Fatal(err)
	}
	store.during = func() {
		if _, err := keys.Remove(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := keys.Key(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	store.during = func() {}
	if _, found, err := keys.Key(t.Context(), "a"); found || err != nil {
		t.Errorf("the key that was removed: %t, %v", found, err)
	}
}
