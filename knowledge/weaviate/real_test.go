package weaviate_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
	"github.com/tribunebot/tribune/knowledge/rank"
	"github.com/tribunebot/tribune/knowledge/weaviate"
)

// TestReal is everything that one real node shows.
func TestReal(t *testing.T) {
	t.Parallel()
	nodes := startCluster(t, 1, 18000)
	for name, test := range map[string]func(*testing.T, []*node){
		"kit": realKit, "follow": realFollow, "resume": realResume, "key": realKey,
		"schema": realSchema, "odd": realOdd, "vectors": realVectors, "fallback": realFallback,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, nodes)
		})
	}
}

// library returns an embedded library with the kit's documents.
func library(tb testing.TB) *index.Index {
	tb.Helper()
	x, err := index.Open(tb.TempDir(), index.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { x.Close() })
	for name, docs := range knowledgetest.Documents() {
		feed(tb, x, name, docs)
	}
	return x
}

func feed(tb testing.TB, x *index.Index, collection string, docs []knowledge.Document) {
	tb.Helper()
	if _, err := x.Ingest(tb.Context(), collection, &knowledgetest.Source{Docs: docs}, knowledge.IngestOptions{Prune: true}); err != nil {
		tb.Fatal(err)
	}
}

// follow copies a collection and returns how many passages were written.
func follow(tb testing.TB, e *weaviate.Engine, x *index.Index, collection string) int {
	tb.Helper()
	written := 0
	progress := func(p knowledge.Progress) { written = p.Passages }
	if err := e.Follow(tb.Context(), collection, x.Passages(tb.Context(), collection), progress); err != nil {
		tb.Fatal(err)
	}
	return written
}

func realKit(t *testing.T, nodes []*node) {
	t.Helper()
	x := library(t)
	e := open(t, "Kit", nodes, weaviate.Options{})
	for name := range knowledgetest.Documents() {
		follow(t, e, x, name)
	}
	knowledgetest.TestEngine(t, e)
	r, err := rank.New(e, rank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	knowledgetest.TestRetriever(t, r)
}

func lookup(collections ...string) knowledge.Lookup {
	return knowledge.Lookup{Terms: []knowledge.Term{{Text: "门卡", Weight: 1}, {Text: "badg", Weight: 1}}, Collections: collections}
}

// find returns the ids of the passages that a lookup gives, sorted.
func find(tb testing.TB, e knowledge.Engine, l knowledge.Lookup) []string {
	tb.Helper()
	got, err := e.Candidates(tb.Context(), l)
	if err != nil {
		tb.Fatal(err)
	}
	var ids []string
	for _, p := range got.Passages {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return ids
}

// realFollow adds, changes and removes documents, and drops the collection.
func realFollow(t *testing.T, nodes []*node) {
	t.Helper()
	x := library(t)
	e := open(t, "Follow", nodes, weaviate.Options{})
	follow(t, e, x, knowledgetest.Secret)
	docs := knowledgetest.Documents()[knowledgetest.Office]
	if n := follow(t, e, x, knowledgetest.Office); n != len(docs) {
		t.Errorf("%d written at first, want %d", n, len(docs))
	}
	if n := follow(t, e, x, knowledgetest.Office); n != 0 {
		t.Errorf("%d written again", n)
	}
	docs[0].Text, docs[1] = "门卡改为蓝色。", knowledge.Document{ID: "new.md", Title: "Gates", Text: "A badge opens every gate."}
	feed(t, x, knowledgetest.Office, docs)
	if n := follow(t, e, x, knowledgetest.Office); n != 2 {
		t.Errorf("%d written after a change of two", n)
	}
	for _, c := range []string{knowledgetest.Office, knowledgetest.Secret} {
		if got, want := find(t, e, lookup(c)), find(t, x, lookup(c)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", c, got, want)
		}
	}
	if err := e.Forget(t.Context(), knowledgetest.Office); err != nil {
		t.Fatal(err)
	}
	if got := find(t, e, lookup(knowledgetest.Office)); len(got) != 0 {
		t.Errorf("after Forget: %v", got)
	}
	if got := find(t, e, lookup(knowledgetest.Secret)); len(got) != 1 {
		t.Errorf("the other collection after Forget: %v", got)
	}
}

// counting is an engine that notes how often it was asked.
type counting struct {
	knowledge.Engine

	asked int
}

func (c *counting) Candidates(ctx context.Context, l knowledge.Lookup) (knowledge.Candidates, error) {
	c.asked++
	return c.Engine.Candidates(ctx, l)
}

// realResume stops a copy in the middle: the fallback answers until it is done.
func realResume(t *testing.T, nodes []*node) {
	t.Helper()
	x := library(t)
	feed(t, x, "large", knowledgetest.Generate(2000))
	whole, err := x.Candidates(t.Context(), lookup("large"))
	if err != nil {
		t.Fatal(err)
	}
	embedded := &counting{Engine: x}
	e := open(t, "Resume", nodes, weaviate.Options{Fallback: embedded})
	ctx, cancel := context.WithCancel(t.Context())
	stopped := 0
	err = e.Follow(ctx, "large", x.Passages(t.Context(), "large"), func(p knowledge.Progress) {
		stopped = p.Passages
		cancel()
	})
	if !errors.Is(err, context.Canceled) || stopped == 0 {
		t.Fatalf("stopped after %d: %v", stopped, err)
	}
	if got, err := e.Candidates(t.Context(), lookup("large")); err != nil || got.Total != whole.Total || embedded.asked != 1 {
		t.Errorf("between: %d passages, %v; want the embedded engine's answer", got.Total, err)
	}
	if n := follow(t, e, x, "large"); n != whole.Total-stopped {
		t.Errorf("%d written by the second run, want %d", n, whole.Total-stopped)
	}
	if got, err := e.Candidates(t.Context(), lookup("large")); err != nil || got.Total != whole.Total || embedded.asked != 1 {
		t.Errorf("after: %d passages, %v, %v; want the cluster's answer", got.Total, err, e.State())
	}
	broken := func(yield func(knowledge.Passage, error) bool) { yield(knowledge.Passage{}, errors.New("broken")) }
	if err := e.Follow(t.Context(), "large", iter.Seq2[knowledge.Passage, error](broken), nil); err == nil {
		t.Error("a library that can't be read was followed")
	}
	if n := follow(t, e, x, "large"); n != 0 {
		t.Errorf("%d were deleted while the library could not be read", n)
	}
}

func realKey(t *testing.T, nodes []*node) {
	t.Helper()
	for _, key := range []string{"", "another"} {
		_, err := weaviate.Open(t.Context(), weaviate.Options{Hosts: urls(nodes), Key: key, Prefix: "Key"})
		if !errors.Is(err, weaviate.ErrKey) {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

// realOdd has names and texts that a filter or a query could be broken by.
func realOdd(t *testing.T, nodes []*node) {
	t.Helper()
	e := open(t, "Odd", nodes, weaviate.Options{})
	names := []string{`a"b`, " office", "office", "Office", "a\\", "x\x00y", "名字", "a,b", "*", "off*", "\U000E0001", "𠮷"}
	for i, name := range names {
		p := knowledge.Passage{
			ID: fmt.Sprintf("d%d#1", i), Document: fmt.Sprintf("d%d", i), Title: name,
			Text: "badge \x00 \U000E0001 𠮷野家 \" \\ {} 👍 \u2028 end", Line: 1,
		}
		err := e.Follow(t.Context(), name, func(yield func(knowledge.Passage, error) bool) { yield(p, nil) }, nil)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
	}
	for i, name := range names {
		l := knowledge.Lookup{Terms: []knowledge.Term{{Text: "badg", Weight: 1}}, Collections: []string{name}}
		if got, want := find(t, e, l), fmt.Sprintf("d%d#1", i); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: got %v, want %s", name, got, want)
		}
	}
	for _, text := range []string{`"`, `\`, `") {`, "𠮷野", "\U000E0001", "a b", "*", "\xff", "}}}"} {
		l := knowledge.Lookup{Terms: []knowledge.Term{{Text: text, Weight: 1}}, Collections: names}
		if _, err := e.Candidates(t.Context(), l); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}
