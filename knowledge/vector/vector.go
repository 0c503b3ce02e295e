// Package vector finds passages by meaning. It keeps one vector for every text
// that was ever embedded, by the hash of its content, so that no text is paid
// for twice: not in another collection, not after a restart, not when a document
// comes back. A search compares codes of one bit a dimension, which lie in
// memory, and reads the best few hundred vectors from disk.
//
// Memory for a million passages of 1024 dimensions: 128 MB of codes, some 40 MB
// of hashes, and 24 bytes with the id for each passage, 60 MB or so: 230 MB. On
// disk a vector takes four bytes a dimension: 4.1 GB.
package vector

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// ErrFull is returned by Follow when no more vectors may be kept.
var ErrFull = errors.New("no room for more vectors")

var errClosed = errors.New("closed")

const (
	// defaultMost vectors of 1024 dimensions take 230 MB of memory.
	defaultMost = 1_000_000
	// defaultKeep is how long vectors that no passage has any more are kept at
	// least: a folder that was fed without half of its files is put right
	// within a day.
	defaultKeep = 24 * time.Hour
)

// Options are what a Store needs.
type Options struct {
	Embedder knowledge.Embedder
	Most     int              // most vectors that are kept; 0: a million
	Keep     time.Duration    // how long unused vectors are kept at least; 0: a day
	Now      func() time.Time // nil: the real clock
	Log      *slog.Logger     // nil: no logging
}

// Store keeps the vectors of passages. It is a knowledge.Follower and a
// knowledge.Nearby. One process at a time may have a directory open.
type Store struct {
	o         Options
	root, dir string        // dir is the embedder's own, in root
	writing   chan struct{} // one token: who holds it may write
	questions recent

	mu          sync.RWMutex
	file        *records // nil: nothing was embedded yet
	codes       codes
	keys        []key
	slots       map[uint64]uint32 // by the first half of a key
	collections map[string]*collection
	saved       int   // vectors whose codes are on disk; used by who may write
	closed      error // why nothing may be written any more
}

// Open opens the vectors in a directory, which is made where there is none. Each
// embedder has its own, by its name. What a kill left half written is cut off.
func Open(dir string, o Options) (*Store, error) {
	if o.Embedder == nil {
		return nil, errors.New("vectors: no embedder")
	}
	o.Most, o.Keep = cmp.Or(o.Most, defaultMost), cmp.Or(o.Keep, defaultKeep)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		o: o, root: dir, dir: filepath.Join(dir, short(o.Embedder.Name())),
		writing: make(chan struct{}, 1), questions: newRecent(),
		slots: map[uint64]uint32{}, collections: map[string]*collection{},
	}
	s.writing <- struct{}{}
	if err := os.MkdirAll(filepath.Join(s.dir, mapsFolder), 0o700); err != nil {
		return nil, fmt.Errorf("vectors: %w", err)
	}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("vectors in %s: %w", s.dir, errors.Join(err, s.file.close()))
	}
	return s, nil
}

// short is a name for the file of something, whatever it is called.
func short(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}

// Close lets go of the files, once running searches are done with them.
func (s *Store) Close() error {
	<-s.writing
	defer func() { s.writing <- struct{}{} }()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.file.close()
	s.empty()
	s.closed = errClosed
	return err
}

// Count is how many passages of a collection have a vector.
func (s *Store) Count(collection string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.collections[collection].size()
}

// Size is how much the store holds.
type Size struct {
	Vectors int   `json:"vectors"` // one for each text, those that no passage has any more too
	Bytes   int64 `json:"bytes"`   // on disk
	Memory  int64 `json:"memory"`  // bytes of codes, hashes and ids
}

// Size says how much is held.
func (s *Store) Size() Size {
	s.mu.RLock()
	defer s.mu.RUnlock()
	size := Size{Vectors: len(s.keys), Bytes: s.file.size(len(s.keys)), Memory: s.codes.memory() + int64(len(s.keys))*(keySize+indexSize)}
	for _, c := range s.collections {
		size.Memory += c.memory()
	}
	return size
}

// hold takes the right to write.
func (s *Store) hold(ctx context.Context) (release func(), err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case <-s.writing:
		if s.closed != nil {
			s.writing <- struct{}{}
			return nil, fmt.Errorf("vectors: %w", s.closed)
		}
		return func() { s.writing <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// key is the hash of a text.
type key [keySize]byte

// keySize is half of a SHA-256: nobody finds two texts of the same.
const keySize = 16

// indexSize is about what an entry of a map from hash to number takes.
const indexSize = 20

func keyOf(text string) key {
	sum := sha256.Sum256([]byte(text))
	return key(sum[:keySize])
}

// textOf is what is embedded of a passage: what it says and under which heading.
func textOf(p knowledge.Passage) string {
	return p.Title + "\n" + p.Section + "\n" + p.Text
}
