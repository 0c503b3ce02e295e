package litellm

import "strings"

// spread makes of an entry whose model is "*" one for every provider whose key
// is there: LiteLLM's way to offer all of them. Requests then name the model as
// provider/model, or bare where the name tells the provider.
func (r *reader) spread() {
	var all []*entry
	for _, e := range r.entries {
		if e.Model != "*" || e.Provider.Prefix != "" || e.Disabled != "" {
			all = append(all, e)
			continue
		}
		if e.Group != "*" {
			r.mistake(e.modelAt, e.named()+": the model * stands for everything, and the name does not", `write model_name: "*", or model: provider/*`)
			continue
		}
		found := r.spreadOver(e)
		if len(found) == 0 {
			e.disable("no provider's key is set")
			r.wanted = append(r.wanted, "OPENAI_API_KEY", "ANTHROPIC_API_KEY")
			found = []*entry{e}
		}
		all = append(all, found...)
	}
	r.entries = all
}

// spreadOver returns an entry for each name that the providers with a key go by.
func (r *reader) spreadOver(e *entry) []*entry {
	var list []*entry
	for _, p := range Providers() {
		if len(p.KeyEnv) == 0 || !r.hasKey(p) {
			continue
		}
		for _, prefix := range append([]string{p.Prefix}, p.Aliases...) {
			list = append(list, r.copyFor(e, p, prefix+"/*", "*"))
		}
		for _, start := range p.Bare {
			list = append(list, r.copyFor(e, p, start+"*", start+"*"))
		}
	}
	return list
}

// hasKey tells whether one of a provider's key variables is set.
func (r *reader) hasKey(p Provider) bool {
	for _, name := range p.KeyEnv {
		if value, ok := r.lookup(name); ok && strings.TrimSpace(value) != "" {
			return true
		}
	}
	return false
}

// copyFor makes of an entry one for a provider.
func (r *reader) copyFor(e *entry, p Provider, group, name string) *entry {
	one := *e
	one.ID, one.explicit = "", false
	one.Group, one.Provider, one.Name, one.Model = group, p, name, p.Prefix+"/"+name
	r.findAddress(&one)
	r.findKey(&one)
	return &one
}
