package report

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tribunebot/tribune/llm"
)

// MetricsOptions make Metrics. The functions are called at each look at
// /metrics, possibly by several at once; nil ones have nothing to tell.
type MetricsOptions struct {
	Deployments func() []DeploymentState
	Keys        func() []KeyState
	Queues      func() []QueueState

	// MaxValues is how many users and how many keys are told apart, and a fifth of
	// how many models and deployments: others are "other". Default 200.
	MaxValues int
	// MaxSeries is how many combinations of user, key, model and deployment are
	// told apart; as many again without the user, and as many again without the
	// key. Each takes some 20 kB of memory and of the page. Default 300.
	MaxSeries int

	Log *slog.Logger
}

// Metrics count calls for Prometheus. Make them with NewMetrics. They are an
// llm.Observer and an llm.Starter; both are needed.
type Metrics struct {
	registry *prometheus.Registry
	handler  http.Handler
	f        *families
	cabinet  *cabinet
	running  atomic.Int64
}

// NewMetrics makes metrics with a registry of their own, in which those of the Go
// runtime and of the process are too.
func NewMetrics(o MetricsOptions) *Metrics {
	r := prometheus.NewRegistry()
	f := newFamilies(r)
	m := &Metrics{
		registry: r, f: f,
		cabinet: newCabinet(f, positive(o.MaxValues, 200), positive(o.MaxSeries, 300)),
	}
	r.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "litellm_in_flight_requests", Help: "Requests that have not ended.",
		}, func() float64 { return float64(m.running.Load()) }),
		newStates(o, m.cabinet),
	)
	m.handler = promhttp.HandlerFor(r, handlerOptions(o.Log))
	return m
}

// handlerOptions let a family that can't be read fail alone.
func handlerOptions(log *slog.Logger) promhttp.HandlerOpts {
	o := promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4}
	if log != nil {
		o.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	}
	return o
}

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler { return m.handler }

// Registerer takes metrics of other parts of the process.
func (m *Metrics) Registerer() prometheus.Registerer { return m.registry }

// Start counts a request as in flight.
func (m *Metrics) Start(context.Context, llm.Call) { m.running.Add(1) }

// Observe counts a call that has ended.
func (m *Metrics) Observe(_ context.Context, c llm.Call) {
	m.end()
	s := m.cabinet.open(keyOf(&c), learns(&c))
	spent(s, &c)
	if c.Err == nil {
		answered(s, &c)
	} else {
		m.refusedBy(s, c.Err)
	}
	m.tries(s, &c)
	m.fallbacks(s, &c)
}

// end takes a request off those in flight. It never goes below 0, whatever was
// or was not started.
func (m *Metrics) end() {
	for n := m.running.Load(); n > 0; n = m.running.Load() {
		if m.running.CompareAndSwap(n, n-1) {
			return
		}
	}
}

// Refusal is a request that never became a call: no key, a wrong one, nothing
// that could be read, no such model.
type Refusal struct {
	Model    string // as it was asked for
	Status   int    // that the client got
	Class    string // LiteLLM's exception, "AuthenticationError"
	KeyHash  string
	KeyAlias string
	User     string // who asks: end_user
}

// Refused counts a request that never became a call. Values that no answered
// call has had are counted as "other", so that a client without a key cannot
// make up series.
func (m *Metrics) Refused(_ context.Context, r Refusal) {
	k := m.cabinet.refuse(refusalKey{
		who:       who{endUser: r.User, hash: r.KeyHash, alias: r.KeyAlias},
		requested: r.Model, status: strconv.Itoa(r.Status), class: clean(r.Class, 64),
	})
	request := append(k.values(), k.requested)
	m.f.proxyTotal.WithLabelValues(append(request, k.status)...).Inc()
	m.f.proxyFailed.WithLabelValues(append(request, k.status, k.class)...).Inc()
}

func keyOf(c *llm.Call) seriesKey {
	k := seriesKey{requested: requestModel(*c), who: who{
		endUser: c.Labels[llm.LabelUser], hash: c.Labels[llm.LabelKeyHash],
		alias: c.Labels[llm.LabelKey], user: c.Labels[LabelOwner],
	}}
	served := c.Served
	k.deployment = deployment{served.Deployment, served.Model, served.Provider, served.APIBase, served.Group}
	if n := len(c.Tries); served.Deployment == "" && n > 0 {
		k.deployment = deploymentOf(&c.Tries[n-1])
	}
	return k
}

func deploymentOf(t *llm.Try) deployment {
	return deployment{t.Deployment, t.Model, t.Provider, t.APIBase, t.Group}
}

// learns says whether a call's values are worth remembering. A name of a model
// that nobody has configured and no provider has answered to is not: clients can
// make up as many as they like.
func learns(c *llm.Call) learning {
	if c.Err == nil {
		return learning{who: true, requested: true, model: true}
	}
	var l learning
	for i := range c.Tries {
		l.who = true
		l.requested = l.requested || c.Tries[i].Group == c.Group
		l.model = l.model || !pattern(c.Tries[i].Group)
	}
	return l
}

func pattern(group string) bool {
	for i := range len(group) {
		if group[i] == '*' {
			return true
		}
	}
	return false
}

// spent counts tokens and money, of failed calls too: a cut stream is paid for.
func spent(s *series, c *llm.Call) {
	if u := c.Served.Usage; u != nil {
		add(s.input, u.Prompt)
		add(s.output, u.Completion)
		add(s.total, u.Prompt+u.Completion)
		add(s.cached, u.Cached)
		add(s.thought, u.Reasoning)
	}
	switch cost := c.Served.CostUSD; {
	case cost != nil && *cost > 0:
		s.spend.Add(*cost)
	case cost == nil && (c.Err == nil || c.Served.Usage != nil):
		s.unpriced.Inc()
	}
}

// add counts what a provider said; a counter must not go down.
func add(to prometheus.Counter, n int) {
	if n > 0 {
		to.Add(float64(n))
	}
}

func answered(s *series, c *llm.Call) {
	s.answered.Inc()
	s.requests.Inc()
	total := c.Ended.Sub(c.Began)
	last := llm.Try{Began: c.Began, Ended: c.Ended}
	var busy time.Duration
	for i := range c.Tries {
		last = c.Tries[i]
		busy += max(last.Ended.Sub(last.Began), 0)
	}
	took := last.Ended.Sub(last.Began)
	observe(s.latency, total)
	observe(s.api, took)
	if len(c.Tries) > 0 {
		observe(s.overhead, total-busy)
	}
	if c.Stream && !c.First.IsZero() {
		observe(s.first, c.First.Sub(last.Began))
	}
	if u := c.Served.Usage; u != nil && u.Completion > 0 {
		s.perToken.Observe(max(took.Seconds(), 0) / float64(u.Completion))
	}
	s.limits.read(c.Served.Header)
}

func observe(to prometheus.Observer, d time.Duration) { to.Observe(max(d, 0).Seconds()) }

// read keeps what a provider's answer says is left of a limit.
func (r *remaining) read(h http.Header) {
	if len(h) == 0 {
		return
	}
	number := func(to *atomic.Int64, name string) {
		if v := h[name]; len(v) > 0 {
			if n, err := strconv.ParseInt(v[0], 10, 64); err == nil && n >= 0 {
				to.Store(n)
			}
		}
	}
	number(&r.requests, "X-Ratelimit-Remaining-Requests")
	number(&r.tokens, "X-Ratelimit-Remaining-Tokens")
}

func (m *Metrics) refusedBy(s *series, e *llm.Error) {
	status := strconv.Itoa(exceptionStatus(e))
	m.f.proxyTotal.WithLabelValues(append(s.byRequest(), status)...).Inc()
	m.f.proxyFailed.WithLabelValues(append(s.byRequest(), status, exceptionClass(e))...).Inc()
}
