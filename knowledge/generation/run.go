package generation

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// lookEvery is how often Run looks by itself: for what a watch has missed, for
// files that are missing in the shared store, for followers that failed.
const lookEvery = time.Minute

// Run checks the files that Open left for later, follows the generations that
// other workers publish, and keeps the followers up to date, until ctx is done.
func (s *Store) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	changed := make(chan struct{}, 1)
	group.Go(func() error { return s.verifyLate(ctx) })
	group.Go(func() error { return s.watch(ctx, changed) })
	group.Go(func() error { return s.keepFollowing(ctx) })
	group.Go(func() error { return often(ctx, changed, func() error { return s.lookOnce(ctx) }) })
	err := group.Wait()
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// watch tells of what others publish. Where watching fails it begins again.
func (s *Store) watch(ctx context.Context, changed chan<- struct{}) error {
	if s.options.Blobs == nil {
		return nil
	}
	for ctx.Err() == nil {
		kick(changed)
		if err := s.options.Blobs.Watch(ctx, func() { kick(changed) }); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "the shared index can't be watched, and is looked at now and then", "error", err)
		}
		_ = pause(ctx, watchPause)
	}
	return nil
}

// watchPause is how long is waited before a watch that failed begins again.
const watchPause = 5 * time.Second

// kick wakes who waits for it. Who is at work looks once more afterwards.
func kick(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// often does something whenever it is kicked, and now and then, until ctx is
// done or it fails.
func often(ctx context.Context, kicked <-chan struct{}, do func() error) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-kicked:
		case <-tick.C:
		}
		if err := do(); err != nil {
			return err
		}
	}
}

// lookOnce returns an error only when there is nothing to look after any more.
func (s *Store) lookOnce(ctx context.Context) error {
	if err := s.writing.enter(ctx); err != nil {
		return err
	}
	if s.live == nil {
		s.writing.leave()
		return ErrClosed
	}
	if s.options.Blobs != nil {
		err := s.adoptLatest(ctx)
		if err == nil {
			err = s.mend(ctx)
		}
		_ = s.reached(ctx, err) // noted in the state, and logged
	}
	s.writing.leave()
	s.tell()
	return nil
}

// verifyLate checks the files that were too many to check at the start.
func (s *Store) verifyLate(ctx context.Context) error {
	h, err := s.acquire()
	if err != nil {
		return err
	}
	defer h.release()
	s.mu.Lock()
	late := s.late
	if s.live != h {
		late = nil
	}
	s.mu.Unlock()
	for _, f := range late {
		if err := check(ctx, s.path(h.folder), f); err != nil && ctx.Err() == nil {
			return s.demote(ctx, h, err)
		}
	}
	return nil
}

// demote takes a generation back that turned out to be damaged.
func (s *Store) demote(ctx context.Context, h *handle, reason error) error {
	if err := s.writing.enter(ctx); err != nil {
		return err
	}
	defer s.writing.leave()
	if s.live != h {
		return nil // it is not served any more
	}
	if err := s.dismiss(s.pointer.Current, reason); err != nil {
		return err
	}
	if err := s.pickFrom(ctx, s.pointer.Previous); err != nil {
		return err
	}
	_ = s.catchUp(ctx) // noted in the state, and logged
	s.buryNow(ctx)
	return nil
}
