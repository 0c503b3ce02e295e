package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/llm"
)

const (
	keysBucket = "keys"
	// maxKey is how long a key may be as JSON; its metadata is the caller's.
	maxKey = 64 << 10
	// keyTries bounds how often an alias is tried for that others add and
	// remove at the same time.
	keyTries = 10
	// markerKeep is how long the server remembers that a key was removed: for
	// the replicas, nobody else asks.
	markerKeep = time.Hour
	// fenceKeep is how long a hash is kept from being added whose alias was
	// taken over: longer than any Add takes.
	fenceKeep = time.Minute
)

// Keys opens the gateway's virtual keys, which are kept on disk, and makes
// their bucket where there is none.
func (q *Queue) Keys(ctx context.Context) (llm.Keys, error) {
	config := jetstream.KeyValueConfig{
		Bucket: keysBucket, Description: "virtual keys of the gateway, by hash and by alias",
		Storage: jetstream.FileStorage, Replicas: q.replicas, LimitMarkerTTL: markerKeep,
	}
	bucket, err := q.js.CreateOrUpdateKeyValue(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening the virtual keys: %w", err)
	}
	return &keys{bucket}, nil
}

// keys keeps each key under its hash, and under its alias the hash, so that of
// several who add one alias at the same time only one gets it.
type keys struct{ bucket jetstream.KeyValue }

func hashKey(hash string) string   { return "hash." + token(hash) }
func aliasKey(alias string) string { return "alias." + token(alias) }

// Key implements llm.Keys.
func (s *keys) Key(ctx context.Context, hash string) (llm.Key, bool, error) {
	k, err := s.load(ctx, hash)
	if err != nil || k == nil {
		return llm.Key{}, false, err
	}
	return *k, true, nil
}

// load reads a key; nil where there is none.
func (s *keys) load(ctx context.Context, hash string) (*llm.Key, error) {
	entry, err := s.bucket.Get(ctx, hashKey(hash))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a virtual key: %w", err)
	}
	if len(entry.Value()) == 0 { // a fence
		return nil, nil
	}
	return decodeKey(entry)
}

func decodeKey(entry jetstream.KeyValueEntry) (*llm.Key, error) {
	var k llm.Key
	if err := json.Unmarshal(entry.Value(), &k); err != nil {
		return nil, fmt.Errorf("a virtual key cannot be read (remove it and make a new one): %s", jsonFault(err))
	}
	k.Revision = entry.Revision()
	return &k, nil
}

func encodeKey(k llm.Key) ([]byte, error) {
	data, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("writing a virtual key as JSON: %w", err)
	}
	if len(data) > maxKey {
		return nil, fmt.Errorf("a virtual key takes %d bytes, more than %d: shorten its metadata", len(data), maxKey)
	}
	return data, nil
}

// Add implements llm.Keys. First the alias is claimed, then the key written,
// then the claim confirmed. A claim without its key is of somebody who is about
// to write it, or who never will: it may be taken over, and writing or
// confirming it then fails.
func (s *keys) Add(ctx context.Context, k llm.Key) error {
	data, err := encodeKey(k)
	if err != nil {
		return err
	}
	claim, err := s.claim(ctx, k)
	if err != nil {
		return err
	}
	revision, err := s.bucket.Create(ctx, hashKey(k.Hash), data)
	if err != nil {
		return s.undo(ctx, k, claim, 0, err)
	}
	if k.Alias == "" {
		return nil
	}
	if _, err := s.bucket.Update(ctx, aliasKey(k.Alias), []byte(k.Hash), claim); err != nil {
		return s.undo(ctx, k, claim, revision, err)
	}
	return nil
}

// claim makes the alias point to a key that does not have it yet, and returns
// the claim's revision.
func (s *keys) claim(ctx context.Context, k llm.Key) (uint64, error) {
	if k.Alias == "" {
		return 0, nil
	}
	for range keyTries {
		held, err := s.holder(ctx, k)
		if conflict(err) {
			continue // it has just changed
		}
		if err != nil {
			return 0, err
		}
		revision, err := put(ctx, s.bucket, aliasKey(k.Alias), []byte(k.Hash), held)
		if err == nil {
			return revision, nil
		}
		if !conflict(err) {
			return 0, fmt.Errorf("claiming the name of a virtual key: %w", err)
		}
	}
	return 0, llm.ErrKeyExists
}

// holder returns the revision of a claim that may be taken over, 0 where there
// is none, and ErrKeyExists where the alias has its key.
func (s *keys) holder(ctx context.Context, k llm.Key) (uint64, error) {
	entry, err := s.bucket.Get(ctx, aliasKey(k.Alias))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("looking for a virtual key's name: %w", err)
	}
	hash := string(entry.Value())
	switch other, err := s.load(ctx, hash); {
	case err != nil:
		return 0, err
	case other == nil:
		return entry.Revision(), s.fence(ctx, hash)
	case hash == k.Hash && other.Revision == k.Revision:
		return entry.Revision(), nil // our own, of a Change that did not end
	case hash == k.Hash && k.Revision > 0:
		return 0, llm.ErrKeyChanged
	case other.Alias == k.Alias:
		return 0, llm.ErrKeyExists
	default:
		return entry.Revision(), s.touch(ctx, *other)
	}
}

// fence makes sure that a key which was not found is not added any more: it may
// just come to be, or be on a server that we did not ask.
func (s *keys) fence(ctx context.Context, hash string) error {
	_, err := s.bucket.Create(ctx, hashKey(hash), nil, jetstream.KeyTTL(fenceKeep))
	if conflict(err) {
		return llm.ErrKeyExists
	}
	if err != nil {
		return fmt.Errorf("taking over the name of a virtual key: %w", err)
	}
	return nil
}

// touch writes a key as it is, so that a Change which claimed the name that is
// now taken over, and is about to write, fails.
func (s *keys) touch(ctx context.Context, k llm.Key) error {
	data, err := encodeKey(k)
	if err != nil {
		return err
	}
	if _, err := s.bucket.Update(ctx, hashKey(k.Hash), data, k.Revision); err != nil {
		return fmt.Errorf("taking over the name of a virtual key: %w", err)
	}
	return nil
}

// undo takes back what a failed Add has written, as far as it was its own.
func (s *keys) undo(ctx context.Context, k llm.Key, claim, revision uint64, err error) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), countWait, errAway)
	defer cancel()
	if revision > 0 {
		_ = s.bucket.Purge(ctx, hashKey(k.Hash), jetstream.LastRevision(revision), jetstream.PurgeTTL(markerKeep))
	}
	if claim > 0 && conflict(err) { // else the key may be there all the same
		_ = s.bucket.Purge(ctx, aliasKey(k.Alias), jetstream.LastRevision(claim), jetstream.PurgeTTL(markerKeep))
	}
	if conflict(err) {
		return llm.ErrKeyExists
	}
	return fmt.Errorf("adding a virtual key: %w", err)
}

// Remove implements llm.Keys. The key goes first: an alias without its key
// can be had by the next.
func (s *keys) Remove(ctx context.Context, hash string) (bool, error) {
	for range keyTries {
		entry, err := s.bucket.Get(ctx, hashKey(hash))
		if errors.Is(err, jetstream.ErrKeyNotFound) || err == nil && len(entry.Value()) == 0 {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("reading a virtual key: %w", err)
		}
		err = s.bucket.Purge(ctx, hashKey(hash), jetstream.LastRevision(entry.Revision()), jetstream.PurgeTTL(markerKeep))
		if err == nil {
			s.release(ctx, hash, entry.Value())
			return true, nil
		}
		if !conflict(err) {
			return false, fmt.Errorf("removing a virtual key: %w", err)
		}
	}
	return false, nil // somebody else removed it each time
}

// release lets a removed key's alias go, where it still points there. Should
// that fail the alias can be had all the same: see holder.
func (s *keys) release(ctx context.Context, hash string, data []byte) {
	var k llm.Key
	if json.Unmarshal(data, &k) != nil || k.Alias == "" {
		return
	}
	entry, err := s.bucket.Get(ctx, aliasKey(k.Alias))
	if err == nil && string(entry.Value()) == hash {
		_ = s.bucket.Purge(ctx, aliasKey(k.Alias), jetstream.LastRevision(entry.Revision()), jetstream.PurgeTTL(markerKeep))
	}
}

// List implements llm.Keys.
func (s *keys) List(ctx context.Context) ([]llm.Key, error) {
	watch, err := s.bucket.Watch(ctx, "hash.*", jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("listing the virtual keys: %w", err)
	}
	defer func() { _ = watch.Stop() }()
	var all []llm.Key
	for {
		select {
		case entry, open := <-watch.Updates():
			if !open || entry == nil { // nil: that was the last one
				return oldestFirst(all), ctx.Err()
			}
			if len(entry.Value()) == 0 { // a fence
				continue
			}
			k, err := decodeKey(entry)
			if err != nil {
				return nil, err
			}
			all = append(all, *k)
		case <-ctx.Done():
			return nil, fmt.Errorf("listing the virtual keys: %w", context.Cause(ctx))
		}
	}
}

func oldestFirst(all []llm.Key) []llm.Key {
	slices.SortFunc(all, func(a, b llm.Key) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.Hash, b.Hash))
	})
	return all
}
