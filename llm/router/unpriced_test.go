package router

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
)

// list is a price list of one model.
type list struct{ model string }

func (l list) Lookup(_, model string) price.Price {
	if model != l.model {
		return price.Price{}
	}
	return price.Price{Known: true, In: 1e-6, Out: 1e-6}
}

// TestUnpricedModels holds that who has a budget cannot go round it with the name
// of a model that has no price.
func TestUnpricedModels(t *testing.T) {
	t.Parallel()
	mine := []llm.Quota{{ID: "key/x", Name: "the key x", BudgetUSD: new(1.0)}}
	rates := []llm.Quota{{ID: "key/x", Name: "the key x", RPM: 100, TPM: 1 << 30, Parallel: 9}}
	own := func(d *Deployment) { d.Price = price.Price{Known: true, Out: 1e-6} }
	for name, test := range map[string]struct {
		group  string
		quotas []llm.Quota
		set    Settings
		change func(*Deployment)
		want   string // who answers; a kind of failure in its place
	}{
		"a budget":                        {"openai/made-up", mine, Settings{}, nil, "bad_request"},
		"an alias is no way round":        {"nice", mine, Settings{Aliases: map[string]Alias{"nice": {Groups: []string{"openai/made-up"}}}}, nil, "bad_request"},
		"a known price":                   {"openai/gpt-4", mine, Settings{}, nil, "open"},
		"a price of the deployment":       {"openai/made-up", mine, Settings{}, own, "open"},
		"no budget":                       {"openai/made-up", nil, Settings{}, nil, "open"},
		"limits that are no money":        {"openai/made-up", rates, Settings{}, nil, "open"},
		"what the operator listed":        {"listed", mine, Settings{}, nil, "listed"},
		"a pattern for one model":         {"x-fixed", mine, Settings{}, nil, "fixed"},
		"everybody's budget":              {"openai/made-up", nil, Settings{Budgets: []Budget{{Quota: llm.Quota{BudgetUSD: new(1.0)}}}}, nil, "bad_request"},
		"the deployment's budget":         {"openai/made-up", nil, Settings{}, func(d *Deployment) { d.Quota.BudgetUSD = new(1.0) }, "bad_request"},
		"a fallback whose price is known": {"openai/made-up", mine, Settings{Chain: []string{"openai/gpt-4"}}, nil, "open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, call func(context.Context, llm.Model, llm.Request) (llm.Response, error)) {
				t.Helper()
				m := llmtest.NewScript(yes())
				open := Deployment{ID: "open", Group: "openai/*", Provider: "openai", Open: func(string) (llm.Model, error) { return m, nil }}
				if test.change != nil {
					test.change(&open)
				}
				r := newRouter(t, Options{
					Deployments: []Deployment{open, deployment("listed", "listed", m), {ID: "fixed", Group: "*-fixed", Model: m}},
					Settings:    test.set, Prices: list{"gpt-4"},
				})
				req := ask(t, test.group)
				req.Quotas = test.quotas
				resp, err := call(t.Context(), r, req)
				if got := resp.Deployment + string(llm.KindOf(err)); got != test.want {
					t.Fatalf("%s, %v, want %s", got, err, test.want)
				}
				if err == nil {
					return
				}
				e := llm.AsError(err)
				if e.Status != http.StatusBadRequest || !strings.Contains(e.Error(), "input_cost_per_token") || len(m.Requests()) > 0 {
					t.Errorf("%d calls, %v", len(m.Requests()), e)
				}
			})
		})
	}
}
