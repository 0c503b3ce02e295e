package folder

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// BenchmarkUnchanged feeds a folder of 10,000 files again of which none has
// changed: once reading alone, once into an index that has them.
func BenchmarkUnchanged(b *testing.B) {
	const files = 10_000
	dir := b.TempDir()
	for i, d := range knowledgetest.Generate(files) {
		sub := filepath.Join(dir, fmt.Sprintf("%02d", i%50))
		if err := os.MkdirAll(sub, 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sub, fmt.Sprintf("%d.md", i)), []byte("# "+d.Title+"\n\n"+d.Text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	src, err := New([]string{dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for _, err := range src.Documents(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != files {
				b.Fatalf("%d documents", n)
			}
		}
	})
	b.Run("ingest", func(b *testing.B) {
		x, err := index.Open(b.TempDir(), index.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer x.Close()
		if _, err := x.Ingest(b.Context(), "c", src, knowledge.IngestOptions{}); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			report, err := x.Ingest(b.Context(), "c", src, knowledge.IngestOptions{})
			if err != nil || report.Unchanged != files {
				b.Fatalf("%d unchanged, %v", report.Unchanged, err)
			}
		}
	})
}
