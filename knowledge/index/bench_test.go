package index_test

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/cut"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// built makes an index of generated documents and returns its folder.
func built(b *testing.B, docs []knowledge.Document) string {
	b.Helper()
	dir := b.TempDir()
	x, err := index.Open(dir, index.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := x.Ingest(b.Context(), "c", &knowledgetest.Source{Docs: docs}, knowledge.IngestOptions{}); err != nil {
		b.Fatal(err)
	}
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// BenchmarkOpen is what a start with an existing index waits for.
func BenchmarkOpen(b *testing.B) {
	dir := built(b, knowledgetest.Generate(20000))
	for b.Loop() {
		x, err := index.Open(dir, index.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCandidates is the engine's share of a query.
func BenchmarkCandidates(b *testing.B) {
	docs := knowledgetest.Generate(20000)
	x, err := index.Open(built(b, docs), index.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	n := 0
	for b.Loop() {
		l := knowledge.Lookup{Collections: []string{"c"}}
		text := []rune(docs[n].Text)
		for _, t := range cut.Terms(string(text[:min(len(text), 40)])) {
			l.Terms = append(l.Terms, knowledge.Term{Text: t.Text, Weight: 1})
		}
		got, err := x.Candidates(b.Context(), l)
		if err != nil || len(got.Passages) == 0 {
			b.Fatalf("found %d, %v", len(got.Passages), err)
		}
		n = (n + 997) % len(docs)
	}
}

// BenchmarkIngest feeds a thousand new documents.
func BenchmarkIngest(b *testing.B) {
	docs := knowledgetest.Generate(1000)
	for b.Loop() {
		built(b, docs)
	}
}

// BenchmarkIngestUnchanged feeds twenty thousand documents again.
func BenchmarkIngestUnchanged(b *testing.B) {
	docs := knowledgetest.Generate(20000)
	x, err := index.Open(built(b, docs), index.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	for b.Loop() {
		r, err := x.Ingest(b.Context(), "c", &knowledgetest.Source{Docs: docs}, knowledge.IngestOptions{Prune: true})
		if err != nil || r.Unchanged != len(docs) {
			b.Fatalf("%+v, %v", r, err)
		}
	}
}
