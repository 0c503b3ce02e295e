package router

import (
	"net/http"
	"slices"

	"github.com/tribunebot/tribune/llm"
)

// next is a group that is still to be tried.
type next struct {
	name  string
	depth int
	why   string
}

// queue puts a failed pool's fallbacks before those that are left from earlier
// pools: each of them is tried with its own fallbacks before the next.
func (u *run) queue(p *pool, err error) {
	if u.final(err) {
		return
	}
	u.visited = append(append(u.visited, p.name), p.whole...)
	if llm.KindOf(err) == llm.OverBudget {
		u.queueCheaper(p)
		return
	}
	list := u.fallbacksOf(p, llm.KindOf(err))
	for _, name := range list {
		if !slices.Contains(u.offered, name) {
			u.offered = append(u.offered, name)
		}
	}
	steps := make([]next, 0, len(list)+len(u.pending))
	for _, name := range list {
		steps = append(steps, next{name: name, depth: u.depth, why: name + " is the fallback of " + p.name})
	}
	u.pending = append(steps, u.pending...)
}

// follow finds the pool of a fallback; nil for one that is done with, or whose
// deployments are all disabled.
func (u *run) follow(to next) *pool {
	if slices.Contains(u.visited, to.name) {
		return nil
	}
	p, err := u.t.find(to.name)
	if err != nil {
		return nil
	}
	return p
}

// fallbacksOf lists the groups to try after a failure of this kind.
func (u *run) fallbacksOf(p *pool, kind llm.Kind) []string {
	asks := u.req.Asks
	switch {
	case asks != nil && asks.DisableFallbacks, u.depth > u.t.MaxFallbacks, kind == llm.OverBudget:
		return nil
	case asks != nil && asks.Fallbacks != nil:
		if u.depth > 1 {
			return nil // the request's own list is the whole of it
		}
		return u.untried(asks.Fallbacks)
	}
	return u.untried(u.t.fallbacks(p, kind))
}

func (u *run) untried(names []string) []string {
	var list []string
	for _, name := range names {
		if !slices.Contains(u.visited, name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// fallbacks are the configured ones. Those for requests that are too long or
// refused stand for the ordinary ones wherever any are configured.
func (t *table) fallbacks(p *pool, kind llm.Kind) []string {
	switch {
	case kind == llm.ContextWindow && len(t.ContextWindowFallbacks) > 0:
		return orAll(t.ContextWindowFallbacks, p)
	case kind == llm.ContentPolicy && len(t.ContentPolicyFallbacks) > 0:
		return orAll(t.ContentPolicyFallbacks, p)
	}
	if list, ok := own(t.Fallbacks, p); ok {
		return list
	}
	return slices.Concat(t.after(p), t.Fallbacks["*"])
}

// after is what the flat list says: for one of its members the names after it,
// for others all of it.
func (t *table) after(p *pool) []string {
	last := -1
	for _, name := range p.groups {
		last = max(last, slices.Index(t.Chain, name))
	}
	return t.Chain[last+1:]
}

// own finds a pool's entry, under its own name or that of a group in it.
func own(lists map[string][]string, p *pool) ([]string, bool) {
	for _, name := range p.groups {
		if list, ok := lists[name]; ok {
			return list, true
		}
	}
	return nil, false
}

// orAll is a pool's entry, or else the one for all.
func orAll(lists map[string][]string, p *pool) []string {
	if list, ok := own(lists, p); ok {
		return list
	}
	return lists["*"]
}

// fallbackLeft tells whether somebody else could be asked if this pool fails in
// this way.
func (u *run) fallbackLeft(p *pool, kind llm.Kind) bool {
	for _, to := range u.pending {
		if !slices.Contains(p.whole, to.name) && u.follow(to) != nil {
			return true
		}
	}
	for _, name := range u.fallbacksOf(p, kind) {
		if name != p.name && !slices.Contains(p.whole, name) && u.follow(next{name: name}) != nil {
			return true
		}
	}
	return false
}

// statusOf is the HTTP status that a kind of failure has, for failures that no
// provider gave.
func statusOf(kind llm.Kind) int {
	switch kind {
	case llm.RateLimited, llm.OverBudget, llm.NoDeployment:
		return http.StatusTooManyRequests
	case llm.Timeout:
		return http.StatusRequestTimeout
	case llm.Unauthorised:
		return http.StatusUnauthorized
	case llm.NoSuchModel:
		return http.StatusNotFound
	case llm.NoFunds:
		return http.StatusPaymentRequired
	case llm.BadRequest, llm.ContextWindow, llm.ContentPolicy:
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}
