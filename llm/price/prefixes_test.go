package price_test

import (
	"testing"

	"charm.land/catwalk/pkg/embedded"

	"github.com/tribunebot/tribune/llm/litellm"
	"github.com/tribunebot/tribune/llm/price"
)

// TestPrefixesAreOurs finds, through every name that our providers go by, what
// catwalk knows of them: a prefix that is renamed there would lose its prices.
func TestPrefixesAreOurs(t *testing.T) {
	t.Parallel()
	table, all, known := price.New(nil), embedded.GetAll(), map[string]bool{}
	for _, p := range litellm.Providers() {
		for _, name := range append([]string{p.Prefix}, p.Aliases...) {
			for _, provider := range all {
				m := provider.Models[0].ID
				if table.Lookup(name, m) == (price.Price{}) {
					continue
				}
				if name == p.Prefix {
					known[string(provider.ID)] = true
				} else if table.Lookup(p.Prefix, m) != table.Lookup(name, m) {
					t.Errorf("%s and %s are one provider with two prices of %s", name, p.Prefix, m)
				}
			}
		}
	}
	for _, provider := range all {
		if id := string(provider.ID); !known[id] && id != "copilot" { // a subscription that is not called with a key
			t.Errorf("no prefix of ours finds the prices of catwalk's %q", id)
		}
	}
}
