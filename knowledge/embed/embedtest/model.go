// Package embedtest has an embedding model whose vectors are made of words, and
// a server that gives them in OpenAI's shape, with the faults that real ones have.
package embedtest

import (
	"context"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/tribunebot/tribune/knowledge"
)

// Model is a knowledge.Embedder in memory. Texts are near each other that share
// words, stems or pairs of Chinese characters, or words that Same declares to
// mean the same. The same text always gets the same vector. As with real
// models all vectors lean to one side.
type Model struct {
	Label      string              // part of Name; empty: "test"
	Dimensions int                 // 0: 256
	Same       map[string][]string // concept to the words that mean it, lower case
	// Before is called before each Embed and may fail it. May be nil.
	Before func(ctx context.Context, texts []string) error

	calls, texts atomic.Int64
}

// Name implements knowledge.Embedder.
func (m *Model) Name() string {
	label := m.Label
	if label == "" {
		label = "test"
	}
	return label + "/" + strconv.Itoa(m.size())
}

func (m *Model) size() int {
	if m.Dimensions == 0 {
		return 256
	}
	return m.Dimensions
}

// Embed implements knowledge.Embedder.
func (m *Model) Embed(ctx context.Context, texts []string) ([]knowledge.Vector, error) {
	m.calls.Add(1)
	if m.Before != nil {
		if err := m.Before(ctx, texts); err != nil {
			return nil, err
		}
	}
	m.texts.Add(int64(len(texts)))
	out := make([]knowledge.Vector, len(texts))
	for i, t := range texts {
		out[i] = m.Vector(t)
	}
	return out, nil
}

// Calls is how often Embed was called, Texts how many vectors it gave.
func (m *Model) Calls() int { return int(m.calls.Load()) }

// Texts is how many vectors were paid for.
func (m *Model) Texts() int { return int(m.texts.Load()) }

// lean is how much of every vector is the same.
const lean = .5

// Vector is the vector of a text, of length 1.
func (m *Model) Vector(text string) knowledge.Vector {
	v := make(knowledge.Vector, m.size())
	features := m.features(text)
	for _, f := range slices.Sorted(maps.Keys(features)) { // sums depend on their order
		add(v, f, features[f])
	}
	scale(v, 1-lean)
	common := make(knowledge.Vector, len(v))
	add(common, "\x00common", 1)
	scale(common, lean)
	for i := range v {
		v[i] += common[i]
	}
	scale(v, 1)
	return v
}

// features are the words and pairs of characters of a text; what means the same
// is one feature, and weighs more.
func (m *Model) features(text string) map[string]float64 {
	out := map[string]float64{}
	text = strings.ToLower(text)
	for _, concept := range slices.Sorted(maps.Keys(m.Same)) {
		for _, w := range m.Same[concept] {
			if strings.Contains(text, w) {
				out["\x00"+concept] = 3
				text = strings.ReplaceAll(text, w, " ")
			}
		}
	}
	var last rune
	for _, r := range text {
		if unicode.Is(unicode.Han, r) && unicode.Is(unicode.Han, last) {
			out[string([]rune{last, r})] = 1
		}
		last = r
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.Is(unicode.Han, r) }) {
		out[word[:min(len(word), 5)]] = 1
	}
	return out
}

// add adds a direction that a feature always has.
func add(v knowledge.Vector, feature string, weight float64) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(feature))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	for i := range v {
		v[i] += float32(weight * r.NormFloat64())
	}
}

// scale makes a vector so long.
func scale(v knowledge.Vector, length float64) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	for i := range v {
		v[i] *= float32(length / math.Sqrt(sum))
	}
}
