// Package index is the embedded engine: passages, what they are found by, and
// their texts, in one bleve index on disk. It gives candidates and reads
// bleve's postings directly, because its own search is slower and its own order
// worse than what package rank makes of the candidates.
package index

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"
)

var (
	// ErrInUse is returned by Open while another process has the index open.
	ErrInUse = errors.New("the index is in use by another process")
	// ErrCorrupt is returned by Open for an index that can't be read.
	ErrCorrupt = errors.New("the index can't be read")
)

// Options are what an index needs from outside. The zero value is usable.
type Options struct {
	Log *slog.Logger     // nil: no logging
	Now func() time.Time // nil: the real clock
	// ReadOnly opens an index that is there, and changes nothing in its folder;
	// feeding it is an error. Several may have it open.
	ReadOnly bool
}

// Index is an open index. Searches may run beside one another and beside an
// ingest; ingests wait for one another.
type Index struct {
	log     *slog.Logger
	now     func() time.Time
	store   bleve.Index
	work    *bleve.AnalysisQueue
	writing sync.Mutex
	sealed  bool // opened to read only
	sums    sync.Pool
	read    cache
}

// Open opens the index in dir and makes a new one where there is none. It
// returns ErrInUse, ErrCorrupt, or the error of the file system, each with what
// to do about it.
func Open(dir string, o Options) (*Index, error) {
	if !o.ReadOnly {
		if err := writable(dir); err != nil {
			return nil, err
		}
	}
	x := &Index{log: o.Log, now: o.Now, sealed: o.ReadOnly, work: bleve.NewAnalysisQueue(runtime.GOMAXPROCS(0))}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	if x.now == nil {
		x.now = time.Now
	}
	if err := x.open(dir); err != nil {
		x.work.Close()
		return nil, err
	}
	return x, nil
}

// lockWait is how long Open waits for another process to let the index go: long
// enough for a restart that overlaps, short enough to be told at once.
const lockWait = "500ms"

func (x *Index) open(dir string) (err error) {
	defer func() {
		if p := recover(); p != nil { // bleve panics over some broken files
			err = corrupt(dir, fmt.Errorf("panic: %v", p))
		}
	}()
	if err := checkFiles(dir); err != nil {
		return corrupt(dir, err)
	}
	if x.sealed {
		return x.openSealed(dir)
	}
	names, err := x.inspect(dir)
	if err != nil {
		return err
	}
	if err := x.retire(dir, names); err != nil {
		return err
	}
	if x.store, err = x.openStore(dir, false); err != nil {
		return err
	}
	if err := x.claim(dir); err != nil {
		release(x.store)
		return err
	}
	return nil
}

// openSealed opens an index to read only. It must be there, and of this format.
func (x *Index) openSealed(dir string) error {
	made, err := formatOf(dir)
	if err == nil && made != Format {
		err = fmt.Errorf("format %d, this version reads %d", made, Format)
	}
	if err != nil {
		return corrupt(dir, err)
	}
	if x.store, err = x.openStore(dir, true); err != nil {
		return err
	}
	r, err := x.reader()
	if err != nil {
		return errors.Join(err, x.store.Close())
	}
	defer release(r)
	if len(r.Internal()[formatKey]) == 0 {
		return errors.Join(corrupt(dir, errors.New("its last state is gone")), x.store.Close())
	}
	return nil
}

func (x *Index) openStore(dir string, readOnly bool) (bleve.Index, error) {
	store, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path": dir, "bolt_timeout": lockWait, "read_only": readOnly,
	}, x.work)
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if err := store.Open(); err != nil {
		return nil, openError(dir, err)
	}
	return store, nil
}

// Inspect tells of an index, open or not, which format it has and what its
// collections are called; 0 and none where there is no index. It returns
// ErrCorrupt for what can't be read.
func Inspect(dir string) (made int, collections []string, err error) {
	defer func() {
		if p := recover(); p != nil { // bleve panics over some broken files
			err = corrupt(dir, fmt.Errorf("panic: %v", p))
		}
	}()
	if made, err = formatOf(dir); err != nil {
		return 0, nil, corrupt(dir, err)
	}
	x := &Index{log: slog.New(slog.DiscardHandler), now: time.Now, work: bleve.NewAnalysisQueue(1)}
	defer x.work.Close()
	collections, err = x.inspect(dir)
	return made, collections, err
}

// inspect looks at an existing index without changing it: bleve drops a state
// that it can't load, carries on with the one before, and deletes the rest. It
// returns the names of the collections.
func (x *Index) inspect(dir string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, rootFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	store, err := x.openStore(dir, true)
	if err != nil {
		return nil, err
	}
	defer release(store)
	s, ok := store.(*scorch.Scorch)
	if !ok {
		return nil, fmt.Errorf("open index: unexpected store %T", store)
	}
	epochs, err := s.RootBoltSnapshotEpochs()
	if err != nil {
		return nil, corrupt(dir, err)
	}
	if len(epochs) == 0 {
		return nil, nil // stopped before its first commit
	}
	last, err := s.LoadSnapshot(slices.Max(epochs))
	if err != nil {
		return nil, corrupt(dir, err)
	}
	var names []string
	for key := range last.Internal() {
		if name, ok := strings.CutPrefix(key, collectionKey); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, last.Close()
}

// rootFile is where bleve keeps which segments make up the index.
const rootFile = "root.bolt"

// openError says in which of the known ways an index did not open.
func openError(dir string, err error) error {
	switch {
	case err.Error() == "timeout": // bbolt's errors.ErrTimeout: the file lock is taken
		return fmt.Errorf("open index %s: %w: stop it, or ask the running server instead", dir, ErrInUse)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("open index %s: %w: make the folder and its files writable for this user", dir, err)
	}
	return corrupt(dir, err)
}

func corrupt(dir string, err error) error {
	return fmt.Errorf("open index %s: %w (%w): move the folder away and feed the documents again", dir, ErrCorrupt, err)
}

// writable makes dir where it is missing and tries to write into it.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("open index: can't make its folder: %w: choose another data directory", err)
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("open index: can't write to its folder: %w: make it writable or choose another data directory", err)
	}
	release(f)
	return os.Remove(f.Name())
}

// Close waits for an ingest to end and lets the index go. Searches must be over.
func (x *Index) Close() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	err := x.store.Close()
	x.work.Close()
	if err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}

// reader returns the newest state of the index, which stays as it is until it
// is closed.
func (x *Index) reader() (*scorch.IndexSnapshot, error) {
	r, err := x.store.Reader()
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	snapshot, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		release(r)
		return nil, fmt.Errorf("read index: unexpected reader %T", r)
	}
	return snapshot, nil
}

// release closes what was only read from: nothing is lost if that fails.
func release(c io.Closer) { c.Close() }
