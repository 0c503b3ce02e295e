package report

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The states of a deployment, by LiteLLM's numbers.
const (
	Healthy = 0 // it answers
	Partial = 1 // some of its calls fail
	Down    = 2 // it does not answer, or is left alone
)

// maxStates bounds how many deployments or keys are shown.
const maxStates = 1000

// DeploymentState is how a deployment is now.
type DeploymentState struct {
	ID       string
	Group    string
	Provider string
	Model    string // as the provider names it
	APIBase  string // without secrets
	State    int    // Healthy, Partial or Down
	RPM, TPM int64  // limits; 0: none
	// What is left of a limit in this minute; nil: unknown. Where they are nil,
	// what the provider's last answer said is shown.
	RemainingRequests *int64
	RemainingTokens   *int64
}

// KeyState is what a virtual key may still use.
type KeyState struct {
	Hash  string // SHA-256 in hex
	Alias string
	// MaxUSD is the budget and RemainingUSD what is left of it; nil: it has none.
	MaxUSD       *float64
	RemainingUSD *float64
	ResetsIn     time.Duration // until the budget starts again; 0: never
	// What is left of its limits in this minute, for all models; nil: no limit.
	RemainingRequests *int64
	RemainingTokens   *int64
}

// states are gauges that are read when somebody looks. A 0 is shown as 0; what is
// not known is not shown.
type states struct {
	o       MetricsOptions
	cabinet *cabinet

	state, rpm, tpm, requests, tokens, tokensToo *prometheus.Desc
	budget, budgetLeft, budgetHours              *prometheus.Desc
	keyRequests, keyTokens                       *prometheus.Desc
	sent, dropped, failures, waiting, bytes      *prometheus.Desc
}

func newStates(o MetricsOptions, c *cabinet) *states {
	desc := func(name, help, labels string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, strings.Fields(labels), nil)
	}
	const keyModel = labelsBudget + " model"
	return &states{
		o: o, cabinet: c,
		state: desc("litellm_deployment_state",
			"A deployment's state: 0 healthy, 1 partly failing, 2 down or cooling.", labelsDeployment),
		rpm: desc("litellm_deployment_rpm_limit", "Requests a minute that a deployment may get.", labelsDeployment),
		tpm: desc("litellm_deployment_tpm_limit", "Tokens a minute that a deployment may use.", labelsDeployment),
		requests: desc("litellm_remaining_requests_metric",
			"Requests that a deployment may still get in this window.", labelsLimit),
		tokens: desc("litellm_remaining_tokens",
			"Tokens that a deployment may still use in this window.", labelsLimit),
		tokensToo: desc("litellm_remaining_tokens_metric",
			"The same as litellm_remaining_tokens, by its newer name.", labelsLimit),
		budget:     desc("litellm_api_key_max_budget_metric", "A key's budget in dollars.", labelsBudget),
		budgetLeft: desc("litellm_remaining_api_key_budget_metric", "Dollars left of a key's budget.", labelsBudget),
		budgetHours: desc("litellm_api_key_budget_remaining_hours_metric",
			"Hours until a key's budget starts again.", labelsBudget),
		keyRequests: desc("litellm_remaining_api_key_requests_for_model",
			"Requests that a key may still make in this minute; an empty model is all of them.", keyModel),
		keyTokens: desc("litellm_remaining_api_key_tokens_for_model",
			"Tokens that a key may still use in this minute; an empty model is all of them.", keyModel),
		sent:     desc("tribune_report_sent_total", "Reports of calls that a callback took.", "callback"),
		dropped:  desc("tribune_report_dropped_total", "Reports of calls that a callback never got.", "callback"),
		failures: desc("tribune_report_failures_total", "Sendings of reports that failed.", "callback"),
		waiting:  desc("tribune_report_waiting", "Reports of calls that wait for a callback.", "callback"),
		bytes:    desc("tribune_report_waiting_bytes", "Size of the reports that wait for a callback.", "callback"),
	}
}

// Describe implements prometheus.Collector.
func (s *states) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		s.state, s.rpm, s.tpm, s.requests, s.tokens, s.tokensToo,
		s.budget, s.budgetLeft, s.budgetHours, s.keyRequests, s.keyTokens,
		s.sent, s.dropped, s.failures, s.waiting, s.bytes,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *states) Collect(ch chan<- prometheus.Metric) {
	once(s.o.Deployments, func(d DeploymentState) string { return d.ID }, func(d DeploymentState) { s.deployment(ch, d) })
	once(s.o.Keys, func(k KeyState) string { return k.Hash + "/" + k.Alias }, func(k KeyState) { s.key(ch, k) })
	once(s.o.Queues, func(q QueueState) string { return q.Callback }, func(q QueueState) { s.queue(ch, q) })
}

// once shows each thing once, because two series with the same labels would
// spoil a whole page, and at most so many.
func once[T any](list func() []T, id func(T) string, show func(T)) {
	if list == nil {
		return
	}
	seen := map[string]bool{}
	for _, one := range list() {
		key := clean(id(one), 2*maxLabel)
		if seen[key] || len(seen) >= maxStates {
			continue
		}
		seen[key] = true
		show(one)
	}
}

func (s *states) deployment(ch chan<- prometheus.Metric, d DeploymentState) {
	s.cabinet.seed(d)
	id, model, base, provider := clean(d.ID, maxLabel), clean(d.Model, maxLabel), clean(d.APIBase, maxLabel), clean(d.Provider, maxLabel)
	gauge(ch, s.state, float64(d.State), model, id, base, provider)
	if d.RPM > 0 {
		gauge(ch, s.rpm, float64(d.RPM), model, id, base, provider)
	}
	if d.TPM > 0 {
		gauge(ch, s.tpm, float64(d.TPM), model, id, base, provider)
	}
	said := s.cabinet.said(id)
	limit := []string{clean(d.Group, maxLabel), provider, base, model, id, "", ""}
	left(ch, either(d.RemainingRequests, said.requests), limit, s.requests)
	left(ch, either(d.RemainingTokens, said.tokens), limit, s.tokens, s.tokensToo)
}

func (s *states) key(ch chan<- prometheus.Metric, k KeyState) {
	hash, alias := clean(k.Hash, maxLabel), clean(k.Alias, maxLabel)
	if k.MaxUSD != nil {
		gauge(ch, s.budget, *k.MaxUSD, hash, alias)
	}
	if k.RemainingUSD != nil {
		gauge(ch, s.budgetLeft, *k.RemainingUSD, hash, alias)
	}
	if k.ResetsIn > 0 {
		gauge(ch, s.budgetHours, k.ResetsIn.Hours(), hash, alias)
	}
	left(ch, k.RemainingRequests, []string{hash, alias, ""}, s.keyRequests)
	left(ch, k.RemainingTokens, []string{hash, alias, ""}, s.keyTokens)
}

func (s *states) queue(ch chan<- prometheus.Metric, q QueueState) {
	name := clean(q.Callback, maxLabel)
	total := func(d *prometheus.Desc, n uint64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), name)
	}
	total(s.sent, q.Sent)
	total(s.dropped, q.Dropped)
	total(s.failures, q.Failures)
	gauge(ch, s.waiting, float64(q.Waiting), name)
	gauge(ch, s.bytes, float64(q.Bytes), name)
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func left(ch chan<- prometheus.Metric, value *int64, labels []string, as ...*prometheus.Desc) {
	if value == nil {
		return
	}
	for _, d := range as {
		gauge(ch, d, float64(max(*value, 0)), labels...)
	}
}

func either(ours, theirs *int64) *int64 {
	if ours != nil {
		return ours
	}
	return theirs
}

// lastSaid is what a provider last said is left; nil: nothing.
type lastSaid struct{ requests, tokens *int64 }

func (c *cabinet) said(id string) lastSaid {
	c.mu.RLock()
	r := c.limits[id]
	c.mu.RUnlock()
	var s lastSaid
	if r == nil {
		return s
	}
	if n := r.requests.Load(); n != unknown {
		s.requests = &n
	}
	if n := r.tokens.Load(); n != unknown {
		s.tokens = &n
	}
	return s
}
