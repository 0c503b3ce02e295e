package report

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// shelf is a Book in memory that several processes share. Its knobs make it
// fail.
type shelf struct {
	mu     sync.Mutex
	values map[string][]byte
	at     map[string]uint64
	down   bool // nothing works
	lossy  int  // so many writes arrive, and are said to have failed
	puts   int
}

var errShelf = errors.New("the shelf is closed")

func newShelf() *shelf { return &shelf{values: map[string][]byte{}, at: map[string]uint64{}} }

func (s *shelf) Get(ctx context.Context, key string) ([]byte, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || ctx.Err() != nil {
		return nil, 0, errShelf
	}
	return slices.Clone(s.values[key]), s.at[key], nil
}

func (s *shelf) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || ctx.Err() != nil || s.at[key] != revision {
		return 0, errShelf
	}
	s.puts++
	s.values[key] = slices.Clone(value)
	s.at[key]++
	if s.lossy > 0 {
		s.lossy--
		return 0, errShelf
	}
	return s.at[key], nil
}

func (s *shelf) set(change func(*shelf)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}
