package vector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

const (
	// defaultLimit is the number of passages where a caller names none.
	defaultLimit = 10
	// The exact similarity is computed of so many vectors at a time, each of
	// which is read from disk, and of at most so many: it goes on while that
	// still finds nearer ones. With vectors of texts the first round has them
	// all as a rule; random ones take the last (recall .89 instead of .69).
	round, mostExact = 200, 1000
	// The code is compared with the question's own numbers, which takes four
	// times as long as with its code, of one passage in eight, of at least so
	// many for each that is read, and of at most so many.
	share, closer, mostClose = 8, 4, 1 << 15
)

// Nearest implements knowledge.Nearby. The similarity is exact for what is
// returned; what is returned are the nearest of those whose codes are.
func (s *Store) Nearest(ctx context.Context, question string, collections []string, limit int) ([]knowledge.Near, error) {
	if limit <= 0 {
		limit = defaultLimit
	}
	if !s.any(collections) {
		return []knowledge.Near{}, nil
	}
	q, err := s.embed(ctx, question)
	if err != nil {
		return nil, err
	}
	near, damaged, err := s.search(ctx, q, collections, limit)
	if err != nil {
		return nil, err
	}
	if len(damaged) > 0 {
		s.o.Log.WarnContext(ctx, "vectors are damaged on disk: the next ingest embeds their texts again", "vectors", len(damaged))
	}
	return near, nil
}

// any reports whether there is anything to look at: a question costs a call.
func (s *Store) any(collections []string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.ContainsFunc(collections, func(c string) bool { return s.collections[c].size() > 0 })
}

// embed returns the vector of a question.
func (s *Store) embed(ctx context.Context, question string) (knowledge.Vector, error) {
	k := keyOf(question)
	if v, ok := s.questions.get(k); ok {
		return v, nil
	}
	vectors, err := s.o.Embedder.Embed(ctx, []string{question})
	if err != nil {
		return nil, fmt.Errorf("the question's vector: %w", err)
	}
	if len(vectors) != 1 {
		return nil, fmt.Errorf("the question's vector: %d vectors for one text", len(vectors))
	}
	v := unit(vectors[0])
	if v == nil {
		return nil, errors.New("the question's vector: the endpoint refuses the question")
	}
	s.questions.put(k, v)
	return v, nil
}

// search looks at the codes under the lock, and reads vectors without it.
func (s *Store) search(ctx context.Context, q knowledge.Vector, collections []string, limit int) ([]knowledge.Near, []uint32, error) {
	s.mu.RLock()
	file := s.file
	if file == nil {
		s.mu.RUnlock()
		return []knowledge.Near{}, nil, nil
	}
	if len(q) != file.dims {
		s.mu.RUnlock()
		return nil, nil, fmt.Errorf("the question's vector has %d numbers, those of the passages %d: feed the documents again", len(q), file.dims)
	}
	picks := s.pick(q, collections, max(mostExact, limit))
	file.reading.RLock()
	s.mu.RUnlock()
	near, damaged, err := exact(ctx, file, q, picks, limit)
	file.reading.RUnlock()
	if err != nil {
		return nil, nil, err
	}
	if len(damaged) > 0 {
		s.drop(file, damaged)
	}
	return near, damaged, nil
}

// pick is a passage that may be near.
type pick struct {
	knowledge.Ref

	slot uint32
}

// rough is a passage whose code was compared: small, because thousands are
// sorted.
type rough struct {
	score            int32
	slot             uint32
	collection, item uint32
}

// pick returns the n passages whose codes are the most like the question, the
// likest first. The caller holds mu.
func (s *Store) pick(q knowledge.Vector, collections []string, n int) []pick {
	names := slices.Clone(collections)
	slices.Sort(names)
	names = slices.Compact(names)
	total := 0
	for _, name := range names {
		total += s.collections[name].size()
	}
	p := s.codes.ready(q)
	keep := max(closer*n, min(total/share, mostClose))
	distances, limit := s.scan(p.code, names, total, min(keep, total))
	all := make([]rough, 0, min(keep, total))
	at := 0
	for k, name := range names {
		c := s.collections[name]
		for i := range c.size() {
			if int(distances[at]) <= limit {
				slot := c.entries[i].slot
				all = append(all, rough{int32(p.likeness(s.codes.of(slot))), slot, uint32(k), uint32(i)})
			}
			at++
		}
	}
	slices.SortFunc(all, func(a, b rough) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.slot, b.slot))
	})
	picks := make([]pick, min(len(all), n))
	for i, r := range all[:len(picks)] {
		name := names[r.collection]
		picks[i] = pick{knowledge.Ref{Collection: name, ID: s.collections[name].entries[r.item].id}, r.slot}
	}
	return picks
}

// scan returns the distance of every passage, and the one within which at least
// keep of them lie.
func (s *Store) scan(code []uint64, names []string, total, keep int) ([]uint16, int) {
	distances := make([]uint16, 0, total)
	counts := make([]int, 64*len(code)+1)
	for _, name := range names {
		c := s.collections[name]
		for i := range c.size() {
			d := distance(code, s.codes.of(c.entries[i].slot))
			distances = append(distances, uint16(d))
			counts[d]++
		}
	}
	limit, sum := 0, counts[0]
	for sum < keep && limit+1 < len(counts) {
		limit++
		sum += counts[limit]
	}
	return distances, limit
}

// exact computes the similarity of picks, which come in the order of their
// codes, and returns the nearest, and the slots of those that are damaged.
func exact(ctx context.Context, file *records, q knowledge.Vector, picks []pick, limit int) ([]knowledge.Near, []uint32, error) {
	near := make([]knowledge.Near, 0, 2*round)
	var damaged []uint32
	d := file.reader()
	for better := true; better && len(picks) > 0; {
		n := min(len(picks), max(round, limit))
		had := len(near)
		bad, err := d.compare(ctx, q, picks[:n], &near)
		if err != nil {
			return nil, nil, err
		}
		damaged = append(damaged, bad...)
		better = had < limit || slices.ContainsFunc(near[had:], func(n knowledge.Near) bool { return closest(n, near[had-1]) < 0 })
		slices.SortFunc(near, closest)
		near, picks = near[:min(len(near), limit)], picks[n:]
	}
	return near, damaged, nil
}

// closest puts the most similar first; the same texts by name.
func closest(a, b knowledge.Near) int {
	return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.ID, b.ID))
}

// compare reads the vectors of picks, in their order on disk, and appends how
// similar they are.
func (d *reader) compare(ctx context.Context, q knowledge.Vector, picks []pick, near *[]knowledge.Near) (damaged []uint32, err error) {
	slices.SortFunc(picks, func(a, b pick) int { return cmp.Compare(a.slot, b.slot) })
	for _, p := range picks {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		_, v, err := d.read(int(p.slot))
		if errors.Is(err, errDamaged) {
			damaged = append(damaged, p.slot)
			continue
		}
		if err != nil {
			return nil, err
		}
		*near = append(*near, knowledge.Near{Ref: p.Ref, Similarity: min(1, max(-1, dot(q, v)))})
	}
	return damaged, nil
}

// drop forgets vectors of a file that are damaged, so that the next Follow
// embeds their texts again.
func (s *Store) drop(file *records, slots []uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != file {
		return // it was replaced meanwhile, without them
	}
	for _, slot := range slots {
		if k := s.keys[slot]; s.slots[prefix(k)] == slot {
			delete(s.slots, prefix(k))
		}
		s.keys[slot] = key{}
	}
	for name, c := range s.collections {
		entries := slices.Clone(c.entries)
		s.collections[name] = &collection{entries: slices.DeleteFunc(entries, func(e entry) bool { return slices.Contains(slots, e.slot) })}
	}
}
