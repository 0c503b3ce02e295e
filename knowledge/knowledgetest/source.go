// Package knowledgetest has what tests of knowledge need: a source in memory,
// generated text, and the conformance kit that every engine and retriever
// passes.
package knowledgetest

import (
	"context"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// Source is a knowledge.Source of documents in memory.
type Source struct {
	Docs []knowledge.Document
	// Before is called before each document, and may end the source with an
	// error or leave a document out with a *knowledge.Skipped. May be nil.
	Before func(n int) error
}

// Name implements knowledge.Source.
func (s *Source) Name() string { return "memory" }

// Documents implements knowledge.Source.
func (s *Source) Documents(context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		for n, d := range s.Docs {
			var err error
			if s.Before != nil {
				err = s.Before(n)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// Generate returns n documents of made-up Chinese and English text, always the
// same ones. Words are drawn so that few are common and most are rare, as in
// real text. For benchmarks, and for tests that need a lot.
func Generate(n int) []knowledge.Document {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	docs := make([]knowledge.Document, n)
	for i := range docs {
		var b strings.Builder
		for range 6 + r.IntN(12) {
			if i%2 == 0 {
				chinese(&b, r)
			} else {
				english(&b, r)
			}
		}
		docs[i] = knowledge.Document{ID: "made/" + strconv.Itoa(i), Title: "No. " + strconv.Itoa(i), Text: b.String()}
	}
	return docs
}

func chinese(b *strings.Builder, r *rand.Rand) {
	for range 8 + r.IntN(20) {
		b.WriteRune(rune(0x4E00 + skewed(r, 3000)))
	}
	b.WriteString("。")
}

func english(b *strings.Builder, r *rand.Rand) {
	for range 5 + r.IntN(12) {
		word := skewed(r, 20000)
		for range 2 + word%3 {
			b.WriteString(syllable(word))
			word /= 7
		}
		b.WriteByte(' ')
	}
	b.WriteString("end. ")
}

func syllable(n int) string {
	return string([]byte{"bdfgklmnprst"[n%12], "aeiou"[n/12%5], "lmnrstxz"[n/60%8]})
}

// skewed draws a number below n, small ones far more often.
func skewed(r *rand.Rand, n int) int {
	f := r.Float64()
	return int(f * f * f * float64(n))
}
