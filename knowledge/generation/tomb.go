package generation

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
)

// tomb says what was removed of a collection since the generation before: that
// still has it, and must not bring it back when it is served again.
type tomb struct {
	Collection string   `json:"collection"`
	Documents  []string `json:"documents,omitempty"` // nil: all of it
}

// Documents that were removed are told one by one up to so many, and so many
// bytes of their ids, in all collections together. Beyond that a collection is
// hidden whole: what was removed for a reason must not be found again, and the
// rest is back when the collection is fed again.
const (
	maxTombs     = 1000
	maxTombBytes = 256 << 10
)

// Withheld is what a generation has that is served again, and does not show: it
// was removed in the one after it, which is damaged.
type Withheld struct {
	Collection string `json:"collection"`
	Documents  int    `json:"documents,omitempty"` // 0: all of it
}

// veil hides what was removed: collections by name, those that are nil whole,
// of others the documents named.
type veil map[string]map[string]bool

func veilOf(tombs []tomb) veil {
	v := veil{}
	for _, t := range tombs {
		if was, ok := v[t.Collection]; ok && was == nil || t.Documents == nil {
			v[t.Collection] = nil
			continue
		}
		if v[t.Collection] == nil {
			v[t.Collection] = map[string]bool{}
		}
		for _, id := range t.Documents {
			v[t.Collection][id] = true
		}
	}
	return v
}

// tombs is what a veil hides, by name, within the bounds of what is written down.
func (v veil) tombs() []tomb {
	var out []tomb
	count, bytes := 0, 0
	for _, name := range slices.Sorted(maps.Keys(v)) {
		ids := slices.Sorted(maps.Keys(v[name]))
		for _, id := range ids {
			count, bytes = count+1, bytes+len(id)
		}
		if count > maxTombs || bytes > maxTombBytes {
			ids = nil
		}
		out = append(out, tomb{name, ids})
	}
	return out
}

// all reports whether a collection is hidden whole.
func (v veil) all(collection string) bool {
	documents, ok := v[collection]
	return ok && documents == nil
}

// hides reports whether a passage is hidden.
func (v veil) hides(p knowledge.Passage) bool {
	documents, ok := v[p.Collection]
	return ok && (documents == nil || documents[p.Document])
}

// withheld tells people what is hidden.
func withheld(tombs []tomb) []Withheld {
	var out []Withheld
	for _, t := range tombs {
		out = append(out, Withheld{t.Collection, len(t.Documents)})
	}
	return out
}

// hide draws a veil over a generation, before it is served.
func (h *handle) hide(tombs []tomb) {
	h.veil = veilOf(tombs)
	h.manifest.Collections = slices.DeleteFunc(slices.Clone(h.manifest.Collections), func(c knowledge.Collection) bool { return h.veil.all(c.Name) })
}

// candidates are those of the index that are not hidden.
func (h *handle) candidates(ctx context.Context, l knowledge.Lookup) (knowledge.Candidates, error) {
	if len(h.veil) == 0 {
		return h.index.Candidates(ctx, l)
	}
	l.Collections = slices.DeleteFunc(slices.Clone(l.Collections), h.veil.all)
	got, err := h.index.Candidates(ctx, l)
	got.Passages = slices.DeleteFunc(got.Passages, h.veil.hides)
	return got, err
}

// passages are those of the index that are not hidden.
func (h *handle) passages(ctx context.Context, collection string) iter.Seq2[knowledge.Passage, error] {
	all := h.index.Passages(ctx, collection)
	if len(h.veil) == 0 {
		return all
	}
	return func(yield func(knowledge.Passage, error) bool) {
		for p, err := range all {
			if err == nil && h.veil.hides(p) {
				continue
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

// gone tells what the live generation has that the next has not. Documents are
// looked for only where some were removed. What can't be compared counts as
// removed.
func (s *Store) gone(ctx context.Context, next *handle, removed bool) []tomb {
	tombs := slices.Clone(s.pointer.Hidden)
	kept := next.manifest.names()
	for _, c := range s.live.manifest.Collections {
		switch {
		case !slices.Contains(kept, c.Name):
			tombs = append(tombs, tomb{Collection: c.Name})
		case removed && !sameIn(s.live.manifest, next.manifest, c.Name):
			ids, err := next.index.Gone(context.WithoutCancel(ctx), s.live.index, c.Name, maxTombs)
			if err != nil {
				s.log.WarnContext(ctx, "it can't be told what was removed of a collection: if this index is damaged, all of it must be fed again",
					"collection", c.Name, "error", err)
			}
			if err != nil || len(ids) > 0 {
				tombs = append(tombs, tomb{c.Name, ids})
			}
		}
	}
	return veilOf(tombs).tombs()
}

// bury removes from a build what the live generation hides.
func (s *Store) bury(ctx context.Context, x *index.Index) error {
	for _, t := range s.pointer.Hidden {
		var err error
		if t.Documents == nil {
			err = x.Drop(ctx, t.Collection)
		} else {
			err = x.Remove(ctx, t.Collection, t.Documents)
		}
		if err != nil && !errors.Is(err, knowledge.ErrNoCollection) {
			return err
		}
	}
	return nil
}

// buryNow makes a generation without what the live one hides. Until that is
// done, by this or by the next ingest, it stays hidden.
func (s *Store) buryNow(ctx context.Context) {
	if len(s.pointer.Hidden) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	err := s.changeOnce(ctx, func(*index.Index) (outcome, error) { return outcome{}, nil })
	if err != nil {
		s.log.WarnContext(ctx, "what was removed since the index that is served is hidden, and goes with the next ingest", "error", err)
	}
}
