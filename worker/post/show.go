package post

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// defaultPace is the least time between two live writes on a platform that
// names none.
const defaultPace = time.Second

// show keeps the answer's message up to date while the answer is made: it opens
// the message and writes the newest content at the platform's pace. Contents
// in between are skipped, never queued.
type show struct {
	job  *job
	pace time.Duration

	mu     sync.Mutex
	newest *bots.Content
	news   chan struct{} // holds one: there is something newer than shown
	stop   chan struct{} // closed: the answer is made, or will not be
	done   chan struct{} // closed: run has returned
	ref    bots.Ref
	err    error
}

func newShow(j *job) *show {
	s := &show{
		job: j, pace: defaultPace,
		news: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if p, ok := j.platform.(bots.Pacer); ok {
		s.pace = p.Pace()
	}
	return s
}

// offer hands over what may be shown now. It never blocks.
func (s *show) offer(c bots.Content) {
	s.mu.Lock()
	s.newest = &c
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// end waits until nothing more is written, and returns the message.
func (s *show) end() (bots.Ref, error) {
	close(s.stop)
	<-s.done
	return s.ref, s.err
}

// run opens the message and shows what is offered until end is called.
func (s *show) run(ctx context.Context) {
	defer close(s.done)
	s.ref, s.err = s.job.message(ctx)
	if s.err != nil {
		return
	}
	for s.waitNews(ctx) {
		if s.lost(ctx) {
			return
		}
		if !s.breathe(ctx) {
			return
		}
	}
}

// waitNews waits for something to show; false means that it is over.
func (s *show) waitNews(ctx context.Context) bool {
	select {
	case <-s.stop:
		return false
	case <-ctx.Done():
		return false
	case <-s.news:
		return true
	}
}

// lost writes the newest content and tells whether this worker must stop. A
// live write that fails is not repeated: the next one shows more.
func (s *show) lost(ctx context.Context) bool {
	s.mu.Lock()
	c := *s.newest
	s.mu.Unlock()
	err := s.job.writeOnce(ctx, s.ref, c)
	if err == nil {
		return false
	}
	if errors.Is(err, worker.ErrLost) {
		s.err = err
		return true
	}
	s.job.Log.WarnContext(ctx, "a live update was not shown", "question", s.job.q.ID, "error", err)
	return !s.patient(ctx, err)
}

// patient sits out a platform's Retry-After, so that the final write is not
// refused for the sake of a live one.
func (s *show) patient(ctx context.Context, err error) bool {
	refusal, ok := errors.AsType[*bots.Refusal](err)
	if !ok || refusal.After <= 0 {
		return true
	}
	return s.pause(ctx, refusal.After)
}

// breathe waits for the platform's pace.
func (s *show) breathe(ctx context.Context) bool { return s.pause(ctx, s.pace) }

func (s *show) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.stop:
		return false
	case <-ctx.Done():
		return false
	}
}
