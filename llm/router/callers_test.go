package router

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/quota"
)

// TestCallersLimits holds what becomes of a caller who has used up his own.
func TestCallersLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		quota llm.Quota
		limit time.Duration
		want  string
		took  time.Duration
		after time.Duration
	}{
		"requests: wait":     {llm.Quota{RPM: 1}, 0, "a+a", time.Minute, 0},
		"requests: too late": {llm.Quota{RPM: 1}, 30 * time.Second, "a+rate_limited", 0, time.Minute},
		"money":              {llm.Quota{BudgetUSD: new(30000.0), Every: 24 * time.Hour}, 0, "a+over_budget", 0, 24 * time.Hour},
		"no money at all":    {llm.Quota{BudgetUSD: new(0.0)}, 0, "over_budget+over_budget", 0, 0},
		"enough":             {llm.Quota{BudgetUSD: new(90000.0), RPM: 2, TPM: 9000}, 0, "a+b", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// Prices are such that a call reserves some 22,000 dollars and
				// costs 18,000. Fallbacks help nobody here.
				step := yes()
				step.Usage = &llm.Usage{Prompt: 1000, Completion: 3500}
				r, _ := scene{
					does:   []does{{"a", []llmtest.Step{step}}, {"h/b", []llmtest.Step{yes()}}, {"b", []llmtest.Step{step}}},
					set:    Settings{Fallbacks: map[string][]string{"g": {"h"}}, Strategy: UsageBased},
					change: func(d *Deployment) { d.Price = usd(4, 4); d.ID += strings.Repeat("2", btoi(d.Group == "h")) },
				}.router(t)
				req := ask(t, "g")
				test.quota.ID, test.quota.Name = "key/x", "the key x"
				req.Quotas = []llm.Quota{test.quota}
				req.Asks = &llm.Asks{Timeout: test.limit}
				began := time.Now()
				if got := served(t, r, req, 2); got != test.want || time.Since(began) != test.took {
					t.Errorf("%s after %s, want %s after %s", got, time.Since(began), test.want, test.took)
				}
				if test.after > 0 {
					_, err := r.Complete(t.Context(), req)
					if e := llm.AsError(err); e.Status != 429 || e.After != test.after || !strings.Contains(e.Error(), "the key x") {
						t.Errorf("%+v", e)
					}
				}
			})
		})
	}
}

// TestOneRequestIsOne holds that a caller's requests are counted, not the calls
// that they take.
func TestOneRequestIsOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := scene{does: []does{{"a", []llmtest.Step{fail(llm.Overloaded), fail(llm.Overloaded), yes()}}}}.router(t)
		req := ask(t, "g")
		req.Quotas = []llm.Quota{{ID: "key/x", RPM: 2}}
		began := time.Now()
		if got := served(t, r, req, 2); got != "a+a" || time.Since(began) > 3*firstBackoff {
			t.Errorf("%s after %s", got, time.Since(began))
		}
	})
}

// TestBudgets holds whose budget a request is counted in.
func TestBudgets(t *testing.T) {
	t.Parallel()
	each := Budget{Label: llm.LabelUser, Value: "*", Quota: llm.Quota{ID: "users", RPM: 1}}
	vip := Budget{Label: llm.LabelUser, Value: "vip", Quota: llm.Quota{RPM: 9}}
	channel := Budget{Label: llm.LabelChannel, Value: "C1", Quota: llm.Quota{ID: "c1", Name: "channel C1", RPM: 5}}
	long := strings.Repeat("long", 100)
	for name, test := range map[string]struct {
		labels map[string]string
		want   []llm.Quota
	}{
		"nobody": {nil, nil},
		"a user": {map[string]string{llm.LabelUser: "u1"}, []llm.Quota{{ID: "users/u1", Name: "user u1", RPM: 1}}},
		"with one of its own, in a channel": {
			map[string]string{llm.LabelUser: "vip", llm.LabelChannel: "C1"},
			[]llm.Quota{{ID: "budget/user", Name: "user vip", RPM: 9}, {ID: "c1", Name: "channel C1", RPM: 5}},
		},
		"another channel": {map[string]string{llm.LabelChannel: "C2"}, nil},
		"a name without end": {
			map[string]string{llm.LabelUser: long},
			[]llm.Quota{{ID: "users/" + counterName(long), Name: "user " + shortened(long), RPM: 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := &table{Settings: Settings{Budgets: []Budget{each, vip, channel}}}
			own := llm.Quota{ID: "key/x", RPM: 3}
			everybody := llm.Quota{ID: "budget/all", Name: "all calls together", TPM: 7}
			test.want = append(test.want, everybody)
			made.Budgets = append(made.Budgets, Budget{Quota: llm.Quota{TPM: 7}})
			got := made.budgetsOf(llm.Request{Labels: test.labels, Quotas: []llm.Quota{own}})
			if diff := cmp.Diff(append([]llm.Quota{own}, test.want...), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if n := len(counterName(long)); n != 64 {
		t.Errorf("a long name's counter has %d characters", n)
	}
}

// TestCheaper holds that a budget that is short goes to the next cheaper group it
// reaches for.
func TestCheaper(t *testing.T) {
	t.Parallel()
	up := []llmtest.Step{yes()}
	list := []does{{"dear/a", up}, {"unknown/b", up}, {"vectors/c", up}, {"cheap/d", up}, {"middle/e", up}, {"free/f", up}}
	prices := map[string]price.Price{
		"a": usd(100, 100), "c": usd(1, 0), "d": usd(1, 1), "e": usd(10, 10), "f": usd(0, 0),
	}
	for name, test := range map[string]struct {
		group  string
		budget float64
		only   bool // no cheaper group is wanted
		ask    llm.Asks
		want   string
	}{
		"it reaches":                    {"dear", 1e6, false, llm.Asks{}, "a"},
		"the next cheaper one":          {"dear", 1e5, false, llm.Asks{}, "e"},
		"the one after it":              {"dear", 5000, false, llm.Asks{}, "d"},
		"the last":                      {"dear", 100, false, llm.Asks{}, "f"},
		"nothing at all":                {"dear", 0, false, llm.Asks{}, "over_budget"},
		"unknown is dearest":            {"unknown", 0, false, llm.Asks{}, "over_budget"},
		"none is cheaper":               {"cheap", 0, false, llm.Asks{}, "over_budget"},
		"it is not wanted":              {"dear", 1e5, true, llm.Asks{}, "over_budget"},
		"not even by the request":       {"dear", 1e5, false, llm.Asks{DisableFallbacks: true}, "over_budget"},
		"an alias: not its own members": {"both", 100, false, llm.Asks{}, "f"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := scene{
				does: list, change: func(d *Deployment) { d.Price = prices[d.ID] },
				set: Settings{Aliases: map[string]Alias{"both": {Groups: []string{"dear", "middle"}}}},
			}.router(t)
			req := ask(t, test.group)
			req.Asks = &test.ask
			req.Quotas = []llm.Quota{{ID: "c1", Name: "channel C1", BudgetUSD: &test.budget, Cheaper: !test.only}}
			if test.budget > 0 {
				spend(t, r, req.Quotas, 1)
			}
			if got := served(t, r, req, 1); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// TestCheaperWithinAGroup holds that money that does not reach for one
// deployment of a group may do so for another.
func TestCheaperWithinAGroup(t *testing.T) {
	t.Parallel()
	r, _ := scene{
		does: []does{{"a", []llmtest.Step{yes()}}, {"b", []llmtest.Step{yes()}}},
		change: func(d *Deployment) {
			d.Price = map[string]price.Price{"a": usd(100, 100), "b": usd(1, 1)}[d.ID]
		},
	}.router(t)
	req := ask(t, "g")
	req.Quotas = []llm.Quota{{ID: "c1", BudgetUSD: new(9000.0)}}
	spend(t, r, req.Quotas, 1)
	if got := served(t, r, req, 1); got != "b" {
		t.Errorf("%s, want b", got)
	}
}

// spend uses some of a budget: one that is untouched lets in a call of any size.
func spend(t *testing.T, r *Router, quotas []llm.Quota, usd float64) {
	t.Helper()
	hold, err := r.book.Reserve(t.Context(), quotas, quota.Need{USD: usd})
	if err != nil {
		t.Fatal(err)
	}
	hold.Settle(t.Context(), quota.Need{USD: usd})
}

// TestBackBeforeTheMoney holds that a request waits for a deployment that cools
// down where the other one's budget is spent for the day.
func TestBackBeforeTheMoney(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := scene{
			does: []does{{"a", []llmtest.Step{limited(20 * time.Second), yes()}}, {"b", []llmtest.Step{yes()}}},
			change: func(d *Deployment) {
				if d.ID == "b" {
					d.Price, d.Quota.BudgetUSD, d.Quota.Every = usd(1, 1), new(10000.0), 24*time.Hour
				}
			},
		}.router(t)
		spend(t, r, []llm.Quota{r.Deployments()[1].Limits}, 1000)
		began := time.Now()
		if got := served(t, r, ask(t, "g"), 1); got != "b" || time.Since(began) != 0 {
			t.Fatalf("%s after %s", got, time.Since(began))
		}
		spend(t, r, []llm.Quota{r.Deployments()[1].Limits}, 8000)
		if got := served(t, r, ask(t, "g"), 1); got != "a" || time.Since(began) != 20*time.Second {
			t.Errorf("%s after %s, want a when it is back", got, time.Since(began))
		}
	})
}
