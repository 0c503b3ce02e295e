package quotatest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/tribunebot/tribune/llm"
)

// NewKeys keeps virtual keys in memory, for tests.
func NewKeys() llm.Keys { return &memoryKeys{byHash: map[string]llm.Key{}} }

type memoryKeys struct {
	mu       sync.RWMutex
	byHash   map[string]llm.Key
	revision uint64 // of what was written last
}

// Key implements llm.Keys.
func (m *memoryKeys) Key(_ context.Context, hash string) (llm.Key, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k, ok := m.byHash[hash]
	return k, ok, nil
}

// Add implements llm.Keys. Adding and changing keys is rare, so that looking
// through all of them for the alias is no harm.
func (m *memoryKeys) Add(_ context.Context, k llm.Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.byHash[k.Hash]; taken {
		return llm.ErrKeyExists
	}
	return m.put(k)
}

// Change implements llm.Keys.
func (m *memoryKeys) Change(_ context.Context, k llm.Key) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.byHash[k.Hash]
	if !ok {
		return false, nil
	}
	if old.Revision != k.Revision {
		return false, llm.ErrKeyChanged
	}
	err := m.put(k)
	return err == nil, err
}

// put writes a key, under the lock, unless another one has its alias.
func (m *memoryKeys) put(k llm.Key) error {
	for hash, other := range m.byHash {
		if k.Alias != "" && other.Alias == k.Alias && hash != k.Hash {
			return llm.ErrKeyExists
		}
	}
	m.revision++
	k.Revision = m.revision
	m.byHash[k.Hash] = k
	return nil
}

// Remove implements llm.Keys.
func (m *memoryKeys) Remove(_ context.Context, hash string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.byHash[hash]
	delete(m.byHash, hash)
	return ok, nil
}

// List implements llm.Keys.
func (m *memoryKeys) List(context.Context) ([]llm.Key, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	keys := make([]llm.Key, 0, len(m.byHash))
	for _, k := range m.byHash {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b llm.Key) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.Hash, b.Hash))
	})
	return keys, nil
}
