package litellm

import (
	"fmt"
)

// fallbacks reads the ordinary fallbacks: LiteLLM's list of mappings, or a flat
// list of names, which is one chain for all groups.
func (r *reader) fallbacks(f field) {
	s := &r.out.Settings
	s.Fallbacks, s.Chain = r.fallbackMap(f)
}

// fallbacksOf reads the fallbacks of one class of errors; a flat list is for all
// groups.
func (r *reader) fallbacksOf(target *map[string][]string) func(field) {
	return func(f field) {
		groups, chain := r.fallbackMap(f)
		if len(chain) > 0 {
			put(&groups, "*", chain)
		}
		*target = groups
	}
}

// readDefaultFallbacks reads what every group without fallbacks of its own has.
func (r *reader) readDefaultFallbacks(f field) {
	r.defaultFallbacks = r.targets(f)
}

// mergeDefaults puts default_fallbacks where LiteLLM has them: under "*".
func (r *reader) mergeDefaults() {
	s := &r.out.Settings
	if len(r.defaultFallbacks) == 0 {
		return
	}
	if _, there := s.Fallbacks["*"]; !there {
		put(&s.Fallbacks, "*", r.defaultFallbacks)
	}
}

// fallbackMap reads fallbacks of either shape.
func (r *reader) fallbackMap(f field) (groups map[string][]string, chain []string) {
	items := f.value.items
	switch {
	case f.value.shape == isMap, f.value.scalar():
		items = []*node{f.value}
	case f.value.shape != isList:
		r.wrongShape(f, "a list", "write - group: [other, another]")
	}
	for i, item := range items {
		place := field{key: f.key, at: item.at, value: item, path: fmt.Sprintf("%s[%d]", f.path, i)}
		if item.scalar() {
			chain = append(chain, r.targets(place)...)
			continue
		}
		r.mapping(place, nil, func(group field, _ string) {
			if group.key != "*" {
				r.refer(group.at, group.path, group.key, unusedName)
			}
			if _, twice := groups[group.key]; twice {
				r.mistake(group.at, group.path+": the group has fallbacks already", "put them into one list")
				return
			}
			put(&groups, group.key, r.targets(group))
		})
	}
	return groups, chain
}

// targets reads names of groups that are there.
func (r *reader) targets(f field) []string {
	var list []string
	r.eachText(f, func(item field, name string) {
		r.refer(item.value.at, item.path, name, wrongName)
		list = append(list, name)
	})
	return list
}
