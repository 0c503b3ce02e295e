package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/tribunebot/tribune/llm/report"
)

// usageRequest asks for sums of what was used.
type usageRequest struct {
	Days int      `json:"days"`
	By   []string `json:"by"`
}

// Usage sums up model calls.
func (a *App) Usage(ctx context.Context, r usageRequest) ([]report.UsageRow, error) {
	q := report.UsageQuery{By: r.By}
	if r.Days > 0 {
		q.From = a.now().AddDate(0, 0, 1-r.Days)
	}
	return a.reports.usage.Query(ctx, q)
}

// usageCmd tells what was used.
type usageCmd struct {
	By   []string `help:"What to tell apart: day, group, model, channel, user, key." default:"model" sep:","`
	Days int      `help:"So many UTC days back, today among them; 0: as far as is kept." default:"30"`
	JSON bool     `help:"Print one JSON object a row."`
}

// Run prints it.
func (cmd *usageCmd) Run(ctx context.Context, s streams) error {
	for _, by := range cmd.By {
		if !slices.Contains(report.UsageColumns(), by) {
			return usageError{fmt.Errorf("usage cannot be told apart by %q: use %s", by, strings.Join(report.UsageColumns(), ", "))}
		}
	}
	if cmd.Days < 0 {
		return usageError{fmt.Errorf("--days %d: write 0 or more", cmd.Days)}
	}
	c, err := loadConfig(s)
	if err != nil {
		return err
	}
	return withService(ctx, c, s, func(svc service) error {
		rows, err := svc.Usage(ctx, usageRequest{Days: cmd.Days, By: cmd.By})
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printEach(s, rows)
		}
		return cmd.print(s, rows)
	})
}

func (cmd *usageCmd) print(s streams, rows []report.UsageRow) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(s.Out, "no model was called yet")
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\tCALLS\tFAILED\tPROMPT\tCOMPLETION\tCOST\tUNPRICED\n", strings.ToUpper(strings.Join(cmd.By, "\t")))
	for _, r := range rows {
		for _, by := range cmd.By {
			fmt.Fprintf(w, "%s\t", column(r, by))
		}
		cost := "unknown"
		if r.CostUSD != nil {
			cost = "$" + strconv.FormatFloat(*r.CostUSD, 'f', 6, 64)
		}
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%s\t%d\n", r.Calls, r.Failures, r.PromptTokens, r.CompletionTokens, cost, r.UnpricedCalls)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func column(r report.UsageRow, by string) string {
	value := map[string]string{"day": r.Day, "group": r.Group, "model": r.Model, "channel": r.Channel, "user": r.User, "key": r.Key}[by]
	if value == "" {
		return "-"
	}
	return oneLine(value)
}
