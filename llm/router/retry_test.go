package router

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

// outcome is what became of one request.
type outcome struct {
	Route     string
	Kind      llm.Kind
	Took      time.Duration
	Attempts  int
	Fallbacks int
	Calls     map[string]int // of each deployment that was called
}

// scene is a router of scripts: deployments by id, each in a group.
type scene struct {
	groups  map[string]string         // id -> group; default "g"
	scripts map[string][]llmtest.Step // by id
	order   []string                  // of the ids
	set     Settings
	change  func(map[string]*Deployment)
	ask     llm.Asks
	group   string
	limit   time.Duration
}

func (s scene) router(t *testing.T) (*Router, map[string]*llmtest.Script) {
	t.Helper()
	scripts := map[string]*llmtest.Script{}
	var list []Deployment
	byID := map[string]*Deployment{}
	for _, id := range s.order {
		script := llmtest.NewScript(s.scripts[id]...)
		scripts[id] = script
		group := "g"
		if g := s.groups[id]; g != "" {
			group = g
		}
		list = append(list, deployment(id, group, script))
	}
	for i := range list {
		byID[list[i].ID] = &list[i]
	}
	if s.change != nil {
		s.change(byID)
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

// TestRetries holds the table of errors: who is asked next, and when.
func TestRetries(t *testing.T) {
	t.Parallel()
	lone, two := []string{"a"}, []string{"a", "b"}
	for name, test := range map[string]struct {
		scene
		want outcome
	}{
		"it answers": {
			scene{order: lone, scripts: map[string][]llmtest.Step{"a": {yes()}}},
			outcome{Route: "a answered", Attempts: 1, Calls: map[string]int{"a": 1}},
		},
		"an overload passes": {
			scene{order: lone, scripts: map[string][]llmtest.Step{"a": {fail(llm.Overloaded), yes()}}},
			outcome{Route: "a answered after it was overloaded", Attempts: 2, Took: firstBackoff, Calls: map[string]int{"a": 2}},
		},
		"an overload stays": {
			scene{order: lone, scripts: map[string][]llmtest.Step{"a": {fail(llm.Overloaded)}}},
			outcome{Kind: llm.Overloaded, Took: 3 * firstBackoff, Calls: map[string]int{"a": 3}},
		},
		"another deployment is asked at once": {
			scene{order: two, scripts: map[string][]llmtest.Step{"a": {fail(llm.Overloaded)}, "b": {yes()}}},
			outcome{
				Route: "b answered after a was overloaded", Attempts: 2, Calls: map[string]int{"a": 1, "b": 1},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
				t.Helper()
				synctest.Test(t, func(t *testing.T) {
					if diff := cmp.Diff(test.want, test.run(t, call)); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			})
		})
	}
}
