package report

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// LiteLLM's labels, as lists of words (docs/proxy/prometheus.md and
// types/integrations/prometheus.py there). Teams are in them because dashboards
// ask for them; Tribune has none, so that their values are empty.
const (
	labelsWho        = "end_user hashed_api_key api_key_alias team team_alias user"
	labelsKey        = "hashed_api_key api_key_alias team team_alias"
	labelsRequest    = labelsWho + " requested_model"
	labelsModel      = labelsWho + " model"
	labelsTokens     = labelsWho + " requested_model model"
	labelsDeployment = "litellm_model_name model_id api_base api_provider"
	labelsTry        = "requested_model " + labelsDeployment + " " + labelsKey
	labelsException  = "exception_status exception_class"
	labelsFallback   = "requested_model fallback_model " + labelsKey + " " + labelsException
	labelsLimit      = "model_group api_provider api_base litellm_model_name model_id hashed_api_key api_key_alias"
	labelsBudget     = "hashed_api_key api_key_alias"
)

// latencyBuckets are LiteLLM's, in seconds.
func latencyBuckets() []float64 {
	b := []float64{0.005, 0.00625, 0.0125, 0.025, 0.05, 0.1}
	for s := 0.5; s <= 10; s += 0.5 {
		b = append(b, s)
	}
	return append(b, 15, 20, 25, 30, 60, 120, 180, 240, 300)
}

// families are the metrics that calls are counted in.
type families struct {
	proxyTotal, proxyFailed               *prometheus.CounterVec
	requests, spend, unpriced             *prometheus.CounterVec
	total, input, output, cached, thought *prometheus.CounterVec
	latency, api, first, overhead         *prometheus.HistogramVec
	perToken                              *prometheus.HistogramVec
	tried, succeeded, failed, cooled      *prometheus.CounterVec
	fallbackSucceeded, fallbackFailed     *prometheus.CounterVec
}

func newFamilies(r prometheus.Registerer) *families {
	f := &families{}
	f.requestFamilies(r)
	f.deploymentFamilies(r)
	return f
}

func (f *families) requestFamilies(r prometheus.Registerer) {
	f.proxyTotal = counter(r, "litellm_proxy_total_requests_metric_total",
		"Requests, also those that were refused, by the status they ended with.", labelsRequest+" status_code")
	f.proxyFailed = counter(r, "litellm_proxy_failed_requests_metric_total",
		"Requests that got no answer.", labelsRequest+" "+labelsException)
	f.requests = counter(r, "litellm_requests_metric_total", "Calls that a model answered.", labelsModel)
	f.spend = counter(r, "litellm_spend_metric_total",
		"Dollars spent, as far as prices are known.", labelsModel)
	f.unpriced = counter(r, "tribune_llm_unpriced_calls_total",
		"Calls that a model answered and whose cost is unknown.", "model api_provider")
	f.total = counter(r, "litellm_total_tokens_metric_total", "Tokens of prompts and completions.", labelsTokens)
	f.input = counter(r, "litellm_input_tokens_metric_total", "Tokens of prompts.", labelsTokens)
	f.output = counter(r, "litellm_output_tokens_metric_total", "Tokens of completions.", labelsTokens)
	f.cached = counter(r, "litellm_input_cached_tokens_metric_total",
		"Tokens of prompts that the provider had cached.", labelsTokens)
	f.thought = counter(r, "litellm_output_reasoning_tokens_metric_total",
		"Tokens of completions that were thought and not shown.", labelsTokens)
	f.latency = histogram(r, "litellm_request_total_latency_metric",
		"Seconds from a request to the end of its answer.", labelsTokens)
	f.api = histogram(r, "litellm_llm_api_latency_metric",
		"Seconds that the deployment which answered took.", labelsTokens)
	f.first = histogram(r, "litellm_llm_api_time_to_first_token_metric",
		"Seconds until a stream's first content came from the deployment.", labelsTokens)
}

func (f *families) deploymentFamilies(r prometheus.Registerer) {
	f.overhead = histogram(r, "litellm_overhead_latency_metric",
		"Seconds of a request in which no deployment was at work, waits for limits among them.", labelsLimit)
	f.perToken = histogram(r, "litellm_deployment_latency_per_output_token",
		"Seconds for each token of a completion.", labelsDeployment+" "+labelsKey)
	f.tried = counter(r, "litellm_deployment_total_requests_total", "Calls of a deployment.", labelsTry)
	f.succeeded = counter(r, "litellm_deployment_success_responses_total",
		"Calls of a deployment that it answered.", labelsTry)
	f.failed = counter(r, "litellm_deployment_failure_responses_total",
		"Calls of a deployment that failed, except where the caller left.", labelsTry+" "+labelsException)
	f.cooled = counter(r, "litellm_deployment_cooled_down_total",
		"Times that a deployment was left alone for a while after a failure.", labelsDeployment+" exception_status")
	f.fallbackSucceeded = counter(r, "litellm_deployment_successful_fallbacks_total",
		"Fallbacks from one group to another that answered.", labelsFallback)
	f.fallbackFailed = counter(r, "litellm_deployment_failed_fallbacks_total",
		"Fallbacks from one group to another that failed too.", labelsFallback)
}

func counter(r prometheus.Registerer, name, help, labels string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, strings.Fields(labels))
	r.MustRegister(v)
	return v
}

func histogram(r prometheus.Registerer, name, help, labels string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Name: name, Help: help, Buckets: latencyBuckets()}, strings.Fields(labels))
	r.MustRegister(v)
	return v
}
