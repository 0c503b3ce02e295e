package generation

import (
	"sync"

	"github.com/tribunebot/tribune/knowledge/index"
)

// handle is one open generation. It is closed when it was retired and the last
// search on it has ended.
type handle struct {
	index    *index.Index
	manifest manifest
	folder   string
	veil     veil       // over what was removed since; set before it is served
	closed   chan error // gets the outcome of closing

	mu      sync.Mutex
	users   int
	retired bool
}

func newHandle(x *index.Index, m manifest, folder string) *handle {
	return &handle{index: x, manifest: m, folder: folder, closed: make(chan error, 1)}
}

// acquire returns the live generation, which stays open until it is released.
func (s *Store) acquire() (*handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.live
	if h == nil {
		return nil, ErrClosed
	}
	h.mu.Lock() // it can't have been retired: whoever takes it from s does so first
	defer h.mu.Unlock()
	h.users++
	return h, nil
}

func (h *handle) release() {
	h.mu.Lock()
	h.users--
	last := h.retired && h.users == 0
	h.mu.Unlock()
	if last {
		h.closed <- h.index.Close()
	}
}

// retire closes the generation as soon as nobody uses it any more.
func (h *handle) retire() {
	h.mu.Lock()
	h.retired = true
	last := h.users == 0
	h.mu.Unlock()
	if last {
		h.closed <- h.index.Close()
	}
}

// take makes another generation the live one and returns the one before.
func (s *Store) take(next *handle) *handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.live
	s.live = next
	return before
}

// swap makes a generation the live one, for good.
func (s *Store) swap(next *handle, late []file) {
	s.mu.Lock()
	s.late = late
	s.state.of(next.manifest)
	s.mu.Unlock()
	if before := s.take(next); before != nil {
		before.retire()
	}
}
