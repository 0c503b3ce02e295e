package botstest

import (
	"context"
	"sync"

	"github.com/tribunebot/tribune/bots"
)

// Store is a bots.Store in memory, for concurrent use.
type Store struct {
	mu     sync.Mutex
	values map[string]stored
}

type stored struct {
	value    []byte
	revision uint64
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{values: map[string]stored{}} }

// Get implements bots.Store.
func (s *Store) Get(_ context.Context, key string) ([]byte, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.values[key]
	return v.value, v.revision, nil
}

// Put implements bots.Store.
func (s *Store) Put(_ context.Context, key string, value []byte, revision uint64) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values[key].revision != revision {
		return 0, bots.ErrConflict
	}
	s.values[key] = stored{value, revision + 1}
	return revision + 1, nil
}
