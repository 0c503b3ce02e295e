package queue

import (
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota/quotatest"
)

func keysOf(t *testing.T, q *Queue) llm.Keys {
	t.Helper()
	keys, err := q.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestKeysKeepThePromises(t *testing.T) {
	t.Parallel()
	quotatest.TestKeys(t, func(t *testing.T) (llm.Keys, llm.Keys) {
		t.Helper()
		_, o := cluster(t, t.TempDir(), 0)
		return keysOf(t, open(t, o)), keysOf(t, open(t, o))
	})
}

func TestKeysOutliveARestart(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q := open(t, o)
	k := llm.Key{Hash: "abc", Alias: "alice", Created: time.Now()}
	if err := keysOf(t, q).Add(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	shut(t, q)
	if got, ok, err := keysOf(t, open(t, o)).Key(t.Context(), "abc"); err != nil || !ok || got.Alias != "alice" {
		t.Errorf("%+v, %t, %v", got, ok, err)
	}
}

// TestAnAliasWhoseKeyNeverCame has somebody die between claiming an alias and
// writing its key.
func TestAnAliasWhoseKeyNeverCame(t *testing.T) {
	t.Parallel()
	store, ok := keysOf(t, open(t, Options{})).(*keys)
	if !ok {
		t.Fatal("not a bucket's keys")
	}
	ctx := t.Context()
	dead := llm.Key{Hash: "dead", Alias: "alice"}
	claim, err := store.claim(ctx, dead)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Add(ctx, llm.Key{Hash: "next", Alias: "alice"}); err != nil {
		t.Fatalf("the alias is lost: %v", err)
	}
	// It was not dead after all, only slow.
	if _, err := store.bucket.Create(ctx, hashKey("dead"), []byte(`{"hash":"dead","alias":"alice"}`)); !conflict(err) {
		t.Errorf("the slow one's key: %v, want a conflict", err)
	}
	if _, err := store.bucket.Update(ctx, aliasKey("alice"), []byte("dead"), claim); !conflict(err) {
		t.Errorf("the slow one's confirmation: %v, want a conflict", err)
	}
	if _, found, err := store.Key(ctx, "dead"); found || err != nil {
		t.Errorf("the slow one's key is there: %t, %v", found, err)
	}
	if all, err := store.List(ctx); len(all) != 1 || err != nil {
		t.Errorf("%d keys are listed, %v; want one", len(all), err)
	}
	if removed, err := store.Remove(ctx, "dead"); removed || err != nil {
		t.Errorf("the slow one's key was removed: %t, %v", removed, err)
	}
}

func TestAKeyThatIsTooLong(t *testing.T) {
	t.Parallel()
	k := llm.Key{Hash: "abc", Metadata: map[string]any{"note": strings.Repeat("x", maxKey)}}
	if err := keysOf(t, open(t, Options{})).Add(t.Context(), k); err == nil || !strings.Contains(err.Error(), "metadata") {
		t.Errorf("%v", err)
	}
}

func TestADamagedKeySaysSo(t *testing.T) {
	t.Parallel()
	store, ok := keysOf(t, open(t, Options{})).(*keys)
	if !ok {
		t.Fatal("not a bucket's keys")
	}
	if _, err := store.bucket.Put(t.Context(), hashKey("abc"), []byte("{not json")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Key(t.Context(), "abc"); err == nil {
		t.Error("a damaged key can be read")
	}
	if _, err := store.List(t.Context()); err == nil {
		t.Error("a damaged key is listed")
	}
	if removed, err := store.Remove(t.Context(), "abc"); !removed || err != nil {
		t.Errorf("a damaged key cannot be removed: %t, %v", removed, err)
	}
}
