package index_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

func TestGoneAndRemove(t *testing.T) {
	t.Parallel()
	fed := func(ids ...string) *index.Index {
		x, err := index.Open(t.TempDir(), index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { x.Close() })
		src := &knowledgetest.Source{}
		for _, id := range ids {
			src.Docs = append(src.Docs, knowledge.Document{ID: id, Title: id, Text: "common " + id})
		}
		if _, err := x.Ingest(t.Context(), "c", src, knowledge.IngestOptions{}); err != nil {
			t.Fatal(err)
		}
		return x
	}
	gone := func(now, before *index.Index, limit int) []string {
		t.Helper()
		ids, err := now.Gone(t.Context(), before, "c", limit)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(ids)
		return ids
	}
	before, now := fed("a", "b", "d", "e"), fed("a", "x")
	if ids := gone(now, before, 10); !cmp.Equal(ids, []string{"b", "d", "e"}) {
		t.Errorf("gone: %q", ids)
	}
	if ids := gone(now, before, 1); len(ids) != 2 {
		t.Errorf("more than one is gone: %q", ids)
	}
	for _, collection := range []string{"c", "none"} {
		if err := before.Remove(t.Context(), collection, []string{"b", "d", "e", "never"}); err != nil {
			t.Errorf("Remove from %s: %v", collection, err)
		}
	}
	if ids := gone(now, before, 10); len(ids) > 0 {
		t.Errorf("still there: %q", ids)
	}
	all, err := before.Collections(t.Context())
	if err != nil || len(all) != 1 || all[0].Documents != 1 || all[0].Bytes != int64(len("common a")) {
		t.Errorf("%+v, %v", all, err)
	}
	sealed := t.TempDir()
	x, err := index.Open(sealed, index.Options{})
	if err == nil {
		err = x.Close()
	}
	if err == nil {
		x, err = index.Open(sealed, index.Options{ReadOnly: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if err := x.Remove(t.Context(), "c", []string{"a"}); err == nil {
		t.Error("removed from an index that does not change any more")
	}
}
