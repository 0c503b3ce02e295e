package router

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
)

func usd(in, out float64) price.Price { return price.Price{Known: true, In: in, Out: out} }

// TestStrategies holds who is picked, for random numbers from 0 up to 1.
func TestStrategies(t *testing.T) {
	t.Parallel()
	const args = 0.5
	for name, test := range map[string]struct {
		strategy string
		of       []Candidate
		random   []float64
		want     []int
	}{
		"shuffle: all the same": {
			SimpleShuffle, []Candidate{{}, {}, {}, {}}, []float64{0, 0.24, 0.25, 0.6, 0.999}, []int{0, 0, 1, 2, 3},
		},
		"shuffle: weights": {
			SimpleShuffle, []Candidate{{Weight: new(1.0)}, {Weight: new(3.0)}}, []float64{0, 0.24, 0.25, 0.999}, []int{0, 0, 1, 1},
		},
		"shuffle: one without a weight gets no share": {
			SimpleShuffle, []Candidate{{RPM: 900}, {Weight: new(0.5)}, {}}, []float64{0, 0.5, 0.999}, []int{1, 1, 1},
		},
		"shuffle: weights that are all nothing do not count": {
			SimpleShuffle, []Candidate{{Weight: new(0.0)}, {Weight: new(-1.0)}}, []float64{0, 0.6}, []int{0, 1},
		},
		"shuffle: requests a minute": {
			SimpleShuffle, []Candidate{{RPM: 10, TPM: 1}, {RPM: 90}}, []float64{0, 0.09, 0.1, 0.999}, []int{0, 0, 1, 1},
		},
		"shuffle: tokens a minute": {
			SimpleShuffle, []Candidate{{TPM: 100}, {}, {TPM: 300}}, []float64{0, 0.24, 0.25, 0.999}, []int{0, 0, 2, 2},
		},
		"least busy": {
			LeastBusy, []Candidate{{InFlight: 3}, {InFlight: 1}, {InFlight: 2}}, []float64{0, 0.999}, []int{1, 1},
		},
		"least busy: not seen yet is not busy": {
			LeastBusy, []Candidate{{InFlight: 1}, {}, {}}, []float64{0, 0.49, 0.5, 0.999}, []int{1, 1, 2, 2},
		},
		"usage": {
			UsageBased, []Candidate{{Tokens: 900}, {Tokens: 20}}, []float64{0, 0.999}, []int{1, 1},
		},
		"usage: ties are random": {
			UsageBasedV2, []Candidate{{Tokens: 5}, {Tokens: 9}, {Tokens: 5}}, []float64{0, 0.49, 0.5}, []int{0, 0, 2},
		},
		"latency: not seen yet comes first": {
			LatencyBased, []Candidate{{Latency: 0.01}, {}, {Latency: 0.02}}, []float64{0, 0.999}, []int{1, 1},
		},
		"latency: as good within the buffer": {
			LatencyBased, []Candidate{{Latency: 0.010}, {Latency: 0.015}, {Latency: 0.016}}, []float64{0, 0.49, 0.5, 0.999}, []int{0, 0, 1, 1},
		},
		"cost: both ways together": {
			CostBased, []Candidate{{Price: usd(1, 5)}, {Price: usd(3, 2)}}, []float64{0, 0.999}, []int{1, 1},
		},
		"cost: unknown comes last, free first": {
			CostBased, []Candidate{{}, {Price: usd(2, 3)}, {Price: usd(0, 0)}}, []float64{0, 0.999}, []int{2, 2},
		},
		"cost: known beats unknown": {
			CostBased, []Candidate{{}, {Price: usd(2, 3)}}, []float64{0, 0.999}, []int{1, 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := strategies()[test.strategy](StrategyArgs{LatencyBuffer: args})
			var got []int
			for _, x := range test.random {
				got = append(got, s.Pick(test.of, func() float64 { return x }))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("picked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStrategiesAreNamed(t *testing.T) {
	t.Parallel()
	want := []string{CostBased, LatencyBased, LeastBusy, SimpleShuffle, UsageBased, UsageBasedV2}
	if diff := cmp.Diff(want, Strategies()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCandidates holds what strategies are told, on a clock that is set by hand.
func TestCandidates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	n := &node{Deployment: Deployment{ID: "a", Quota: llm.Quota{RPM: 5, TPM: 6}}, vitals: &vitals{}}
	n.begin()
	n.succeeded(success{tokens: 100, output: 50, took: time.Second}, now, 2)
	n.succeeded(success{tokens: 10, output: 10, took: time.Second, first: 300 * time.Millisecond}, now, 2)
	look := func(at time.Time, stream bool) Candidate { return n.candidate(at, at.Add(-time.Hour), stream) }
	if diff := cmp.Diff(Candidate{ID: "a", RPM: 5, TPM: 6, InFlight: 1, Tokens: 110, Latency: 0.02}, look(now, false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := look(now, true).Latency; got != 0.3 {
		t.Errorf("latency of streams = %v, want the time to the first word", got)
	}
	for _, s := range []success{
		{output: 10, took: time.Second},
		{output: 10, took: 3 * time.Second}, // 0.1 and 0.3: the first of three is forgotten
	} {
		n.succeeded(s, now, 2)
	}
	if got := look(now, false).Latency; got != 0.2 {
		t.Errorf("latency = %v, want the mean of the last two", got)
	}
	if got := look(now.Add(53*time.Second), false).Tokens; got != 0 {
		t.Errorf("tokens = %d in the next clock minute", got)
	}
	if got := look(now.Add(time.Hour), false).Latency; got != 0 {
		t.Errorf("latency = %v after its time", got)
	}
}

// TestOrder holds that others are used only when none of the first can be.
func TestOrder(t *testing.T) {
	t.Parallel()
	orders := func(d *Deployment) { d.Order = map[string]int{"a": 2, "b": 1, "c": 1}[d.ID] }
	up, down := []llmtest.Step{yes()}, []llmtest.Step{fail(llm.Overloaded)}
	for name, test := range map[string]struct {
		scene
		want outcome
	}{
		"the lowest": {
			scene{does: []does{{"a", up}, {"b", up}}, change: orders},
			outcome{Route: "b answered", Attempts: 1, Calls: map[string]int{"b": 1}},
		},
		"one of the lowest": {
			scene{does: []does{{"a", up}, {"b", up}, {"c", up}}, change: orders},
			outcome{Route: "b answered, picked by simple-shuffle", Attempts: 1, Calls: map[string]int{"b": 1}},
		},
		"the next when they fail": {
			scene{does: []does{{"a", up}, {"b", down}, {"c", down}}, change: orders},
			outcome{
				Route: "a answered after b was overloaded and c was overloaded", Attempts: 3,
				Calls: map[string]int{"a": 1, "b": 1, "c": 1},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.check(t, test.want)
		})
	}
}

// TestEveryStrategyServes runs each of them inside of a router.
func TestEveryStrategyServes(t *testing.T) {
	t.Parallel()
	for _, name := range Strategies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, scripts := scene{
				does: []does{{"a", []llmtest.Step{yes()}}, {"b", []llmtest.Step{yes()}}}, set: Settings{Strategy: name},
				change: func(d *Deployment) {
					if d.ID == "a" {
						d.Price = usd(5, 5)
					} else {
						d.Price = usd(1, 1)
					}
				},
			}.router(t)
			for range 10 {
				if _, err := r.Complete(t.Context(), ask(t, "g")); err != nil {
					t.Fatal(err)
				}
			}
			calls := []int{len(scripts["a"].Requests()), len(scripts["b"].Requests())}
			want := map[string][]int{CostBased: {0, 10}, UsageBased: {5, 5}, UsageBasedV2: {5, 5}}[name]
			if want != nil && !slices.Equal(calls, want) || calls[0]+calls[1] != 10 {
				t.Errorf("calls = %v, want %v", calls, want)
			}
		})
	}
}
