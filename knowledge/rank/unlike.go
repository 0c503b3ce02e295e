package rank

import (
	"hash/maphash"
	"slices"

	"github.com/tribunebot/tribune/knowledge/cut"
)

// sameText is the share of terms from which two passages of one document say
// the same: repeated boilerplate, or a passage that was cut with overlap.
const sameText = .8

// compared is with how many earlier passages of its document one is compared:
// it bounds the work for a long document.
const compared = 8

// unlike returns the first n passages and puts those that repeat an earlier one
// of the same document behind all others.
func unlike(sorted []*found, n int, cutter *cut.Cutter) []*found {
	var (
		out, again []*found
		kept       = map[group][]*found{}
		prints     = prints{cutter: cutter, seed: maphash.MakeSeed(), of: map[*found][]uint64{}}
	)
	for _, f := range sorted {
		if len(out) == n {
			return out
		}
		doc := documentOf(f)
		if prints.repeats(f, kept[doc]) {
			again = append(again, f)
			continue
		}
		kept[doc] = append(kept[doc], f)
		out = append(out, f)
	}
	return append(out, again[:min(len(again), n-len(out))]...)
}

// prints are the terms of passages as sorted numbers, which are compared faster
// than sets of strings.
type prints struct {
	cutter *cut.Cutter
	seed   maphash.Seed
	of     map[*found][]uint64
}

func (p *prints) repeats(f *found, kept []*found) bool {
	for _, k := range kept[:min(len(kept), compared)] {
		a, b := p.print(f), p.print(k)
		if float64(common(a, b)) >= sameText*float64(max(len(a), len(b))) {
			return true
		}
	}
	return false
}

func (p *prints) print(f *found) []uint64 {
	out, ok := p.of[f]
	if ok {
		return out
	}
	p.cutter.Each(f.passage.Text, func(t cut.Term) {
		if t.Kind != cut.Gram {
			out = append(out, maphash.String(p.seed, t.Text))
		}
	})
	slices.Sort(out)
	out = slices.Compact(out)
	p.of[f] = out
	return out
}

// common is how many numbers two sorted lists share.
func common(a, b []uint64) int {
	n := 0
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			n, a, b = n+1, a[1:], b[1:]
		}
	}
	return n
}
