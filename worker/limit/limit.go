// Package limit keeps each channel to its share: so many questions in a time,
// with a burst. The state is one small value a channel in a bots.Store, written
// by compare-and-set, so that several workers share one limit.
//
// A question that must wait is given a slot of its own, in order of arrival, and
// the slot is remembered under the question's id: when it comes back at its time
// it goes through, and a repeat of it (a worker died) takes no second slot.
package limit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// MaxSlots is how many waiting or recent questions a channel's state remembers.
// At some 60 bytes each the value stays far below the store's limit.
const MaxSlots = 1000

// attempts bounds the compare-and-set loop; on one key some three of five
// writes win under contention (measured with four workers), so that this many
// losses in a row mean something else is wrong.
const attempts = 50

// Rate is a channel's share. Every <= 0 means no limit.
type Rate struct {
	Every time.Duration // one question each
	Burst int           // so many at once after a quiet time; at least 1
}

// Limiter gives out slots.
type Limiter struct {
	Store bots.Store
	Now   func() time.Time
}

// ErrFull is returned when MaxSlots questions of a channel already wait.
var ErrFull = errors.New("too many questions wait in this channel")

// state is what is kept of a channel.
type state struct {
	// Next is when a question would be due if the channel never paused (the
	// theoretical arrival time of the generic cell rate algorithm, ITU-T I.371).
	Next time.Time `json:"next"`
	// Slots holds the times given to questions, by id.
	Slots map[string]time.Time `json:"slots,omitempty"`
}

// Reserve gives question id of the channel its slot and returns how long to
// wait for it; 0 means now. Asking again for the same id gives the same slot.
func (l *Limiter) Reserve(ctx context.Context, channel, id string, r Rate) (time.Duration, error) {
	return l.change(ctx, channel, r, func(s *state, now time.Time) (time.Duration, error) {
		return s.reserve(id, r, now)
	})
}

// Try takes a slot for question id if there is one now, and otherwise takes
// none and returns how long it would be until one is free.
func (l *Limiter) Try(ctx context.Context, channel, id string, r Rate) (time.Duration, error) {
	return l.change(ctx, channel, r, func(s *state, now time.Time) (time.Duration, error) {
		before := state{Next: s.Next, Slots: maps.Clone(s.Slots)}
		wait, err := s.reserve(id, r, now)
		if wait > 0 || err != nil {
			*s = before
		}
		return wait, err
	})
}

func (l *Limiter) change(ctx context.Context, channel string, r Rate,
	change func(*state, time.Time) (time.Duration, error),
) (time.Duration, error) {
	if r.Every <= 0 {
		return 0, nil
	}
	for range attempts {
		s, revision, err := l.load(ctx, channel)
		if err != nil {
			return 0, err
		}
		wait, err := change(&s, l.Now())
		if err != nil {
			return 0, err
		}
		switch err := l.save(ctx, channel, s, revision); {
		case err == nil:
			return wait, nil
		case !errors.Is(err, bots.ErrConflict):
			return 0, err
		}
	}
	return 0, fmt.Errorf("the limit of %s is written to by too many at once", channel)
}

// reserve finds the slot of id, or makes one.
func (s *state) reserve(id string, r Rate, now time.Time) (time.Duration, error) {
	if at, known := s.Slots[id]; known {
		return max(0, at.Sub(now)), nil
	}
	s.forget(now.Add(-r.Every * time.Duration(max(1, r.Burst))))
	if len(s.Slots) >= MaxSlots {
		return 0, ErrFull
	}
	if s.Slots == nil {
		s.Slots = map[string]time.Time{}
	}
	if s.Next.Before(now) {
		s.Next = now
	}
	// A clock that runs ahead, or ran ahead when it wrote, must not shut a
	// channel: nobody waits longer than all who have a slot take.
	if latest := now.Add(r.Every * time.Duration(len(s.Slots)+1)); s.Next.After(latest) {
		s.Next = latest
	}
	// The burst lets a question go ahead of its regular time by that many slots.
	at := s.Next.Add(-r.Every * time.Duration(max(1, r.Burst)-1))
	s.Next = s.Next.Add(r.Every)
	s.Slots[id] = at
	return max(0, at.Sub(now)), nil
}

// forget drops slots that lie before the given time: their questions have gone
// through, and a repeat of one only costs the channel a slot.
func (s *state) forget(before time.Time) {
	maps.DeleteFunc(s.Slots, func(_ string, at time.Time) bool { return at.Before(before) })
}

func (l *Limiter) load(ctx context.Context, channel string) (state, uint64, error) {
	data, revision, err := l.Store.Get(ctx, channel)
	if err != nil {
		return state{}, 0, fmt.Errorf("read the limit of %s: %w", channel, err)
	}
	var s state
	if len(data) > 0 {
		// A value that cannot be read is started afresh: a limit must never
		// stop a channel for good.
		_ = json.Unmarshal(data, &s)
	}
	return s, revision, nil
}

func (l *Limiter) save(ctx context.Context, channel string, s state, revision uint64) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the limit of %s: %w", channel, err)
	}
	if _, err := l.Store.Put(ctx, channel, data, revision); err != nil {
		return fmt.Errorf("write the limit of %s: %w", channel, err)
	}
	return nil
}
