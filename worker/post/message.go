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
	if err := j.record.announce(ctx); err != nil {
		return bots.Ref{}, err
	}
	var last error
	for try := range opens {
		if unsure {
			if ref, found, err := j.look(ctx); found || err != nil {
				return ref, err
			}
		}
		if err := j.record.mine(ctx); err != nil {
			return bots.Ref{}, err
		}
		var ref bots.Ref
		if ref, last = j.tryOpen(ctx); last == nil {
			return ref, nil
		}
		_, refused := errors.AsType[*bots.Refusal](last)
		unsure = unsure || !refused
		if err := j.pause(ctx, last, opens-try-1, lookAgain); err != nil {
			break
		}
	}
	if !unsure {
		// Only refusals: the next delivery need not look for anything.
		if err := j.record.withdraw(ctx); err != nil {
			return bots.Ref{}, errors.Join(last, err)
		}
	}
	return bots.Ref{}, fmt.Errorf("open the answer's message: %w", last)
}

func (j *job) tryOpen(ctx context.Context) (ref bots.Ref, err error) {
	err = j.call(ctx, func(ctx context.Context) (err error) {
		ref, err = j.platform.Open(ctx, j.q)
		return err
	})
	return ref, err
}

// look looks twice, a moment apart: a message that was just sent may not be
// listed yet.
func (j *job) look(ctx context.Context) (ref bots.Ref, found bool, err error) {
	for i := range 2 {
		if i > 0 {
			if err := wait(ctx, lookAgain); err != nil {
				return bots.Ref{}, false, err
			}
		}
		err := j.call(ctx, func(ctx context.Context) (err error) {
			ref, found, err = j.platform.Find(ctx, j.q)
			return err
		})
		if _, refused := errors.AsType[*bots.Refusal](err); refused && i > 0 {
			break // the first look found nothing; a platform that allows one a minute has said enough
		}
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
	for try := range writes {
		if last = j.writeOnce(ctx, ref, c); last == nil {
			return nil
		}
		if err := j.pause(ctx, last, writes-try-1, lookAgain<<try); err != nil {
			break
		}
	}
	return fmt.Errorf("write the answer: %w", last)
}

func (j *job) writeOnce(ctx context.Context, ref bots.Ref, c bots.Content) error {
	if err := j.record.mine(ctx); err != nil {
		return err
	}
	return j.call(ctx, func(ctx context.Context) error { return j.platform.Write(ctx, ref, c) })
}

// errEnough says that a call that failed is not to be repeated in this delivery.
var errEnough = errors.New("not again in this delivery")

// pause waits before a call that failed is repeated: as long as the platform
// asks, or else for d. It returns an error where it is not to be repeated: for
// good, because it would take too long, or because no tries are left.
func (j *job) pause(ctx context.Context, failed error, left int, d time.Duration) error {
	refusal, refused := errors.AsType[*bots.Refusal](failed)
	switch {
	case left == 0 || errors.Is(failed, worker.ErrLost):
		return errEnough
	case refused && (refusal.Final || refusal.After > maxWait):
		return errEnough
	case refused && refusal.After > 0:
		d = refusal.After
	}
	return wait(ctx, d)
}

// call bounds a call to the platform. That bound is not the question's own
// deadline, and must not be taken for it.
func (j *job) call(ctx context.Context, f func(ctx context.Context) error) error {
	limit, cancel := context.WithTimeoutCause(ctx, callLimit,
		fmt.Errorf("%s did not answer in %s", j.platform.Name(), callLimit))
	defer cancel()
	if limit.Err() != nil {
		return context.Cause(limit)
	}
	err := f(limit)
	if errors.Is(err, context.DeadlineExceeded) && limit.Err() != nil {
		return context.Cause(limit)
	}
	return err
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
