package router

import (
	"cmp"
	"fmt"
	"strings"
	"sync"

	"github.com/tribunebot/tribune/llm"
)

// isPattern tells whether a model_name stands for many: "openai/*" or "*".
func isPattern(group string) bool { return strings.Contains(group, "*") }

// pattern is a group whose name has a * in it.
type pattern struct {
	group string
	parts []string // of the name, between its stars
	nodes []*node
}

func newPattern(group string, nodes []*node) *pattern {
	return &pattern{group: group, parts: strings.Split(group, "*"), nodes: nodes}
}

// compare orders patterns by how much they say: more letters first, and of two
// with as many the one with fewer stars.
func (p *pattern) compare(other *pattern) int {
	return cmp.Or(
		cmp.Compare(other.letters(), p.letters()),
		cmp.Compare(len(p.parts), len(other.parts)),
	)
}

func (p *pattern) letters() int { return len(p.group) - len(p.parts) + 1 }

// match returns what the pattern's stars stand for in a name, from the first to
// the last of them.
func (p *pattern) match(name string) (string, bool) {
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return "", false
	}
	middle := name[len(first) : len(name)-len(last)]
	rest := middle
	for _, part := range p.parts[1 : len(p.parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return "", false
		}
		rest = after
	}
	return middle, middle != ""
}

// match finds the pool of a name that fits a pattern; nil where none does. The
// error is that of a pattern that fits and could not be opened.
func (t *table) match(name string) (*pool, error) {
	if isPattern(name) || name == "" {
		return nil, nil //nolint:nilnil // no pattern fits: that is no failure
	}
	var failed error
	for _, pattern := range t.patterns {
		stands, ok := pattern.match(name)
		if !ok {
			continue
		}
		p, err := t.opened.pool(pattern, name, stands)
		if err == nil {
			return p, nil
		}
		failed = cmp.Or(failed, err)
	}
	return nil, failed
}

// maxOpened bounds how many names are kept open: names come from clients.
const maxOpened = 256

// opened keeps the pools that were opened for names that fit a pattern; the ones
// used least lately are let go.
type opened struct {
	mu    sync.Mutex
	pools map[string]*entry
	used  int64 // counts uses, for the order of them

	known  map[string]*vitals
	prices Prices
}

type entry struct {
	pool *pool
	used int64
}

// newOpened returns an empty cache; known are the vitals of an earlier one.
func newOpened(known map[string]*vitals, prices Prices) *opened {
	return &opened{pools: map[string]*entry{}, known: known, prices: prices}
}

// pool opens the pattern's deployments for a name.
func (o *opened) pool(p *pattern, name, stands string) (*pool, error) {
	key := p.group + "\x00" + name
	o.mu.Lock()
	defer o.mu.Unlock()
	o.used++
	if e := o.pools[key]; e != nil {
		e.used = o.used
		return e.pool, nil
	}
	made, err := o.open(p, name, stands)
	if err != nil {
		return nil, err
	}
	if len(o.pools) >= maxOpened {
		o.drop()
	}
	o.pools[key] = &entry{pool: made, used: o.used}
	return made, nil
}

func (o *opened) open(p *pattern, name, stands string) (*pool, error) {
	made := &pool{
		name: name, groups: []string{name, p.group}, whole: []string{name}, why: fmt.Sprintf("%s fits %s", name, p.group),
	}
	together := &peers{}
	var failed error
	for _, n := range p.nodes {
		m := n.Model
		if m == nil {
			var err error
			if m, err = n.Open(stands); err != nil {
				failed = cmp.Or(failed, err)
				continue
			}
		}
		together.nodes = append(together.nodes, o.node(n, m, name, stands, together))
	}
	made.nodes = together.nodes
	if len(made.nodes) == 0 {
		return nil, fmt.Errorf("it fits %s, but could not be opened: %w", p.group, failed)
	}
	return made, nil
}

// node is a pattern's deployment for one name. Its health is its own, because a
// name that the provider does not know is no fault of the others.
func (o *opened) node(n *node, m llm.Model, name, stands string, together *peers) *node {
	d := n.Deployment
	d.Group, d.Model, d.Open = name, m, nil
	d.Provider, d.Name = opens(n.Provider, n.Name, stands)
	if !d.Price.Known && o.prices != nil {
		d.Price = o.prices.Lookup(d.Provider, d.Name)
	}
	v := o.known[vitalsKey(n.ID, name)]
	if v == nil {
		v = &vitals{}
	}
	return &node{Deployment: d, vitals: v, peers: together, pattern: n.vitals, chosen: n.Model == nil}
}

// opens tells what a * stands for as its provider names it. Where the deployment
// names no provider the name itself does: "openai/gpt-4".
func opens(provider, name, stands string) (prefix, model string) {
	if provider == "" {
		if before, after, found := strings.Cut(stands, "/"); found {
			return before, after
		}
	}
	if name == "" {
		return provider, stands
	}
	return provider, strings.Replace(name, "*", stands, 1)
}

func vitalsKey(id, name string) string { return id + "\x00" + name }

// drop lets go of the pool used least lately.
func (o *opened) drop() {
	var oldest string
	for key, e := range o.pools {
		if oldest == "" || e.used < o.pools[oldest].used {
			oldest = key
		}
	}
	delete(o.pools, oldest)
}

// vitals adds those of all that is open.
func (o *opened) vitals(to map[string]*vitals) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.pools {
		for _, n := range e.pool.nodes {
			to[vitalsKey(n.ID, n.Group)] = n.vitals
		}
	}
}
