package router

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
)

// ward is a group of n deployments whose failures are told by hand.
type ward struct {
	health
	nodes []*node
	now   time.Time
}

func newWard(n int, s Settings) *ward {
	w := &ward{health: newHealth(s.orDefault()), now: time.Unix(1_700_000_040, 0)} // a clock minute begins
	together := &peers{}
	for range n {
		w.nodes = append(w.nodes, &node{vitals: &vitals{}, peers: together})
	}
	together.nodes = w.nodes
	return w
}

func (w *ward) fail(i int, k llm.Kind) time.Duration {
	return w.failed(w.nodes[i], &llm.Error{Kind: k, Status: statusOf(k)}, w.now, 0)
}

func (w *ward) succeed(i, times int) {
	for range times {
		w.nodes[i].succeeded(success{}, w.now, 10)
	}
}

// TestCooldowns holds the table of errors: who is left alone, and for how long.
func TestCooldowns(t *testing.T) {
	t.Parallel()
	const usual = 5 * time.Second
	for name, test := range map[string]struct {
		deployments int
		set         Settings
		before      int // calls that went well
		fails       []llm.Kind
		want        []time.Duration // after each failure
	}{
		"a rate limit, at once":        {2, Settings{}, 0, []llm.Kind{llm.RateLimited}, []time.Duration{usual}},
		"a bad key, at once":           {2, Settings{}, 9, []llm.Kind{llm.Unauthorised}, []time.Duration{usual}},
		"no such model, at once":       {2, Settings{}, 9, []llm.Kind{llm.NoSuchModel}, []time.Duration{usual}},
		"no funds, at once":            {2, Settings{}, 9, []llm.Kind{llm.NoFunds}, []time.Duration{usual}},
		"one that is alone, never":     {1, Settings{}, 0, []llm.Kind{llm.RateLimited, llm.Unauthorised}, []time.Duration{0, 0}},
		"what the request is to blame": {2, Settings{}, 0, []llm.Kind{llm.BadRequest, llm.ContextWindow, llm.ContentPolicy}, []time.Duration{0, 0, 0}},
		"five calls say something": {
			2,
			Settings{},
			0,
			[]llm.Kind{llm.Overloaded, llm.Timeout, llm.Unreachable, llm.BadResponse, llm.Overloaded},
			[]time.Duration{0, 0, 0, 0, usual},
		},
		"half of the calls is not more than half": {
			2,
			Settings{},
			3,
			[]llm.Kind{llm.Overloaded, llm.Overloaded, llm.Overloaded, llm.Overloaded},
			[]time.Duration{0, 0, 0, usual},
		},
		"allowed fails": {
			2, Settings{AllowedFails: new(1)}, 0, []llm.Kind{llm.RateLimited, llm.Overloaded}, []time.Duration{0, usual},
		},
		"allowed fails of one that is alone": {
			1, Settings{AllowedFails: new(1)}, 0, []llm.Kind{llm.RateLimited, llm.Overloaded}, []time.Duration{0, usual},
		},
		"allowed fails of one that is alone, none": {
			1, Settings{AllowedFails: new(0)}, 100, []llm.Kind{llm.Overloaded, llm.Overloaded}, []time.Duration{0, usual},
		},
		"LiteLLM's own number, written out": {
			1,
			Settings{AllowedFails: new(3)},
			100,
			[]llm.Kind{llm.Overloaded, llm.Overloaded, llm.Overloaded, llm.Overloaded, llm.Overloaded},
			[]time.Duration{0, 0, 0, 0, 0},
		},
		"LiteLLM's own number, and a rate limit": {
			2, Settings{AllowedFails: new(3)}, 0, []llm.Kind{llm.RateLimited}, []time.Duration{usual},
		},
		"a policy for one that is alone": {
			1,
			Settings{AllowedFailsPolicy: map[llm.Kind]int{llm.Timeout: 0}},
			0,
			[]llm.Kind{llm.Timeout, llm.Timeout},
			[]time.Duration{0, usual},
		},
		"a policy": {
			2,
			Settings{AllowedFailsPolicy: map[llm.Kind]int{llm.Timeout: 0, llm.BadRequest: 1}},
			0,
			[]llm.Kind{llm.BadRequest, llm.BadRequest},
			[]time.Duration{0, usual},
		},
		"a policy for others leaves three": {
			2,
			Settings{AllowedFailsPolicy: map[llm.Kind]int{llm.Timeout: 0}},
			0,
			[]llm.Kind{llm.Overloaded, llm.Overloaded, llm.Overloaded, llm.Overloaded},
			[]time.Duration{0, 0, 0, usual},
		},
		"the router's time": {2, Settings{Cooldown: time.Minute}, 0, []llm.Kind{llm.RateLimited}, []time.Duration{time.Minute}},
		"not at all":        {2, Settings{DisableCooldowns: true}, 0, []llm.Kind{llm.RateLimited}, []time.Duration{0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWard(test.deployments, test.set)
			w.succeed(0, test.before)
			var got []time.Duration
			for _, k := range test.fails {
				got = append(got, w.fail(0, k))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("left alone for (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForbiddenIsNoFaultOfTheKey(t *testing.T) {
	t.Parallel()
	w := newWard(2, Settings{})
	if d := w.failed(w.nodes[0], &llm.Error{Kind: llm.Unauthorised, Status: 403}, w.now, 0); d != 0 {
		t.Errorf("403 cooled it for %s", d)
	}
}

func TestCooldownLength(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		own   *time.Duration
		after time.Duration
		want  time.Duration
	}{
		"the deployment's own":    {new(7 * time.Second), 9 * time.Second, 7 * time.Second},
		"its own is none":         {new(time.Duration(0)), 9 * time.Second, 0},
		"what the provider asks":  {nil, 9 * time.Second, 9 * time.Second},
		"the provider asks a lot": {nil, time.Hour, maxCooldown},
		"the router's":            {nil, 0, 5 * time.Second},
	} {
		w := newWard(2, Settings{})
		w.nodes[0].Cooldown = test.own
		if got := w.failed(w.nodes[0], &llm.Error{Kind: llm.RateLimited, After: test.after}, w.now, 0); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestLastHealthy holds that a group keeps one deployment to ask, unless that
// has failed all of its calls, which are several.
func TestLastHealthy(t *testing.T) {
	t.Parallel()
	w := newWard(3, Settings{})
	if w.fail(0, llm.RateLimited) == 0 || w.fail(1, llm.RateLimited) == 0 {
		t.Fatal("the first two are not left alone")
	}
	for i := range shareCalls - 1 {
		if d := w.fail(2, llm.RateLimited); d != 0 {
			t.Fatalf("failure %d of the last one cooled it for %s", i+1, d)
		}
	}
	if w.fail(2, llm.RateLimited) == 0 {
		t.Error("the last one is asked for ever, although it never answers")
	}
}

func TestLoneDeployment(t *testing.T) {
	t.Parallel()
	w := newWard(1, Settings{})
	for i := range loneCalls - 1 {
		if d := w.fail(0, llm.Overloaded); d != 0 {
			t.Fatalf("failure %d cooled it", i+1)
		}
	}
	if w.fail(0, llm.Overloaded) == 0 {
		t.Error("a thousand failures in a minute, and no success, did not cool it")
	}
}

func TestSecondFailureExtends(t *testing.T) {
	t.Parallel()
	w := newWard(2, Settings{})
	w.fail(0, llm.RateLimited)
	w.now = w.now.Add(3 * time.Second)
	if d := w.fail(0, llm.Overloaded); d != 5*time.Second {
		t.Errorf("left alone for another %s, want 5s from now on", d)
	}
	if got := w.nodes[0].until(); !got.Equal(w.now.Add(5 * time.Second)) {
		t.Errorf("until %s", got)
	}
	long := &llm.Error{Kind: llm.RateLimited, After: time.Minute}
	w.failed(w.nodes[0], long, w.now, 0)
	if d := w.fail(0, llm.Overloaded); d != time.Minute {
		t.Errorf("a shorter one leaves %s, want the longer minute", d)
	}
}

// probe lets the one call pass that finds out.
func (w *ward) probe(t *testing.T, n *node) int64 {
	t.Helper()
	probe, ok := n.claim(w.now, false)
	if probe == 0 || !ok {
		t.Fatal("no probe may pass")
	}
	return probe
}

// TestHalfOpen holds that after a cool-down one call at a time finds out whether
// the deployment is back.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	w := newWard(2, Settings{})
	n := w.nodes[0]
	w.fail(0, llm.RateLimited)
	if s := n.state(w.now.Add(4 * time.Second)); s != cooling {
		t.Fatalf("state %d while it cools", s)
	}
	var lengths []time.Duration
	for range 8 {
		w.now = n.until()
		probe := w.probe(t, n)
		if second, ok := n.claim(w.now, false); second != 0 || ok {
			t.Fatal("a second probe passed")
		}
		lengths = append(lengths, w.failed(n, &llm.Error{Kind: llm.Overloaded}, w.now, probe))
	}
	s := time.Second
	if diff := cmp.Diff([]time.Duration{10 * s, 20 * s, 40 * s, 80 * s, 160 * s, 300 * s, 300 * s, 300 * s}, lengths); diff != "" {
		t.Errorf("each probe that fails doubles the time (-want +got):\n%s", diff)
	}
	w.now = n.until()
	probe := w.probe(t, n)
	w.succeed(0, 1)
	if s := n.state(w.now); s != probing {
		t.Error("a call that began before the cool-down ended it")
	}
	n.succeeded(success{probe: probe}, w.now, 10)
	if s := n.state(w.now); s != closed {
		t.Error("a probe that went well did not end it")
	}
}

func TestProbeThatIsRefusedShowsLife(t *testing.T) {
	t.Parallel()
	w := newWard(2, Settings{})
	n := w.nodes[0]
	w.fail(0, llm.RateLimited)
	w.now = n.until()
	if w.failed(n, &llm.Error{Kind: llm.BadRequest}, w.now, w.probe(t, n)); n.state(w.now) != closed {
		t.Error("an answer, if only a no, did not end it")
	}
}

// TestProbeThatEndsLate holds that a probe which ended a cool-down with its first
// word says nothing of the next one, however it ends itself.
func TestProbeThatEndsLate(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(w *ward, n *node, probe int64){
		"well":               func(w *ward, n *node, probe int64) { n.succeeded(success{probe: probe}, w.now, 10) },
		"with a refusal":     func(w *ward, n *node, probe int64) { w.failed(n, &llm.Error{Kind: llm.BadRequest}, w.now, probe) },
		"with a failure":     func(w *ward, n *node, probe int64) { w.failed(n, &llm.Error{Kind: llm.Overloaded}, w.now, probe) },
		"with its caller":    func(_ *ward, n *node, probe int64) { n.unclaim(probe) },
		"with one more word": func(_ *ward, n *node, probe int64) { n.alive(probe) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWard(2, Settings{})
			n := w.nodes[0]
			w.fail(0, llm.RateLimited)
			w.now = n.until()
			first := w.probe(t, n)
			n.alive(first)
			w.fail(0, llm.RateLimited)
			if s := n.state(w.now); s != cooling {
				t.Fatalf("state %d after the second failure", s)
			}
			ends(w, n, first)
			if s := n.state(w.now); s != cooling {
				t.Errorf("state %d: the first probe ended a cool-down that began after it", s)
			}
			w.now = n.until()
			w.probe(t, n)
			ends(w, n, first)
			if s := n.state(w.now); s != probing {
				t.Errorf("state %d: the first probe took the place of the second", s)
			}
		})
	}
}

// TestLastHealthyByCount holds that a count of failures too leaves the last
// healthy deployment of a group where it is for one error.
func TestLastHealthyByCount(t *testing.T) {
	t.Parallel()
	w := newWard(2, Settings{AllowedFails: new(0)})
	got := []time.Duration{w.fail(0, llm.Overloaded), w.fail(1, llm.Overloaded), w.fail(1, llm.Overloaded)}
	if diff := cmp.Diff([]time.Duration{5 * time.Second, 0, 5 * time.Second}, got); diff != "" {
		t.Errorf("left alone for (-want +got):\n%s", diff)
	}
}
