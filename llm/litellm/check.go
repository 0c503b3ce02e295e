package litellm

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/config"
)

// severity is what a name that does not exist is.
type severity int

const (
	wrongName  severity = iota // a mistake: something would go nowhere
	unusedName                 // odd: a line that never counts
)

// reference is a place that names a group.
type reference struct {
	at   place
	path string
	name string
	severity
}

// refer notes that a place names a group, to be checked when all are known.
func (r *reader) refer(at place, path, name string, s severity) {
	r.references = append(r.references, reference{at, path, name, s})
}

// check looks at what can only be seen with everything read.
func (r *reader) check() {
	names := r.nameDeployments()
	r.order()
	for _, e := range r.entries {
		r.out.Deployments = append(r.out.Deployments, e.Spec)
	}
	r.checkDisabled()
	r.mergeDefaults()
	r.mergeEndUsers()
	r.mergeTotal()
	r.checkAliases(names)
	r.checkReferences(names)
	r.checkCallbacks()
	r.fromEnvironment()
}

// known are the names that a request may use.
type known struct {
	groups, ids, models, virtual map[string]bool
	patterns                     []string // groups with a *
	list                         []string // groups and aliases, for people
}

// has tells whether a request for a name would find something.
func (k *known) has(name string) bool {
	if k.groups[name] || k.ids[name] || k.models[name] || k.virtual[name] {
		return true
	}
	return slices.ContainsFunc(k.patterns, func(pattern string) bool {
		before, after, _ := strings.Cut(pattern, "*")
		return len(name) >= len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
	})
}

// nameDeployments gives every deployment an ID and collects the names that
// requests may use.
func (r *reader) nameDeployments() *known {
	k := &known{groups: map[string]bool{}, ids: map[string]bool{}, models: map[string]bool{}, virtual: map[string]bool{}}
	for _, e := range r.entries {
		k.groups[e.Group] = true
		for _, name := range []string{e.Model, e.Name, e.Provider.Prefix + "/" + e.Name} {
			k.models[name] = e.Name != ""
		}
	}
	for name := range k.groups {
		if strings.Contains(name, "*") {
			k.patterns = append(k.patterns, name)
		}
	}
	r.checkIDs(k)
	r.makeIDs(k)
	r.nameVirtual(k)
	k.list = append(slices.Sorted(maps.Keys(k.groups)), slices.Sorted(maps.Keys(r.out.Settings.Aliases))...)
	return k
}

// checkIDs looks whether each ID of the file is there once.
func (r *reader) checkIDs(k *known) {
	first := map[string]int{}
	for _, e := range r.entries {
		if !e.explicit || e.ID == "" {
			continue
		}
		if line := first[e.ID]; line > 0 {
			r.mistake(e.at, fmt.Sprintf("%s: the id %s is taken by the deployment in line %d", e.named(), named(e.ID), line), "give each model_info.id once")
		}
		first[e.ID], k.ids[e.ID] = e.Line, true
	}
}

// makeIDs gives the others theirs: the group's name and the position in the
// group, so that it stays the same while other groups change.
func (r *reader) makeIDs(k *known) {
	inGroup := map[string]int{}
	for _, e := range r.entries {
		inGroup[e.Group]++
		if e.ID != "" {
			continue
		}
		e.ID = fmt.Sprintf("%s-%d", e.Group, inGroup[e.Group])
		for k.ids[e.ID] || k.groups[e.ID] {
			e.ID += "-deployment"
		}
		k.ids[e.ID] = true
	}
}

// nameVirtual adds the names that stand for groups: aliases, and those that rules
// are asked about.
func (r *reader) nameVirtual(k *known) {
	for name := range r.out.Settings.Aliases {
		k.virtual[name] = true
	}
	for _, rule := range r.out.Settings.Routes {
		k.virtual["auto"], k.virtual["default"] = true, true // see route.Rule
		for _, name := range rule.For {
			k.virtual[name] = true
		}
	}
}

// order puts deployments without an order behind those of their group that have
// one: LiteLLM leaves them out while one of the others can be used.
func (r *reader) order() {
	last := map[string]int{}
	for _, e := range r.entries {
		if e.ordered {
			last[e.Group] = max(last[e.Group], e.Order+1)
		}
	}
	for _, e := range r.entries {
		if !e.ordered {
			e.Order = last[e.Group]
		}
	}
}

// checkDisabled warns of every deployment that cannot be used. That none can is
// a mistake.
func (r *reader) checkDisabled() {
	disabled := 0
	var at place
	for _, e := range r.entries {
		if e.Disabled == "" {
			continue
		}
		if disabled++; disabled == 1 {
			at = e.at
		}
		fix := "set it, or remove the entry"
		if e.Disabled == blockedHere {
			fix = "remove blocked to use it"
		}
		r.warn(e.at, e.named()+" is disabled: "+e.Disabled, fix)
	}
	if disabled == 0 || disabled < len(r.entries) || len(r.mistakes) > 0 {
		return
	}
	var variables []string
	for _, name := range r.wanted {
		if !slices.Contains(variables, name) {
			variables = append(variables, name)
		}
	}
	fix := "let one of the entries be used"
	switch len(variables) {
	case 0:
	case 1:
		fix = "set " + variables[0]
	default:
		fix = "set one of " + joined(variables)
	}
	r.mistake(at, "no deployment of model_list can be used (the first: "+r.entries[0].Disabled+")", fix)
}

// joined lists names for people, not too many.
func joined(names []string) string {
	const most = 20
	shown := make([]string, 0, most)
	for i, name := range names {
		if i == most {
			return strings.Join(shown, ", ") + fmt.Sprintf(" and %d more", len(names)-most)
		}
		shown = append(shown, named(name))
	}
	return strings.Join(shown, ", ")
}

// checkReferences looks whether the groups that the file names are there.
func (r *reader) checkReferences(k *known) {
	for _, ref := range r.references {
		if k.has(ref.name) || r.full() {
			continue
		}
		fix := "there are " + joined(k.list)
		if near := config.Nearest(ref.name, k.list); near != "" {
			fix = "did you mean " + named(near) + "? T" + fix[1:]
		}
		message := ref.path + ": there is no group " + quoted(ref.name)
		if ref.severity == wrongName {
			r.mistake(ref.at, message, fix)
		} else {
			r.warn(ref.at, message+", so this never counts", fix)
		}
	}
}

// full tells whether no more problems are kept, so that none need be looked for.
func (f *findings) full() bool {
	return len(f.mistakes) >= maxProblems || len(f.warnings) > maxProblems && len(f.mistakes) > 0
}
