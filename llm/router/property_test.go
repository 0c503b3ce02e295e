package router

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/quota"
)

// What each call of the property test uses: as much as is reserved for it.
const (
	callPrompt = 5
	callOutput = 100
)

// provider is one deployment as its provider sees it, whichever process calls.
// It fails at random, and counts what is asked of it.
type provider struct {
	mu       sync.Mutex
	random   *rand.Rand
	failing  float64 // share of calls that fail
	inFlight int
	most     int
	minutes  map[int64]int // calls that began in each clock minute
	answers  int
}

func newProvider(seed uint64, failing float64) *provider {
	return &provider{random: rand.New(rand.NewPCG(seed, 1)), failing: failing, minutes: map[int64]int{}}
}

// kinds are what providers fail with.
func kinds() []llm.Kind {
	return []llm.Kind{
		llm.Overloaded, llm.Unreachable, llm.RateLimited, llm.Timeout, llm.Unauthorised, llm.BadResponse, llm.NoFunds,
	}
}

// begin counts a call and decides what becomes of it, and when.
func (p *provider) begin() (took time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight++
	p.most = max(p.most, p.inFlight)
	p.minutes[time.Now().Unix()/60]++
	took = time.Duration(p.random.IntN(3000)) * time.Millisecond
	if p.random.Float64() < p.failing {
		k := kinds()[p.random.IntN(len(kinds()))]
		return took, &llm.Error{Kind: k, Status: statusOf(k), Err: errors.New("at random")}
	}
	p.answers++
	return took, nil
}

func (p *provider) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
}

func usage() *llm.Usage { return &llm.Usage{Prompt: callPrompt, Completion: callOutput} }

func (p *provider) Complete(ctx context.Context, _ llm.Request) (llm.Response, error) {
	took, err := p.begin()
	defer p.end()
	if pause(ctx, took, nil) != nil {
		return llm.Response{}, ctx.Err()
	}
	return llm.Response{Served: llm.Served{Usage: usage()}, Body: []byte(`{"choices":[]}`)}, err
}

func (p *provider) Stream(ctx context.Context, _ llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		took, err := p.begin()
		defer p.end()
		said := yield(llm.Chunk{Body: []byte(`{"choices":[{"delta":{"role":"assistant"}}]}`)}, nil)
		switch {
		case !said || pause(ctx, took, nil) != nil:
			return
		case err != nil:
			yield(llm.Chunk{}, err)
			return
		}
		if yield(llm.Chunk{Body: []byte(`{"choices":[{"delta":{"content":"x"}}]}`)}, nil) && pause(ctx, took, nil) == nil {
			yield(llm.Chunk{Served: &llm.Served{Usage: usage()}}, nil)
		}
	}
}

// world is two routers, as in two processes, over the same providers and the
// same counters.
type world struct {
	providers map[string]*provider
	limits    map[string]llm.Quota
	book      *quota.Book
	routers   []*Router
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{
		providers: map[string]*provider{
			"a": newProvider(seed, 0.3), "b": newProvider(seed+1, 0.6), "c": newProvider(seed+2, 1), "rock": newProvider(seed+3, 0),
		},
		limits: map[string]llm.Quota{
			"a": {RPM: 40}, "b": {Parallel: 3}, "c": {TPM: 4000}, "rock": {RPM: 90, Parallel: 20, TPM: 15000},
		},
	}
	counters := quota.NewMemory(time.Now)
	w.book = &quota.Book{Counters: counters}
	for range 2 {
		var list []Deployment
		for _, id := range []string{"a", "b", "c", "rock"} {
			group := "g"
			if id == "rock" {
				group = "rock"
			}
			d := deployment(id, group, w.providers[id])
			d.Quota, d.Price = w.limits[id], usd(0, 1)
			list = append(list, d)
		}
		random := rand.New(rand.NewPCG(seed, 2))
		var mu sync.Mutex
		w.routers = append(w.routers, newRouter(t, Options{
			Deployments: list, Settings: Settings{Fallbacks: map[string][]string{"g": {"rock"}}, Timeout: time.Hour},
			Book: &quota.Book{Counters: counters},
			Rand: func() float64 {
				mu.Lock()
				defer mu.Unlock()
				return random.Float64()
			},
		}))
	}
	return w
}

// check holds that no provider was asked for more than its limits.
func (w *world) check(t *testing.T) {
	t.Helper()
	for id, p := range w.providers {
		q := w.limits[id]
		if p.inFlight != 0 || q.Parallel > 0 && p.most > int(q.Parallel) {
			t.Errorf("%s had %d calls at once of %d, and has %d", id, p.most, q.Parallel, p.inFlight)
		}
		for minute, calls := range p.minutes {
			if q.RPM > 0 && calls > int(q.RPM) {
				t.Errorf("%s had %d calls of %d in the minute %d", id, calls, q.RPM, minute)
			}
			if id == "rock" && calls*(callPrompt+callOutput) > int(q.TPM) {
				t.Errorf("%s used %d tokens of %d in the minute %d", id, calls*(callPrompt+callOutput), q.TPM, minute)
			}
		}
	}
	for _, r := range w.routers {
		for _, s := range r.Deployments() {
			state, err := w.book.State(t.Context(), s.Limits)
			if err != nil || s.InFlight != 0 || state.Parallel != nil && state.Parallel.Used != 0 {
				t.Errorf("%s has %d calls in flight, limits %+v, %v", s.ID, s.InFlight, state.Parallel, err)
			}
		}
	}
}

// TestNothingIsLost holds that whatever fails at random, every request is served
// while one deployment is healthy, and that callers at the same moment in two
// processes never pass a limit together.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 100*seed)
				var group sync.WaitGroup
				for i := range 300 {
					group.Go(func() { w.call(t, i, nil) })
				}
				group.Wait()
				w.check(t)
			})
		})
	}
}

// call makes one request, of a kind that depends on its number.
func (w *world) call(t *testing.T, i int, quotas []llm.Quota) error {
	t.Helper()
	req := llmtest.Ask(t, "Really?")
	req.Group, req.Quotas = "g", quotas
	req.Body = []byte(`{"messages":[{"role":"user","content":"Really?"}],"max_tokens":100}`)
	r := w.routers[i%2]
	var err error
	if i%3 == 0 {
		_, err = r.Complete(t.Context(), req)
	} else {
		_, err = llm.Collect(r.Stream(t.Context(), req))
	}
	if err != nil && quotas == nil {
		t.Errorf("request %d was lost: %v", i, err)
	}
	return err
}

// TestBudgetIsNeverPassed holds that callers at the same moment do not spend
// more than they have together.
func TestBudgetIsNeverPassed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 7)
		const calls = 50
		budget := float64(calls * callOutput)
		mine := []llm.Quota{{ID: "key/x", Name: "the key x", BudgetUSD: &budget, Parallel: 30}}
		var group sync.WaitGroup
		for i := range 200 {
			group.Go(func() {
				if err := w.call(t, i, mine); err != nil && llm.KindOf(err) != llm.OverBudget {
					t.Errorf("request %d: %v", i, err)
				}
			})
		}
		group.Wait()
		answers := 0
		for _, p := range w.providers {
			answers += p.answers
		}
		if answers > calls || answers == 0 {
			t.Errorf("%d answers for the price of %d", answers, calls)
		}
		w.check(t)
	})
}
