package vector_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/vector"
)

// drawn is a model whose vectors are drawn, always the same ones: text n is the
// nth vector of a kind.
type drawn struct {
	dims int
	draw func(r *rand.Rand, v knowledge.Vector)
}

func (d *drawn) Name() string { return "drawn/" + strconv.Itoa(d.dims) }

func (d *drawn) Embed(_ context.Context, texts []string) ([]knowledge.Vector, error) {
	out := make([]knowledge.Vector, len(texts))
	for i, t := range texts {
		n, err := strconv.ParseUint(strings.TrimSpace(t), 10, 64)
		if err != nil {
			return nil, err
		}
		out[i] = d.vector(n)
	}
	return out, nil
}

func (d *drawn) vector(n uint64) knowledge.Vector {
	r := rand.New(rand.NewPCG(7, n))
	v := make(knowledge.Vector, d.dims)
	d.draw(r, v)
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

// random vectors have nothing in common: the hardest case, which no text is.
func random(r *rand.Rand, v knowledge.Vector) {
	for i := range v {
		v[i] += float32(r.NormFloat64())
	}
}

// clustered vectors are as those of texts: about one of a hundred subjects, and all
// leaning to one side.
func clustered(r *rand.Rand, v knowledge.Vector) {
	subject := rand.New(rand.NewPCG(11, uint64(r.IntN(100))))
	side := rand.New(rand.NewPCG(13, 0))
	for i := range v {
		v[i] = float32(r.NormFloat64() + subject.NormFloat64() + 1.5*side.NormFloat64())
	}
}

// fill feeds n vectors.
func fill(tb testing.TB, d *drawn, n int) *vector.Store {
	tb.Helper()
	s, err := vector.Open(tb.TempDir(), vector.Options{Embedder: d})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	err = s.Follow(tb.Context(), "a", func(yield func(knowledge.Passage, error) bool) {
		for i := range n {
			if !yield(knowledge.Passage{ID: strconv.Itoa(i), Text: strconv.Itoa(i)}, nil) {
				return
			}
		}
	}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// question is the text of question n: no passage has its vector.
func question(n int) string { return strconv.Itoa(1_000_000_000 + n) }

// brute are the vectors themselves, to compare with.
type brute []knowledge.Vector

func bruteOf(d *drawn, n int) brute {
	all := make(brute, n)
	for i := range all {
		all[i] = d.vector(uint64(i))
	}
	return all
}

// nearest are the ids of the ten nearest.
func (b brute) nearest(q knowledge.Vector) []string {
	type scored struct {
		id  int
		sum float32
	}
	all := make([]scored, len(b))
	for i, v := range b {
		var s0, s1, s2, s3 float32
		for k := 0; k+4 <= len(v); k += 4 {
			s0 += q[k] * v[k]
			s1 += q[k+1] * v[k+1]
			s2 += q[k+2] * v[k+2]
			s3 += q[k+3] * v[k+3]
		}
		all[i] = scored{i, s0 + s1 + s2 + s3}
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(b.sum, a.sum) })
	out := make([]string, 10)
	for i := range out {
		out[i] = strconv.Itoa(all[i].id)
	}
	return out
}

// recall is the share of the ten nearest that a search finds.
func recall(tb testing.TB, s *vector.Store, d *drawn, all brute, questions int) float64 {
	tb.Helper()
	found := 0
	for n := range questions {
		near, err := s.Nearest(tb.Context(), question(n), []string{"a"}, 10)
		if err != nil {
			tb.Fatal(err)
		}
		want := all.nearest(d.vector(1_000_000_000 + uint64(n)))
		for _, p := range near {
			if slices.Contains(want, p.ID) {
				found++
			}
		}
	}
	return float64(found) / float64(10*questions)
}

// TestRecall holds what the codes may lose: on vectors as texts have them next
// to nothing. Random ones show that the codes work at all: the nearest of them is
// hardly nearer than the rest, and chance would find two in a hundred.
func TestRecall(t *testing.T) {
	t.Parallel()
	const n = 6000
	for name, test := range map[string]struct {
		draw func(*rand.Rand, knowledge.Vector)
		dims int
		want float64
	}{
		"clustered":            {clustered, 1024, .98},
		"clustered, odd words": {clustered, 252, .98},
		"random":               {random, 1024, .9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &drawn{test.dims, test.draw}
			if got := recall(t, fill(t, d, n), d, bruteOf(d, n), 20); got < test.want {
				t.Errorf("recall@10 %.3f, want %.2f", got, test.want)
			} else {
				t.Logf("recall@10 %.3f", got)
			}
		})
	}
}

// BenchmarkNearest searches 55,000 vectors of 1024 dimensions, as many as there
// are articles in a large body of statutes, and compares with going through the
// vectors themselves.
func BenchmarkNearest(b *testing.B) {
	const n, questions = 55_000, 20
	for _, kind := range []struct {
		name string
		draw func(*rand.Rand, knowledge.Vector)
	}{{"clustered", clustered}, {"random", random}} {
		b.Run(kind.name, func(b *testing.B) {
			d := &drawn{1024, kind.draw}
			s, all := fill(b, d, n), bruteOf(d, n)
			for i := range questions { // their vectors are kept from here on
				if _, err := s.Nearest(b.Context(), question(i), []string{"a"}, 10); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for i := range b.N {
				if _, err := s.Nearest(b.Context(), question(i%questions), []string{"a"}, 10); err != nil {
					b.Fatal(err)
				}
			}
			took := b.Elapsed() / time.Duration(b.N)
			b.StopTimer()
			began := time.Now()
			for i := range questions {
				all.nearest(d.vector(1_000_000_000 + uint64(i)))
			}
			b.ReportMetric(float64(time.Since(began)/questions)/float64(took), "times-faster")
			b.ReportMetric(recall(b, s, d, all, questions), "recall@10")
			b.ReportMetric(float64(s.Size().Memory)/n, "B/passage")
			b.ReportMetric(float64(s.Size().Bytes)/n, "disk-B/passage")
		})
	}
}

// BenchmarkOpen is a start with 55,000 vectors.
func BenchmarkOpen(b *testing.B) {
	dir, d := b.TempDir(), &drawn{1024, random}
	s, err := vector.Open(dir, vector.Options{Embedder: d})
	if err != nil {
		b.Fatal(err)
	}
	var all []knowledge.Passage
	for i := range 55_000 {
		all = append(all, knowledge.Passage{ID: fmt.Sprintf("docs/%d.md#1", i), Text: strconv.Itoa(i)})
	}
	if err := s.Follow(b.Context(), "a", seq(all), nil); err != nil {
		b.Fatal(err)
	}
	s.Close()
	for b.Loop() {
		if s, err = vector.Open(dir, vector.Options{Embedder: d}); err != nil {
			b.Fatal(err)
		}
		if s.Count("a") != len(all) {
			b.Fatal(s.Count("a"))
		}
		s.Close()
	}
}
