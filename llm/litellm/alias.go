package litellm

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tribunebot/tribune/llm/router"
)

// aliases reads model_group_alias: a name, a mapping with model and hidden, or a
// list of names for each.
func (r *reader) aliases(f field) {
	s := &r.out.Settings
	s.Aliases = nil
	r.mapping(f, nil, func(alias field, _ string) {
		var a router.Alias
		if alias.value.shape == isMap {
			r.mapping(alias, []key{
				{name: "model", read: func(f field) { a.Groups = r.targets(f) }},
				{name: "hidden", read: into(&a.Hidden, r.flag)},
			}, nil)
		} else {
			a.Groups = r.targets(alias)
		}
		if len(a.Groups) == 0 {
			r.mistake(alias.at, alias.path+" names no group", "write "+named(alias.key)+": group")
			return
		}
		put(&s.Aliases, alias.key, a)
		r.aliasAt(alias.key, alias.at)
	})
}

// aliasAt notes where an alias is.
func (r *reader) aliasAt(name string, at place) {
	if r.aliasPlaces == nil {
		r.aliasPlaces = map[string]place{}
	}
	r.aliasPlaces[name] = at
}

// checkAliases looks for aliases that lead back to themselves, and for those
// that a group of the same name hides.
func (r *reader) checkAliases(k *known) {
	aliases := r.out.Settings.Aliases
	done := map[string]bool{} // looked through, without a circle
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		at := r.aliasPlaces[name]
		if k.groups[name] {
			r.warn(at, "the alias "+named(name)+" is a group already, which is what counts", "remove the alias, or rename it")
		}
		if circle := r.circle(name, nil, done, k); circle != nil {
			r.mistake(at, "the alias "+named(name)+" leads back to itself: "+joined(circle), "let it name groups of model_list")
		}
	}
	if len(r.mistakes) == 0 {
		r.flatten(k)
	}
}

// maxAliased is how many groups one alias may stand for.
const maxAliased = 1000

// flatten writes out the aliases of aliases: the router knows aliases of groups
// only. Circles are gone by now.
func (r *reader) flatten(k *known) {
	aliases, flat := r.out.Settings.Aliases, map[string]router.Alias{}
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		one := router.Alias{Hidden: aliases[name].Hidden}
		seen := map[string]bool{}
		for _, next := range aliases[name].Groups {
			one.Groups = r.follow(next, one.Groups, k, seen)
		}
		if len(one.Groups) > maxAliased {
			r.mistake(r.aliasPlaces[name], fmt.Sprintf("the alias %s stands for more than %d groups", named(name), maxAliased), "name fewer")
			return
		}
		flat[name] = one
	}
	if len(flat) > 0 {
		r.out.Settings.Aliases = flat
	}
}

// follow adds to list the groups that a name comes to in the end, each once.
func (r *reader) follow(name string, list []string, k *known, seen map[string]bool) []string {
	if seen[name] {
		return list
	}
	seen[name] = true
	alias, is := r.out.Settings.Aliases[name]
	if !is || k.groups[name] || k.ids[name] {
		return append(list, name)
	}
	for _, next := range alias.Groups {
		list = r.follow(next, list, k, seen)
	}
	return list
}

// circle follows aliases until one comes again; nil where none does.
func (r *reader) circle(name string, path []string, done map[string]bool, k *known) []string {
	alias, is := r.out.Settings.Aliases[name]
	if !is || done[name] || k.groups[name] {
		return nil
	}
	if slices.Contains(path, name) {
		return append(path, name)
	}
	for _, next := range alias.Groups {
		if found := r.circle(next, append(slices.Clone(path), name), done, k); found != nil {
			done[name] = true // told once
			return found
		}
	}
	done[name] = true
	return nil
}
