package router

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// run is one request on its way.
type run struct {
	r     *Router
	t     *table
	req   llm.Request
	mode  mode
	trail trail
	bill  bill
	pool  *pool // that is being tried

	callers []llm.Quota // limits of whoever asks
	counted bool        // the request is counted in them
	short   bool        // the money of one of them did not reach, and it asks for a cheaper group
	shifted bool        // cheaper groups have been queued
	inside  bool        // it has one of the process's places
	anew    bool        // deployments that were asked already may be asked again
	pressed bool        // there is no other way than one that is left alone

	began     time.Time
	first     time.Time // the first word that reached the caller
	served    llm.Served
	tries     []llm.Try
	calls     int
	called    time.Duration // how long the calls took together
	fallbacks int
	tried     []tried  // in all pools
	visited   []string // groups that are done with
	pending   []next   // fallbacks that are still to be tried, the next one first
	offered   []string // all that ever were

	// What most requests need of the lists above and of what is looked at for
	// each choice, so that none of it is asked for on its own.
	triedArray [2]tried
	readyArray [8]*node
	refusal    refusal
	depth      int // of the present pool: 1 for the first, 2 for its fallbacks
}

// tried is a deployment that was called for this request.
type tried struct {
	node *node
	kind llm.Kind // of its failure
}

// unfit tells whether the model would not take the request: then the same model
// elsewhere will not either.
func (t tried) unfit() bool { return t.kind == llm.ContextWindow || t.kind == llm.ContentPolicy }

// late is the cause of a context whose time has passed.
type late struct {
	what  string
	limit time.Duration
	ours  bool // a limit of the configuration, not one that the caller asked for
}

// Error says which limit it was.
func (l *late) Error() string { return fmt.Sprintf("%s within %s", l.what, l.limit) }

// bound limits a context, and names the limit in its cause. One that ends earlier
// in any case stays as it is: a context and its timer cost more than most of what
// is done here.
func bound(ctx context.Context, limit time.Duration, what func() string, ours bool) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= limit {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, limit, &late{what: what(), limit: limit, ours: ours})
}

// serve takes a request from its beginning to its end.
func (r *Router) serve(ctx context.Context, req llm.Request, m mode) error {
	u := &run{r: r, t: r.table.Load(), req: req, mode: m, began: r.now()}
	if u.req.ID == "" {
		u.req.ID = rand.Text()
	}
	u.tried = u.triedArray[:0]
	u.callers = u.t.budgetsOf(u.req)
	u.start(ctx)
	err := edge.ErrLeft // what it stays when the reader of a stream panics
	defer func() { u.report(ctx, err) }()
	err = u.serve(ctx)
	return err
}

func (u *run) serve(ctx context.Context) error {
	limit, ours := u.t.Timeout, true
	if u.req.Asks != nil && u.req.Asks.Timeout > 0 && u.req.Asks.Timeout < limit {
		limit, ours = u.req.Asks.Timeout, false
	}
	ctx, cancel := bound(ctx, limit, func() string { return "the request did not end" }, ours)
	defer cancel()
	if err := u.enter(ctx); err != nil {
		return err
	}
	defer u.leave()
	p, err := u.resolve()
	if err != nil {
		return err
	}
	return u.groups(ctx, p)
}

// enter takes one of the process's places, and waits for its turn.
func (u *run) enter(ctx context.Context) error {
	if u.t.places == nil || u.inside {
		return nil
	}
	if u.t.places.Acquire(ctx, 1) != nil {
		return u.stopped(ctx)
	}
	u.inside = true
	return nil
}

// leave gives the place back, if the request has one: at its end, and while it
// waits for something else, so that others need not wait with it.
func (u *run) leave() {
	if u.inside {
		u.inside = false
		u.t.places.Release(1)
	}
}

// resolve finds the pool to begin with: a routing rule's, or that of the name
// that was asked for.
func (u *run) resolve() (*pool, error) {
	if c, ok := u.t.routes.Choose(u.req); ok {
		if p, err := u.t.find(c.Group); err == nil {
			u.trail.chose(c.Reason)
			return p, nil
		}
	}
	p, err := u.t.resolve(u.req.Group)
	if err != nil {
		return nil, err
	}
	u.trail.chose(p.why)
	return p, nil
}

// stopped is the error of a request whose context is done.
func (u *run) stopped(ctx context.Context) *llm.Error {
	kind := llm.Cancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kind = llm.Timeout
	}
	return &llm.Error{Kind: kind, Provider: "router", Err: context.Cause(ctx)}
}

// groups tries the first pool and then its fallbacks, one after the other.
func (u *run) groups(ctx context.Context, p *pool) error {
	u.depth = 1
	err := u.pretend()
	if err == nil {
		err = u.attempts(ctx, p)
	}
	u.queue(p, err)
	for ctx.Err() == nil && !u.final(err) && len(u.pending) > 0 {
		to := u.pending[0]
		u.pending = u.pending[1:]
		next := u.follow(to)
		if next == nil {
			continue
		}
		u.fallbacks++
		u.depth = to.depth + 1
		u.trail.instead = to.why
		err = u.attempts(ctx, next)
		u.queue(next, err)
	}
	if err == nil || errors.Is(err, edge.ErrLeft) {
		return err
	}
	if u.mode.committed() {
		return llm.AsError(err)
	}
	return u.trail.summary(llm.AsError(err), u.offered)
}

// final tells whether a pool's outcome ends the request: it has an answer, or
// nobody else can give one.
func (u *run) final(err error) bool {
	return err == nil || errors.Is(err, edge.ErrLeft) || u.mode.committed() || llm.KindOf(err) == llm.Cancelled
}

// pretend is the failure of the first group that a request may ask for.
func (u *run) pretend() error {
	if u.req.Asks == nil || u.req.Asks.Fail == "" {
		return nil
	}
	e := &llm.Error{
		Kind: u.req.Asks.Fail, Status: statusOf(u.req.Asks.Fail), Provider: "router",
		Err: errors.New("this failure is a mock one: the request asked for it"),
	}
	u.trail.failed(cmp.Or(u.req.Group, "the first group"), e.Kind)
	return e
}
