package litellm

import (
	"fmt"
	"slices"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/router"
)

// budgets reads router_settings.budgets: limits of whoever asks.
//
//	budgets:
//	  - {label: channel, value: "*", max_budget: 5, budget_duration: 1d, rpm: 60}
func (r *reader) budgets(f field) {
	r.out.Settings.Budgets = nil
	first := map[string]int{}
	r.list(f, func(item field) {
		b, ok := r.budget(item)
		if !ok {
			return
		}
		if line := first[b.Quota.ID]; line > 0 {
			r.mistake(item.at, fmt.Sprintf("%s: there is a budget for this already, in line %d", item.path, line), "put the limits into one")
			return
		}
		first[b.Quota.ID] = item.at.line
		r.out.Settings.Budgets = append(r.out.Settings.Budgets, b)
	})
}

// budget reads one budget.
func (r *reader) budget(item field) (router.Budget, bool) {
	var b router.Budget
	q := &b.Quota
	cheaper := (*bool)(nil)
	r.mapping(item, []key{
		{name: "label", read: into(&b.Label, r.text)},
		{name: "value", read: into(&b.Value, r.text)},
		{name: "max_budget", read: pointed(&q.BudgetUSD, r.number)},
		{name: "budget_duration", read: into(&q.Every, r.duration)},
		{name: "rpm", read: r.limit(&q.RPM)},
		{name: "tpm", read: r.limit(&q.TPM)},
		{name: "max_parallel_requests", read: r.limit(&q.Parallel)},
		{name: "cheaper", read: pointed(&cheaper, r.flag)},
	}, r.forbidden)
	if item.value.shape != isMap {
		return b, false
	}
	if b.Label == "" {
		r.mistake(item.at, item.path+" does not say whom it limits", "write label: channel, user or key")
		return b, false
	}
	if q.BudgetUSD == nil && q.RPM == 0 && q.TPM == 0 && q.Parallel == 0 {
		r.mistake(item.at, item.path+" limits nothing", "write max_budget, rpm, tpm or max_parallel_requests")
		return b, false
	}
	if b.Value == "" {
		b.Value = "*"
	}
	q.ID, q.Name = b.Label+"/"+b.Value, b.Label+" "+b.Value
	// A channel's question is still answered by a cheaper group.
	q.Cheaper = b.Label == llm.LabelChannel
	if cheaper != nil {
		q.Cheaper = *cheaper
	}
	return b, true
}

// endUserBudget reads max_end_user_budget: the same for every user.
func (r *reader) endUserBudget(f field) {
	if usd, ok := r.number(f); ok {
		r.endUsers = &router.Budget{Label: llm.LabelUser, Value: "*", Quota: llm.Quota{ID: llm.LabelUser + "/*", Name: llm.LabelUser + " *", BudgetUSD: &usd}}
	}
}

// mergeEndUsers adds max_end_user_budget to the budgets, unless those say
// something else about all users.
func (r *reader) mergeEndUsers() {
	s := &r.out.Settings
	if r.endUsers == nil || slices.ContainsFunc(s.Budgets, func(b router.Budget) bool { return b.Quota.ID == r.endUsers.Quota.ID }) {
		return
	}
	s.Budgets = append(s.Budgets, *r.endUsers)
}

// total is max_budget with its budget_duration, which may stand in
// litellm_settings and in general_settings.
type total struct {
	usd         *float64
	every       time.Duration
	at, everyAt field
}

func (r *reader) totalBudget(f field) {
	if usd, ok := r.number(f); ok {
		r.total.usd, r.total.at = &usd, f
	}
}

func (r *reader) totalEvery(f field) {
	if d, ok := r.duration(f); ok {
		r.total.every, r.total.everyAt = d, f
	}
}

// mergeTotal adds the budget of all calls together.
func (r *reader) mergeTotal() {
	t := r.total
	switch {
	case t.usd != nil && *t.usd == 0: // as in LiteLLM, where it is the default
		r.warn(t.at.at, t.at.path+": 0 is no limit", "write dollars, or remove it")
	case t.usd != nil:
		r.out.Settings.Budgets = append(r.out.Settings.Budgets, router.Budget{
			Quota: llm.Quota{ID: "budget/all", Name: "all calls together", BudgetUSD: t.usd, Every: t.every},
		})
	case t.every != 0:
		r.warn(t.everyAt.at, t.everyAt.path+" has no effect without a max_budget", "write max_budget: dollars")
	}
}
