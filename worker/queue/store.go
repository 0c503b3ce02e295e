package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/bots"
)

// Kind says how long a store's values must last.
type Kind int

// The kinds of store.
const (
	Durable Kind = iota // on disk
	Shared              // in the server's memory, shared by all workers: may be lost, is fast
)

// storePrefix keeps the stores' buckets apart from the queue's own.
const storePrefix = "store-"

// Store opens the store of that name (letters, digits, '-' and '_'), and makes
// it where there is none. The same name is the same store in every process.
func (q *Queue) Store(ctx context.Context, name string, kind Kind) (bots.Store, error) {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r > 127 || !plain(byte(r)) }) {
		return nil, fmt.Errorf("a store's name is made of letters, digits, '-' and '_', not %q", name)
	}
	bucket, err := q.ensureStore(ctx, name, kind)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.buckets[name] = kind
	return &store{bucket: bucket, name: name}, nil
}

func (q *Queue) ensureStore(ctx context.Context, name string, kind Kind) (jetstream.KeyValue, error) {
	config := jetstream.KeyValueConfig{Bucket: storePrefix + name, Storage: jetstream.FileStorage, Replicas: q.replicas, TTL: q.keep}
	if kind == Shared {
		config.Storage = jetstream.MemoryStorage
	}
	bucket, err := q.js.CreateOrUpdateKeyValue(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening the store %q: %w", name, err)
	}
	return bucket, nil
}

// store is a bots.Store over a bucket.
type store struct {
	bucket jetstream.KeyValue
	name   string
}

// Get implements bots.Store.
func (s *store) Get(ctx context.Context, key string) ([]byte, uint64, error) {
	entry, err := s.bucket.Get(ctx, token(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading from the store %q: %w", s.name, err)
	}
	return entry.Value(), entry.Revision(), nil
}

// Put implements bots.Store.
func (s *store) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	next, err := put(ctx, s.bucket, token(key), value, revision)
	if conflict(err) {
		return 0, fmt.Errorf("the store %q: %w", s.name, bots.ErrConflict)
	}
	if err != nil {
		return 0, fmt.Errorf("writing to the store %q: %w", s.name, err)
	}
	return next, nil
}
