package router

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
	"github.com/tribunebot/tribune/llm/price"
)

// attempt is one call of one deployment.
type attempt struct {
	choice

	run   *run
	began time.Time
	first time.Time // its first word
	heard bool      // something of it has come, reasoning perhaps
	timer *time.Timer
	late  *late // what the timer says
	route string
	took  llm.Served // what it served, once it is known
	done  bool       // took is whole
	wire  *wire      // nil where nothing is reserved
}

// try calls a deployment. Whatever happens, what it holds is given back.
func (u *run) try(ctx context.Context, c choice) error {
	u.calls++
	u.tried = append(u.tried, tried{node: c.node})
	a := &attempt{choice: c, run: u, began: u.r.now(), route: u.trail.route(c.node.ID, c.by)}
	c.node.begin()
	err := edge.ErrLeft // what it stays when the reader of a stream panics
	defer func() { a.end(ctx, err) }()
	callCtx, stop := a.limit(ctx)
	defer stop()
	if a.hold != nil {
		a.wire = &wire{}
		callCtx = a.wire.watch(callCtx)
	}
	err = a.explain(ctx, callCtx, u.mode.take(callCtx, a))
	return err
}

// limit bounds the call by the deployment's own time limits.
func (a *attempt) limit(ctx context.Context) (context.Context, func()) {
	stop := func() {}
	if d := a.node.Timeout; d > 0 {
		ctx, stop = bound(ctx, d, func() string { return a.node.ID + " did not answer" }, true)
	}
	first := cmp.Or(a.node.FirstToken, a.run.t.FirstToken)
	if first <= 0 || !a.run.mode.streams() {
		return ctx, stop
	}
	ctx, cancel := context.WithCancelCause(ctx)
	a.late = &late{what: a.node.ID + " said nothing", limit: first, ours: true}
	a.timer = time.AfterFunc(first, func() { cancel(a.late) })
	outer := stop
	return ctx, func() {
		a.timer.Stop()
		cancel(context.Canceled)
		outer()
	}
}

// hears notes that something has come. It is an error if that was too late by a
// hair: the call is being cancelled already.
func (a *attempt) hears() error {
	if a.heard {
		return nil
	}
	if a.timer != nil && !a.timer.Stop() {
		return &llm.Error{Kind: llm.Timeout, Provider: a.node.Provider, Err: a.late}
	}
	a.heard = true
	if a.probe != 0 {
		a.node.alive(a.probe)
		a.run.r.back.ring()
	}
	return nil
}

// spoke notes that the answer itself has begun; see hears for its error.
func (a *attempt) spoke() error {
	if err := a.hears(); err != nil {
		return err
	}
	if a.first.IsZero() {
		a.first = a.run.r.now()
	}
	return nil
}

// explain says whose fault an error is. The context of the call may have ended
// where that of the request has not: then a limit of the deployment passed.
func (a *attempt) explain(ctx, callCtx context.Context, err error) error {
	switch {
	case err == nil || errors.Is(err, edge.ErrLeft):
		return err
	case ctx.Err() != nil:
		return a.run.stopped(ctx)
	case callCtx.Err() != nil:
		return &llm.Error{Kind: llm.Timeout, Provider: a.node.Provider, Err: context.Cause(callCtx)}
	}
	return llm.AsError(err)
}

// from is who speaks, for the first chunk of a stream: known is what the model
// itself says of that.
func (a *attempt) from(known *llm.Served) *llm.Served {
	var s llm.Served
	if known != nil {
		s = *known
	}
	a.describe(&s)
	return &s
}

// describe completes what a model says of itself by how it came to be asked.
func (a *attempt) describe(s *llm.Served) {
	n := a.node
	s.Deployment, s.Group = n.ID, n.Group
	s.Provider = cmp.Or(n.Provider, s.Provider)
	s.Model = cmp.Or(s.Model, n.Name)
	s.APIBase = cmp.Or(n.APIBase, s.APIBase)
	s.Route = a.route
	s.Attempts, s.Fallbacks = a.run.calls, a.run.fallbacks
	s.Took = a.run.called + a.run.r.now().Sub(a.began)
}

// complete adds usage and cost too, counted here where the provider does not
// say. What a proxy says that a call cost is believed.
func (a *attempt) complete(s *llm.Served) {
	a.describe(s)
	if s.Usage == nil {
		s.Usage, s.Counted = a.count(), true
	}
	if s.CostUSD == nil {
		s.CostUSD = a.node.Price.Cost(s.Usage)
	}
	a.took, a.done = *s, true
}

// count counts tokens here. What was said and not kept has as many to a byte as
// what was.
func (a *attempt) count() *llm.Usage {
	req := a.run.req
	req.Group = a.node.Name // whose tokens they are
	text, more := a.run.mode.said()
	usage := price.Count(req, text)
	if more > 0 {
		usage.Completion = int(float64(usage.Completion) * float64(len(text)+more) / float64(len(text)))
	}
	return &usage
}

// end settles an attempt, whatever became of it.
func (a *attempt) end(ctx context.Context, err error) {
	now, n := a.run.r.now(), a.node
	n.end()
	a.run.called += now.Sub(a.began)
	a.cut(err, now)
	t := llm.Try{
		Deployment: n.ID, Group: n.Group, Provider: n.Provider, Model: n.Name, APIBase: n.APIBase,
		Began: a.began, Ended: now,
	}
	switch {
	case err == nil:
		n.succeeded(a.success(now), now, a.run.t.StrategyArgs.MaxLatencies)
	case errors.Is(err, edge.ErrLeft):
		a.undecided()
	default:
		t.Err = llm.AsError(err)
		t.Cooled = a.failed(ctx, t.Err, now)
	}
	if a.probe != 0 {
		a.run.r.back.ring()
	}
	a.run.served = a.took
	if !a.first.IsZero() && (err == nil || a.run.mode.committed()) {
		a.run.first = a.first
	}
	a.hold.Settle(ctx, used(n.Price, a.took.Usage, a.took.CostUSD))
	a.run.tries = append(a.run.tries, t)
}

// cut adds up an answer that did not end well. What was said, or thought, is paid
// for all the same. Where nothing has come yet and nobody waits any longer, the
// provider has read the prompt and goes on writing: the prompt is paid for at
// least. A refusal costs nothing.
func (a *attempt) cut(err error, now time.Time) {
	var s llm.Served
	switch {
	case a.done:
		return
	case a.heard:
	case abandoned(err) && !a.wire.unsent():
		s.Usage, s.Counted = &llm.Usage{Prompt: int(a.run.bill.promptOf(a.run.req.Body))}, true
	default:
		return
	}
	a.complete(&s)
	a.node.spent(used(a.node.Price, s.Usage, nil).Tokens, now)
}

// abandoned tells whether a call ended because nobody waited for it any longer.
func abandoned(err error) bool {
	if errors.Is(err, edge.ErrLeft) {
		return true
	}
	e := llm.AsError(err)
	return e != nil && (e.Kind == llm.Cancelled || e.Kind == llm.Timeout && e.Status == 0)
}

func (a *attempt) success(now time.Time) success {
	s := success{took: now.Sub(a.began), probe: a.probe, answers: a.run.bill.answers}
	if u := a.took.Usage; u != nil {
		s.tokens, s.output = int64(u.Prompt)+int64(u.Completion), u.Completion
	}
	if a.run.mode.streams() {
		s.first = a.first.Sub(a.began)
	}
	return s
}

// failed notes a failure of the deployment and returns how long it is left alone
// for it.
func (a *attempt) failed(ctx context.Context, e *llm.Error, now time.Time) time.Duration {
	if ctx.Err() != nil && !oursEnded(ctx) {
		a.undecided()
		return 0
	}
	a.run.trail.failed(a.node.ID, e.Kind)
	a.run.tried[len(a.run.tried)-1].kind = e.Kind
	d := a.node.failed(&a.run.t.health, e, now, a.probe)
	if d > 0 {
		a.run.r.log.WarnContext(ctx, "a deployment is left alone after a failure", "deployment", a.node.ID, "kind", e.Kind, "wait", d)
	}
	return d
}

// undecided gives a probe back that its caller ended.
func (a *attempt) undecided() {
	a.node.unclaim(a.probe)
}

// oursEnded tells whether it was the configuration's time limit that ended a
// request. What a caller asks for says nothing about a deployment.
func oursEnded(ctx context.Context) bool {
	l, ok := errors.AsType[*late](context.Cause(ctx))
	return ok && l.ours
}
