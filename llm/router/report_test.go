package router

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
)

// watcher keeps what observers are told.
type watcher struct {
	mu     sync.Mutex
	starts []llm.Call
	calls  []llm.Call
}

func (w *watcher) Start(_ context.Context, c llm.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.starts = append(w.starts, c)
}

func (w *watcher) Observe(_ context.Context, c llm.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
}

func (w *watcher) last(t *testing.T) llm.Call {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.calls) == 0 || len(w.calls) != len(w.starts) {
		t.Fatalf("%d requests were told to begin and %d to end", len(w.starts), len(w.calls))
	}
	return w.calls[len(w.calls)-1]
}

// TestReports holds what observers are told of a request that took three calls.
func TestReports(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			seen := &watcher{}
			list := []Deployment{
				deployment("a", "g", llmtest.NewScript(limited(9*time.Second))),
				deployment("b", "g", llmtest.NewScript(fail(llm.Timeout))),
				deployment("c", "h", llmtest.NewScript(yes())),
			}
			list[2].Price = price.Price{Known: true, In: 1, Out: 10, CachedIn: 0.5}
			r := newRouter(t, Options{
				Deployments: list, Settings: Settings{Fallbacks: map[string][]string{"g": {"h"}}}, Observers: []llm.Observer{seen},
			})
			req := ask(t, "g")
			req.Labels = map[string]string{llm.LabelUser: "U1"}
			resp, err := call(t.Context(), r, req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.CostUSD == nil || *resp.CostUSD != 8*1+3*0.5+7*10 {
				t.Errorf("cost = %v", resp.CostUSD)
			}
			c := seen.last(t)
			if c.ID == "" || c.ID != seen.starts[0].ID || c.Group != "g" || c.Labels[llm.LabelUser] != "U1" || c.Err != nil {
				t.Errorf("%+v", c)
			}
			if c.Text() != "Yes, really." || c.Stream != (len(c.Chunks) > 0) || !c.First.Equal(began) || !c.Ended.Equal(began) {
				t.Errorf("stream %v said %q, first at %s", c.Stream, c.Text(), c.First)
			}
			if diff := cmp.Diff(resp.Served, c.Served); diff != "" {
				t.Errorf("served (-answer +report):\n%s", diff)
			}
			try := func(id, group string) llm.Try {
				return llm.Try{
					Deployment: id, Group: group, Provider: "test", Model: id, APIBase: "http://" + id, Began: began, Ended: began,
				}
			}
			want := []llm.Try{try("a", "g"), try("b", "g"), try("c", "h")}
			want[0].Cooled = 9 * time.Second
			if diff := cmp.Diff(want, c.Tries, cmpopts.IgnoreFields(llm.Try{}, "Err")); diff != "" {
				t.Errorf("tries (-want +got):\n%s", diff)
			}
			for i, kind := range []llm.Kind{llm.RateLimited, llm.Timeout} {
				if e := c.Tries[i].Err; e == nil || e.Kind != kind {
					t.Errorf("try %d: %v", i, e)
				}
			}
		})
	})
}

func TestFailuresAreReported(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
		t.Helper()
		seen := &watcher{}
		r := newRouter(t, Options{
			Deployments: []Deployment{deployment("a", "g", llmtest.NewScript(fail(llm.BadRequest)))}, Observers: []llm.Observer{seen},
		})
		for group, want := range map[string]llm.Kind{"g": llm.BadRequest, "nobody": llm.NoSuchModel} {
			req := ask(t, group)
			req.ID = "mine"
			if _, err := call(t.Context(), r, req); llm.KindOf(err) != want {
				t.Errorf("%s: %v", group, err)
			}
			if c := seen.last(t); c.ID != "mine" || c.Err == nil || c.Err.Kind != want || len(c.Tries) != btoi(group == "g") {
				t.Errorf("%s: %+v", group, c)
			}
		}
	})
}

// TestCounted holds that tokens are counted where the provider does not say.
func TestCounted(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
		t.Helper()
		step := yes()
		step.NoUsage = true
		d := deployment("a", "g", llmtest.NewScript(step))
		d.Price = usd(0, 1)
		resp, err := call(t.Context(), newRouter(t, Options{Deployments: []Deployment{d}}), ask(t, "g"))
		if err != nil || !resp.Counted || resp.Usage.Completion != 4 || resp.Usage.Prompt < 5 || *resp.CostUSD != 4 {
			t.Errorf("%+v of %+v, %v", resp.Usage, resp.Served, err)
		}
	})
}

// TestProxyCost holds that what a proxy says that a call cost is believed, and
// that an unknown price stays unknown.
func TestProxyCost(t *testing.T) {
	t.Parallel()
	proxy, plain := newInstant(), newInstant()
	proxy.resp.CostUSD = new(0.25)
	d := deployment("a", "g", proxy)
	d.Price = usd(1, 1)
	r := newRouter(t, Options{Deployments: []Deployment{d, deployment("b", "h", plain)}})
	if resp, err := r.Complete(t.Context(), ask(t, "g")); err != nil || *resp.CostUSD != 0.25 {
		t.Errorf("cost = %v, %v", resp.CostUSD, err)
	}
	if resp, err := r.Complete(t.Context(), ask(t, "h")); err != nil || resp.CostUSD != nil {
		t.Errorf("cost = %v, %v: want none", resp.CostUSD, err)
	}
}

// TestTook holds that the time of the calls is told without that of the waits.
func TestTook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := llmtest.NewGate(llmtest.AtFinish)
		r, _ := scene{
			does:   []does{{"a", []llmtest.Step{llmtest.Fail(llmtest.Silent), yes().Hold(gate)}}},
			change: func(d *Deployment) { d.FirstToken = 3 * time.Second },
		}.router(t)
		timer := time.AfterFunc(10*time.Second, gate.Open)
		defer timer.Stop()
		chunks, err := llmtest.Read(t.Context(), r, ask(t, "g"))
		if err != nil {
			t.Fatal(err)
		}
		if took := chunks[0].From.Took; took != 3*time.Second {
			t.Errorf("until the first word: %s", took)
		}
		if took := chunks[len(chunks)-1].Served.Took; took != 10*time.Second-firstBackoff {
			t.Errorf("in all: %s", took)
		}
	})
}

// TestLeftAtTheEnd holds that a reader who leaves with the last chunk has had the
// whole answer.
func TestLeftAtTheEnd(t *testing.T) {
	t.Parallel()
	seen := &watcher{}
	r := newRouter(t, Options{
		Deployments: []Deployment{deployment("a", "g", llmtest.NewScript(yes()))}, Observers: []llm.Observer{seen},
	})
	for chunk, err := range r.Stream(t.Context(), ask(t, "g")) {
		if err != nil {
			t.Fatal(err)
		}
		if chunk.Served != nil {
			break
		}
	}
	if c := seen.last(t); c.Err != nil || c.Tries[0].Err != nil || c.Served.Usage == nil {
		t.Errorf("%+v", c)
	}
	if s := r.Deployments()[0]; s.Calls != 1 || s.Tokens != 18 {
		t.Errorf("%+v", s)
	}
}
