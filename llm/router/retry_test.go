package router

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// TestSameDeployment holds what becomes of each kind of failure where nobody
// else could be asked.
func TestSameDeployment(t *testing.T) {
	t.Parallel()
	again := outcome{Attempts: 2, Took: firstBackoff, Calls: map[string]int{"a": 2}}
	once := func(k llm.Kind) outcome { return outcome{Kind: k, Calls: map[string]int{"a": 1}} }
	for kind, want := range map[llm.Kind]outcome{
		llm.Overloaded:    again,
		llm.Timeout:       again,
		llm.Unreachable:   again,
		llm.BadResponse:   again,
		llm.RateLimited:   again,
		llm.Unauthorised:  once(llm.Unauthorised),
		llm.NoSuchModel:   once(llm.NoSuchModel),
		llm.NoFunds:       once(llm.NoFunds),
		llm.BadRequest:    once(llm.BadRequest),
		llm.ContextWindow: once(llm.ContextWindow),
		llm.ContentPolicy: once(llm.ContentPolicy),
		llm.Cancelled:     once(llm.Cancelled),
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			if want.Kind == "" {
				want.Route = "a answered after it " + verb(kind)
			}
			scene{does: []does{{"a", []llmtest.Step{fail(kind), yes()}}}}.check(t, want)
		})
	}
}

// TestAnotherDeployment is the same where one is left that was not asked yet.
func TestAnotherDeployment(t *testing.T) {
	t.Parallel()
	for kind, goes := range map[llm.Kind]bool{
		llm.Overloaded:    true,
		llm.Timeout:       true,
		llm.Unreachable:   true,
		llm.BadResponse:   true,
		llm.RateLimited:   true,
		llm.Unauthorised:  true,
		llm.NoFunds:       true,
		llm.ContextWindow: true,
		llm.ContentPolicy: true,
		llm.NoSuchModel:   false,
		llm.BadRequest:    false,
		llm.Cancelled:     false,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			want := outcome{Kind: kind, Calls: map[string]int{"a": 1}}
			if goes {
				want = outcome{Route: "b answered after a " + verb(kind), Attempts: 2, Calls: map[string]int{"a": 1, "b": 1}}
			}
			scene{does: []does{{"a", []llmtest.Step{fail(kind)}}, {"b", []llmtest.Step{yes()}}}}.check(t, want)
		})
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	down, up := []llmtest.Step{fail(llm.Overloaded)}, []llmtest.Step{yes()}
	for name, test := range map[string]struct {
		scene
		want outcome
	}{
		"it answers": {
			scene{does: []does{{"a", up}}},
			outcome{Route: "a answered", Attempts: 1, Calls: map[string]int{"a": 1}},
		},
		"two tries more by default": {
			scene{does: []does{{"a", down}}},
			outcome{Kind: llm.Overloaded, Took: 3 * firstBackoff, Calls: map[string]int{"a": 3}},
		},
		"each deployment once before any twice": {
			scene{
				does: []does{{"a", down}, {"b", down}, {"c", []llmtest.Step{fail(llm.Timeout), yes()}}},
				set:  Settings{Retries: new(4)},
			},
			// a is asked again after a wait that has grown with each failure.
			outcome{Kind: llm.Overloaded, Took: 4*firstBackoff + 8*firstBackoff, Calls: map[string]int{"a": 3, "b": 1, "c": 1}},
		},
		"the router's number": {
			scene{does: []does{{"a", down}}, set: Settings{Retries: new(0)}},
			outcome{Kind: llm.Overloaded, Calls: map[string]int{"a": 1}},
		},
		"the request's number": {
			scene{does: []does{{"a", down}}, set: Settings{Retries: new(5)}, ask: llm.Asks{Retries: new(1)}},
			outcome{Kind: llm.Overloaded, Took: firstBackoff, Calls: map[string]int{"a": 2}},
		},
		"the deployment's number wins": {
			scene{
				does: []does{{"a", down}}, ask: llm.Asks{Retries: new(5)},
				set:    Settings{RetryPolicy: map[llm.Kind]int{llm.Overloaded: 4}},
				change: func(d *Deployment) { d.Retries = new(0) },
			},
			outcome{Kind: llm.Overloaded, Calls: map[string]int{"a": 1}},
		},
		"a policy by kind": {
			scene{does: []does{{"a", down}}, set: Settings{RetryPolicy: map[llm.Kind]int{llm.Overloaded: 1, llm.Timeout: 9}}},
			outcome{Kind: llm.Overloaded, Took: firstBackoff, Calls: map[string]int{"a": 2}},
		},
		"a policy for a kind that is never tried again otherwise": {
			scene{
				does: []does{{"a", []llmtest.Step{fail(llm.BadRequest)}}},
				set:  Settings{RetryPolicy: map[llm.Kind]int{llm.BadRequest: 1}},
			},
			outcome{Kind: llm.BadRequest, Took: firstBackoff, Calls: map[string]int{"a": 2}},
		},
		"a group's policy wins": {
			scene{does: []does{{"a", down}}, set: Settings{
				RetryPolicy:        map[llm.Kind]int{llm.Overloaded: 5},
				GroupRetryPolicies: map[string]map[llm.Kind]int{"g": {llm.Overloaded: 0}},
			}},
			outcome{Kind: llm.Overloaded, Calls: map[string]int{"a": 1}},
		},
		"Retry-After is believed": {
			scene{does: []does{{"a", []llmtest.Step{limited(7 * time.Second), yes()}}}},
			outcome{
				Route: "a answered after it was rate limited", Attempts: 2, Took: 7 * time.Second, Calls: map[string]int{"a": 2},
			},
		},
		"a minute is too long": {
			scene{does: []does{{"a", []llmtest.Step{limited(time.Minute), yes()}}}},
			outcome{Kind: llm.RateLimited, Calls: map[string]int{"a": 1}},
		},
		"the least wait": {
			scene{does: []does{{"a", []llmtest.Step{fail(llm.Overloaded), yes()}}}, set: Settings{RetryAfter: 3 * time.Second}},
			outcome{
				Route: "a answered after it was overloaded", Attempts: 2, Took: 3 * time.Second, Calls: map[string]int{"a": 2},
			},
		},
		"a wait that does not fit the deadline": {
			scene{does: []does{{"a", []llmtest.Step{limited(7 * time.Second), yes()}}}, limit: 7 * time.Second},
			outcome{Kind: llm.RateLimited, Calls: map[string]int{"a": 1}},
		},
		"a long wait is not made where a fallback is left": {
			scene{
				does: []does{{"a", []llmtest.Step{limited(7 * time.Second), yes()}}, {"h/b", up}},
				set:  Settings{Fallbacks: map[string][]string{"g": {"h"}}},
			},
			outcome{
				Route: "h is the fallback of g; b answered after a was rate limited", Attempts: 2, Fallbacks: 1,
				Calls: map[string]int{"a": 1, "b": 1},
			},
		},
		"a slow deployment is not waited for again where a fallback is left": {
			scene{
				does: []does{{"a", []llmtest.Step{fail(llm.Timeout), yes()}}, {"h/b", up}},
				set:  Settings{Chain: []string{"h"}},
			},
			outcome{
				Route: "h is the fallback of g; b answered after a did not answer in time", Attempts: 2, Fallbacks: 1,
				Calls: map[string]int{"a": 1, "b": 1},
			},
		},
		"no window for one, no window for the same model elsewhere": {
			scene{
				does:   []does{{"a", []llmtest.Step{fail(llm.ContextWindow)}}, {"b", up}, {"c", up}},
				change: func(d *Deployment) { d.Name = map[string]string{"a": "small", "b": "small", "c": "large"}[d.ID] },
			},
			outcome{
				Route: "c answered after a found the request too long", Attempts: 2, Calls: map[string]int{"a": 1, "c": 1},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.check(t, test.want)
		})
	}
}

func TestBackoffIsJittered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := llmtest.NewScript(fail(llm.Overloaded))
		r := newRouter(t, Options{
			Deployments: []Deployment{deployment("a", "g", a)}, Settings: Settings{Retries: new(8)},
			Rand: func() float64 { return 0.5 },
		})
		began := time.Now()
		if _, err := r.Complete(t.Context(), ask(t, "g")); llm.KindOf(err) != llm.Overloaded {
			t.Errorf("error = %v", err)
		}
		// Three quarters of 0.5, 1, 2, 4, 8 and three times 10 seconds.
		if took := time.Since(began); took != 45500*time.Millisecond*3/4 {
			t.Errorf("the waits add up to %s", took)
		}
	})
}

func TestSummary(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := scene{
			does: []does{
				{"a", []llmtest.Step{llmtest.TooMany("90")}},
				{"h/b", []llmtest.Step{llmtest.Refuse(http.StatusPaymentRequired, "Insufficient Balance")}},
				{"i/c", []llmtest.Step{llmtest.TooMany("120")}},
			},
			set: Settings{Fallbacks: map[string][]string{"g": {"h", "i"}}},
		}.router(t)
		_, err := r.Complete(t.Context(), ask(t, "g"))
		e := llm.AsError(err)
		if e.Kind != llm.RateLimited || e.After != 2*time.Minute || e.Status != http.StatusTooManyRequests {
			t.Errorf("%+v: want the last error's kind, status and wait", e)
		}
		for _, want := range []string{
			"a was rate limited", "b was out of funds", "c was rate limited", "slow down", "available fallbacks: h, i",
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	})
}

// TestPlainError holds that a request that is refused at once, with nobody else
// to ask, ends in the provider's own words.
func TestPlainError(t *testing.T) {
	t.Parallel()
	r, _ := scene{does: []does{{"a", []llmtest.Step{fail(llm.BadRequest)}}}}.router(t)
	_, err := r.Complete(t.Context(), ask(t, "g"))
	if e := llm.AsError(err); e.Err.Error() != "it said bad_request" || e.Status != http.StatusBadRequest {
		t.Errorf("%+v", e)
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			r, scripts := scene{does: []does{{"a", []llmtest.Step{limited(30 * time.Second)}}, {"h/b", []llmtest.Step{yes()}}}}.router(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			reason := errors.New("the asker took it back")
			timer := time.AfterFunc(10*time.Second, func() { cancel(reason) })
			defer timer.Stop()
			began := time.Now()
			_, err := call(ctx, r, ask(t, "g"))
			if llm.KindOf(err) != llm.Cancelled || !errors.Is(err, reason) || time.Since(began) != 10*time.Second {
				t.Errorf("error = %v after %s, want the reason of the cancellation after 10s", err, time.Since(began))
			}
			if n := len(scripts["b"].Requests()); n != 0 {
				t.Errorf("the other group was asked %d times after the caller had left", n)
			}
		})
	})
}
