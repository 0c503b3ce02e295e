package rank

import (
	"testing"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/knowledgetest"
)

// BenchmarkRetrieve answers questions that are made of the documents' own text,
// in Chinese and in English, over twenty thousand documents.
func BenchmarkRetrieve(b *testing.B) {
	docs := knowledgetest.Generate(20000)
	r := over(b, map[string][]knowledge.Document{"c": docs})
	for name, first := range map[string]int{"Chinese": 0, "English": 1} {
		b.Run(name, func(b *testing.B) {
			n := first
			for b.Loop() {
				text := []rune(docs[n].Text)
				q := knowledge.Query{Text: string(text[:min(len(text), 40)]), Collections: []string{"c"}}
				got, err := r.Retrieve(b.Context(), q)
				if err != nil || len(got) == 0 {
					b.Fatalf("found %d, %v", len(got), err)
				}
				n = (n + 998) % len(docs)
			}
		})
	}
}
