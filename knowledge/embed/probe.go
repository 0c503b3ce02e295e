package embed

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

const (
	// probeTime is how long an endpoint may take for its first word. A model
	// that is read from disk first takes two to four seconds.
	probeTime = 5 * time.Second
	// fresh is how long what was found out about an endpoint is believed: less
	// than the minute after which vectors that are missing are tried again.
	fresh = 30 * time.Second
	// rest is how long questions go without an endpoint that did not answer.
	rest = 5 * time.Second
)

var errSilent = fmt.Errorf("it does not answer within %s", probeTime)

// Probe finds out within a few seconds whether the endpoint answers at all,
// before the work of an hour is given to it: a call with one short text. Whatever
// it answers is an answer, a refusal too. What was found out in the last half a
// minute is not asked again.
func (c *Client) Probe(ctx context.Context) error {
	if known, err := c.contact.known(c.o.Now(), fresh); known {
		return err
	}
	body, err := c.request([]string{"text"})
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, probeTime, errSilent)
	defer cancel()
	err = c.once(limited, body, make([]knowledge.Vector, 1))
	if isAway(err) && c.wait(limited, firstWait, err) == nil {
		err = c.once(limited, body, make([]knowledge.Vector, 1))
	}
	c.contact.note(ctx, c.o.Now(), err)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isAway(err):
		return err
	}
	return nil
}

func isAway(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.away
}

// contact is whether an endpoint answered when it was last called.
type contact struct {
	mu   sync.Mutex
	at   time.Time
	away error // nil: it answered
}

// note remembers how a call ended. One that was called off says nothing.
func (c *contact) note(ctx context.Context, now time.Time, err error) {
	if err != nil && ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.away = now, nil
	if isAway(err) {
		c.away = err
	}
}

// known reports whether it is known how the endpoint is, and how.
func (c *contact) known(now time.Time, within time.Duration) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.at.IsZero() && now.Sub(c.at) < within, c.away
}

// lost is why the endpoint is known to be away.
func (c *contact) lost(now time.Time) error {
	known, err := c.known(now, rest)
	if !known {
		return nil
	}
	return err
}
