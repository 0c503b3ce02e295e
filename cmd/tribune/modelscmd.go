package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/router"
)

// modelRow is one deployment as it stands.
type modelRow struct {
	ID       string     `json:"id"`
	Group    string     `json:"group"`
	Model    string     `json:"model"` // provider/name
	APIBase  string     `json:"api_base,omitempty"`
	Health   string     `json:"health"` // healthy, partial, down, cooling, disabled
	Reason   string     `json:"reason,omitempty"`
	Until    *time.Time `json:"cooled_until,omitempty"`
	Calls    int64      `json:"calls"`
	Failures int64      `json:"failures"`
	InFlight int        `json:"in_flight"`

	// What it may use; null: no limit.
	RPM      *int64   `json:"rpm"`
	TPM      *int64   `json:"tpm"`
	Parallel *int64   `json:"max_parallel_requests"`
	Budget   *float64 `json:"max_budget_usd"`
	// Dollars for a million tokens; null: not known.
	In      *float64 `json:"input_cost_per_million"`
	Out     *float64 `json:"output_cost_per_million"`
	Context *int     `json:"context_tokens"`
}

// Models lists the deployments, those that cannot be used last.
func (a *App) Models(context.Context) ([]modelRow, error) {
	rows := []modelRow{}
	if a.Router != nil {
		for _, d := range a.Router.Deployments() {
			rows = append(rows, rowOf(d))
		}
	}
	return append(rows, a.models.disabled()...), nil
}

func rowOf(d router.State) modelRow {
	row := modelRow{
		ID: d.ID, Group: d.Group, Model: d.Provider + "/" + d.Name, APIBase: d.APIBase,
		Health: string(d.Health), Reason: string(d.LastFailure), Calls: d.Calls, Failures: d.Failures, InFlight: d.InFlight,
	}
	if !d.CooledUntil.IsZero() {
		row.Until = &d.CooledUntil
	}
	row.limits(d.Limits)
	row.price(d.Price)
	return row
}

func (r *modelRow) limits(q llm.Quota) {
	r.RPM, r.TPM, r.Parallel, r.Budget = unlessZero(q.RPM), unlessZero(q.TPM), unlessZero(q.Parallel), q.BudgetUSD
}

func (r *modelRow) price(p price.Price) {
	if p.Known {
		in, out := p.In*1e6, p.Out*1e6
		r.In, r.Out = &in, &out
	}
	if p.Context > 0 {
		r.Context = &p.Context
	}
}

func unlessZero(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// disabled lists the deployments of the file that cannot be used, and why.
func (m modelSet) disabled() []modelRow {
	if m.file == nil {
		return nil
	}
	var rows []modelRow
	for _, s := range m.file.Deployments {
		if s.Disabled != "" {
			rows = append(rows, modelRow{ID: s.ID, Group: s.Group, Model: s.Model, Health: "disabled", Reason: s.Disabled})
		}
	}
	return rows
}

// modelsCmd lists deployments.
type modelsCmd struct {
	JSON bool `help:"Print one JSON object a deployment."`
}

// Run prints them.
func (cmd *modelsCmd) Run(ctx context.Context, s streams) error {
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	return withService(ctx, c, s, func(svc service) error {
		rows, err := svc.Models(ctx)
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printEach(s, rows)
		}
		if len(rows) == 0 {
			_, err := fmt.Fprintln(s.Out, "no model is set up: answers quote the documents (set a provider's key, for example DEEPSEEK_API_KEY)")
			return err
		}
		return printModels(s, rows)
	})
}

// printEach prints one JSON object a line.
func printEach[T any](s streams, rows []T) error {
	for _, row := range rows {
		if err := printJSON(s.Out, row); err != nil {
			return err
		}
	}
	return nil
}

func printModels(s streams, rows []modelRow) error {
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "GROUP\tMODEL\tHEALTH\tCALLS\tFAILED\tLIMITS\t$/M IN\t$/M OUT\tCONTEXT")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", oneLine(r.Group), oneLine(r.Model), r.state(),
			r.Calls, r.Failures, r.limitsText(), dollars(r.In), dollars(r.Out), tokens(r.Context))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func (r modelRow) state() string {
	switch {
	case r.Until != nil:
		return r.Health + " until " + r.Until.Local().Format(time.TimeOnly)
	case r.Reason != "":
		return r.Health + ": " + oneLine(r.Reason)
	}
	return r.Health
}

func (r modelRow) limitsText() string {
	var parts []string
	for _, limit := range []struct {
		n    *int64
		unit string
	}{{r.RPM, "rpm"}, {r.TPM, "tpm"}, {r.Parallel, "at once"}} {
		if limit.n != nil {
			parts = append(parts, fmt.Sprint(*limit.n, " ", limit.unit))
		}
	}
	if r.Budget != nil {
		parts = append(parts, "$"+strconv.FormatFloat(*r.Budget, 'f', -1, 64))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func dollars(usd *float64) string {
	if usd == nil {
		return "unknown"
	}
	return strconv.FormatFloat(*usd, 'g', 6, 64) // a price for a million is a product: it has dust at its end
}

func tokens(n *int) string {
	if n == nil {
		return "unknown"
	}
	return strconv.Itoa(*n)
}
