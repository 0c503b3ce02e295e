package rank

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// patience is how long a search waits for passages by meaning: the call that
// embeds a question takes a fifth of a second as a rule, and a person waits.
const patience = 2 * time.Second

// errLate is the cause of a call that took longer than that.
var errLate = errors.New("the vectors took longer than " + patience.String())

// After a failure vectors are left alone for a while, which doubles with each
// further one, so that an endpoint that hangs does not hold up every search.
const (
	firstPause = time.Second
	maxPause   = time.Minute
)

// logEvery is how often the same failure is logged at most.
const logEvery = time.Minute

// state is whether vectors can be used. The zero value says that they can.
type state struct {
	mu      sync.Mutex
	since   time.Time // of the first failure in a row; zero: none
	reason  string
	pause   time.Duration
	again   time.Time // not tried before
	logged  time.Time
	skipped int // failures since then
}

// tries reports whether vectors are worth a try now.
func (s *state) tries(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !now.Before(s.again)
}

func (s *state) failed(ctx context.Context, now time.Time, err error, log *slog.Logger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		s.since = now
	}
	s.reason = err.Error()
	s.pause = min(max(2*s.pause, firstPause), maxPause)
	s.again = now.Add(s.pause)
	s.skipped++
	if log == nil || !s.logged.IsZero() && now.Sub(s.logged) < logEvery {
		return
	}
	log.WarnContext(ctx, "vectors fail: searching by words alone", "error", s.reason, "failures", s.skipped, "since", s.since)
	s.logged, s.skipped = now, 0
}

func (s *state) worked(ctx context.Context, now time.Time, log *slog.Logger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.since.IsZero() && log != nil {
		log.InfoContext(ctx, "vectors work again", "after", now.Sub(s.since))
	}
	s.since, s.reason, s.pause, s.again = time.Time{}, "", 0, time.Time{}
	s.logged, s.skipped = time.Time{}, 0
}

// Degraded says since when searches go by words alone because vectors fail, and
// why; the zero time where they work or there are none.
func (r *Ranker) Degraded() (since time.Time, reason string) {
	r.state.mu.Lock()
	defer r.state.mu.Unlock()
	return r.state.since, r.state.reason
}

func (r *Ranker) now() time.Time {
	if r.o.Now == nil {
		return time.Now()
	}
	return r.o.Now()
}

// cause is why a call failed: its own time limit before what that led to.
func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	return err
}
