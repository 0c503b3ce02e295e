package index

import (
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2/index/scorch"

	"github.com/tribunebot/tribune/knowledge"
)

// maxAlso bounds how many passages of one document come in by its name alone: a
// whole manual is no candidate.
const maxAlso = 64

// also appends the passages that a lookup names to the hits, each once.
func also(r *scorch.IndexSnapshot, l knowledge.Lookup, hits []hit) ([]hit, error) {
	if len(l.Also) == 0 {
		return hits, nil
	}
	have := make(map[uint64]struct{}, len(hits)+len(l.Also))
	for _, h := range hits {
		have[h.number] = struct{}{}
	}
	for _, ref := range l.Also {
		if !slices.Contains(l.Collections, ref.Collection) {
			continue
		}
		numbers, err := numbersOf(r, ref)
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			if _, ok := have[n]; !ok {
				have[n] = struct{}{}
				hits = append(hits, hit{number: n})
			}
		}
	}
	return hits, nil
}

// numbersOf returns the numbers of the passages that a reference names: one, or
// the first of a document's.
func numbersOf(r *scorch.IndexSnapshot, ref knowledge.Ref) ([]uint64, error) {
	var out []uint64
	for n := range maxAlso {
		number, ok, err := numberOf(r, key(ref.Collection, ref.ID, n))
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		out = append(out, number)
	}
	if len(out) > 0 {
		return out, nil
	}
	i := strings.LastIndexByte(ref.ID, '#')
	place, ok := placeOf(ref.ID[i+1:])
	if i < 0 || !ok {
		return nil, nil
	}
	number, ok, err := numberOf(r, key(ref.Collection, ref.ID[:i], place))
	if err != nil || !ok {
		return nil, err
	}
	return []uint64{number}, nil
}

// placeOf is the place, from 0, that the end of a passage's id names, from 1.
func placeOf(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n - 1, err == nil && n >= 1
}

func numberOf(r *scorch.IndexSnapshot, key string) (uint64, bool, error) {
	id, err := r.InternalID(key)
	if err != nil || id == nil {
		return 0, false, err
	}
	return id.Value(), true, nil
}
