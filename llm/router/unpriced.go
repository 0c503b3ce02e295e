package router

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/tribunebot/tribune/llm"
)

// payable tells whether the request's budgets can be kept at a deployment. Where
// the caller chooses the model by any name that fits a pattern, one without a
// known price would be a way round every budget. What the operator listed is the
// operator's own affair: such calls are counted apart.
func (u *run) payable(n *node) bool {
	return !n.chosen || n.Price.Known || n.Quota.BudgetUSD == nil && !slices.ContainsFunc(u.callers, hasBudget)
}

func hasBudget(q llm.Quota) bool { return q.BudgetUSD != nil }

// unpriced is the error of a pool none of whose deployments has a known price.
func (u *run) unpriced(p *pool) *llm.Error {
	whose := "the deployment"
	if i := slices.IndexFunc(u.callers, hasBudget); i >= 0 {
		whose = u.callers[i].Name
	}
	return &llm.Error{
		Kind: llm.BadRequest, Status: http.StatusBadRequest, Provider: "router",
		Err: fmt.Errorf("the price of %s is not known, so the budget of %s cannot be kept: the operator sets input_cost_per_token and output_cost_per_token for it",
			shortened(p.name), whose),
	}
}
