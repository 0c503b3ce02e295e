// Package fallback is the plainest way to survive a provider's bad day: models
// in a fixed order. The first that answers wins.
//
// A model is asked again after a failure that may pass, with a growing wait;
// after one that will not pass the next model is asked at once. A request that
// no model would take ends the chain. A stream that breaks before it has said
// anything counts as a failed attempt; once it has, its break is the reader's to
// see, because half an answer by one model and half by another is none.
package fallback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// Named is a model under the name that requests and routes call it by.
type Named struct {
	Name  string
	Model llm.Model
}

// Options describe a chain.
type Options struct {
	// Models, in the order in which they are tried.
	Models []Named
	// Retries is how often one model is asked again; default 2, as in
	// OpenAI's own clients; negative for never.
	Retries int
	// Backoff is the first wait, doubled after each; default 500 ms.
	Backoff time.Duration
	// MaxBackoff bounds it; default 10 s.
	MaxBackoff time.Duration
	// Jitter gives numbers in [0, 1): a wait is shortened by up to half, so
	// that callers that failed together do not come back together. Default
	// math/rand.
	Jitter func() float64
	// Now is compared with the caller's deadline; default time.Now.
	Now func() time.Time
	Log *slog.Logger // default: none
}

// maxAfter is the longest Retry-After that is waited for: past it the next
// model is the better answer.
const maxAfter = time.Minute

// Chain is an llm.Model made of others.
type Chain struct {
	Options
}

// New checks the options and fills in their defaults.
func New(o Options) (*Chain, error) {
	if len(o.Models) == 0 {
		return nil, errors.New("fallback: a chain needs at least one model")
	}
	seen := map[string]bool{}
	for _, m := range o.Models {
		if m.Name == "" || m.Model == nil {
			return nil, errors.New("fallback: every model needs a name")
		}
		if seen[m.Name] {
			return nil, fmt.Errorf("fallback: two models are named %s", m.Name)
		}
		seen[m.Name] = true
	}
	o.Retries = max(cmp.Or(o.Retries, 2), 0)
	o.Backoff = cmp.Or(o.Backoff, 500*time.Millisecond)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, 10*time.Second)
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Chain{Options: o}, nil
}

// Complete implements llm.Model.
func (c *Chain) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	var resp llm.Response
	t := &trail{}
	err := c.run(ctx, r, t, func(m llm.Model) (err error) {
		resp, err = m.Complete(ctx, r)
		return err
	})
	if err != nil {
		return llm.Response{}, err
	}
	t.describe(&resp.Served)
	return resp, nil
}

// Stream implements llm.Model.
func (c *Chain) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		t := &trail{}
		h := &holder{trail: t, yield: func(c llm.Chunk) bool { return yield(c, nil) }}
		err := c.run(ctx, r, t, func(m llm.Model) error { return h.read(m.Stream(ctx, r)) })
		if err != nil && !errors.Is(err, edge.ErrLeft) {
			yield(llm.Chunk{}, err)
		}
	}
}

// final is an error that ends the chain whatever its kind.
type final struct{ error }

// Unwrap returns the error itself.
func (f final) Unwrap() error { return f.error }

// run tries the models in their order until try succeeds.
func (c *Chain) run(ctx context.Context, r llm.Request, t *trail, try func(llm.Model) error) error {
	var last error
	models := c.from(r.Group)
	for i, m := range models {
		last = c.attempts(ctx, m, i == len(models)-1, t, try)
		if last == nil {
			return nil
		}
		if end, ok := errors.AsType[final](last); ok {
			return end.error
		}
	}
	return t.summary(last)
}

// from returns the models from the named one on; all for any other name.
func (c *Chain) from(group string) []Named {
	for i, m := range c.Models {
		if m.Name == group {
			return c.Models[i:]
		}
	}
	return c.Models
}

// attempts asks one model until it answers or there is no point in asking it
// again. alone says that no other model is left. An error that ends the whole chain is final.
func (c *Chain) attempts(ctx context.Context, m Named, alone bool, t *trail, try func(llm.Model) error) error {
	t.name = m.Name
	for retry := 0; ; retry++ {
		t.calls++
		err := try(m.Model)
		if err == nil {
			return nil
		}
		if _, ok := errors.AsType[final](err); ok {
			return err
		}
		e := llm.AsError(err)
		if ctx.Err() != nil || e.Kind == llm.Cancelled || e.Kind == llm.BadRequest {
			return final{err}
		}
		t.failed(m.Name, e.Kind)
		wait, again := c.wait(ctx, e, retry)
		// Who was waited for in vain is not waited for again while another is left.
		again = again && (alone || e.Kind != llm.Timeout)
		c.Log.InfoContext(ctx, "model failed, trying on", "model", m.Name, "kind", e.Kind, "same_model", again, "wait", wait)
		if !again {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return final{&llm.Error{Kind: kindOf(ctx), Provider: m.Name, Err: context.Cause(ctx)}}
		}
	}
}

// wait tells how long to wait before the same model is asked again, and whether
// to ask it again at all. The provider's own word counts more than our guess.
func (c *Chain) wait(ctx context.Context, e *llm.Error, retry int) (time.Duration, bool) {
	if !e.Retryable() || retry >= c.Retries || e.After >= maxAfter {
		return 0, false
	}
	wait := e.After
	if wait <= 0 {
		wait = c.backoff(retry)
	}
	if deadline, ok := ctx.Deadline(); ok && !c.Now().Add(wait).Before(deadline) {
		return 0, false
	}
	return wait, true
}

func (c *Chain) backoff(retry int) time.Duration {
	d := c.Backoff
	for range retry {
		d = min(2*d, c.MaxBackoff)
	}
	return d - time.Duration(c.Jitter()*float64(d)/2)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// kindOf is what a finished context means to the caller.
func kindOf(ctx context.Context) llm.Kind {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return llm.Timeout
	}
	return llm.Cancelled
}
