package weaviate

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// The names of the state class's properties.
const (
	propName     = "name"
	propWhole    = "whole"    // the fingerprint that the passages were written with; "": not whole
	propPassages = "passages" // how many there are
	propTag      = "tag"
	propTable    = "table" // how many passages have a term: see words.go
)

// fresh is how long what is known of a collection is believed.
const fresh = 5 * time.Second

// maxKnown bounds how many collections are remembered.
const maxKnown = 4096

// collectionState is what the cluster has of a collection.
type collectionState struct {
	whole    bool // all of it, as this program would write it
	passages int
	tag      string // the sums of the copy: see groups
	read     time.Time
}

// known remembers the state of collections for a while.
type known struct {
	mu     sync.Mutex
	states map[string]collectionState
	tables map[string]counts
	stale  map[string]bool // a Follow of this process did not end well
}

func (k *known) get(collection string, now time.Time) (collectionState, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stale[collection] {
		return collectionState{}, true
	}
	s, ok := k.states[collection]
	return s, ok && now.Sub(s.read) < fresh
}

func (k *known) put(collection string, s collectionState) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.states == nil || len(k.states) >= maxKnown {
		k.states = map[string]collectionState{}
	}
	k.states[collection] = s
}

// maxTables bounds how many collections' counts are remembered: some 5 MB each.
const maxTables = 32

func (k *known) table(collection string) (counts, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.tables[collection]
	return c, ok
}

func (k *known) putTable(collection string, c counts) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tables == nil || len(k.tables) >= maxTables {
		k.tables = map[string]counts{}
	}
	k.tables[collection] = c
}

// expire has the state of a collection read anew.
func (k *known) expire(collection string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.states, collection)
}

// distrust notes whether a collection's copy may differ from the library.
func (k *known) distrust(collection string, stale bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stale == nil {
		k.stale = map[string]bool{}
	}
	if stale {
		k.stale[collection] = true
	} else {
		delete(k.stale, collection)
	}
}

// readState asks what the cluster has of a collection.
func (e *Engine) readState(ctx context.Context, collection string) (collectionState, error) {
	s, ok := e.known.get(collection, e.now())
	if ok {
		return s, nil
	}
	var o object
	path := "/v1/objects/" + e.state + "/" + collectionKey(collection).String()
	err := e.cluster.do(ctx, request{method: http.MethodGet, path: path, timeout: e.o.Timeout}, &o)
	switch {
	case isStatus(err, http.StatusNotFound):
		s = collectionState{}
	case err != nil:
		return s, err
	default:
		s.passages, _ = strconv.Atoi(o.Properties[propPassages])
		s.whole = o.Properties[propWhole] == e.writer
		s.tag = o.Properties[propTag]
	}
	s.read = e.now()
	e.known.put(collection, s)
	return s, nil
}

// writeState says what the cluster has of a collection now.
func (e *Engine) writeState(ctx context.Context, collection string, s collectionState) error {
	o := object{Class: e.state, ID: collectionKey(collection), Properties: map[string]string{
		propName: collection, propPassages: strconv.Itoa(s.passages), propWhole: "", propTag: s.tag,
	}}
	if s.whole {
		o.Properties[propWhole] = e.writer
	}
	if err := e.write(ctx, []object{o}); err != nil {
		return err
	}
	s.read = e.now()
	e.known.put(collection, s)
	return nil
}

// dropState removes what the cluster knows of a collection.
func (e *Engine) dropState(ctx context.Context, collection string) error {
	for _, id := range []uuid.UUID{collectionKey(collection), tableKey(collection)} {
		path := "/v1/objects/" + e.state + "/" + id.String()
		err := e.cluster.do(ctx, request{method: http.MethodDelete, path: path, timeout: writeWait}, nil)
		if err != nil && !isStatus(err, http.StatusNotFound) {
			return err
		}
	}
	e.known.put(collection, collectionState{read: e.now()})
	return nil
}
