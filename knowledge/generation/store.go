// Package generation keeps the index in generations. One is live and never
// changes: it is searched. An ingest builds the next beside it, of links to its
// files and of what is new, and swaps it in when it is whole and on disk. So a
// search never sees half of anything, a full disk or a kill harms nothing that
// is served, every file has a checksum, and the generation before is at hand
// where the newest turns out to be damaged. Several workers share generations
// through a knowledge.Blobs.
//
// What lies in the folder of a Store:
//
//	lock        held while a process has the store open
//	current     which generation is live, which was before it, what was damaged
//	7/          a generation: bleve's files and manifest.json
//	8/          the next one, being built: it has build.json; or left behind by a
//	            process that was killed, and gone on with by the next ingest
//	fetch-ID/   a generation of another worker, being fetched
//	damaged-6/  what was set aside, for whoever wants to look at it
//	spool-*     what is being read of a site, a repository or a channel
package generation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
)

// ErrClosed is returned by everything that is asked of a Store after Close.
var ErrClosed = errors.New("the index was closed")

// Options are what a Store needs from outside. The zero value is usable.
type Options struct {
	Index     index.Options        // of every generation
	Blobs     knowledge.Blobs      // shared with other workers; nil: alone
	Followers []knowledge.Follower // told after every ingest
	Now       func() time.Time     // nil: the real clock
	Log       *slog.Logger         // nil: no logging

	link         func(from, to string) error // os.Link, but in tests
	verifyAtOnce int64                       // see the constant of that name; other in tests
	maxSpool     int64                       // likewise
	fenceEvery   time.Duration               // likewise
}

// Store is the live generation and how it comes to the next. It is a
// knowledge.Library, safe for concurrent use: searches run beside an ingest,
// ingests wait for one another.
type Store struct {
	dir     string
	options Options
	log     *slog.Logger
	now     func() time.Time
	lock    *flock.Flock

	writing turn    // who builds, adopts or writes current; guards the fields below
	pointer pointer // as it is on disk
	base    shared  // what Blobs had when last asked

	mu    sync.Mutex // guards the fields below, for moments only
	live  *handle    // nil: closed
	state State
	late  []file // of the live generation, that are still to be checked

	following []turn        // of each follower
	told      chan struct{} // that there may be something to follow
	behind    behind
}

// Open opens the store in dir, makes it where there is none, and takes over an
// index that lies there itself. Checksums are verified: what is damaged is set
// aside, the generation before it is served, or an empty one, and State says so.
// It returns index.ErrInUse while another process has the store open, or the
// error of the file system, each with what to do about it.
func Open(dir string, o Options) (*Store, error) {
	s := newStore(dir, o)
	if err := s.hold(); err != nil {
		return nil, err
	}
	if err := s.start(); err != nil {
		if h := s.take(nil); h != nil {
			h.retire()
		}
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

func newStore(dir string, o Options) *Store {
	s := &Store{dir: dir, options: o, log: o.Log, now: o.Now, writing: newTurn(), told: make(chan struct{}, 1)}
	for range o.Followers {
		s.following = append(s.following, newTurn())
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.options.link == nil {
		s.options.link = os.Link
	}
	if s.options.verifyAtOnce == 0 {
		s.options.verifyAtOnce = verifyAtOnce
	}
	if s.options.maxSpool == 0 {
		s.options.maxSpool = maxSpool
	}
	if s.options.fenceEvery == 0 {
		s.options.fenceEvery = fenceEvery
	}
	return s
}

// How long Open waits for another process to let go, and how often it looks:
// long enough for a restart that overlaps, short enough to be told at once.
const (
	lockWait = 500 * time.Millisecond
	lockPoll = 50 * time.Millisecond
)

// hold takes the folder for this process.
func (s *Store) hold() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("open index: can't make its folder: %w: choose another data directory", err)
	}
	s.lock = flock.New(filepath.Join(s.dir, "lock"), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	_, err := s.lock.TryLockContext(ctx, lockPoll)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("open index %s: %w: stop it, or ask the running server instead", s.dir, index.ErrInUse)
	}
	if err != nil {
		return fmt.Errorf("open index: can't write to its folder: %w: make it writable or choose another data directory", err)
	}
	return nil
}

// start finds the generation to serve.
func (s *Store) start() error {
	if err := s.readPointer(); err != nil {
		return err
	}
	if err := s.takeOver(); err != nil {
		return err
	}
	if err := s.pick(context.Background()); err != nil {
		return err
	}
	s.startShared()
	s.buryNow(context.Background())
	return errors.Join(s.removeSpools(), s.tidy())
}

// Close waits for an ingest and for searches to end, and lets the folder go.
func (s *Store) Close() error {
	s.writing <- struct{}{}
	defer s.writing.leave()
	h := s.take(nil)
	if h == nil {
		return nil
	}
	h.retire()
	return errors.Join(<-h.closed, s.lock.Close())
}

// Candidates implements knowledge.Engine.
func (s *Store) Candidates(ctx context.Context, l knowledge.Lookup) (knowledge.Candidates, error) {
	h, err := s.acquire()
	if err != nil {
		return knowledge.Candidates{}, err
	}
	defer h.release()
	return h.candidates(ctx, l)
}

// Collections implements knowledge.Library.
func (s *Store) Collections(context.Context) ([]knowledge.Collection, error) {
	h, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer h.release()
	all := slices.Clone(h.manifest.Collections)
	for i := range all {
		all[i].Origins = slices.Clone(all[i].Origins)
	}
	return all, nil
}

// Passages implements knowledge.Library.
func (s *Store) Passages(ctx context.Context, collection string) iter.Seq2[knowledge.Passage, error] {
	return func(yield func(knowledge.Passage, error) bool) {
		h, err := s.acquire()
		if err != nil {
			yield(knowledge.Passage{}, err)
			return
		}
		defer h.release()
		h.passages(ctx, collection)(yield)
	}
}

// turn lets one at a time.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// enter waits for its turn, or for the end of ctx.
func (t turn) enter(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turn) leave() { <-t }
