package router

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/quota"
)

// world is two routers, as in two processes, over the same providers and the
// same counters.
type world struct {
	caller    *ledger
	providers map[string]*provider
	limits    map[string]llm.Quota
	book      *quota.Book
	routers   []*Router
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	caller := newLedger()
	w := &world{
		caller: caller,
		providers: map[string]*provider{
			"a": newProvider(seed, 0.3, caller), "b": newProvider(seed+1, 0.6, caller),
			"c": newProvider(seed+2, 1, caller), "rock": newProvider(seed+3, 0, caller),
		},
		limits: map[string]llm.Quota{
			"a": {RPM: 40, TPM: 30_000}, "b": {Parallel: 3}, "c": {TPM: 4000}, "rock": {RPM: 90, Parallel: 20, TPM: 40_000},
		},
	}
	counters := quota.NewMemory(time.Now)
	w.book = &quota.Book{Counters: counters}
	for i := range uint64(2) {
		random := rand.New(rand.NewPCG(seed, 2+i))
		var mu sync.Mutex
		w.routers = append(w.routers, newRouter(t, Options{
			Deployments: w.deployments(),
			Settings:    Settings{Fallbacks: map[string][]string{"g": {"rock"}}, Timeout: 5 * time.Hour},
			Book:        &quota.Book{Counters: counters},
			Rand: func() float64 {
				mu.Lock()
				defer mu.Unlock()
				return random.Float64()
			},
		}))
	}
	return w
}

// deployments are all in one group but for the one that never fails. One of them
// is not waited for as long as its first word may take.
func (w *world) deployments() []Deployment {
	var list []Deployment
	for _, id := range []string{"a", "b", "c", "rock"} {
		d := deployment(id, "g", w.providers[id])
		d.Quota, d.Price = w.limits[id], prices()
		switch id {
		case "rock":
			d.Group = id
		case "b":
			d.FirstToken = 2 * time.Second
		}
		list = append(list, d)
	}
	return list
}

// check holds that no provider was asked for more than its limits, and that
// nothing is held any more.
func (w *world) check(t *testing.T, callers ...llm.Quota) {
	t.Helper()
	for id, p := range w.providers {
		p.check(t, id, w.limits[id])
	}
	for _, q := range callers {
		w.caller.check(t, q.Name, q)
		w.checkFree(t, q)
	}
	for _, r := range w.routers {
		for _, s := range r.Deployments() {
			if s.InFlight != 0 {
				t.Errorf("%s has %d calls in flight", s.ID, s.InFlight)
			}
			w.checkFree(t, s.Limits)
		}
	}
}

// checkFree holds that a quota has all of its places, and that of its money no
// more is used than there was.
func (w *world) checkFree(t *testing.T, q llm.Quota) {
	t.Helper()
	s, err := w.book.State(t.Context(), q)
	if err != nil || s.Parallel != nil && s.Parallel.Used != 0 {
		t.Errorf("%s: %+v, %v", q.Name, s.Parallel, err)
	}
	if s.Budget == nil {
		return
	}
	if s.Budget.Used > s.Budget.Limit {
		t.Errorf("%s: $%.0f of $%.0f are used", q.Name, s.Budget.Used, s.Budget.Limit)
	}
	if s.Budget.Used < w.caller.spent {
		t.Errorf("%s: $%.0f are counted of $%.0f", q.Name, s.Budget.Used, w.caller.spent)
	}
}

// call makes one request, of a kind that depends on its number: whole or streamed,
// with max_tokens or without. It says whether its caller stayed.
func (w *world) call(t *testing.T, i int, leaves time.Duration, quotas []llm.Quota) (stayed bool, err error) {
	t.Helper()
	req := llmtest.Ask(t, "Really?")
	req.ID, req.Group, req.Quotas = strconv.Itoa(i), "g", quotas
	req.Body = []byte(`{"messages":[{"role":"user","content":"Really?"}]}`)
	if i%4 < 2 {
		req.Body = []byte(`{"messages":[{"role":"user","content":"Really?"}],"max_tokens":` + strconv.Itoa(callShort) + `}`)
	}
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	if leaves > 0 {
		timer := time.AfterFunc(leaves, leave)
		defer timer.Stop()
	}
	r := w.routers[i%2]
	switch {
	case i%3 == 0:
		_, err = r.Complete(ctx, req)
	case i%3 == 1 && leaves > 0:
		err = first(r, ctx, req)
	default:
		_, err = llm.Collect(r.Stream(ctx, req))
	}
	return ctx.Err() == nil && !errors.Is(err, edge.ErrLeft), err
}

// first reads a stream's first chunk and leaves.
func first(r *Router, ctx context.Context, req llm.Request) error { //nolint:revive // the context is that of the request
	for _, err := range r.Stream(ctx, req) {
		if err != nil {
			return err
		}
		return edge.ErrLeft
	}
	return nil
}

// leaving are callers of whom every fifth leaves, at a time of its own.
func leaving(i int) time.Duration {
	if i%5 > 0 {
		return 0
	}
	return time.Duration(1+i*37%4000) * time.Millisecond
}

// TestNothingIsLost holds that whatever fails at random, every request is served
// while one deployment is healthy, and that callers at the same moment in two
// processes never pass a limit together, however long their answers are and
// whoever of them leaves.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 100*seed)
				var group sync.WaitGroup
				for i := range 300 {
					group.Go(func() {
						if stayed, err := w.call(t, i, leaving(i), nil); stayed && err != nil {
							t.Errorf("request %d was lost: %v", i, err)
						}
					})
				}
				group.Wait()
				w.check(t)
			})
		})
	}
}

// TestCallersLimitsAreKept holds the same of the limits of who asks, money among
// them: what providers bill for the calls is never more than there was, and all
// of it is counted.
func TestCallersLimitsAreKept(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1000+100*seed)
				mine := llm.Quota{ID: "key/x", Name: "the key x", RPM: 50, TPM: 50_000, Parallel: 30, BudgetUSD: new(100_000.0)}
				var group sync.WaitGroup
				for i := range 200 {
					group.Go(func() {
						if stayed, err := w.call(t, i, leaving(i), []llm.Quota{mine}); stayed && err != nil && llm.KindOf(err) != llm.OverBudget {
							t.Errorf("request %d: %v", i, err)
						}
					})
				}
				group.Wait()
				w.check(t, mine)
				if w.caller.spent < *mine.BudgetUSD/2 {
					t.Errorf("$%.0f were spent: the budget was not reached", w.caller.spent)
				}
			})
		})
	}
}
