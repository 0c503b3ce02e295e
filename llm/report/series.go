package report

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// beyond stands for values of a label after as many as are told apart.
	beyond = "other"
	// maxLabel bounds a label's value, in bytes.
	maxLabel = 200
	// operatorShare is how many times more values labels may have that come from
	// the operator's file, or that a provider has answered to.
	operatorShare = 5
)

// seriesKey is everything that tells the series of two calls apart.
type seriesKey struct {
	who
	deployment

	requested string
}

// who asks.
type who struct{ endUser, hash, alias, user string }

// deployment is one model at one provider.
type deployment struct{ id, model, provider, base, group string }

// words are the values that a label has had, at most so many.
type words struct {
	known map[string]string
	most  int
}

// pick returns the value itself if it is known, or may be learned and there is
// room; else "other". An empty value is always itself.
func (w *words) pick(value string, learn bool) string {
	value = clean(value, maxLabel)
	kept, known := w.known[value]
	switch {
	case value == "" || value == beyond:
		return value
	case known:
		return kept
	case learn && len(w.known) < w.most:
		value = strings.Clone(value) // it may be a piece of a large body
		w.known[value] = value
		return value
	default:
		return beyond
	}
}

// learning says which labels of a key may take values never seen before.
type learning struct{ who, requested, model bool }

// cabinet keeps the series of calls, as many as are bounded. A call's series are
// looked up once and then only counted in, because a lookup in each metric would
// cost more than the rest of a report.
type cabinet struct {
	f    *families
	most int // sets of series

	mu     sync.RWMutex
	sets   map[seriesKey]*series
	limits map[string]*remaining // by deployment

	endUser, hash, alias, user, requested, model words
	id, provider, base, group                    words

	refusals map[refusalKey]bool
}

func newCabinet(f *families, values, sets int) *cabinet {
	asked := func() words { return words{known: map[string]string{}, most: values} }
	named := func() words { return words{known: map[string]string{}, most: values * operatorShare} }
	return &cabinet{
		f: f, most: sets, sets: map[seriesKey]*series{}, limits: map[string]*remaining{},
		endUser: asked(), hash: asked(), alias: asked(), user: asked(),
		requested: named(), model: named(), id: named(), provider: named(), base: named(), group: named(), refusals: map[refusalKey]bool{},
	}
}

// open returns the series that a call with this key counts in.
func (c *cabinet) open(k seriesKey, l learning) *series {
	c.mu.RLock()
	s := c.sets[k]
	c.mu.RUnlock()
	if s != nil {
		return s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k = c.fit(c.canonical(k, l))
	if s = c.sets[k]; s == nil {
		s = c.f.series(k)
		s.limits = c.limit(k.id)
		c.sets[k] = s
	}
	return s
}

func (c *cabinet) canonical(k seriesKey, l learning) seriesKey {
	return seriesKey{
		who: who{
			endUser: c.endUser.pick(k.endUser, l.who), hash: c.hash.pick(k.hash, l.who),
			alias: c.alias.pick(k.alias, l.who), user: c.user.pick(k.user, l.who),
		},
		deployment: deployment{
			id: c.id.pick(k.id, true), model: c.model.pick(k.model, l.model),
			provider: c.provider.pick(k.provider, true), base: c.base.pick(k.base, true),
			group: c.group.pick(k.group, true),
		},
		requested: c.requested.pick(k.requested, l.requested),
	}
}

// fit keeps the number of sets bounded when there are many combinations of known
// values: first it is no longer told apart which user asks, of whom there are the
// most, then which key, then nothing.
func (c *cabinet) fit(k seriesKey) seriesKey {
	if c.room(k, 1) {
		return k
	}
	k.endUser = beyond
	if c.room(k, 2) {
		return k
	}
	k.who = who{beyond, beyond, beyond, beyond}
	if c.room(k, 3) {
		return k
	}
	return seriesKey{who: k.who, deployment: deployment{beyond, beyond, beyond, beyond, beyond}, requested: beyond}
}

func (c *cabinet) room(k seriesKey, share int) bool {
	return c.sets[k] != nil || len(c.sets) < share*c.most
}

// seed learns the names that the operator's file gives, so that they are known
// before, and whatever, clients ask for.
func (c *cabinet) seed(d DeploymentState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id.pick(d.ID, true)
	c.group.pick(d.Group, true)
	if !pattern(d.Group) {
		c.requested.pick(d.Group, true)
		c.model.pick(d.Model, true)
	}
}

func (c *cabinet) limit(id string) *remaining {
	r := c.limits[id]
	if r == nil {
		r = &remaining{}
		r.requests.Store(unknown)
		r.tokens.Store(unknown)
		c.limits[id] = r
	}
	return r
}

// remaining is what a provider last said that a deployment may still use in the
// current window.
type remaining struct{ requests, tokens atomic.Int64 }

const unknown = -1

// refusalKey tells refusals apart.
type refusalKey struct {
	who

	requested, status, class string
}

// refuse returns the key that a refusal counts under. It learns nothing: whoever
// has no key must not fill the labels.
func (c *cabinet) refuse(k refusalKey) refusalKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	k.endUser, k.hash = c.endUser.pick(k.endUser, false), c.hash.pick(k.hash, false)
	k.alias, k.user = c.alias.pick(k.alias, false), c.user.pick(k.user, false)
	k.requested = c.requested.pick(k.requested, false)
	if !c.refusals[k] && len(c.refusals) >= c.most {
		k.who, k.requested = who{beyond, beyond, beyond, beyond}, beyond
	}
	c.refusals[k] = true
	return k
}

// series are one key's series in all families.
type series struct {
	seriesKey

	answered, requests, spend, unpriced   prometheus.Counter
	total, input, output, cached, thought prometheus.Counter
	tried, succeeded                      prometheus.Counter
	latency, api, first                   prometheus.Observer
	overhead, perToken                    prometheus.Observer
	limits                                *remaining
}

// series makes the series of a key. They are 0 until something is counted, and
// shown as 0.
func (f *families) series(k seriesKey) *series {
	model, tokens, request, try := k.byModel(), k.byTokens(), k.byRequest(), k.byTry()
	return &series{
		seriesKey: k,
		answered:  f.proxyTotal.WithLabelValues(append(request, "200")...),
		requests:  f.requests.WithLabelValues(model...), spend: f.spend.WithLabelValues(model...),
		unpriced: f.unpriced.WithLabelValues(k.model, k.provider),
		total:    f.total.WithLabelValues(tokens...), input: f.input.WithLabelValues(tokens...),
		output: f.output.WithLabelValues(tokens...), cached: f.cached.WithLabelValues(tokens...),
		thought: f.thought.WithLabelValues(tokens...),
		tried:   f.tried.WithLabelValues(try...), succeeded: f.succeeded.WithLabelValues(try...),
		latency: f.latency.WithLabelValues(tokens...), api: f.api.WithLabelValues(tokens...),
		first:    f.first.WithLabelValues(tokens...),
		overhead: f.overhead.WithLabelValues(k.group, k.provider, k.base, k.model, k.id, k.hash, k.alias),
		perToken: f.perToken.WithLabelValues(append(k.byDeployment(), k.hash, k.alias, "", "")...),
	}
}

// The by functions give values in the order of the labels constants.

func (w who) values() []string { return []string{w.endUser, w.hash, w.alias, "", "", w.user} }

func (k seriesKey) byModel() []string   { return append(k.values(), k.model) }
func (k seriesKey) byRequest() []string { return append(k.values(), k.requested) }
func (k seriesKey) byTokens() []string  { return append(k.values(), k.requested, k.model) }

func (d deployment) byDeployment() []string { return []string{d.model, d.id, d.base, d.provider} }

func (k seriesKey) byTry() []string {
	return []string{k.requested, k.model, k.id, k.base, k.provider, k.hash, k.alias, "", ""}
}
