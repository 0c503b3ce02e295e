package report

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	maxBackoff = 30 * time.Second
	// maxAfter bounds how far a server's Retry-After is believed: a batch that
	// waits keeps all others waiting.
	maxAfter = time.Minute
	// quiet is how long a queue says nothing after it has said something.
	quiet = time.Minute
)

// SendError is a failed sending and what to do about it.
type SendError struct {
	Err   error
	Retry bool          // the same batch may well be taken later
	Split bool          // one report of the batch may spoil it: send them in smaller ones
	After time.Duration // not before; 0: whenever
	Lost  int           // so many reports were refused for good and all others were taken
}

// Error says what went wrong.
func (e *SendError) Error() string { return e.Err.Error() }

// Unwrap returns what the error was made from.
func (e *SendError) Unwrap() error { return e.Err }

// deliver sends one batch. It gives up after the configured number of attempts,
// or at once where trying again is in vain. A batch that may hold one report
// which spoils it is sent in halves, so that only that report is lost.
func (q *Queue[T]) deliver(ctx, sending context.Context, batch []T) {
	for attempt := 1; ; attempt++ {
		err := q.attempt(sending, batch)
		if err == nil {
			q.count(func(s *QueueState) { s.Sent += uint64(len(batch)) })
			return
		}
		q.count(func(s *QueueState) { s.Failures++ })
		q.say(ctx, err)
		verdict := judge(err)
		if lost := min(verdict.Lost, len(batch)); lost > 0 {
			q.count(func(s *QueueState) { s.Dropped += uint64(lost); s.Sent += uint64(len(batch) - lost) })
			return
		}
		if verdict.Split && len(batch) > 1 {
			half := len(batch) / 2
			q.deliver(ctx, sending, batch[:half])
			q.deliver(ctx, sending, batch[half:])
			return
		}
		if !verdict.Retry || attempt >= q.o.Limits.Attempts || !q.pause(ctx, sending, attempt, verdict.After) {
			q.count(func(s *QueueState) { s.Dropped += uint64(len(batch)) })
			return
		}
	}
}

func (q *Queue[T]) attempt(sending context.Context, batch []T) error {
	ctx, cancel := context.WithTimeoutCause(sending, q.o.Limits.Timeout,
		errors.New(q.o.Name+" did not take a batch in time"))
	defer cancel()
	return q.o.Send(ctx, batch)
}

func judge(err error) *SendError {
	if said, ok := errors.AsType[*SendError](err); ok {
		return said
	}
	return &SendError{Err: err, Retry: true}
}

// pause waits before the next attempt and tells whether there should be one. Once
// ctx has ended nothing waits: a batch is tried twice at most, or once more.
func (q *Queue[T]) pause(ctx, sending context.Context, attempt int, after time.Duration) bool {
	if ctx.Err() != nil {
		return attempt == 1 && sending.Err() == nil
	}
	wait := min(q.o.Limits.Backoff<<min(attempt-1, 16), maxBackoff)
	timer := time.NewTimer(max(wait, min(after, maxAfter)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return sending.Err() == nil
}

func (q *Queue[T]) count(change func(*QueueState)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change(&q.state)
}

// voice remembers what a queue has said, so that a dead callback does not fill
// the log.
type voice struct {
	last    time.Time
	dropped uint64 // as far as it was told
}

// say logs a failure, or drops that were not told yet, unless something was said
// within the last minute.
func (q *Queue[T]) say(ctx context.Context, err error) {
	dropped, due := q.due(err)
	if !due {
		return
	}
	attrs := []any{slog.String("callback", q.o.Name), slog.Uint64("dropped", dropped)}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	q.o.Log.WarnContext(ctx, "reports of calls do not reach a callback", attrs...)
}

func (q *Queue[T]) due(err error) (dropped uint64, due bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.o.Now()
	dropped = q.state.Dropped
	news := err != nil || dropped > q.voice.dropped
	if !news || !q.voice.last.IsZero() && now.Sub(q.voice.last) < quiet {
		return dropped, false
	}
	q.voice = voice{last: now, dropped: dropped}
	return dropped, true
}
