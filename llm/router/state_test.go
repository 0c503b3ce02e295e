package router

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/quota"
)

func TestState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := scene{
			does: []does{{"a", []llmtest.Step{yes(), fail(llm.BadRequest), fail(llm.Overloaded)}}}, set: Settings{Retries: new(0)},
			change: func(d *Deployment) {
				d.Tags, d.Weight, d.Order, d.Quota.RPM, d.Price = []string{"eu"}, new(2.0), 1, 60, usd(1, 2)
			},
		}.router(t)
		want := State{
			ID: "a", Group: "g", Provider: "test", Name: "a", APIBase: "http://a", Health: Healthy,
			Order: 1, Weight: new(2.0), Tags: []string{"eu"}, Price: usd(1, 2),
			Limits: llm.Quota{ID: "deployment/a", Name: "the deployment a", RPM: 60},
		}
		check := func(when string) {
			t.Helper()
			if diff := cmp.Diff([]State{want}, r.Deployments()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		check("at first")
		served(t, r, ask(t, "g"), 1)
		want.Calls, want.Tokens = 1, 18
		check("after an answer")
		served(t, r, ask(t, "g"), 1)
		want.Calls, want.Failures, want.LastFailure = 2, 1, llm.BadRequest
		check("after a request that nobody could serve")
		served(t, r, ask(t, "g"), 1)
		want.Calls, want.Failures, want.LastFailure, want.Health = 3, 2, llm.Overloaded, Partial
		check("after a failure")
		wait(t, time.Minute)
		want.Tokens = 0
		check("in the next minute")
		served(t, r, ask(t, "g"), 1)
		wait(t, time.Minute)
		want.Calls, want.Failures, want.Health = 4, 3, Down
		check("when the last minute's only call failed")
		wait(t, 2*time.Minute)
		want.Health = Healthy
		check("when nothing is known any more")
	})
}

func wait(t *testing.T, d time.Duration) {
	t.Helper()
	if err := pause(t.Context(), d, nil); err != nil {
		t.Fatal(err)
	}
}

func TestLatencyInState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := llmtest.NewGate("Yes, ")
		r, _ := scene{does: []does{{"a", []llmtest.Step{yes().Hold(gate)}}}}.router(t)
		timer := time.AfterFunc(7*time.Second, gate.Open)
		defer timer.Stop()
		if got := served(t, r, ask(t, "g"), 1); got != "a" {
			t.Fatal(got)
		}
		if s := r.Deployments()[0]; s.PerToken != time.Second || s.FirstToken != 0 { // 7 tokens
			t.Errorf("%s a token, %s to the first", s.PerToken, s.FirstToken)
		}
	})
}

func TestGroups(t *testing.T) {
	t.Parallel()
	m := llmtest.NewScript()
	list := []Deployment{
		deployment("a", "g", m), deployment("b", "h", m), deployment("c", "g", m), {ID: "d", Group: "openai/*", Open: named},
	}
	r := newRouter(t, Options{Deployments: list, Settings: Settings{Aliases: map[string]Alias{
		"smart": {Groups: []string{"g", "h"}}, "old": {Groups: []string{"g"}, Hidden: true}, "gone": {Groups: []string{"x"}},
	}}})
	want := []Group{
		{Name: "g", Members: []string{"a", "c"}, Aliases: []string{"old", "smart"}},
		{Name: "h", Members: []string{"b"}, Aliases: []string{"smart"}},
		{Name: "openai/*", Pattern: true, Members: []string{"d"}},
		{Name: "old", Hidden: true, Members: []string{"a", "c"}, Of: []string{"g"}},
		{Name: "smart", Members: []string{"a", "c", "b"}, Of: []string{"g", "h"}},
	}
	if diff := cmp.Diff(want, r.Groups()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestReplace holds that what is running ends as it began, that what is known
// stays, and that a bad configuration changes nothing.
func TestReplace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := llmtest.NewGate("really.")
		old := llmtest.NewScript(limited(0), yes().Hold(gate))
		list := []Deployment{deployment("a", "g", old), deployment("b", "g", llmtest.NewScript(yes()))}
		set := Settings{MaxParallel: 2, Cooldown: time.Minute}
		r := newRouter(t, Options{Deployments: list, Settings: set})
		if got := served(t, r, ask(t, "g"), 1); got != "b" {
			t.Fatal(got)
		}
		done := make(chan string)
		go func() {
			resp, err := llm.Collect(r.Stream(t.Context(), ask(t, "a")))
			done <- resp.Text() + string(llm.KindOf(err))
		}()
		<-gate.Reached()

		next := []Deployment{deployment("a", "g", llmtest.NewScript(llmtest.Say("new"))), deployment("b", "g", llmtest.NewScript(yes()))}
		if err := r.Replace(next, Settings{Strategy: "none"}); err == nil {
			t.Fatal("a bad configuration was taken")
		}
		if err := r.Replace(next, set); err != nil {
			t.Fatal(err)
		}
		if s := r.Deployments()[0]; s.Health != Cooling || s.InFlight != 1 || s.Failures != 1 {
			t.Errorf("%+v: want what was known before", s)
		}
		if got := served(t, r, ask(t, "g"), 1); got != "b" {
			t.Errorf("%s answered, want b while a still cools", got)
		}
		// Of two places in the process the running stream has one.
		if u := (&run{r: r, t: r.table.Load()}); u.t.places.TryAcquire(2) || !u.t.places.TryAcquire(1) {
			t.Error("the places of the process were doubled")
		}
		r.table.Load().places.Release(1)
		gate.Open()
		if got := <-done; got != "Yes, really." {
			t.Errorf("the running stream ended with %q", got)
		}
		wait(t, time.Minute)
		if resp, err := r.Complete(t.Context(), ask(t, "a")); err != nil || resp.Text() != "new" {
			t.Errorf("%q, %v: want the new model", resp.Text(), err)
		}
	})
}

// TestReplaceKeepsOpened holds that the health of a pattern's models stays too.
func TestReplaceKeepsOpened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		open := func(string) (llm.Model, error) { return llmtest.NewScript(limited(time.Minute)), nil }
		list := []Deployment{{ID: "a", Group: "*", Open: open}, {ID: "b", Group: "*", Open: named}}
		r := newRouter(t, Options{Deployments: list})
		if got := served(t, r, ask(t, "x"), 1); got != "b" {
			t.Fatal(got)
		}
		if err := r.Replace(list, Settings{}); err != nil {
			t.Fatal(err)
		}
		resp, err := r.Complete(t.Context(), ask(t, "x"))
		if err != nil || resp.Attempts != 1 {
			t.Errorf("%d attempts, %v: want b at once", resp.Attempts, err)
		}
	})
}

// TestWaitingHoldsNoPlace holds that who waits for a deployment does not keep
// others out of the process.
func TestWaitingHoldsNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := scene{
			does:   []does{{"a", []llmtest.Step{yes()}}, {"h/b", []llmtest.Step{yes()}}, {"i/c", []llmtest.Step{limited(time.Second), yes()}}},
			set:    Settings{MaxParallel: 1},
			change: func(d *Deployment) { d.Quota.RPM = int64(btoi(d.ID == "a")) },
		}.router(t)
		served(t, r, ask(t, "g"), 1)
		done := make(chan string)
		for _, group := range []string{"g", "i"} { // one waits for the next minute, one for a retry
			go func() { done <- served(t, r, ask(t, group), 1) }()
		}
		synctest.Wait()
		began := time.Now()
		if got := served(t, r, ask(t, "h"), 1); got != "b" || time.Since(began) != 0 {
			t.Errorf("%s after %s", got, time.Since(began))
		}
		if got := <-done + <-done; got != "ca" {
			t.Errorf("%s, want c and then a", got)
		}
	})
}

// TestNoRoomElsewhere holds that a deployment that failed is asked again after a
// while where the others have no room, and that one that gets room comes first.
func TestNoRoomElsewhere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		frees time.Duration
		want  outcome
	}{
		"no room": {0, outcome{
			Route: "a answered after it was overloaded", Attempts: 2, Took: firstBackoff, Calls: map[string]int{"a": 2},
		}},
		"room soon": {100 * time.Millisecond, outcome{
			Route: "b answered after a was overloaded", Attempts: 2, Took: 100 * time.Millisecond, Calls: map[string]int{"a": 1},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, scripts := scene{
					does:   []does{{"a", []llmtest.Step{fail(llm.Overloaded), yes()}}, {"b", []llmtest.Step{yes()}}},
					change: func(d *Deployment) { d.Quota.Parallel = int64(btoi(d.ID == "b")) },
				}.router(t)
				hold, err := r.book.Reserve(t.Context(), []llm.Quota{r.Deployments()[1].Limits}, quota.Need{})
				if err != nil {
					t.Fatal(err)
				}
				if test.frees > 0 {
					timer := time.AfterFunc(test.frees, func() { hold.Settle(t.Context(), quota.Need{}) })
					defer timer.Stop()
				}
				began := time.Now()
				resp, err := r.Complete(t.Context(), ask(t, "g"))
				got := outcome{
					Route: resp.Route, Kind: llm.KindOf(err), Attempts: resp.Attempts, Took: time.Since(began),
					Calls: map[string]int{"a": len(scripts["a"].Requests())},
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}
