package post

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
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
	halt context.CancelCauseFunc // ends the answering: nobody would see the answer

	mu     sync.Mutex
	newest *bots.Content
	news   chan struct{} // holds one: there is something newer than shown
	stop   chan struct{} // closed: the answer is made, or will not be
	done   chan struct{} // closed: run has returned
	ref    bots.Ref
	err    error
}

func newShow(j *job, halt context.CancelCauseFunc) *show {
	s := &show{
		job: j, pace: defaultPace, halt: halt,
		news: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if p, ok := j.platform.(bots.Pacer); ok {
		s.pace = p.Pace()
	}
	return s
}

// offer hands over what may be shown now. It never blocks. Only the stored
// answer ends a message.
func (s *show) offer(c bots.Content) {
	c.Final = false
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
	defer s.guard(ctx)
	s.ref, s.err = s.job.message(ctx)
	for s.err == nil && s.waitNews(ctx) {
		if !s.write(ctx) || !s.breathe(ctx) {
			break
		}
	}
	if hopeless(s.err) {
		s.halt(s.err)
	}
}

// guard turns a panic into an error: nobody else catches it on this goroutine,
// and it would end the process with all its questions. What was panicked with
// may quote the question, so it is not told.
func (s *show) guard(ctx context.Context) {
	p := recover()
	if p == nil {
		return
	}
	s.err = fmt.Errorf("showing the answer panicked (%T)", p)
	s.job.Log.ErrorContext(ctx, "showing an answer panicked", "question", s.job.q.ID, "error", s.err, "stack", string(debug.Stack()))
}

// waitNews waits for something to show; false means that it is over, even
// where there is news as well: the final content follows at once.
func (s *show) waitNews(ctx context.Context) bool {
	select {
	case <-s.stop:
	case <-ctx.Done():
	case <-s.news:
	}
	select {
	case <-s.stop:
		return false
	default:
		return ctx.Err() == nil
	}
}

// write writes the newest content; false means that it was the last. A live
// write that fails is not repeated: the next one shows more.
func (s *show) write(ctx context.Context) bool {
	s.mu.Lock()
	c := *s.newest
	s.mu.Unlock()
	err := s.job.writeOnce(ctx, s.ref, c)
	switch {
	case err == nil:
		return true
	case errors.Is(err, worker.ErrLost):
		s.err = err
		return false
	case ctx.Err() != nil:
		return false
	}
	s.job.Log.WarnContext(ctx, "a live update was not shown", "question", s.job.q.ID, "error", err)
	return !hopeless(err) && s.patient(ctx, err)
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
