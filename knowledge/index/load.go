package index

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/blevesearch/bleve/v2/index/scorch"

	"github.com/tribunebot/tribune/knowledge"
)

// load reads the passages of hits, in their order.
func (x *Index) load(r *scorch.IndexSnapshot, hits []hit) ([]knowledge.Passage, error) {
	out := make([]knowledge.Passage, len(hits))
	order := make([]int, len(hits))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(hits[a].number, hits[b].number) })
	for _, i := range order {
		p, err := x.passage(r, hits[i].number)
		if err != nil {
			return nil, err
		}
		out[i] = p
		out[i].Score = float64(hits[i].score)
	}
	return out, nil
}

// passage reads one passage, or has it from before. Only in an index that does
// not change does a number stand for one passage for good.
func (x *Index) passage(r *scorch.IndexSnapshot, number uint64) (knowledge.Passage, error) {
	if !x.sealed {
		rec, err := fetch(r, number)
		return rec.passage, err
	}
	if p, ok := x.read.get(number); ok {
		return p, nil
	}
	rec, err := fetch(r, number)
	if err == nil {
		x.read.put(number, rec.passage)
	}
	return rec.passage, err
}

// fetch reads one stored passage by its number in the snapshot.
func fetch(r *scorch.IndexSnapshot, number uint64) (record, error) {
	var (
		rec  record
		fail = errRecord
	)
	for _, seg := range r.Segments() {
		if size := uint64(seg.FullSize()); number >= size {
			number -= size
			continue
		}
		err := seg.VisitDocument(number, func(name string, _ byte, value []byte, _ []uint64) bool {
			if name != stored {
				return true
			}
			rec, fail = decode(value)
			return false
		})
		return rec, errors.Join(err, fail)
	}
	return record{}, fmt.Errorf("%w: no number %d", errRecord, number)
}
