package rank

import "strings"

// group names what passages belong to together: a document, or the folder of
// documents beside one another, as the articles of a statute are.
type group struct{ collection, name string }

func documentOf(f *found) group { return group{f.passage.Collection, f.passage.Document} }

// folderOf is the part of a document's id before its last slash.
func folderOf(f *found) group {
	id := f.passage.Document
	return group{f.passage.Collection, id[:max(strings.LastIndexByte(id, '/'), 0)]}
}

// addGroups adds to every passage a share of what its group has as a whole:
// each term counts as in the passage of the group that has most of it.
func addGroups(all []*found, of func(*found) group, share float64) {
	if share == 0 || len(all) == 0 {
		return
	}
	numbers := make([]int, len(all))
	known := make(map[group]int, len(all)/4)
	for i, f := range all {
		g := of(f)
		n, ok := known[g]
		if !ok {
			n = len(known)
			known[g] = n
		}
		numbers[i] = n
	}
	sums := bestOfGroups(all, numbers, len(known))
	for i, f := range all {
		f.score += share * sums[numbers[i]]
	}
}

// bestOfGroups is, for each of n groups, the sum of the best score of every
// term.
func bestOfGroups(all []*found, numbers []int, n int) []float64 {
	terms := len(all[0].parts)
	best := make([]float32, n*terms)
	for i, f := range all {
		b := best[numbers[i]*terms:][:terms]
		for k, v := range f.parts {
			b[k] = max(b[k], v)
		}
	}
	sums := make([]float64, n)
	for i := range sums {
		for _, v := range best[i*terms:][:terms] {
			sums[i] += float64(v)
		}
	}
	return sums
}
