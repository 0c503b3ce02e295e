package export

import (
	"hash/maphash"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

// Covers implements knowledge.Places: it knows after it was read.
func (s *source) Covers(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.covers(origin)
}

func (s *source) covers(origin string) bool {
	return slices.ContainsFunc(s.readers, func(r reader) bool { return r.Covers(origin) })
}

// Gone implements knowledge.Places: the export was read whole, and had no such
// document; or the archive itself is not where it was.
func (s *source) Gone(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, seen := s.seen[maphash.String(s.seed, origin)]
	return !seen && (s.done && s.covers(origin) || lost(origin))
}

// Withdrawn implements knowledge.Withdrawer: what an export says to be private,
// and nobody asks for any more.
func (s *source) Withdrawn(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done && slices.ContainsFunc(s.readers, func(r reader) bool {
		w, ok := r.(knowledge.Withdrawer)
		return ok && w.Withdrawn(origin)
	})
}

// Same implements knowledge.Places: origins of exports have no second spelling.
func (s *source) Same(a, b string) bool { return a == b }

// forget begins anew.
func (s *source) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers, s.seen, s.done = nil, map[uint64]struct{}{}, false
}

// know notes what the exports speak for.
func (s *source) know(readers []reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers = readers
}

// first notes an origin, and reports whether it was not given before.
func (s *source) first(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := maphash.String(s.seed, origin)
	_, known := s.seen[h]
	s.seen[h] = struct{}{}
	return !known
}

// finish notes that all was read.
func (s *source) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
}
