package router

import (
	"maps"
	"slices"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/price"
)

// Health is how a deployment has done in this clock minute and the one before.
type Health string

// The states of health.
const (
	Healthy Health = "healthy" // no call failed through its fault, or there was none
	Partial Health = "partial" // some did
	Down    Health = "down"    // all did
	Cooling Health = "cooling" // it is left alone, or one call finds out whether it is back
)

// State is how a deployment stands at the moment, in this process.
type State struct {
	ID       string
	Group    string // model_name
	Provider string
	Name     string // the model as the provider names it
	APIBase  string

	Health      Health
	CooledUntil time.Time // zero: it is not left alone
	InFlight    int
	Calls       int64    // that have ended since the process began
	Failures    int64    // of them
	Tokens      int64    // used in this clock minute, both ways
	LastFailure llm.Kind // of the last call; empty: it went well, or there was none
	// PerToken is the mean time of a completion for each of its tokens, and
	// FirstToken that until a stream's first word; 0: not measured yet.
	PerToken   time.Duration
	FirstToken time.Duration

	Order  int
	Weight *float64
	Tags   []string
	Limits llm.Quota
	Price  price.Price
}

// Deployments returns how all deployments stand, in the order of the file. One
// whose group is a pattern stands for all that were opened for it.
func (r *Router) Deployments() []State {
	t, now := r.table.Load(), r.now()
	list := make([]State, 0, len(t.nodes))
	for _, n := range t.nodes {
		list = append(list, n.report(now, t.since(now)))
	}
	return list
}

// report tells how a node stands; measurements count from since on.
func (n *node) report(now, since time.Time) State {
	s := State{
		ID: n.ID, Group: n.Group, Provider: n.Provider, Name: n.Name, APIBase: n.APIBase,
		Order: n.Order, Weight: n.Weight, Tags: n.Tags, Limits: n.Quota, Price: n.Price,
	}
	v := n.vitals
	v.mu.Lock()
	defer v.mu.Unlock()
	v.roll(now)
	s.InFlight, s.Calls, s.Failures, s.Tokens = v.inFlight, v.calls, v.failures, v.this.tokens
	s.PerToken, s.FirstToken = seconds(v.perToken.mean(since)), seconds(v.first.mean(since))
	s.Health = v.health(now)
	if s.Health == Cooling {
		s.CooledUntil = v.breaker.until
	}
	if v.last != nil {
		s.LastFailure = v.last.Kind
	}
	return s
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// health is called under the lock, in the clock minute of now.
func (v *vitals) health(now time.Time) Health {
	switch calls, failed := v.this.calls+v.before.calls, v.this.failed+v.before.failed; {
	case v.breaker.state(now) != closed:
		return Cooling
	case failed == 0:
		return Healthy
	case failed == calls:
		return Down
	default:
		return Partial
	}
}

// Group is a name that requests may give.
type Group struct {
	Name    string
	Pattern bool     // the name stands for all that fit it: "openai/*"
	Hidden  bool     // it works, but is not listed
	Members []string // ids of its deployments
	Aliases []string // other names of the group, in order
	Of      []string // an alias: the groups that it stands for
}

// Groups returns what requests may ask for: groups and patterns in the order of
// the file, then aliases in that of their names.
func (r *Router) Groups() []Group {
	t := r.table.Load()
	var list []Group
	seen := map[string]bool{}
	for _, n := range t.nodes {
		if seen[n.Group] {
			continue
		}
		seen[n.Group] = true
		list = append(list, Group{
			Name: n.Group, Pattern: isPattern(n.Group), Members: ids(n.peers.nodes), Aliases: t.aliasesOf(n.Group),
		})
	}
	for _, name := range slices.Sorted(maps.Keys(t.aliases)) {
		a := t.Aliases[name]
		list = append(list, Group{Name: name, Hidden: a.Hidden, Members: ids(t.aliases[name].nodes), Of: a.Groups})
	}
	return list
}

func ids(nodes []*node) []string {
	list := make([]string, 0, len(nodes))
	for _, n := range nodes {
		list = append(list, n.ID)
	}
	return list
}

func (t *table) aliasesOf(group string) []string {
	var list []string
	for name, a := range t.Aliases {
		if slices.Contains(a.Groups, group) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
