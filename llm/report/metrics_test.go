package report

import (
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/tribunebot/tribune/llm"
)

// scrape reads /metrics as Prometheus would.
func scrape(t *testing.T, m *Metrics) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("/metrics: %d %s", w.Code, w.Body)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatalf("/metrics can't be read: %v", err)
	}
	return families
}

// value is the value of the one series that has these labels, in the order
// name, value ... ; NaN where there is none.
func value(families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	for _, m := range families[name].GetMetric() {
		if !has(m, labels) {
			continue
		}
		switch {
		case m.GetCounter() != nil:
			return m.GetCounter().GetValue()
		case m.GetGauge() != nil:
			return m.GetGauge().GetValue()
		case m.GetHistogram() != nil:
			return m.GetHistogram().GetSampleSum()
		}
	}
	return math.NaN()
}

func has(m *dto.Metric, labels []string) bool {
	for i := 0; i < len(labels); i += 2 {
		if !slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool {
			return l.GetName() == labels[i] && l.GetValue() == labels[i+1]
		}) {
			return false
		}
	}
	return true
}

// The labels of each of LiteLLM's metrics, as its documentation has them. Not
// here, because Tribune has nothing to say in them: teams, Redis, self_latency.
func litellmMetrics() map[string]string {
	const (
		request = "end_user hashed_api_key api_key_alias requested_model team team_alias user"
		modeled = "end_user hashed_api_key api_key_alias model team team_alias user"
		tokens  = request + " model"
		deploy  = "litellm_model_name model_id api_base api_provider"
		key     = "hashed_api_key api_key_alias team team_alias"
		try     = "requested_model " + deploy + " " + key
		failed  = "exception_status exception_class"
		back    = "requested_model fallback_model " + key + " " + failed
		limits  = "model_group api_provider api_base litellm_model_name model_id hashed_api_key api_key_alias"
		budget  = "hashed_api_key api_key_alias"
	)
	return map[string]string{
		"litellm_proxy_total_requests_metric_total":     request + " status_code",
		"litellm_proxy_failed_requests_metric_total":    request + " " + failed,
		"litellm_requests_metric_total":                 modeled,
		"litellm_spend_metric_total":                    modeled,
		"litellm_total_tokens_metric_total":             tokens,
		"litellm_input_tokens_metric_total":             tokens,
		"litellm_output_tokens_metric_total":            tokens,
		"litellm_input_cached_tokens_metric_total":      tokens,
		"litellm_output_reasoning_tokens_metric_total":  tokens,
		"litellm_request_total_latency_metric":          tokens,
		"litellm_llm_api_latency_metric":                tokens,
		"litellm_llm_api_time_to_first_token_metric":    tokens,
		"litellm_overhead_latency_metric":               limits,
		"litellm_deployment_state":                      deploy,
		"litellm_deployment_rpm_limit":                  deploy,
		"litellm_deployment_tpm_limit":                  deploy,
		"litellm_deployment_success_responses_total":    try,
		"litellm_deployment_total_requests_total":       try,
		"litellm_deployment_failure_responses_total":    try + " " + failed,
		"litellm_deployment_cooled_down_total":          deploy + " exception_status",
		"litellm_deployment_latency_per_output_token":   deploy + " " + key,
		"litellm_deployment_successful_fallbacks_total": back,
		"litellm_deployment_failed_fallbacks_total":     back,
		"litellm_remaining_requests_metric":             limits,
		"litellm_remaining_tokens":                      limits,
		"litellm_remaining_tokens_metric":               limits,
		"litellm_in_flight_requests":                    "",
		"litellm_remaining_api_key_budget_metric":       budget,
		"litellm_api_key_max_budget_metric":             budget,
		"litellm_api_key_budget_remaining_hours_metric": budget,
		"litellm_remaining_api_key_requests_for_model":  budget + " model",
		"litellm_remaining_api_key_tokens_for_model":    budget + " model",
		"tribune_llm_unpriced_calls_total":              "model api_provider",
		"tribune_report_sent_total":                     "callback",
		"tribune_report_dropped_total":                  "callback",
		"tribune_report_failures_total":                 "callback",
		"tribune_report_waiting":                        "callback",
		"tribune_report_waiting_bytes":                  "callback",
	}
}

func fullMetrics() *Metrics {
	return NewMetrics(MetricsOptions{
		Deployments: func() []DeploymentState {
			return []DeploymentState{
				{ID: "cheap-1", Group: "cheap", Provider: "deepseek", Model: "deepseek-chat", State: Healthy, RPM: 60, TPM: 1000},
				{ID: "smart-1", Group: "smart", Provider: "openai", Model: "gpt-4", State: Down, RemainingRequests: new(int64(7)), RemainingTokens: new(int64(-3))},
				{ID: "smart-1", Group: "smart", Provider: "openai", Model: "gpt-4", State: Partial}, // twice: a mistake elsewhere
			}
		},
		Keys: func() []KeyState {
			return []KeyState{{
				Hash: "abc123", Alias: "alice", MaxUSD: new(2.5), RemainingUSD: new(0.0), ResetsIn: 90 * time.Minute,
				RemainingRequests: new(int64(0)), RemainingTokens: new(int64(12)),
			}}
		},
		Queues: func() []QueueState {
			return []QueueState{{Callback: "langfuse", Sent: 3, Dropped: 4, Failures: 5, Waiting: 6, Bytes: 7}}
		},
	})
}

func TestMetricNamesAndLabels(t *testing.T) {
	t.Parallel()
	m := fullMetrics()
	m.Start(t.Context(), sampleCall())
	m.Observe(t.Context(), sampleCall())
	down := failedCall(&llm.Error{Kind: llm.Overloaded, Status: 503, Provider: "openai"})
	down.Tries = sampleCall().Tries
	down.Tries[1].Err = down.Err
	m.Observe(t.Context(), down)
	got := map[string]string{}
	for name, family := range scrape(t, m) {
		if !strings.HasPrefix(name, "litellm_") && !strings.HasPrefix(name, "tribune_") {
			continue
		}
		for _, one := range family.GetMetric() {
			got[name] = sortedLabels(one)
		}
	}
	want := map[string]string{}
	for name, labels := range litellmMetrics() {
		words := strings.Fields(labels)
		slices.Sort(words)
		want[name] = strings.Join(words, " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names and labels (-LiteLLM +ours):\n%s", diff)
	}
}

func sortedLabels(m *dto.Metric) string {
	var names []string
	for _, l := range m.GetLabel() {
		names = append(names, l.GetName())
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestMetricsOfCalls(t *testing.T) {
	t.Parallel()
	m := fullMetrics()
	m.Start(t.Context(), sampleCall())
	m.Start(t.Context(), sampleCall())
	m.Observe(t.Context(), sampleCall())
	p := scrape(t, m)
	who := []string{"end_user", "U1", "hashed_api_key", "abc123", "api_key_alias", "alice", "team", "", "user", "owner-1"}
	tests := []struct {
		want   float64
		name   string
		labels []string
	}{
		{1, "litellm_in_flight_requests", nil},
		{1, "litellm_proxy_total_requests_metric_total", append(who, "status_code", "200", "requested_model", "smart")},
		{1, "litellm_requests_metric_total", append(who, "model", "deepseek-chat")},
		{0.25, "litellm_spend_metric_total", append(who, "model", "deepseek-chat")},
		{0, "tribune_llm_unpriced_calls_total", []string{"model", "deepseek-chat", "api_provider", "deepseek"}},
		{120, "litellm_total_tokens_metric_total", append(who, "model", "deepseek-chat", "requested_model", "smart")},
		{100, "litellm_input_tokens_metric_total", who},
		{20, "litellm_output_tokens_metric_total", who},
		{40, "litellm_input_cached_tokens_metric_total", who},
		{5, "litellm_output_reasoning_tokens_metric_total", who},
		{1, "litellm_request_total_latency_metric", append(who, "model", "deepseek-chat")},
		{0.6, "litellm_llm_api_latency_metric", append(who, "model", "deepseek-chat")},
		{0.2, "litellm_llm_api_time_to_first_token_metric", append(who, "model", "deepseek-chat")},
		{0.2, "litellm_overhead_latency_metric", []string{"model_id", "cheap-1", "model_group", "cheap"}},
		{0.03, "litellm_deployment_latency_per_output_token", []string{"model_id", "cheap-1"}},
		{1, "litellm_deployment_total_requests_total", []string{"model_id", "cheap-1", "requested_model", "smart"}},
		{1, "litellm_deployment_success_responses_total", []string{"model_id", "cheap-1"}},
		{1, "litellm_deployment_total_requests_total", []string{"model_id", "smart-1", "litellm_model_name", "gpt-4"}},
		{0, "litellm_deployment_success_responses_total", []string{"model_id", "smart-1"}},
		{1, "litellm_deployment_failure_responses_total", []string{"model_id", "smart-1", "exception_status", "429", "exception_class", "Openai.RateLimitError"}},
		{1, "litellm_deployment_cooled_down_total", []string{"model_id", "smart-1", "exception_status", "429"}},
		{1, "litellm_deployment_successful_fallbacks_total", []string{"requested_model", "smart", "fallback_model", "cheap", "exception_class", "Openai.RateLimitError"}},
		{0, "litellm_deployment_state", []string{"model_id", "cheap-1"}},
		{2, "litellm_deployment_state", []string{"model_id", "smart-1"}},
		{0, "litellm_remaining_requests_metric", []string{"model_id", "cheap-1", "model_group", "cheap"}}, // the provider's own word
		{9000, "litellm_remaining_tokens", []string{"model_id", "cheap-1"}},
		{7, "litellm_remaining_requests_metric", []string{"model_id", "smart-1"}},
		{0, "litellm_remaining_tokens", []string{"model_id", "smart-1"}},
		{0, "litellm_remaining_api_key_budget_metric", []string{"hashed_api_key", "abc123", "api_key_alias", "alice"}},
		{2.5, "litellm_api_key_max_budget_metric", []string{"hashed_api_key", "abc123"}},
		{1.5, "litellm_api_key_budget_remaining_hours_metric", []string{"hashed_api_key", "abc123"}},
		{0, "litellm_remaining_api_key_requests_for_model", []string{"hashed_api_key", "abc123"}},
		{4, "tribune_report_dropped_total", []string{"callback", "langfuse"}},
	}
	for _, test := range tests {
		if got := value(p, test.name, test.labels...); math.Abs(got-test.want) > 1e-9 || math.IsNaN(got) {
			t.Errorf("%s%v is %v, not %v", test.name, test.labels, got, test.want)
		}
	}
}

func TestMetricsOfFailures(t *testing.T) {
	t.Parallel()
	m := NewMetrics(MetricsOptions{})
	down := failedCall(&llm.Error{Kind: llm.Overloaded, Status: 503, Provider: "openai"})
	m.Observe(t.Context(), down)
	left := failedCall(&llm.Error{Kind: llm.Cancelled, Provider: "openai"})
	left.Tries[0].Err, left.Tries[0].Cooled = left.Err, 0
	left.Served.Usage = &llm.Usage{Prompt: 10, Completion: 1}
	m.Observe(t.Context(), left)
	free := simpleCall()
	free.Served.CostUSD = nil
	m.Observe(t.Context(), free)
	p := scrape(t, m)
	for _, test := range []struct {
		want   float64
		name   string
		labels []string
	}{
		{0, "litellm_in_flight_requests", nil}, // never below, though nothing was started
		{1, "litellm_proxy_total_requests_metric_total", []string{"status_code", "503", "requested_model", "smart", "end_user", "U1"}},
		{1, "litellm_proxy_failed_requests_metric_total", []string{"exception_status", "503", "exception_class", "Openai.ServiceUnavailableError"}},
		{1, "litellm_proxy_failed_requests_metric_total", []string{"exception_status", "499", "exception_class", "CancelledError"}},
		{1, "litellm_deployment_failure_responses_total", []string{"model_id", "smart-1", "exception_class", "Openai.RateLimitError"}},
		{2, "litellm_deployment_total_requests_total", []string{"model_id", "smart-1"}},
		{11, "litellm_total_tokens_metric_total", []string{"model", "gpt-4"}}, // a stream that was left is paid for
		{1, "tribune_llm_unpriced_calls_total", []string{"model", "gpt-4"}},
		{1, "tribune_llm_unpriced_calls_total", []string{"model", "deepseek-chat"}},
		{0, "litellm_spend_metric_total", []string{"model", "deepseek-chat"}},
	} {
		if got := value(p, test.name, test.labels...); got != test.want {
			t.Errorf("%s%v is %v, not %v", test.name, test.labels, got, test.want)
		}
	}
	if got := value(p, "litellm_deployment_failure_responses_total", "exception_class", "CancelledError"); !math.IsNaN(got) {
		t.Error("a caller that leaves is no failure of the deployment")
	}
}

func TestMetricsOfFallbacks(t *testing.T) {
	t.Parallel()
	try := func(group string, kind llm.Kind) llm.Try {
		r := llm.Try{Deployment: group + "-1", Group: group, Provider: "p", Model: group}
		if kind != "" {
			r.Err = &llm.Error{Kind: kind, Provider: "p"}
		}
		return r
	}
	const well, failed = "litellm_deployment_successful_fallbacks_total", "litellm_deployment_failed_fallbacks_total"
	for name, test := range map[string]struct {
		tries     []llm.Try
		fallbacks int
		want      map[string]string // metric and target to exception
	}{
		"none":               {tries: []llm.Try{try("a", "")}},
		"a retry is none":    {tries: []llm.Try{try("a", llm.Timeout), try("a", "")}},
		"through two groups": {tries: []llm.Try{try("a", llm.Timeout), try("b", llm.Overloaded), try("b", llm.RateLimited), try("c", "")}, want: map[string]string{failed + " b": "P.Timeout", well + " c": "P.RateLimitError"}},
		"nothing to try":     {tries: []llm.Try{try("b", "")}, fallbacks: 1, want: map[string]string{well + " b": "RouterRateLimitError"}},
		"an alias is none":   {tries: []llm.Try{try("b", llm.Timeout), try("c", "")}, fallbacks: 1, want: map[string]string{well + " c": "P.Timeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := NewMetrics(MetricsOptions{})
			c := llm.Call{Request: llm.Request{Group: "a"}, Tries: test.tries}
			last := test.tries[len(test.tries)-1]
			c.Served = llm.Served{Deployment: last.Deployment, Group: last.Group, Fallbacks: test.fallbacks}
			m.Observe(t.Context(), c)
			got := map[string]string(nil)
			for _, name := range []string{well, failed} {
				for _, one := range scrape(t, m)[name].GetMetric() {
					if got == nil {
						got = map[string]string{}
					}
					got[name+" "+label(one, "fallback_model")] = label(one, "exception_class")
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

func TestLatencyBuckets(t *testing.T) {
	t.Parallel()
	b := latencyBuckets()
	if len(b) != 35 || b[0] != 0.005 || b[6] != 0.5 || b[25] != 10 || b[34] != 300 || !slices.IsSorted(b) {
		t.Errorf("%v", b)
	}
}
