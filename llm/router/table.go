package router

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/route"
)

// table is one configuration: what requests that began under it are decided by.
// It does not change once it is made, but for its cache of opened patterns.
type table struct {
	Settings

	nodes    []*node
	groups   map[string]*pool // by model_name, without patterns
	names    []string         // of groups, in the order of the file
	ids      map[string]*pool
	aliases  map[string]*pool
	models   map[string]*pool // by "provider/name" and by name
	patterns []*pattern       // the most specific first
	opened   *opened

	routes   *route.Table
	strategy Strategy
	health   health
	places   *semaphore.Weighted // of the process; nil: without bound
}

// pool is what a request's name stands for: the deployments that may serve it.
type pool struct {
	name  string
	nodes []*node
	// groups are the names that fallbacks and policies are looked up by: the
	// pool's own, then those of the groups in it.
	groups []string
	// whole are the groups that are in it with all of their deployments: when
	// it has failed they need not be tried.
	whole []string
	// direct is set for a deployment that was named by its id: whoever does
	// that wants it, cooling down or not.
	direct bool
	// instead is set where nobody knows the name, for the first default fallback.
	instead bool
	why     string // how the name came to mean this, in words; empty for a group
}

func newTable(deployments []Deployment, settings Settings, prices Prices, old *table) (*table, error) {
	t := &table{Settings: settings.orDefault()}
	t.health = newHealth(t.Settings)
	create, ok := strategies()[t.Strategy]
	if !ok {
		return nil, fmt.Errorf("router: no routing strategy is named %q: take one of %s", t.Strategy, strings.Join(Strategies(), ", "))
	}
	t.strategy = create(t.StrategyArgs)
	routes, err := route.Compile(t.Routes)
	if err != nil {
		return nil, fmt.Errorf("router: %w", err)
	}
	t.routes = routes
	known := old.vitals()
	if err := t.addNodes(deployments, known); err != nil {
		return nil, err
	}
	t.opened = newOpened(known, prices)
	t.bound(old)
	t.addGroups()
	t.addModels()
	t.addAliases()
	return t, nil
}

func (t *table) addNodes(deployments []Deployment, known map[string]*vitals) error {
	if len(deployments) == 0 {
		return errors.New("router: there is no deployment: add one to model_list, or set the key that its entry needs")
	}
	t.ids = make(map[string]*pool, len(deployments))
	for _, d := range deployments {
		n, err := t.newNode(d, known)
		if err != nil {
			return err
		}
		if t.ids[d.ID] != nil {
			return fmt.Errorf("router: two deployments have the id %s: give each an id of its own (model_info.id)", d.ID)
		}
		t.nodes = append(t.nodes, n)
		if d.Model != nil {
			t.ids[d.ID] = &pool{
				name: d.ID, nodes: []*node{n}, groups: []string{d.ID, d.Group}, direct: true, why: "asked for by its id",
			}
		}
	}
	return nil
}

func (t *table) newNode(d Deployment, known map[string]*vitals) (*node, error) {
	switch {
	case d.ID == "" || d.Group == "":
		return nil, fmt.Errorf("router: the deployment %q of %q needs an id and a model_name", d.ID, d.Group)
	case d.Model == nil && (d.Open == nil || !isPattern(d.Group)):
		return nil, fmt.Errorf("router: the deployment %s has no model to call", d.ID)
	}
	d.Quota.ID = cmp.Or(d.Quota.ID, "deployment/"+d.ID)
	d.Quota.Name = cmp.Or(d.Quota.Name, "the deployment "+d.ID)
	d.Quota.Parallel = cmp.Or(d.Quota.Parallel, t.DefaultMaxParallel)
	v := known[d.ID]
	if v == nil {
		v = &vitals{}
	}
	return &node{Deployment: d, vitals: v}, nil
}

// addGroups gathers the deployments of one model_name, and the patterns.
func (t *table) addGroups() {
	byName := map[string]*peers{}
	var names []string
	for _, n := range t.nodes {
		if byName[n.Group] == nil {
			byName[n.Group] = &peers{}
			names = append(names, n.Group)
		}
		n.peers = byName[n.Group]
		n.peers.nodes = append(n.peers.nodes, n)
	}
	t.groups = make(map[string]*pool, len(names))
	for _, name := range names {
		nodes := byName[name].nodes
		if isPattern(name) {
			t.patterns = append(t.patterns, newPattern(name, nodes))
			continue
		}
		t.names = append(t.names, name)
		t.groups[name] = &pool{name: name, nodes: nodes, groups: []string{name}, whole: []string{name}}
	}
	slices.SortStableFunc(t.patterns, (*pattern).compare)
}

// addModels lets requests name a model as its provider does.
func (t *table) addModels() {
	t.models = map[string]*pool{}
	for _, n := range t.nodes {
		if n.Model == nil || n.Name == "" {
			continue
		}
		for _, name := range []string{n.Provider + "/" + n.Name, n.Name} {
			p := t.models[name]
			if p == nil {
				p = &pool{name: name, groups: []string{name}, why: "asked for by the model's own name"}
				t.models[name] = p
			}
			p.add(n)
		}
	}
}

func (t *table) addAliases() {
	t.aliases = make(map[string]*pool, len(t.Aliases))
	for name, a := range t.Aliases {
		p := &pool{name: name, groups: []string{name}, why: fmt.Sprintf("%s stands for %s", name, strings.Join(a.Groups, " and "))}
		for _, group := range a.Groups {
			p.join(t.literal(group))
		}
		if len(p.nodes) > 0 {
			t.aliases[name] = p
		}
	}
}

// literal finds what an alias may stand for: all but other aliases, so that none
// can stand for itself. It is nil for a group whose deployments are all
// disabled.
func (t *table) literal(name string) *pool {
	if p := cmp.Or(t.groups[name], t.ids[name]); p != nil {
		return p
	}
	if p, err := t.match(name); err == nil && p != nil {
		return p
	}
	return t.models[name]
}

// join adds the deployments of another pool.
func (p *pool) join(other *pool) {
	if other == nil {
		return
	}
	for _, n := range other.nodes {
		p.add(n)
	}
	p.whole = append(p.whole, other.whole...)
	for _, g := range other.groups {
		if !slices.Contains(p.groups, g) {
			p.groups = append(p.groups, g)
		}
	}
}

func (p *pool) add(n *node) {
	if slices.Contains(p.nodes, n) {
		return
	}
	p.nodes = append(p.nodes, n)
	if !slices.Contains(p.groups, n.Group) {
		p.groups = append(p.groups, n.Group)
	}
}

// vitals returns what is known of deployments, those that were opened for
// patterns among them; nothing for no table.
func (t *table) vitals() map[string]*vitals {
	known := map[string]*vitals{}
	if t == nil {
		return known
	}
	t.opened.vitals(known)
	for _, n := range t.nodes {
		known[n.ID] = n.vitals
	}
	return known
}

// since is when measurements begin to count.
func (t *table) since(now time.Time) time.Time { return now.Add(-t.StrategyArgs.TTL) }

// policies are the retry policies that hold for a pool, its own first.
func (t *table) policies(p *pool) []map[llm.Kind]int {
	var list []map[llm.Kind]int
	for _, g := range p.groups {
		if policy := t.GroupRetryPolicies[g]; policy != nil {
			list = append(list, policy)
		}
	}
	return append(list, t.RetryPolicy)
}

// bound makes the places of the process. While their number does not change they
// are those of the table before, so that a reload does not double them.
func (t *table) bound(old *table) {
	switch {
	case t.MaxParallel <= 0:
	case old != nil && old.MaxParallel == t.MaxParallel:
		t.places = old.places
	default:
		t.places = semaphore.NewWeighted(int64(t.MaxParallel))
	}
}
