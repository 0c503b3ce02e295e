package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// UsageQuery asks for sums.
type UsageQuery struct {
	// From and To bound the time; the UTC days that have a moment of it count
	// as a whole. Zero: as far back as days are kept, and until now.
	From, To time.Time
	// By are what rows are told apart by, of UsageColumns; none: one row.
	By []string
}

// UsageColumns are what usage can be told apart by.
func UsageColumns() []string { return []string{"day", "group", "model", "channel", "user", "key"} }

// UsageRow is what calls come to. Columns that were not asked for are empty.
type UsageRow struct {
	Day     string `json:"day,omitempty"`     // UTC, 2026-11-23
	Group   string `json:"group,omitempty"`   // that the deployment was chosen from, or that was asked for
	Model   string `json:"model,omitempty"`   // "provider/model"
	Channel string `json:"channel,omitempty"` // platform:team:channel
	User    string `json:"user,omitempty"`
	Key     string `json:"key,omitempty"` // its alias

	Calls       int64 `json:"calls"`
	Failures    int64 `json:"failures"`     // calls that ended with an error, or whose caller left
	FailedTries int64 `json:"failed_tries"` // of deployments, also in calls that ended well on another

	PromptTokens     int64 `json:"prompt_tokens"`
	CompletionTokens int64 `json:"completion_tokens"`
	CachedTokens     int64 `json:"cached_tokens"`    // of the prompts
	ReasoningTokens  int64 `json:"reasoning_tokens"` // of the completions

	// CostUSD is what the calls cost whose price is known; nil where there are
	// only others.
	CostUSD *float64 `json:"cost_usd"`
	// CostNanoUSD is the same in billionths of a dollar, as it is summed up.
	CostNanoUSD   int64 `json:"cost_nano_usd"`
	UnpricedCalls int64 `json:"unpriced_calls"` // calls that CostUSD leaves out
	CountedCalls  int64 `json:"counted_calls"`  // calls whose tokens were counted here: the provider did not say
}

// Query sums up the usage of all processes: what they saved, and what this one
// did not yet. Rows come in the order of their columns.
func (u *Usage) Query(ctx context.Context, q UsageQuery) ([]UsageRow, error) {
	for _, column := range q.By {
		if !slices.Contains(UsageColumns(), column) {
			return nil, fmt.Errorf("usage can't be told apart by %q: use %s", column, strings.Join(UsageColumns(), ", "))
		}
	}
	if err := u.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer u.endTurn()
	total := map[rowOfDay]*sum{}
	for _, day := range u.days(q) {
		rows, err := u.rowsOf(ctx, day)
		if err != nil {
			return nil, fmt.Errorf("read the usage of %s: %w", day, err)
		}
		for key, s := range rows {
			at := grouped(day, key, q.By)
			if total[at] == nil {
				total[at] = &sum{}
			}
			total[at].plus(*s)
		}
	}
	return sorted(total), nil
}

// days are the days that a query asks for and that are kept.
func (u *Usage) days(q UsageQuery) []string {
	now := u.o.Now().UTC()
	first := now.AddDate(0, 0, 1-u.o.Days)
	last := now
	if from := q.From.UTC(); !q.From.IsZero() && from.After(first) {
		first = from
	}
	if to := q.To.UTC().Add(-1); !q.To.IsZero() && to.Before(last) {
		last = to
	}
	var days []string
	end := last.Format(dayForm)
	for day := first; day.Format(dayForm) <= end; day = day.AddDate(0, 0, 1) {
		days = append(days, day.Format(dayForm))
	}
	return days
}

// rowsOf returns a day's rows; the caller has the turn.
func (u *Usage) rowsOf(ctx context.Context, day string) (sums, error) {
	p := &page{rows: sums{}}
	if u.o.Book != nil {
		value, _, err := u.o.Book.Get(ctx, day)
		if err != nil {
			return nil, err
		}
		if p, err = readPage(value); err != nil {
			return nil, err
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if b := u.pending[day]; b != nil && p.writers[u.writer] < b.number {
		p.rows.merge(b.rows, math.MaxInt)
	}
	p.rows.merge(u.fresh[day], math.MaxInt)
	return p.rows, nil
}

// rowOfDay is what a row of an answer is for.
type rowOfDay struct {
	day string
	rowKey
}

// grouped leaves of a key what is asked for.
func grouped(day string, key rowKey, by []string) rowOfDay {
	var at rowOfDay
	for _, column := range by {
		switch column {
		case "day":
			at.day = day
		case "group":
			at.Group = key.Group
		case "model":
			at.Model = key.Model
		case "channel":
			at.Channel = key.Channel
		case "user":
			at.User = key.User
		case "key":
			at.Key = key.Key
		}
	}
	return at
}

func sorted(total map[rowOfDay]*sum) []UsageRow {
	rows := make([]UsageRow, 0, len(total))
	for at, s := range total {
		rows = append(rows, s.row(at))
	}
	slices.SortFunc(rows, func(a, b UsageRow) int {
		return cmp.Or(
			strings.Compare(a.Day, b.Day), strings.Compare(a.Group, b.Group), strings.Compare(a.Model, b.Model),
			strings.Compare(a.Channel, b.Channel), strings.Compare(a.User, b.User), strings.Compare(a.Key, b.Key),
		)
	})
	return rows
}

func (s sum) row(at rowOfDay) UsageRow {
	r := UsageRow{
		Day: at.day, Group: at.Group, Model: at.Model, Channel: at.Channel, User: at.User, Key: at.Key,
		Calls: s.Calls, Failures: s.Failures, FailedTries: s.FailedTries,
		PromptTokens: s.Prompt, CompletionTokens: s.Completion, CachedTokens: s.Cached, ReasoningTokens: s.Reasoning,
		CostNanoUSD: s.Nano, UnpricedCalls: s.Unpriced, CountedCalls: s.Counted,
	}
	if s.Priced > 0 || s.Unpriced == 0 {
		r.CostUSD = new(float64(s.Nano) / llm.Dollar)
	}
	return r
}
