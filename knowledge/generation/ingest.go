package generation

import (
	"context"
	"errors"
	"fmt"
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

// Ingest implements knowledge.Library. The next generation is built beside the
// live one and swapped in when it is whole; nothing is swapped where nothing
// changed. When ctx ends, or the source breaks off, what was indexed so far is
// swapped in, because every document in it is whole, and the report says what
// that was. When the disk is full, or the store that workers share can't be
// reached, nothing is swapped in.
func (s *Store) Ingest(ctx context.Context, collection string, src knowledge.Source, o knowledge.IngestOptions) (knowledge.Report, error) {
	report := knowledge.Report{Collection: collection, Source: src.Name()}
	err := s.change(ctx, func(x *index.Index) (string, error) {
		var err error
		report, err = x.Ingest(ctx, collection, src, o)
		if err != nil {
			return "", err
		}
		return collection, nil
	})
	if lost, ok := errors.AsType[*notKept](err); ok {
		report = knowledge.Report{
			Collection: report.Collection, Source: report.Source, Took: report.Took,
			Skips: report.Skips, Skipped: report.Skipped, Foreign: report.Foreign,
		}
		err = fmt.Errorf("ingest %s into %s: %w", src.Name(), collection, lost.err)
	}
	if err == nil {
		s.followChange(ctx, collection, o.Progress)
	}
	return report, err
}

// Drop implements knowledge.Library.
func (s *Store) Drop(ctx context.Context, collection string) error {
	err := s.change(ctx, func(x *index.Index) (string, error) {
		return collection, x.Drop(ctx, collection)
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

// change has write change the next generation and swaps that in. write returns
// the collection that is now as it should be, "" for none.
func (s *Store) change(ctx context.Context, write func(*index.Index) (string, error)) error {
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

func (s *Store) changeOnce(ctx context.Context, write func(*index.Index) (string, error)) error {
	if err := s.catchUp(ctx); err != nil {
		return &notKept{fmt.Errorf("the index that the workers share can't be reached: %w: try again when it can", err)}
	}
	b, err := s.begin()
	if err != nil {
		return &notKept{err}
	}
	whole, failed := write(b.index)
	if errors.Is(failed, index.ErrWrite) {
		b.drop()
		return &notKept{fmt.Errorf("%w: the index is as it was; make room and feed again", failed)}
	}
	changed, err := b.changed()
	if err != nil || !changed {
		b.drop()
		return errors.Join(failed, err, s.unchanged(whole))
	}
	if err := s.finish(ctx, b, whole); err != nil {
		return &notKept{errors.Join(failed, err)}
	}
	return failed
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
func (s *Store) finish(ctx context.Context, b *build, whole string) error {
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
	err = s.put(h, at, func(p *pointer) {
		if whole != "" {
			s.healed(p, whole)
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
