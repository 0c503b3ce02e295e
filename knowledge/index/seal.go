package index

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
	bleve "github.com/blevesearch/bleve_index_api"
)

// ErrWrite is returned when the disk did not take what was to be written. What
// was written before is whole.
var ErrWrite = errors.New("the index could not be written (is the disk full?)")

// errSealed is returned by what would write to an index opened to read.
var errSealed = errors.New("the index was opened to read only")

// revisionKey is where the index counts what was written to it.
const revisionKey = "revision"

// Revision counts the writes since the index was made. A copy of an index that
// has the same revision holds the same.
func (x *Index) Revision() (uint64, error) {
	r, err := x.reader()
	if err != nil {
		return 0, err
	}
	defer release(r)
	return revisionOf(r), nil
}

func revisionOf(r *scorch.IndexSnapshot) uint64 {
	raw := r.Internal()[revisionKey]
	if len(raw) != 8 {
		return 0 // never written to, or before writes were counted
	}
	return binary.BigEndian.Uint64(raw)
}

// write writes a batch; it is on disk when write returns.
func (x *Index) write(b *bleve.Batch) error {
	r, err := x.reader()
	if err != nil {
		return err
	}
	next := revisionOf(r) + 1
	release(r)
	b.SetInternal([]byte(revisionKey), binary.BigEndian.AppendUint64(nil, next))
	if err := x.store.Batch(b); err != nil {
		return fmt.Errorf("%w: %w", ErrWrite, err)
	}
	return nil
}

// mergePlan keeps the segments few: every term of a question is looked up in
// each of them. Merging costs a build some seconds once, searching gains with
// every question.
func mergePlan() *mergeplan.MergePlanOptions {
	plan := mergeplan.DefaultMergePlanOptions
	plan.MaxSegmentsPerTier = 3
	plan.SegmentsPerMergeTask = 16
	plan.FloorSegmentSize = 10_000
	return &plan
}

// Seal merges what has grown into many small segments and closes the index, for
// good: it is opened to read only from then on, or copied and written to there.
// When ctx ends the merging is left for another time.
func (x *Index) Seal(ctx context.Context) error {
	err := x.settle(ctx)
	return errors.Join(err, x.Close())
}

// settle merges and waits until the outcome is on disk. A merge that fails
// loses nothing but the merge.
func (x *Index) settle(ctx context.Context) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	store, ok := x.store.(*scorch.Scorch)
	if !ok {
		return fmt.Errorf("seal the index: unexpected store %T", x.store)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan struct{})
	go func() {
		defer close(failed)
		watchMerges(ctx, cancel, store)
	}()
	err := store.ForceMerge(ctx, mergePlan())
	cancel()
	<-failed
	if err != nil {
		return fmt.Errorf("seal the index: %w", err)
	}
	// The merger hands its work to the persister; a write waits for both.
	if err := store.Batch(bleve.NewBatch()); err != nil {
		return fmt.Errorf("%w: %w", ErrWrite, err)
	}
	return nil
}

// mergeLook is how often a merge is looked after.
const mergeLook = 20 * time.Millisecond

// watchMerges cancels when a merge fails: bleve tries again without end, and
// tells in its counters only.
func watchMerges(ctx context.Context, cancel context.CancelFunc, store *scorch.Scorch) {
	failures := func() any { return store.StatsMap()["TotFileMergeLoopErr"] }
	before := failures()
	tick := time.NewTicker(mergeLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if failures() != before {
				cancel()
				return
			}
		}
	}
}

// Files lists the names of the files in dir that a sealed index is made of,
// sorted. Any other file there is a leftover.
func Files(dir string) ([]string, error) {
	x, err := Open(dir, Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	names := []string{formatFile, rootFile}
	r, err := x.reader()
	if err != nil {
		return nil, errors.Join(err, x.Close())
	}
	for _, s := range r.Segments() {
		if onDisk, ok := s.Segment().(interface{ Path() string }); ok {
			names = append(names, filepath.Base(onDisk.Path()))
		}
	}
	release(r)
	slices.Sort(names)
	return names, x.Close()
}
