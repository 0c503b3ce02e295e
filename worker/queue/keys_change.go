package queue

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/llm"
)

// Change implements llm.Keys. A new alias is claimed before the key is written.
// Nobody can take the claim over without writing the key first (see touch), and
// then what is written here, to the revision that was read, fails. A claim that
// is left behind because of that can be had by the next.
func (s *keys) Change(ctx context.Context, k llm.Key) (bool, error) {
	data, err := encodeKey(k)
	if err != nil {
		return false, err
	}
	old, err := s.load(ctx, k.Hash)
	if err != nil || old == nil {
		return false, err
	}
	if old.Revision != k.Revision {
		return false, llm.ErrKeyChanged
	}
	var freed uint64
	if old.Alias != k.Alias {
		// What the old alias points to is read before the key is written:
		// afterwards somebody may have given it back to this very key.
		freed = s.pointer(ctx, *old)
		if _, err := s.claim(ctx, k); err != nil {
			return false, err
		}
	}
	if _, err := s.bucket.Update(ctx, hashKey(k.Hash), data, k.Revision); conflict(err) {
		return false, llm.ErrKeyChanged
	} else if err != nil {
		return false, fmt.Errorf("changing a virtual key: %w", err)
	}
	if freed > 0 { // should it fail, the alias can be had all the same: see holder
		_ = s.bucket.Purge(ctx, aliasKey(old.Alias), jetstream.LastRevision(freed), jetstream.PurgeTTL(markerKeep))
	}
	return true, nil
}

// pointer returns the revision of a key's alias; 0 where it does not point there.
func (s *keys) pointer(ctx context.Context, k llm.Key) uint64 {
	if k.Alias == "" {
		return 0
	}
	entry, err := s.bucket.Get(ctx, aliasKey(k.Alias))
	if err != nil || string(entry.Value()) != k.Hash {
		return 0
	}
	return entry.Revision()
}
