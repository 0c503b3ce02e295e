package quota

import (
	"context"
	"sync"
	"time"

	"github.com/tribunebot/tribune/llm"
)

const (
	// absentShare: that there is no such key is believed for a tenth of the
	// time, so that a key that another process adds works soon.
	absentShare = 10
	// staleTimes is how many times as long a key that was found is still
	// believed in while the store cannot be reached.
	staleTimes = 10
)

// Cached remembers the keys that it finds for ttl, and that there is none for a
// tenth of that. It remembers so many (most) of either kind, and forgets a key
// that is added or removed through it; one that another process removes works
// for up to ttl, and, while the store cannot be reached, for ten times that.
// What it returns is shared and must not be changed. now nil means time.Now.
func Cached(keys llm.Keys, ttl time.Duration, most int, now func() time.Time) llm.Keys {
	if now == nil {
		now = time.Now
	}
	return &cached{
		Keys: keys, ttl: ttl, now: now,
		found: shelf{most: most, entries: map[string]entry{}}, absent: shelf{most: most, entries: map[string]entry{}},
	}
}

type cached struct {
	llm.Keys

	ttl time.Duration
	now func() time.Time

	mu     sync.RWMutex
	found  shelf
	absent shelf // apart, so that wrong keys do not push out right ones
	// changes counts Add, Change and Remove: what was read before one is not kept.
	changes int
}

type entry struct {
	key   llm.Key
	until time.Time
}

// shelf holds so many entries.
type shelf struct {
	most    int
	entries map[string]entry
}

// put keeps an entry; where there is no room it drops some other.
func (s *shelf) put(hash string, e entry) {
	for other := range s.entries {
		if len(s.entries) < s.most {
			break
		}
		delete(s.entries, other)
	}
	if s.most > 0 {
		s.entries[hash] = e
	}
}

// Key implements llm.Keys.
func (c *cached) Key(ctx context.Context, hash string) (llm.Key, bool, error) {
	now := c.now()
	c.mu.RLock()
	known, found := c.found.entries[hash]
	none, absent := c.absent.entries[hash]
	changes := c.changes
	c.mu.RUnlock()
	switch {
	case found && now.Before(known.until):
		return known.key, true, nil
	case absent && now.Before(none.until):
		return llm.Key{}, false, nil
	}
	key, ok, err := c.Keys.Key(ctx, hash)
	if err != nil {
		if found && now.Before(known.until.Add((staleTimes-1)*c.ttl)) {
			return known.key, true, nil
		}
		return llm.Key{}, false, err
	}
	c.keep(hash, key, ok, changes)
	return key, ok, nil
}

func (c *cached) keep(hash string, key llm.Key, ok bool, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.found.entries, hash)
	delete(c.absent.entries, hash)
	switch {
	case changes != c.changes:
	case ok:
		c.found.put(hash, entry{key: key, until: c.now().Add(c.ttl)})
	default:
		c.absent.put(hash, entry{until: c.now().Add(c.ttl / absentShare)})
	}
}

// Add implements llm.Keys.
func (c *cached) Add(ctx context.Context, k llm.Key) error {
	defer c.forget(k.Hash)
	return c.Keys.Add(ctx, k)
}

// Change implements llm.Keys. What it is told of may be a key that was remembered
// too long: the store then says so, and it is looked up anew.
func (c *cached) Change(ctx context.Context, k llm.Key) (bool, error) {
	defer c.forget(k.Hash)
	return c.Keys.Change(ctx, k)
}

// Remove implements llm.Keys.
func (c *cached) Remove(ctx context.Context, hash string) (bool, error) {
	defer c.forget(hash)
	return c.Keys.Remove(ctx, hash)
}

func (c *cached) forget(hash string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	delete(c.found.entries, hash)
	delete(c.absent.entries, hash)
}
