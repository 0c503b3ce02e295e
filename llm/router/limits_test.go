package router

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
)

// served asks n times and returns who answered, in order; a kind of failure in
// its place.
func served(t *testing.T, r llm.Model, req llm.Request, n int) string {
	t.Helper()
	var list []string
	for range n {
		resp, err := r.Complete(t.Context(), req)
		if err != nil {
			list = append(list, string(llm.KindOf(err)))
			continue
		}
		list = append(list, resp.Deployment)
	}
	return strings.Join(list, "+")
}

// TestLimitOfADeployment holds that one that is used up is passed over, and that
// a request waits for the window's end where all are.
func TestLimitOfADeployment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// The bubble's clock starts at midnight.
		r, _ := scene{
			does: []does{{"a", []llmtest.Step{yes()}}, {"b", []llmtest.Step{yes()}}},
			change: func(d *Deployment) {
				d.Quota.RPM = 2
				d.Weight = map[string]*float64{"a": new(1.0), "b": new(0.0)}[d.ID]
			},
		}.router(t)
		began := time.Now()
		if got := served(t, r, ask(t, "g"), 4); got != "a+a+b+b" || time.Since(began) != 0 {
			t.Errorf("%s after %s", got, time.Since(began))
		}
		if got := served(t, r, ask(t, "g"), 1); got != "a" || time.Since(began) != time.Minute {
			t.Errorf("%s after %s, want a in the next clock minute", got, time.Since(began))
		}
	})
}

func TestLimitAndDeadline(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limit     time.Duration
		fallbacks []string
		want      string
		took      time.Duration
	}{
		"it waits":                            {0, nil, "a", time.Minute},
		"not for what is past the deadline":   {30 * time.Second, nil, "rate_limited", 0},
		"a fallback that is there is quicker": {0, []string{"h"}, "b", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
				t.Helper()
				synctest.Test(t, func(t *testing.T) {
					r, _ := scene{
						does:   []does{{"a", []llmtest.Step{yes()}}, {"h/b", []llmtest.Step{yes()}}},
						change: func(d *Deployment) { d.Quota.RPM = 1 },
					}.router(t)
					served(t, r, ask(t, "g"), 1)
					req := ask(t, "g")
					req.Asks = &llm.Asks{Timeout: test.limit, Fallbacks: test.fallbacks}
					began := time.Now()
					resp, err := call(t.Context(), r, req)
					if got := resp.Deployment + string(llm.KindOf(err)); got != test.want || time.Since(began) != test.took {
						t.Errorf("%s after %s, want %s after %s", got, time.Since(began), test.want, test.took)
					}
					if err == nil {
						return
					}
					e := llm.AsError(err)
					if e.Status != http.StatusTooManyRequests || e.After != time.Minute || !strings.HasPrefix(e.Err.Error(), noneAvailable) {
						t.Errorf("%+v", e)
					}
				})
			})
		})
	}
}

// TestLimitWait holds that a place is waited for, but not for long where a
// fallback is left.
func TestLimitWait(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		held time.Duration
		want string
		took time.Duration
	}{
		"a place comes free":  {time.Second, "a", time.Second},
		"none does":           {time.Minute, "b", 2 * time.Second},
		"at the last instant": {1999 * time.Millisecond, "a", 1999 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gate := llmtest.NewGate("really.")
				r, _ := scene{
					does:   []does{{"a", []llmtest.Step{yes().Hold(gate), yes()}}, {"h/b", []llmtest.Step{yes()}}},
					set:    Settings{Chain: []string{"h"}},
					change: func(d *Deployment) { d.Quota.Parallel = 1 },
				}.router(t)
				done := make(chan struct{})
				go func() {
					defer close(done)
					if _, err := llm.Collect(r.Stream(t.Context(), ask(t, "g"))); err != nil {
						t.Error(err)
					}
				}()
				<-gate.Reached()
				timer := time.AfterFunc(test.held, gate.Open)
				defer timer.Stop()
				began := time.Now()
				if got := served(t, r, ask(t, "g"), 1); got != test.want || time.Since(began) != test.took {
					t.Errorf("%s after %s, want %s after %s", got, time.Since(began), test.want, test.took)
				}
				<-done
			})
		})
	}
}

// TestNoPlaceInTime holds that who waited for a place in vain hears of the limit
// and when to come back, and not only that time was up.
func TestNoPlaceInTime(t *testing.T) {
	t.Parallel()
	for name, mine := range map[string]bool{"a deployment's": false, "a caller's": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gate := llmtest.NewGate(llmtest.AtStart)
				d := deployment("a", "g", llmtest.NewScript(yes().Hold(gate), yes()))
				req := ask(t, "g")
				if mine {
					req.Quotas = []llm.Quota{{ID: "key/1", Name: "the key", Parallel: 1}}
				} else {
					d.Quota.Parallel = 1
				}
				r := newRouter(t, Options{Deployments: []Deployment{d}})
				done := make(chan error, 1)
				go func() { _, err := r.Complete(t.Context(), req); done <- err }()
				<-gate.Reached()
				late := req
				late.Asks = &llm.Asks{Timeout: time.Second}
				_, err := r.Complete(t.Context(), late)
				e := llm.AsError(err)
				if e == nil || e.Kind != llm.RateLimited || e.Status != 429 || e.After < time.Second {
					t.Errorf("%+v", e)
				}
				gate.Open()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestPlacesInTurn holds that callers who wait for a place get it in the order in
// which they came.
func TestPlacesInTurn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Settings, *Deployment){
		"of a deployment":            func(_ *Settings, d *Deployment) { d.Quota.Parallel = 1 },
		"of a deployment by default": func(s *Settings, _ *Deployment) { s.DefaultMaxParallel = 1 },
		"of the process":             func(s *Settings, _ *Deployment) { s.MaxParallel = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gate := llmtest.NewGate(llmtest.AtStart)
				a := llmtest.NewScript(yes().Hold(gate), yes())
				d, s := deployment("a", "g", a), Settings{}
				change(&s, &d)
				r := newRouter(t, Options{Deployments: []Deployment{d}, Settings: s})
				var group sync.WaitGroup
				for i := range 5 {
					group.Go(func() {
						req := ask(t, "g")
						req.Labels = map[string]string{"nth": string(rune('0' + i))}
						if _, err := r.Complete(t.Context(), req); err != nil {
							t.Error(err)
						}
					})
					synctest.Wait()
				}
				if n := len(a.Requests()); n != 1 {
					t.Errorf("%d calls at the same time", n)
				}
				gate.Open()
				group.Wait()
				var order []string
				for _, req := range a.Requests() {
					order = append(order, req.Labels["nth"])
				}
				if !slices.Equal(order, []string{"0", "1", "2", "3", "4"}) {
					t.Errorf("served in the order %v", order)
				}
			})
		})
	}
}

// TestTokensAreReserved holds what a call reserves of tokens, and that the rest
// is given back once it is known.
func TestTokensAreReserved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := llmtest.NewGate(llmtest.AtStart)
		a := llmtest.NewScript(yes().Hold(gate))
		d := deployment("a", "g", a)
		d.Quota.TPM = 6000 // one call of 4096 tokens and a prompt, not two
		r := newRouter(t, Options{Deployments: []Deployment{d}})
		var group sync.WaitGroup
		began := time.Now()
		for range 2 {
			group.Go(func() {
				if _, err := r.Complete(t.Context(), ask(t, "g")); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := len(a.Requests()); n != 1 {
			t.Errorf("%d calls at the same time", n)
		}
		gate.Open()
		group.Wait()
		if took := time.Since(began); took != 0 {
			t.Errorf("the second waited for %s although the first used 18 tokens", took)
		}
		if s := r.Deployments()[0]; s.Tokens != 36 {
			t.Errorf("%d tokens used, want 36", s.Tokens)
		}
	})
}

// TestNeed holds what is reserved for a call.
func TestNeed(t *testing.T) {
	t.Parallel()
	plain := ask(t, "g")
	said := plain
	said.Body = []byte(`{"messages":[{"role":"user","content":"Really?"}],"max_tokens":100}`)
	many := plain
	many.Body = []byte(`{"messages":[{"role":"user","content":"Really?"}],"n":100}`)
	prompt := price.Estimate(plain.Body)
	known := &vitals{}
	for i := range 2 * outputSamples {
		known.succeeded(success{output: 7000 - 50*i}, time.Now(), 1)
	}
	short := &vitals{}
	short.succeeded(success{output: 50}, time.Now(), 1)
	several := &vitals{}
	several.succeeded(success{output: 50_000, answers: 10}, time.Now(), 1)
	for name, test := range map[string]struct {
		req    llm.Request
		vitals *vitals
		price  price.Price
		tokens int64
		usd    float64
		free   bool
	}{
		"nothing is known":           {plain, &vitals{}, price.Price{}, prompt + 4096, 0, false},
		"the price":                  {plain, &vitals{}, usd(1, 2), prompt + 4096, float64(prompt + 2*4096), false},
		"the request's limit":        {said, &vitals{}, usd(1, 2), price.Estimate(said.Body) + 100, float64(price.Estimate(said.Body) + 200), false},
		"many answers":               {many, &vitals{}, usd(0, 1), price.Estimate(many.Body) + 100*4096, 100 * 4096, false},
		"a model that writes little": {plain, &vitals{}, price.Price{Known: true, Out: 1, MaxOutput: 7}, prompt + 7, 7, false},
		"a model that writes much":   {plain, &vitals{}, price.Price{Known: true, Out: 1, MaxOutput: 99_999}, prompt + 4096, 99_999, false},
		"recent answers":             {plain, known, usd(0, 1), prompt + 5000 - 50*outputSamples + 2000, 5000 - 50*outputSamples + 2000, false},
		"recent answers, all short":  {plain, short, price.Price{}, prompt + 4096, 0, false},
		"recent answers, ten each":   {plain, several, price.Price{}, prompt + 5000, 0, false},
		"thinking may cost more":     {said, short, price.Price{Known: true, Out: 1, Reasoning: 3}, price.Estimate(said.Body) + 100, 300, false},
		"a long prompt costs more":   {said, short, price.Price{Known: true, In: 1, Out: 1, Long: price.Tier{Over: 1, In: 2, Out: 3}}, price.Estimate(said.Body) + 100, float64(2*price.Estimate(said.Body) + 300), false},
		"it costs nothing":           {plain, &vitals{}, usd(0, 0), prompt + 4096, 0, true},
		"vectors have no completion": {llm.Request{Endpoint: llm.Embeddings, Body: plain.Body}, &vitals{}, usd(1, 0), prompt, float64(prompt), false},
	} {
		u := &run{req: test.req}
		got := u.need(&node{Deployment: Deployment{Price: test.price}, vitals: test.vitals})
		if got.Tokens != test.tokens || got.USD != test.usd || got.Free != test.free {
			t.Errorf("%s: %+v, want %d tokens, $%v, free %v", name, got, test.tokens, test.usd, test.free)
		}
	}
}
