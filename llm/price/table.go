package price

import (
	"strings"
	"sync"
)

// Table finds prices. It is safe for concurrent use.
type Table struct {
	overrides map[string]Price
	// load reads the tables at the first Lookup: 1500 models of 1 MB JSON take
	// 7 ms and leave 0.5 MB behind.
	load func() index
}

// New returns a Table. overrides win over everything else; they go by
// "provider/model", or by "model" (a name without a slash) for whoever serves
// it. An override that is not Known leaves the price alone and sets only the
// limits that it names.
func New(overrides map[string]Price) *Table {
	t := &Table{overrides: make(map[string]Price, len(overrides)), load: sync.OnceValue(load)}
	for name, p := range overrides {
		t.overrides[overrideKey(name)] = p
	}
	return t
}

// Lookup returns what a provider's model costs, the provider by its prefix
// ("openai") or one of the prefix's other names, the model as the provider
// names it. It tries the name as it is (case does not matter), then the same
// without a date (-20240229, -2024-08-06) or -latest on either side, provided
// that all models so found cost the same. Four digits are no date: between
// deepseek-v4-pro and deepseek-v4-pro-0813 prices differ.
func (t *Table) Lookup(provider, model string) Price {
	provider = canonical(provider)
	model = modelName(provider, model)
	found := t.load().find(provider, model)
	if p, ok := t.overrides[provider+"/"+model]; ok {
		return p.over(found)
	}
	if p, ok := t.overrides[model]; ok && !strings.Contains(model, "/") {
		return p.over(found)
	}
	return found
}

// overrideKey is how an override's name is kept.
func overrideKey(name string) string {
	provider, model, found := strings.Cut(name, "/")
	if !found {
		return strings.ToLower(name)
	}
	provider = canonical(provider)
	return provider + "/" + modelName(provider, model)
}

// index holds prices by "provider/model".
type index struct {
	exact   map[string]Price
	undated map[string]Price // by names without their dates, where that is clear
}

func load() index {
	x := index{exact: make(map[string]Price, 2048), undated: make(map[string]Price, 256)}
	for _, lines := range [][]line{newer, own} {
		for _, l := range lines {
			x.add(l.provider+"/"+l.model, l.price())
		}
	}
	x.addCatwalk()
	for name, p := range x.exact {
		x.addUndated(name, p)
	}
	return x
}

// add takes a price, unless there is one already. Limits without a price are
// kept too, until a price comes.
func (x *index) add(name string, p Price) {
	if have, there := x.exact[name]; there {
		if have.Known || !p.Known {
			return
		}
		p = p.over(have)
	}
	x.exact[name] = p
}

// addUndated makes a dated model findable without its date. Two dates of
// different prices make the name unknown.
func (x *index) addUndated(name string, p Price) {
	plain, dated := undated(name)
	if !dated {
		return
	}
	have, there := x.undated[plain]
	if there && !samePrice(have, p) {
		p = Price{}
	}
	x.undated[plain] = p
}

func samePrice(a, b Price) bool {
	return a.Known == b.Known && a.In == b.In && a.Out == b.Out && a.CachedIn == b.CachedIn && a.Long == b.Long
}

func (x index) find(provider, model string) Price {
	name := provider + "/" + model
	if p, ok := x.exact[name]; ok {
		return p
	}
	plain, _ := undated(name)
	if p, ok := x.exact[plain]; ok {
		return p
	}
	return x.undated[plain]
}
