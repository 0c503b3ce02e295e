package index

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/knowledge"
)

// TestTopIsWhatSortingGives compares with the plain way: all scores sorted.
func TestTopIsWhatSortingGives(t *testing.T) {
	t.Parallel()
	for name, draw := range map[string]func(r *rand.Rand) float32{
		"spread":        func(r *rand.Rand) float32 { return r.Float32() * 20 },
		"mostly small":  func(r *rand.Rand) float32 { f := r.Float32(); return f * f * f * f * 30 },
		"few values":    func(r *rand.Rand) float32 { return float32(1 + r.IntN(3)) },
		"all the same":  func(*rand.Rand) float32 { return 1.7 },
		"one far above": func(r *rand.Rand) float32 { return float32(1+r.IntN(1_000_000)/999_999*1_000_000) + r.Float32() },
		"tiny":          func(r *rand.Rand) float32 { return r.Float32()*1e-30 + 1e-35 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			for _, size := range []int{0, 1, 10, 1000, 20000} {
				s := &sums{scores: make([]float32, size)}
				var all []hit
				for _, i := range r.Perm(size)[:size*2/3] {
					score := draw(r)
					s.add(uint64(i), score)
					all = append(all, hit{uint64(i), score})
				}
				slices.SortFunc(all, better)
				for _, n := range []int{1, 7, 1000} {
					got, want := s.top(n), all[:min(n, len(all))]
					// What is far below the best may be left out, in their order.
					if len(got) > len(want) || len(got) < min(len(want), worthLeast) {
						t.Fatalf("%d of %d: %d hits, want %d", n, size, len(got), len(want))
					}
					if !slices.Equal(got, want[:len(got)]) {
						t.Fatalf("%d of %d: %s", n, size, cmp.Diff(want[:len(got)], got, cmp.AllowUnexported(hit{})))
					}
					for _, h := range want[len(got):] {
						if h.score >= want[0].score*worthShare {
							t.Errorf("%d of %d: left out %v", n, size, h)
						}
					}
				}
			}
		})
	}
}

func TestSumsAreGivenBackClean(t *testing.T) {
	t.Parallel()
	x := &Index{}
	s := &sums{scores: make([]float32, 100)}
	s.add(3, 1)
	s.add(99, 2)
	s.add(3, 1)
	x.giveBack(s)
	if len(s.touched) != 0 || slices.ContainsFunc(s.scores, func(f float32) bool { return f != 0 }) {
		t.Errorf("touched %v, scores %v", s.touched, s.scores)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	var c cache
	text := strings.Repeat("x", 1<<10)
	const passages = 3 * cacheBytes >> 10
	for n := range uint64(passages) {
		c.put(n, knowledge.Passage{Line: int(n), Text: text})
		if n%7 == 0 {
			if p, ok := c.get(0); !ok || p.Line != 0 {
				t.Fatalf("what is asked for all the time is gone after %d", n)
			}
		}
		if p, ok := c.get(n); !ok || p.Line != int(n) {
			t.Fatalf("%d: %d, %t", n, p.Line, ok)
		}
	}
	bytes := 0
	for i := range c.parts {
		for _, half := range []map[uint64]knowledge.Passage{c.parts[i].now, c.parts[i].old} {
			for _, p := range half {
				bytes += sizeOf(&p)
			}
		}
	}
	if bytes > cacheBytes || bytes < cacheBytes/4 {
		t.Errorf("%d bytes are kept, want at most %d", bytes, cacheBytes)
	}
	if _, ok := c.get(1); ok {
		t.Error("what was long not asked for is still there")
	}
}
