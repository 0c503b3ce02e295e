package report

import (
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tribunebot/tribune/llm"
)

func TestRefused(t *testing.T) {
	t.Parallel()
	m := NewMetrics(MetricsOptions{})
	m.Observe(t.Context(), simpleCall())
	m.Refused(t.Context(), Refusal{Model: "cheap", Status: 429, Class: "BudgetExceededError", KeyHash: "abc123", KeyAlias: "alice", User: "U1"})
	for i := range 1000 { // somebody without a key
		m.Refused(t.Context(), Refusal{Model: fmt.Sprint("m", i), Status: 401, Class: "AuthenticationError", KeyHash: strconv.Itoa(i)})
	}
	p := scrape(t, m)
	const name = "litellm_proxy_failed_requests_metric_total"
	if got := value(p, name, "api_key_alias", "alice", "requested_model", "cheap", "exception_class", "BudgetExceededError"); got != 1 {
		t.Errorf("the key's refusal: %v", got)
	}
	if got := value(p, name, "hashed_api_key", "other", "requested_model", "other", "exception_status", "401"); got != 1000 {
		t.Errorf("the others: %v", got)
	}
	if n := len(p[name].GetMetric()); n != 2 {
		t.Errorf("%d series", n)
	}
	if got := value(p, "litellm_proxy_total_requests_metric_total", "status_code", "401"); got != 1000 {
		t.Errorf("refusals are requests too: %v", got)
	}
}

// Users go first when there is no more room, then keys, and models last.
func TestWhatIsToldApartLongest(t *testing.T) {
	t.Parallel()
	m := NewMetrics(MetricsOptions{MaxSeries: 10})
	for model := range 4 {
		for key := range 4 {
			for user := range 4 {
				c := simpleCall()
				c.Served.Model = "m" + strconv.Itoa(model)
				c.Labels = map[string]string{llm.LabelUser: strconv.Itoa(user), llm.LabelKeyHash: "k" + strconv.Itoa(key)}
				m.Observe(t.Context(), c)
			}
		}
	}
	p := scrape(t, m)
	const name = "litellm_requests_metric_total"
	for _, test := range []struct {
		want   float64
		labels []string
	}{
		{1, []string{"end_user", "0", "hashed_api_key", "k0", "model", "m0"}},
		{4, []string{"end_user", "other", "hashed_api_key", "k0", "model", "m1"}},
		{4, []string{"end_user", "other", "hashed_api_key", "k3", "model", "m2"}},
		{16, []string{"end_user", "other", "hashed_api_key", "other", "model", "m3"}},
	} {
		if got := value(p, name, test.labels...); got != test.want {
			t.Errorf("%v is %v, not %v", test.labels, got, test.want)
		}
	}
}

// What the operator has configured is known by name, even if it never answered.
func TestConfiguredNamesAreKnown(t *testing.T) {
	t.Parallel()
	m := fullMetrics()
	scrape(t, m)
	c := failedCall(&llm.Error{Kind: llm.NoDeployment})
	c.Tries = nil
	m.Observe(t.Context(), c)
	c.Group = "whatever"
	m.Observe(t.Context(), c)
	p := scrape(t, m)
	for _, group := range []string{"smart", "other"} {
		if got := value(p, "litellm_proxy_failed_requests_metric_total", "requested_model", group, "exception_class", "RouterRateLimitError"); got != 1 {
			t.Errorf("%s: %v", group, got)
		}
	}
}

func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	m := NewMetrics(MetricsOptions{MaxValues: 5, MaxSeries: 20})
	for i := range 1000 {
		c := simpleCall()
		c.Labels = map[string]string{llm.LabelUser: fmt.Sprint("u", i), llm.LabelKey: fmt.Sprint("k", i%50), llm.LabelKeyHash: strconv.Itoa(i % 7), LabelOwner: strconv.Itoa(i % 11)}
		c.Group, c.Served.Model = fmt.Sprint("g", i%13), fmt.Sprint("m", i%17)
		m.Observe(t.Context(), c)
		c.Err = &llm.Error{Kind: llm.Timeout}
		m.Observe(t.Context(), c)
	}
	p := scrape(t, m)
	for name, family := range p {
		if n := len(family.GetMetric()); strings.HasPrefix(name, "litellm_") && n > 130 {
			t.Errorf("%s has %d series", name, n)
		}
	}
	var sum float64
	for _, one := range p["litellm_proxy_total_requests_metric_total"].GetMetric() {
		sum += one.GetCounter().GetValue()
	}
	if sum != 2000 {
		t.Errorf("%v calls of 2000 are counted", sum)
	}
	if math.IsNaN(value(p, "litellm_requests_metric_total", "end_user", "other")) {
		t.Error("who does not fit is not among the others")
	}
}

// A client may ask a pattern's group for any name it likes; only those that a
// provider knows become labels.
func TestNamesThatFailAreNotLearned(t *testing.T) {
	t.Parallel()
	m := NewMetrics(MetricsOptions{})
	for i := range 300 {
		c := failedCall(&llm.Error{Kind: llm.NoSuchModel, Status: 404, Provider: "openai"})
		c.Group = fmt.Sprint("openai/x", i)
		c.Tries[0].Group, c.Tries[0].Model, c.Tries[0].Err = "openai/*", fmt.Sprint("x", i), c.Err
		m.Observe(t.Context(), c)
	}
	p := scrape(t, m)
	if got := value(p, "litellm_deployment_failure_responses_total", "model_id", "smart-1", "litellm_model_name", "other", "requested_model", "other"); got != 300 {
		t.Errorf("%v", got)
	}
}

func TestLabelsAreSafe(t *testing.T) {
	t.Parallel()
	m := NewMetrics(MetricsOptions{})
	c := simpleCall()
	c.Labels[llm.LabelUser] = "a\xff\n\"}" + strings.Repeat("长", 1000)
	m.Observe(t.Context(), c)
	m.Observe(t.Context(), c)
	for _, one := range scrape(t, m)["litellm_requests_metric_total"].GetMetric() {
		user := label(one, "end_user")
		if len(user) > maxLabel+2 || !strings.HasPrefix(user, "a\uFFFD \"}长") || one.GetCounter().GetValue() != 2 {
			t.Errorf("%q %v", user, one.GetCounter().GetValue())
		}
	}
}

func TestMetricsFromManyGoroutines(t *testing.T) {
	t.Parallel()
	m := fullMetrics()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				c := sampleCall()
				c.Labels[llm.LabelUser] = fmt.Sprint(i, j%3)
				m.Start(t.Context(), c)
				m.Observe(t.Context(), c)
			}
		})
	}
	for range 3 { // while they count
		scrape(t, m)
	}
	wg.Wait()
	var sum float64
	p := scrape(t, m)
	for _, one := range p["litellm_requests_metric_total"].GetMetric() {
		sum += one.GetCounter().GetValue()
	}
	if sum != 400 || value(p, "litellm_in_flight_requests") != 0 {
		t.Errorf("%v calls, %v in flight", sum, value(p, "litellm_in_flight_requests"))
	}
}

// What other parts of the process count is on the same page, and so are the
// runtime's metrics.
func TestMetricsOfOtherParts(t *testing.T) {
	t.Parallel()
	m := NewMetrics(MetricsOptions{Log: slog.New(slog.DiscardHandler)})
	questions := prometheus.NewCounter(prometheus.CounterOpts{Name: "tribune_questions_total", Help: "Questions."})
	if err := m.Registerer().Register(questions); err != nil {
		t.Fatal(err)
	}
	questions.Inc()
	p := scrape(t, m)
	if got := value(p, "tribune_questions_total"); got != 1 {
		t.Errorf("%v questions", got)
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if got := value(p, name); !(got > 0) {
			t.Errorf("%s is %v", name, got)
		}
	}
}

// Any number of users costs no more memory than the few that are told apart.
func TestManyUsersCostNoMemory(t *testing.T) {
	t.Parallel()
	m := NewMetrics(MetricsOptions{MaxValues: 50, MaxSeries: 100})
	c := simpleCall()
	labels := map[string]string{}
	c.Labels = labels
	for i := range 5_000 {
		labels[llm.LabelUser] = "user-" + strconv.Itoa(i)
		m.Observe(t.Context(), c)
	}
	if n := len(m.cabinet.sets); n != 51 {
		t.Errorf("%d sets of series", n)
	}
	if n := len(m.cabinet.endUser.known); n != 50 {
		t.Errorf("%d users", n)
	}
}

func BenchmarkMetricsObserve(b *testing.B) {
	stranger := simpleCall()
	stranger.Labels = map[string]string{llm.LabelUser: "one too many", llm.LabelKeyHash: "x", llm.LabelKey: "y"}
	well := simpleCall()
	well.Labels = map[string]string{llm.LabelUser: "second", llm.LabelKeyHash: "x2", llm.LabelKey: "y2"}
	for name, c := range map[string]llm.Call{"plain": simpleCall(), "fallback": sampleCall(), "stranger": stranger} {
		b.Run(name, func(b *testing.B) {
			m := NewMetrics(MetricsOptions{MaxValues: 2})
			m.Observe(b.Context(), sampleCall())
			m.Observe(b.Context(), well)
			b.ReportAllocs()
			for b.Loop() {
				m.Start(b.Context(), c)
				m.Observe(b.Context(), c)
			}
		})
	}
	b.Run("parallel", func(b *testing.B) {
		m, c := NewMetrics(MetricsOptions{}), simpleCall()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				m.Observe(b.Context(), c)
			}
		})
	})
}
