package router

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/quota"
)

// Options describe a router.
type Options struct {
	// Deployments, in the order of the file; at least one.
	Deployments []Deployment
	Settings    Settings
	// Book keeps the limits, shared with other processes where its counters are;
	// default: in memory.
	Book *quota.Book
	// Prices are those of models that are opened for a pattern's names, as far
	// as their deployment has none; nil: unknown.
	Prices Prices
	// Observers are told of every request; those that are an llm.Starter also
	// when one begins.
	Observers []llm.Observer
	Now       func() time.Time // default time.Now
	// Rand gives numbers in [0, 1), to many callers at once; default math/rand.
	Rand func() float64
	Log  *slog.Logger // default: none
}

// Prices know what a provider's model costs: *price.Table does.
type Prices interface {
	Lookup(provider, model string) price.Price
}

// Router is an llm.Model made of many.
type Router struct {
	observers []llm.Observer
	now       func() time.Time
	rand      func() float64
	log       *slog.Logger
	book      *quota.Book
	prices    Prices

	table atomic.Pointer[table]
	// back rings when a deployment that was left alone may be back earlier
	// than its time says.
	back bell
}

// New checks the options and fills in their defaults; it calls nobody.
func New(o Options) (*Router, error) {
	r := &Router{observers: o.Observers, now: o.Now, rand: o.Rand, log: o.Log, book: o.Book, prices: o.Prices}
	if r.now == nil {
		r.now = time.Now
	}
	if r.rand == nil {
		r.rand = rand.Float64
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.book == nil {
		r.book = &quota.Book{Counters: quota.NewMemory(r.now), Now: r.now, Log: r.log}
	}
	if err := r.Replace(o.Deployments, o.Settings); err != nil {
		return nil, err
	}
	return r, nil
}

// Replace swaps deployments and settings for all requests that begin after it;
// those that are running end with the old ones. What is known of a deployment,
// its health and its statistics, stays with its ID. On an error nothing changes.
func (r *Router) Replace(deployments []Deployment, settings Settings) error {
	t, err := newTable(deployments, settings, r.prices, r.table.Load())
	if err != nil {
		return err
	}
	r.table.Store(t)
	return nil
}

// Has tells whether a request may name this group: it is one, an alias of some,
// a deployment, or fits a pattern. Empty and "auto" stand for the default.
func (r *Router) Has(name string) bool {
	t := r.table.Load()
	if t.isDefault(name) {
		return true
	}
	_, err := t.find(name)
	return err == nil
}

// Resolve returns the groups whose deployments serve a request of this name, one
// of patterns under the name itself; nil where none does. instead says that
// nobody knows the name, and that the groups are those of the first default
// fallback. Routing rules, which see the request itself, are not asked.
func (r *Router) Resolve(name string) (groups []string, instead bool) {
	t := r.table.Load()
	p, err := t.resolve(name)
	if err != nil {
		return nil, false
	}
	for _, n := range p.nodes {
		if !slices.Contains(groups, n.Group) {
			groups = append(groups, n.Group)
		}
	}
	return groups, p.instead
}

// Complete implements llm.Model.
func (r *Router) Complete(ctx context.Context, req llm.Request) (llm.Response, error) {
	w := &whole{}
	if err := r.serve(ctx, req, w); err != nil {
		return llm.Response{}, err
	}
	return w.resp, nil
}

// Stream implements llm.Model.
func (r *Router) Stream(ctx context.Context, req llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		s := &stream{yield: func(c llm.Chunk) bool { return yield(c, nil) }}
		s.holdReasoning = req.Asks != nil && req.Asks.HoldReasoning
		if err := r.serve(ctx, req, s); err != nil && !errors.Is(err, edge.ErrLeft) {
			yield(llm.Chunk{}, err)
		}
	}
}

// orDefault fills in the defaults. Retries, fallbacks and the cool-down are
// LiteLLM's; ten minutes is what its router's table says and what OpenAI's own
// clients wait.
func (s Settings) orDefault() Settings {
	s.Strategy = cmp.Or(s.Strategy, SimpleShuffle)
	if s.Retries == nil {
		s.Retries = new(2)
	}
	s.Timeout = cmp.Or(s.Timeout, 10*time.Minute)
	s.Cooldown = cmp.Or(s.Cooldown, 5*time.Second)
	s.MaxFallbacks = cmp.Or(s.MaxFallbacks, 5)
	s.LimitWait = cmp.Or(s.LimitWait, 2*time.Second)
	s.StrategyArgs.TTL = cmp.Or(s.StrategyArgs.TTL, time.Hour)
	s.StrategyArgs.MaxLatencies = cmp.Or(s.StrategyArgs.MaxLatencies, 10)
	return s
}
