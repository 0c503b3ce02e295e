package slackbot

import "sync"

// maxRecent bounds each memory of what happened lately.
const maxRecent = 2_000

// recent is a bounded map: what was put in first is forgotten first. It only
// ever saves work; correctness must not hang on it.
type recent[K comparable, V any] struct {
	mu     sync.Mutex
	limit  int
	values map[K]V
	order  []K
}

func newRecent[K comparable, V any](limit int) *recent[K, V] {
	return &recent[K, V]{limit: limit, values: map[K]V{}}
}

func (r *recent[K, V]) put(key K, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.values[key]; !known {
		if len(r.order) >= r.limit {
			delete(r.values, r.order[0])
			r.order = r.order[1:]
		}
		r.order = append(r.order, key)
	}
	r.values[key] = value
}

func (r *recent[K, V]) get(key K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, known := r.values[key]
	return value, known
}

// first tells whether key is new, and remembers it.
func (r *recent[K, V]) first(key K) bool {
	var value V
	if _, known := r.get(key); known {
		return false
	}
	r.put(key, value)
	return true
}
