package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

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

func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	m := NewMetrics(MetricsOptions{MaxValues: 5, MaxSeries: 20})
	for i := range 3000 {
		c := simpleCall()
		c.Labels = map[string]string{llm.LabelUser: fmt.Sprint("u", i), llm.LabelKey: fmt.Sprint("k", i%50), llm.LabelKeyHash: strconv.Itoa(i % 7), LabelOwner: strconv.Itoa(i % 11)}
		c.Group, c.Served.Model = fmt.Sprint("g", i%13), fmt.Sprint("m", i%17)
		m.Observe(t.Context(), c)
		c.Err = &llm.Error{Kind: llm.Timeout}
		m.Observe(t.Context(), c)
	}
	p := scrape(t, m)
	for name, family := range p {
		if n := len(family.GetMetric()); strings.HasPrefix(name, "litellm_") && n > 90 {
			t.Errorf("%s has %d series", name, n)
		}
	}
	var sum float64
	for _, one := range p["litellm_proxy_total_requests_metric_total"].GetMetric() {
		sum += one.GetCounter().GetValue()
	}
	if sum != 6000 {
		t.Errorf("%v calls of 6000 are counted", sum)
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
			for j := range 200 {
				c := sampleCall()
				c.Labels[llm.LabelUser] = fmt.Sprint(i, j%3)
				m.Start(t.Context(), c)
				m.Observe(t.Context(), c)
			}
		})
	}
	for range 10 { // while they count
		scrape(t, m)
	}
	wg.Wait()
	var sum float64
	p := scrape(t, m)
	for _, one := range p["litellm_requests_metric_total"].GetMetric() {
		sum += one.GetCounter().GetValue()
	}
	if sum != 1600 || value(p, "litellm_in_flight_requests") != 0 {
		t.Errorf("%v calls, %v in flight", sum, value(p, "litellm_in_flight_requests"))
	}
}

func BenchmarkMetricsObserve(b *testing.B) {
	for name, c := range map[string]llm.Call{"plain": simpleCall(), "fallback": sampleCall()} {
		b.Run(name, func(b *testing.B) {
			m := NewMetrics(MetricsOptions{})
			b.ReportAllocs()
			for b.Loop() {
				m.Start(b.Context(), c)
				m.Observe(b.Context(), c)
			}
		})
	}
}
