package generation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
)

// tries bounds how often an ingest is done again because another worker
// published meanwhile; each time only what differs is indexed.
const tries = 8

// conflictPause is how long is waited before the second try, and longer each time.
const conflictPause = 50 * time.Millisecond

// finishWait bounds what is still done for an ingest that was stopped.
const finishWait = time.Minute

// applyWait bounds how long what was read of a distant source is indexed when
// the ingest was stopped meanwhile: no longer than a server has to stop.
const applyWait = 10 * time.Second

// errDropped ends an ingest whose collection was dropped while it was read.
var errDropped = errors.New("the collection was dropped while its documents were fetched: feed it again if it is to be there")

// Ingest implements knowledge.Library. The next generation is built beside the
// live one and swapped in when it is whole; nothing is swapped where nothing
// changed. When ctx ends, or the source breaks off, what was indexed so far is
// swapped in, because every document in it is whole, and the report says what
// that was. When the disk is full, or the store that workers share can't be
// reached, nothing is swapped in.
//
// A source that is knowledge.Distant is read to a file first. Other ingests and
// drops go on meanwhile, as do those of other workers; if one of them publishes
// while this is indexed, the file is read again and not the source. Where the
// source broke off, or ctx ended, what was read is indexed and nothing is pruned.
func (s *Store) Ingest(ctx context.Context, collection string, src knowledge.Source, o knowledge.IngestOptions) (knowledge.Report, error) {
	var report knowledge.Report
	var err error
	if distant(src) {
		report, err = s.ingestDistant(ctx, collection, src, o)
	} else {
		report, err = s.feed(ctx, meal{collection: collection, source: src, options: o})
	}
	if err != nil { // it may have changed something all the same
		s.tell()
		return report, err
	}
	s.followChange(ctx, collection, o.Progress)
	return report, nil
}

// ingestDistant reads a source, and feeds what it gave.
func (s *Store) ingestDistant(ctx context.Context, collection string, src knowledge.Source, o knowledge.IngestOptions) (knowledge.Report, error) {
	started, report := s.now(), knowledge.Report{Collection: collection, Source: src.Name()}
	known, err := s.prepare(ctx, collection)
	if err != nil {
		return report, fmt.Errorf("ingest %s into %s: %w", src.Name(), collection, err)
	}
	read, err := s.readAhead(ctx, src, o.Progress)
	if err != nil {
		return report, fmt.Errorf("ingest %s into %s: keep what was fetched: %w: make room and feed again", src.Name(), collection, err)
	}
	defer read.remove(s)
	ended := read.ended
	if ended != nil {
		o.Prune, ended = false, fmt.Errorf("ingest %s into %s: %w", src.Name(), collection, ended)
	}
	if ended != nil && read.documents == 0 {
		return report, ended
	}
	if ctx.Err() != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyWait)
		defer cancel()
		ctx = last
	}
	o.Progress = staged(o.Progress)
	report, err = s.feed(ctx, meal{collection, read.source(src), o, ended != nil, known})
	report.Took = s.now().Sub(started)
	return report, errors.Join(ended, err)
}

// prepare finds out, before a source is read for long, whether it can be fed,
// and whether its collection is there.
func (s *Store) prepare(ctx context.Context, collection string) (known bool, err error) {
	if err := s.writing.enter(ctx); err != nil {
		return false, err
	}
	defer s.writing.leave()
	if s.live == nil {
		return false, ErrClosed
	}
	if err := s.catchUp(ctx); err != nil {
		return false, unreachable(err)
	}
	return slices.Contains(s.live.manifest.names(), collection), nil
}

// staged names the stage to whoever shows progress.
func staged(progress func(knowledge.Progress)) func(knowledge.Progress) {
	if progress == nil {
		return nil
	}
	return func(p knowledge.Progress) {
		p.Stage = stageIndex
		progress(p)
	}
}

// meal is what is fed at a time.
type meal struct {
	collection string
	source     knowledge.Source
	options    knowledge.IngestOptions
	part       bool // it is not all that there is
	known      bool // the collection was there before, and must still be
}

// feed makes the next generation of a source's documents.
func (s *Store) feed(ctx context.Context, m meal) (knowledge.Report, error) {
	report := knowledge.Report{Collection: m.collection, Source: m.source.Name()}
	err := s.change(ctx, func(x *index.Index) (outcome, error) {
		if m.known && !holds(ctx, x, m.collection) {
			return outcome{}, errDropped
		}
		var err error
		report, err = x.Ingest(ctx, m.collection, m.source, m.options)
		done := outcome{removed: report.Removed > 0}
		if err == nil && !m.part {
			done.whole = m.collection
		}
		return done, err
	})
	if lost, ok := errors.AsType[*notKept](err); ok {
		report = knowledge.Report{
			Collection: report.Collection, Source: report.Source, Took: report.Took,
			Skips: report.Skips, Skipped: report.Skipped, Foreign: report.Foreign,
		}
		err = fmt.Errorf("ingest %s into %s: %w", m.source.Name(), m.collection, lost.err)
	}
	return report, err
}

// holds reports whether an index has a collection. Where that can't be read the
// ingest itself says so.
func holds(ctx context.Context, x *index.Index, collection string) bool {
	all, err := x.Collections(ctx)
	return err != nil || slices.ContainsFunc(all, func(c knowledge.Collection) bool { return c.Name == collection })
}

// Drop implements knowledge.Library.
func (s *Store) Drop(ctx context.Context, collection string) error {
	err := s.change(ctx, func(x *index.Index) (outcome, error) {
		return outcome{whole: collection}, x.Drop(ctx, collection)
	})
	if lost, ok := errors.AsType[*notKept](err); ok {
		err = fmt.Errorf("drop %s: %w", collection, lost.err)
	}
	if err == nil {
		s.followChange(ctx, collection, nil)
	}
	return err
}

// notKept is the error of a change that left nothing behind.
type notKept struct{ err error }

// Error implements error.
func (e *notKept) Error() string { return e.err.Error() }

// Unwrap returns the reason.
func (e *notKept) Unwrap() error { return e.err }

// outcome is what a change did.
type outcome struct {
	whole   string // the collection that is now as it should be, "" for none
	removed bool   // documents of a collection that is still there
}

// change has write change the next generation and swaps that in.
func (s *Store) change(ctx context.Context, write func(*index.Index) (outcome, error)) error {
	if err := s.writing.enter(ctx); err != nil {
		return &notKept{err}
	}
	defer s.writing.leave()
	if s.live == nil {
		return &notKept{ErrClosed}
	}
	for n := 1; ; n++ {
		err := s.changeOnce(ctx, write)
		if !errors.Is(err, knowledge.ErrConflict) || n == tries || ctx.Err() != nil {
			return err
		}
		s.log.InfoContext(ctx, "another worker published an index meanwhile: feeding on top of it", "try", n)
		if err := pause(ctx, time.Duration(n)*conflictPause); err != nil {
			return &notKept{err}
		}
	}
}

func (s *Store) changeOnce(ctx context.Context, write func(*index.Index) (outcome, error)) error {
	if err := s.catchUp(ctx); err != nil {
		return &notKept{unreachable(err)}
	}
	b, err := s.begin()
	if err != nil {
		return &notKept{err}
	}
	if err := s.bury(ctx, b.index); err != nil {
		b.drop()
		return &notKept{err}
	}
	done, failed := write(b.index)
	if errors.Is(failed, index.ErrWrite) {
		b.drop()
		return &notKept{fmt.Errorf("%w: the index is as it was; make room and feed again", failed)}
	}
	changed, err := b.changed()
	if err != nil || !changed {
		b.drop()
		return errors.Join(failed, err, s.unchanged(done.whole))
	}
	if err := s.finish(ctx, b, done); err != nil {
		return &notKept{errors.Join(failed, err)}
	}
	return failed
}

func unreachable(err error) error {
	if errors.Is(err, errVersion) {
		return err
	}
	return fmt.Errorf("the index that the workers share can't be reached: %w: try again when it can", err)
}

// unchanged notes that a collection is as it should be, where that matters.
func (s *Store) unchanged(collection string) error {
	p := s.pointer
	if collection == "" || !s.healed(&p, collection) {
		return nil
	}
	if err := s.save(p); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Damage = p.Damage
	return nil
}

// finish seals a build, shares it and swaps it in. When ctx has ended that is
// done all the same, within a bound.
func (s *Store) finish(ctx context.Context, b *build, done outcome) error {
	last, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), finishWait, fmt.Errorf("the index could not be finished in %s", finishWait))
	defer cancel()
	h, at, err := b.seal(ctx)
	if err != nil {
		s.remove(b.folder)
		return err
	}
	if ctx.Err() == nil {
		last = ctx
	}
	if err := s.publish(last, h); err != nil {
		h.retire()
		if errors.Is(err, knowledge.ErrConflict) {
			s.remove(b.folder) // its parent is no longer the latest
		}
		return err // otherwise the next ingest goes on with it
	}
	err = s.put(h, at, s.gone(ctx, h, done.removed || b.again), func(p *pointer) {
		if done.whole != "" {
			s.healed(p, done.whole)
		}
	})
	if err != nil {
		h.retire()
		s.remove(b.folder)
	}
	return err
}

// pause waits for d or until ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
