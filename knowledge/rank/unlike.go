package rank

import "github.com/tribunebot/tribune/knowledge/cut"

// sameText is the share of terms from which two passages of one document say
// the same: repeated boilerplate, or a passage that was cut with overlap.
const sameText = .8

// unlike returns the first n passages and puts those that repeat an earlier one
// of the same document behind all others.
func unlike(sorted []*found, n int) []*found {
	var (
		out, again []*found
		kept       = map[group][]*found{}
		terms      = map[*found]map[string]bool{}
	)
	of := func(f *found) map[string]bool {
		if terms[f] == nil {
			terms[f] = termSet(f.passage.Text)
		}
		return terms[f]
	}
	for _, f := range sorted {
		if len(out) == n {
			return out
		}
		doc := documentOf(f)
		if repeats(f, kept[doc], of) {
			again = append(again, f)
			continue
		}
		kept[doc] = append(kept[doc], f)
		out = append(out, f)
	}
	return append(out, again[:min(len(again), n-len(out))]...)
}

func repeats(f *found, kept []*found, of func(*found) map[string]bool) bool {
	for _, k := range kept[:min(len(kept), 8)] { // bounds the work for a long document
		a, b := of(f), of(k)
		both := 0
		for t := range a {
			if b[t] {
				both++
			}
		}
		if float64(both) >= sameText*float64(max(len(a), len(b))) {
			return true
		}
	}
	return false
}

func termSet(text string) map[string]bool {
	out := map[string]bool{}
	for _, t := range cut.Terms(text) {
		if t.Kind != cut.Gram {
			out[t.Text] = true
		}
	}
	return out
}
