package router

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// deployment is a plain one in a group; its id is also the model's name.
func deployment(id, group string, m llm.Model) Deployment {
	return Deployment{ID: id, Group: group, Provider: "test", Name: id, APIBase: "http://" + id, Model: m}
}

// none is the lowest of random numbers: the first of all choices, and no jitter.
func none() float64 { return 0 }

func newRouter(tb testing.TB, o Options) *Router {
	tb.Helper()
	if o.Rand == nil {
		o.Rand = none
	}
	r, err := New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func fail(k llm.Kind) llmtest.Step {
	return llmtest.Step{Err: &llm.Error{Kind: k, Status: statusOf(k), Provider: "x", Err: errors.New("it said " + string(k))}}
}

func limited(after time.Duration) llmtest.Step {
	return llmtest.Step{Err: &llm.Error{Kind: llm.RateLimited, Status: 429, Provider: "x", After: after, Err: errors.New("slow down")}}
}

func ask(tb testing.TB, group string) llm.Request {
	tb.Helper()
	r := llmtest.Ask(tb, "Really?")
	r.Group = group
	return r
}

// modes runs the same test as a completion and as a stream.
func modes(t *testing.T, test func(*testing.T, func(context.Context, llm.Model, llm.Request) (llm.Response, error))) {
	t.Helper()
	for mode, call := range map[string]func(context.Context, llm.Model, llm.Request) (llm.Response, error){
		"complete": func(ctx context.Context, m llm.Model, r llm.Request) (llm.Response, error) { return m.Complete(ctx, r) },
		"stream": func(ctx context.Context, m llm.Model, r llm.Request) (llm.Response, error) {
			return llm.Collect(m.Stream(ctx, r))
		},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			test(t, call)
		})
	}
}

// outcome is what became of one request.
type outcome struct {
	Route     string
	Kind      llm.Kind
	Took      time.Duration
	Attempts  int
	Fallbacks int
	Calls     map[string]int // of each deployment that was called
}

// does is a deployment and the steps that it takes.
type does struct {
	id    string // "group/id" for another group than g
	steps []llmtest.Step
}

// scene is a router of scripts.
type scene struct {
	does   []does
	set    Settings
	change func(d *Deployment)
	ask    llm.Asks
	group  string        // that is asked for; default g
	limit  time.Duration // of the caller
}

func (s scene) router(t *testing.T) (*Router, map[string]*llmtest.Script) {
	t.Helper()
	scripts := map[string]*llmtest.Script{}
	var list []Deployment
	for _, it := range s.does {
		group, id, found := strings.Cut(it.id, "/")
		if !found {
			group, id = "g", group
		}
		scripts[id] = llmtest.NewScript(it.steps...)
		d := deployment(id, group, scripts[id])
		if s.change != nil {
			s.change(&d)
		}
		list = append(list, d)
	}
	return newRouter(t, Options{Deployments: list, Settings: s.set}), scripts
}

func (s scene) run(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) outcome {
	t.Helper()
	r, scripts := s.router(t)
	ctx := t.Context()
	if s.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.limit)
		defer cancel()
	}
	req := ask(t, "g")
	if s.group != "" {
		req.Group = s.group
	}
	req.Asks = &s.ask
	began := time.Now()
	resp, err := call(ctx, r, req)
	got := outcome{
		Route: resp.Route, Kind: llm.KindOf(err), Took: time.Since(began),
		Attempts: resp.Attempts, Fallbacks: resp.Fallbacks, Calls: map[string]int{},
	}
	for id, script := range scripts {
		if n := len(script.Requests()); n > 0 {
			got.Calls[id] = n
		}
	}
	return got
}

func yes() llmtest.Step { return llmtest.Say("Yes, ", "really.") }

// check runs the scene in both modes, on a clock of its own.
func (s scene) check(t *testing.T, want outcome) {
	t.Helper()
	modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			if diff := cmp.Diff(want, s.run(t, call)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	})
}
