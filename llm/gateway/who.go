package gateway

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/router"
)

// labels say who asks: what the key says counts more than what the body says.
func (c caller) labels(said map[string]string, h http.Header) map[string]string {
	labels := make(map[string]string, len(said)+3)
	maps.Copy(labels, said)
	if t := h.Get("X-Litellm-Tags"); t != "" && labels[llm.LabelTags] == "" {
		labels[llm.LabelTags] = tags(encode(t))
	}
	if c.master {
		labels[llm.LabelMaster] = "true"
	}
	if !c.known {
		return labels
	}
	labels[llm.LabelKey], labels[llm.LabelKeyHash] = c.key.Alias, c.key.Hash
	if c.key.User != "" {
		// Who has a key of their own cannot speak for another: that would be a
		// way round their budget.
		labels[llm.LabelUser], labels[labelOwner] = c.key.User, c.key.User
	}
	return labels
}

// quotas are the limits of a virtual key; nil where it has none.
func (c caller) quotas() []llm.Quota {
	if !c.known || !limited(c.key) {
		return nil
	}
	return []llm.Quota{c.key.Quota()}
}

func limited(k llm.Key) bool { return k.RPM > 0 || k.TPM > 0 || k.Max > 0 || k.Budget != nil }

// bound tells whether the caller may use some models only.
func bound(c caller) bool {
	return c.known && len(c.key.Models) > 0 && !slices.ContainsFunc(c.key.Models, everything)
}

// everything knows the words that stand for all models.
func everything(pattern string) bool {
	switch pattern {
	case "*", "all", "all-proxy-models", "all-team-models":
		return true
	}
	return false
}

// mayUse tells whether the caller may call a model by this name: one that the
// key names, a group or an alias that fits a pattern of it, or a name that stands
// for groups that it may all use. A deployment that is called by its id, or as its
// provider names the model, counts as its group, whatever pattern that name fits;
// and a name that nobody knows as the groups that serve it instead.
func (g *Gateway) mayUse(c caller, name string) bool {
	if !bound(c) {
		return true
	}
	fits := func(name string) bool {
		return slices.ContainsFunc(c.key.Models, func(pattern string) bool { return matches(pattern, name) })
	}
	listed := func(group router.Group) bool { return group.Name == name }
	if g.owns(name) || fits(name) && slices.ContainsFunc(g.Catalog.Groups(), listed) {
		return fits(name)
	}
	groups, instead := g.Catalog.Resolve(name)
	switch {
	case len(groups) == 0:
		return fits(name) // then it is said that there is no such model
	case !instead && slices.Contains(c.key.Models, name):
		return true
	}
	return !slices.ContainsFunc(groups, func(group string) bool { return !fits(group) })
}

// owns tells whether a name is one of the gateway's own models.
func (g *Gateway) owns(name string) bool {
	if g.Own == nil {
		return false
	}
	_, ok := g.Own(name)
	return ok
}

// matches compares a name with a pattern in which * stands for any text.
func matches(pattern, name string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	parts := strings.Split(rest, "*")
	last := parts[len(parts)-1]
	for _, part := range parts[:len(parts)-1] {
		if _, name, ok = strings.Cut(name, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(name, last)
}
