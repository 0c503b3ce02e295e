package router

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// cooled is a router of two whose first has just failed.
func cooled(t *testing.T, set Settings, again ...llmtest.Step) (*Router, map[string]*llmtest.Script) {
	t.Helper()
	r, scripts := scene{
		does: []does{{"a", append([]llmtest.Step{limited(0)}, again...)}, {"b", []llmtest.Step{yes()}}}, set: set,
	}.router(t)
	if resp, err := r.Complete(t.Context(), ask(t, "g")); err != nil || resp.Deployment != "b" {
		t.Fatalf("%s, %v", resp.Deployment, err)
	}
	return r, scripts
}

func TestCoolingIsLeftAlone(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			r, scripts := cooled(t, Settings{}, yes())
			who := func(group string) string {
				t.Helper()
				resp, err := call(t.Context(), r, ask(t, group))
				if err != nil {
					t.Fatal(err)
				}
				return resp.Deployment
			}
			if got := who("g"); got != "b" {
				t.Errorf("%s answered while a cools", got)
			}
			if s := r.Deployments()[0]; s.Health != Cooling || !s.CooledUntil.Equal(time.Now().Add(5*time.Second)) || s.LastFailure != llm.RateLimited {
				t.Errorf("%+v", s)
			}
			if got := who("a"); got != "a" {
				t.Errorf("%s answered although a was asked for by its id", got)
			}
			if err := pause(t.Context(), 5*time.Second, nil); err != nil {
				t.Fatal(err)
			}
			if got := who("g"); got != "a" || len(scripts["a"].Requests()) != 3 {
				t.Errorf("%s answered, and a was called %d times: want a to be probed", got, len(scripts["a"].Requests()))
			}
			if s := r.Deployments()[0]; s.Health == Cooling {
				t.Errorf("%+v after it has answered", s)
			}
		})
	})
}

// TestWaitForTheFirstBack holds that a request waits for a deployment to come
// back rather than fail, if its deadline allows and there is no fallback.
func TestWaitForTheFirstBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limit    time.Duration
		fallback bool
		cooldown time.Duration
		want     outcome
	}{
		"it waits":            {0, false, 20 * time.Second, outcome{Route: "a answered", Attempts: 1, Took: 20 * time.Second}},
		"not past a deadline": {10 * time.Second, false, 20 * time.Second, outcome{Kind: llm.NoDeployment}},
		"not at all where a fallback is left": {
			0, true, time.Second, outcome{Route: "h is the fallback of g; b answered", Attempts: 1, Fallbacks: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
				t.Helper()
				synctest.Test(t, func(t *testing.T) {
					r, _ := scene{
						does: []does{
							{"a", []llmtest.Step{limited(0), yes()}},
							{"c", []llmtest.Step{fail(llm.Overloaded)}},
							{"h/b", []llmtest.Step{yes()}},
						},
						set: Settings{Retries: new(0), Cooldown: test.cooldown},
						change: func(d *Deployment) {
							if d.ID == "c" {
								d.Cooldown = new(time.Hour)
							}
						},
					}.router(t)
					// The first is cooled by its one failure, the last healthy one by five.
					want := "rate_limited" + strings.Repeat("+overloaded", shareCalls)
					if got := served(t, r, ask(t, "g"), 1+shareCalls); got != want {
						t.Fatal(got)
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					if test.limit > 0 {
						ctx, cancel = context.WithTimeout(t.Context(), test.limit)
					}
					defer cancel()
					req := ask(t, "g")
					if test.fallback {
						req.Asks = &llm.Asks{Fallbacks: []string{"h"}}
					}
					began := time.Now()
					resp, err := call(ctx, r, req)
					got := outcome{
						Route: resp.Route, Kind: llm.KindOf(err), Took: time.Since(began), Attempts: resp.Attempts, Fallbacks: resp.Fallbacks,
					}
					if diff := cmp.Diff(test.want, got); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
					if e := llm.AsError(err); err != nil && (e.After != 20*time.Second || e.Status != 429) {
						t.Errorf("%+v: want 429 and when it is back", e)
					}
				})
			})
		})
	}
}

// TestOneProbe holds that of many that wait for a deployment one finds out
// whether it is back, and the others follow at once.
func TestOneProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := llmtest.NewGate(llmtest.AtStart)
		r, scripts := scene{
			does: []does{{"a", []llmtest.Step{fail(llm.Overloaded), fail(llm.Overloaded), yes().Hold(gate), yes()}}},
			set:  Settings{AllowedFails: new(1), Retries: new(0)},
		}.router(t)
		served(t, r, ask(t, "g"), 2)
		if s := r.Deployments()[0]; s.Health != Cooling {
			t.Fatalf("%+v", s)
		}
		done := make(chan error)
		for range 10 {
			go func() {
				_, err := r.Complete(t.Context(), ask(t, "g"))
				done <- err
			}()
		}
		<-gate.Reached()
		synctest.Wait()
		if n := len(scripts["a"].Requests()); n != 3 {
			t.Errorf("%d calls, want one probe after two failures", n)
		}
		gate.Open()
		for range 10 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

// TestProbeThatLeaves holds that a probe whose caller left makes way for the
// next one.
func TestProbeThatLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := llmtest.NewGate(llmtest.AtStart)
		r, _ := scene{
			does: []does{{"a", []llmtest.Step{fail(llm.Overloaded), fail(llm.Overloaded), yes().Hold(gate), yes()}}},
			set:  Settings{AllowedFails: new(1), Retries: new(0)},
		}.router(t)
		served(t, r, ask(t, "g"), 2)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := r.Complete(ctx, ask(t, "g"))
			done <- err
		}()
		<-gate.Reached()
		next := make(chan string)
		go func() { next <- served(t, r, ask(t, "g"), 1) }()
		synctest.Wait()
		cancel()
		if err := <-done; llm.KindOf(err) != llm.Cancelled {
			t.Errorf("error = %v", err)
		}
		if got := <-next; got != "a" {
			t.Errorf("the next one got %s", got)
		}
	})
}

// TestCooledByCountDoesNotBlock holds that a deployment which a count of failures
// leaves alone, although it is the only one, is asked where there is no other
// way, and that a fallback is another way.
func TestCooledByCountDoesNotBlock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set  Settings
		want string // who serves the next two
		took time.Duration
	}{
		"nobody else is there": {Settings{}, "a+a", 0},
		"it is not back":       {Settings{AllowedFails: new(2)}, "overloaded+a", 0},
		"a fallback is there":  {Settings{Chain: []string{"h"}}, "b+b", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
				t.Helper()
				synctest.Test(t, func(t *testing.T) {
					fails := fail(llm.Overloaded)
					set := test.set
					set.Cooldown, set.Retries = 30*time.Second, new(0)
					steps := []llmtest.Step{yes(), fails, fails, fails, yes()}
					if set.AllowedFails == nil {
						set.AllowedFails = new(1)
						steps = []llmtest.Step{yes(), fails, fails, yes()}
					}
					r, _ := scene{does: []does{{"a", steps}, {"h/b", []llmtest.Step{yes()}}}, set: set}.router(t)
					req := ask(t, "g")
					req.Asks = &llm.Asks{DisableFallbacks: true}
					served(t, r, req, 3)
					req.Asks = nil
					began := time.Now()
					var got []string
					for range 2 {
						resp, err := call(t.Context(), r, req)
						got = append(got, resp.Deployment+string(llm.KindOf(err)))
					}
					if got := strings.Join(got, "+"); got != test.want || time.Since(began) != test.took {
						t.Errorf("%s after %s, want %s after %s", got, time.Since(began), test.want, test.took)
					}
				})
			})
		})
	}
}
