package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// flaky is a provider that fails at random and counts what it is asked.
type flaky struct {
	mu       sync.Mutex
	random   *rand.Rand
	fails    float64
	minutes  map[int64]int // calls by clock minute
	inFlight atomic.Int64
	most     atomic.Int64
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := f.inFlight.Add(1)
	defer f.inFlight.Add(-1)
	for most := f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); most = f.most.Load() {
	}
	f.mu.Lock()
	f.minutes[time.Now().Unix()/60]++
	fail := f.random.Float64() < f.fails
	f.mu.Unlock()
	_, _ = io.Copy(io.Discard, r.Body)
	if fail {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"id":"1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"fine"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}`)
}

// TestChaosTwoGatewaysShareLimits floods two processes on one NATS: no request is
// lost while a healthy deployment is there, and no limit is passed by both
// together.
func TestChaosTwoGatewaysShareLimits(t *testing.T) {
	t.Parallel()
	const rpm, parallel, calls = 40, 4, 120
	limited := &flaky{random: rand.New(rand.NewPCG(1, 2)), fails: 0.2, minutes: map[int64]int{}} //nolint:gosec // the same failures every time
	healthy := &flaky{random: rand.New(rand.NewPCG(3, 4)), minutes: map[int64]int{}}             //nolint:gosec // the same
	one, two := httptest.NewServer(limited), httptest.NewServer(healthy)
	t.Cleanup(one.Close)
	t.Cleanup(two.Close)
	nats := natsServer(t)
	file := fmt.Sprintf(`model_list:
  - {model_name: m, litellm_params: {model: openai/limited, api_base: %s/v1, api_key: k, rpm: %d, max_parallel_requests: %d, order: 1}}
  - {model_name: m, litellm_params: {model: openai/healthy, api_base: %s/v1, api_key: k, order: 2}}
router_settings: {num_retries: 3, disable_cooldowns: true}
general_settings: {master_key: sk-two-gateways-01}
`, one.URL, rpm, parallel, two.URL)
	var bases []string
	for range 2 {
		dir := t.TempDir()
		write(t, dir, "litellm_config.yaml", file)
		bases = append(bases, startProcess(t, dir, nats, "gateway", "--port", "0").address(t))
	}
	var group sync.WaitGroup
	var lost atomic.Int64
	for c := range 16 {
		group.Go(func() {
			for range calls / 16 {
				r, err := send(t.Context(), bases[c%2], "sk-two-gateways-01", "POST", chatPath, chatWith("m"))
				if err != nil || r.text() != "fine" {
					lost.Add(1)
					t.Errorf("lost: %v HTTP %d %.300s", err, r.status, r.body)
				}
			}
		})
	}
	group.Wait()
	for minute, n := range limited.minutes {
		if n > rpm {
			t.Errorf("%d calls in minute %d, the limit is %d", n, minute, rpm)
		}
	}
	if most := limited.most.Load(); most > parallel || most == 0 {
		t.Errorf("%d calls at the same time, the limit is %d", most, parallel)
	}
}
