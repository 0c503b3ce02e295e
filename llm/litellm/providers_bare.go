package litellm

import (
	"slices"
	"strings"
	"sync"

	"charm.land/catwalk/pkg/embedded"
)

// bare finds the provider that a name without a prefix belongs to: by how it
// begins, or because catwalk lists it among a vendor's own models. Open weights
// belong to nobody: many serve them, and a prefix must say who.
func bare(name string) (Provider, bool) {
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, "gpt-oss") { // OpenAI does not serve these
		return Provider{}, false
	}
	for _, p := range providers {
		if slices.ContainsFunc(p.Bare, func(start string) bool { return strings.HasPrefix(lower, start) }) {
			return p, true
		}
	}
	if prefix, ok := catalogue().owners[lower]; ok {
		return Lookup(prefix)
	}
	return Provider{}, false
}

// models is what catwalk's tables say about names.
type models struct {
	owners map[string]string   // a vendor's own models, in small letters: its prefix
	served map[string][]string // the last part of a name, in small letters: provider/model of all that serve it
}

// catalogue reads catwalk's tables once, and only when a name is in question:
// they are 1,700 models.
var catalogue = sync.OnceValue(readCatalogue) //nolint:gochecknoglobals // a table, read when it is first needed

// owners are the providers of catwalk whose lists hold their own models only,
// and our prefixes for them.
func owners() map[string]string {
	return map[string]string{
		"openai": "openai", "anthropic": "anthropic", "gemini": "gemini", "xai": "xai", "deepseek": "deepseek",
		"zhipu": "zhipu", "moonshot": "moonshot", "kimi-coding": "kimi_coding", "minimax": "minimax",
	}
}

func readCatalogue() models {
	m := models{owners: map[string]string{}, served: map[string][]string{}}
	own := owners()
	for _, p := range embedded.GetAll() {
		prefix := catwalkPrefix(string(p.ID))
		for _, model := range p.Models {
			lower := strings.ToLower(model.ID)
			if owner := own[string(p.ID)]; owner != "" {
				m.owners[lower] = owner
			}
			if prefix != "" {
				last := lower[strings.LastIndexByte(lower, '/')+1:]
				m.served[last] = append(m.served[last], prefix+"/"+model.ID)
			}
		}
	}
	return m
}

// catwalkPrefix is our prefix for a provider of catwalk's; empty for those that
// are not in our table.
func catwalkPrefix(id string) string {
	other := map[string]string{
		"alibaba-singapore": "dashscope", "alibaba-us": "dashscope_us", "kimi-coding": "kimi_coding",
		"bedrock-europe": "bedrock", "zhipu-coding": "zhipu_coding",
	}
	if prefix := other[id]; prefix != "" {
		return prefix
	}
	p, _ := Lookup(id)
	return p.Prefix
}

// serving lists who serves a model of this name, as names to write, in the
// order of our table.
func serving(name string) []string {
	lower := strings.ToLower(name)
	list := slices.Clone(catalogue().served[lower[strings.LastIndexByte(lower, '/')+1:]])
	rank := func(full string) int {
		prefix, _, _ := strings.Cut(full, "/")
		return slices.IndexFunc(providers, func(p Provider) bool { return p.Prefix == prefix })
	}
	slices.SortStableFunc(list, func(a, b string) int { return rank(a) - rank(b) })
	return list
}
