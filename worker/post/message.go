package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/worker"
)

// How persistent one delivery is with a platform, before the question goes back
// to the queue and its longer waits.
const (
	opens     = 3                // times to open a message whose fate is unknown
	writes    = 4                // times to write a content that failed
	lookAgain = time.Second      // between two looks for a message that may have appeared
	callLimit = 20 * time.Second // one call to a platform
	maxWait   = 20 * time.Second // longest Retry-After that is sat out here
)

// message returns the answer's message: the one that the record names, the one
// that an earlier delivery left, or a new one.
func (j *job) message(ctx context.Context) (bots.Ref, error) {
	if ref, known := j.record.ref(); known {
		return ref, nil
	}
	ref, err := j.openOnce(ctx)
	if err != nil {
		return bots.Ref{}, err
	}
	return ref, j.record.save(ctx, func(r *worker.Record) error {
		if r.State != worker.Answered {
			r.State = worker.Open
		}
		return setRef(r, ref)
	})
}

// openOnce opens the message, looking for it first wherever an earlier attempt
// may have had an effect that nobody saw.
func (j *job) openOnce(ctx context.Context) (bots.Ref, error) {
	unsure := j.record.repeated()
	var last error
	for range opens {
		if unsure {
			if ref, found, err := j.look(ctx); found || err != nil {
				return ref, err
			}
		}
		ref, err := j.tryOpen(ctx)
		if err == nil {
			return ref, nil
		}
		refusal, refused := errors.AsType[*bots.Refusal](err)
		switch {
		case ctx.Err() != nil || errors.Is(err, worker.ErrLost):
			return bots.Ref{}, err
		case refused && (refusal.Final || refusal.After > maxWait):
			return bots.Ref{}, err
		case refused:
			if err := wait(ctx, max(refusal.After, lookAgain)); err != nil {
				return bots.Ref{}, err
			}
		}
		unsure, last = unsure || !refused, err
	}
	return bots.Ref{}, fmt.Errorf("open the answer's message: %w", last)
}

func (j *job) tryOpen(ctx context.Context) (bots.Ref, error) {
	if err := j.record.mine(ctx); err != nil {
		return bots.Ref{}, err
	}
	limit, cancel := j.limit(ctx)
	defer cancel()
	return j.platform.Open(limit, j.q)
}

// look looks twice, a moment apart: a message that was just sent may not be
// listed yet.
func (j *job) look(ctx context.Context) (bots.Ref, bool, error) {
	for i := range 2 {
		if i > 0 {
			if err := wait(ctx, lookAgain); err != nil {
				return bots.Ref{}, false, err
			}
		}
		limit, cancel := j.limit(ctx)
		ref, found, err := j.platform.Find(limit, j.q)
		cancel()
		if err != nil {
			return bots.Ref{}, false, fmt.Errorf("look for the answer's message: %w", err)
		}
		if found {
			return ref, true, nil
		}
	}
	return bots.Ref{}, false, nil
}

// write writes content that matters, and is patient with the platform.
func (j *job) write(ctx context.Context, ref bots.Ref, c bots.Content) error {
	var last error
	for i := range writes {
		last = j.writeOnce(ctx, ref, c)
		refusal, refused := errors.AsType[*bots.Refusal](last)
		pause := lookAgain << i
		switch {
		case last == nil || ctx.Err() != nil || errors.Is(last, worker.ErrLost):
			return last
		case refused && (refusal.Final || refusal.After > maxWait):
			return last
		case refused && refusal.After > 0:
			pause = refusal.After
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
	return fmt.Errorf("write the answer: %w", last)
}

func (j *job) writeOnce(ctx context.Context, ref bots.Ref, c bots.Content) error {
	if err := j.record.mine(ctx); err != nil {
		return err
	}
	limit, cancel := j.limit(ctx)
	defer cancel()
	return j.platform.Write(limit, ref, c)
}

func (j *job) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, callLimit,
		fmt.Errorf("%s did not answer in %s", j.platform.Name(), callLimit))
}

// wait waits for d or until ctx is done.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
