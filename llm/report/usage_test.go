package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tribunebot/tribune/llm"
)

// usageNoon is when the calls of these tests end.
var usageNoon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func usageClock(now time.Time) func() time.Time { return func() time.Time { return now } }

// paidCall is one that alice made in a channel, and that cost half a dollar.
func paidCall(change func(*llm.Call)) llm.Call {
	c := llm.Call{
		Request: llm.Request{Group: "fast", Labels: map[string]string{
			llm.LabelChannel: "slack:T1:C1", llm.LabelUser: "slack:alice", llm.LabelKey: "team",
		}},
		Ended: usageNoon,
		Served: llm.Served{
			Provider: "openai", Model: "gpt-4", Group: "fast", CostUSD: new(0.5),
			Usage: &llm.Usage{Prompt: 100, Completion: 10, Cached: 40, Reasoning: 4},
		},
		Tries: []llm.Try{{Group: "fast", Provider: "openai", Model: "gpt-4"}},
	}
	if change != nil {
		change(&c)
	}
	return c
}

func usageBy(t *testing.T, u *Usage, by ...string) []UsageRow {
	t.Helper()
	rows, err := u.Query(t.Context(), UsageQuery{By: by})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// usageTotal is all calls in one row.
func usageTotal(t *testing.T, u *Usage) UsageRow {
	t.Helper()
	rows := usageBy(t, u)
	if len(rows) != 1 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	return rows[0]
}

func wantUsage(t *testing.T, got []UsageRow, want ...UsageRow) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// usagePass lets d pass on a bubble's clock.
func usagePass(d time.Duration) { <-time.NewTimer(d).C }

func TestUsageOfACall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call llm.Call
		want UsageRow
	}{
		"that ended well": {paidCall(nil), UsageRow{
			Group: "fast", Model: "openai/gpt-4", Calls: 1, PromptTokens: 100, CompletionTokens: 10, CachedTokens: 40, ReasoningTokens: 4,
			CostUSD: new(0.5), CostNanoUSD: 500_000_000,
		}},
		"at a price that nobody knows": {paidCall(func(c *llm.Call) { c.Served.CostUSD = nil }), UsageRow{
			Group: "fast", Model: "openai/gpt-4", Calls: 1, PromptTokens: 100, CompletionTokens: 10, CachedTokens: 40, ReasoningTokens: 4,
			UnpricedCalls: 1,
		}},
		"for nothing": {paidCall(func(c *llm.Call) { c.Served.CostUSD, c.Served.Usage = new(0.0), nil }), UsageRow{
			Group: "fast", Model: "openai/gpt-4", Calls: 1, CostUSD: new(0.0),
		}},
		"counted here": {paidCall(func(c *llm.Call) { c.Served.Counted, c.Served.Usage = true, &llm.Usage{Prompt: 7} }), UsageRow{
			Group: "fast", Model: "openai/gpt-4", Calls: 1, PromptTokens: 7, CountedCalls: 1, CostUSD: new(0.5), CostNanoUSD: 500_000_000,
		}},
		"that failed": {paidCall(func(c *llm.Call) {
			c.Err = &llm.Error{Kind: llm.Overloaded}
			c.Served = llm.Served{}
			c.Tries[0].Err = c.Err
		}), UsageRow{
			Group: "fast", Model: "openai/gpt-4", Calls: 1, Failures: 1, FailedTries: 1, CostUSD: new(0.0),
		}},
		"that failed and cost something": {paidCall(func(c *llm.Call) { c.Err = &llm.Error{Kind: llm.Cancelled} }), UsageRow{
			Group: "fast", Model: "openai/gpt-4", Calls: 1, Failures: 1, PromptTokens: 100, CompletionTokens: 10, CachedTokens: 40, ReasoningTokens: 4,
			CostUSD: new(0.5), CostNanoUSD: 500_000_000,
		}},
		"of a group that is not there": {llm.Call{Request: llm.Request{Group: "junk"}, Ended: usageNoon, Err: &llm.Error{Kind: llm.NoSuchModel}}, UsageRow{
			Group: "(none)", Calls: 1, Failures: 1, CostUSD: new(0.0),
		}},
		"of a group without room": {llm.Call{Request: llm.Request{Group: "fast"}, Ended: usageNoon, Err: &llm.Error{Kind: llm.OverBudget}}, UsageRow{
			Group: "fast", Calls: 1, Failures: 1, CostUSD: new(0.0),
		}},
		"with nonsense in it": {paidCall(func(c *llm.Call) {
			c.Served.CostUSD, c.Served.Usage = new(math.Inf(1)), &llm.Usage{Prompt: -1}
			c.Served.Model = "gpt\n4"
		}), UsageRow{
			Group: "fast", Model: "openai/gpt 4", Calls: 1, CostUSD: new(0.0),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := NewUsage(UsageOptions{Now: usageClock(usageNoon)})
			u.Observe(t.Context(), c.call)
			wantUsage(t, usageBy(t, u, "group", "model"), c.want)
		})
	}
}

func TestFailedTriesCountWhereTheyWere(t *testing.T) {
	t.Parallel()
	u := NewUsage(UsageOptions{Now: usageClock(usageNoon)})
	u.Observe(t.Context(), paidCall(func(c *llm.Call) {
		c.Tries = []llm.Try{
			{Group: "slow", Provider: "azure", Model: "gpt-4", Err: &llm.Error{Kind: llm.Timeout}},
			{Group: "slow", Provider: "azure", Model: "gpt-4", Err: &llm.Error{Kind: llm.Timeout}},
			{Group: "fast", Provider: "openai", Model: "gpt-4"},
		}
	}))
	wantUsage(t, usageBy(t, u, "model"),
		UsageRow{Model: "azure/gpt-4", FailedTries: 2, CostUSD: new(0.0)},
		UsageRow{
			Model: "openai/gpt-4", Calls: 1, PromptTokens: 100, CompletionTokens: 10, CachedTokens: 40, ReasoningTokens: 4,
			CostUSD: new(0.5), CostNanoUSD: 500_000_000,
		})
}

func TestUsageByEveryColumn(t *testing.T) {
	t.Parallel()
	u := NewUsage(UsageOptions{Now: usageClock(usageNoon)})
	for _, user := range []string{"slack:bob", "slack:alice"} {
		for _, ended := range []time.Time{usageNoon.AddDate(0, 0, -1), usageNoon} {
			u.Observe(t.Context(), paidCall(func(c *llm.Call) {
				c.Labels = map[string]string{llm.LabelUser: user, llm.LabelChannel: "slack:T1:C1", llm.LabelKey: "team"}
				c.Ended = ended
			}))
		}
	}
	for column, want := range map[string][]string{
		"day": {"2026-11-22", "2026-11-23"}, "group": {"fast"}, "model": {"openai/gpt-4"},
		"channel": {"slack:T1:C1"}, "user": {"slack:alice", "slack:bob"}, "key": {"team"},
	} {
		var got []string
		calls := int64(0)
		for _, r := range usageBy(t, u, column) {
			got = append(got, r.Day+r.Group+r.Model+r.Channel+r.User+r.Key)
			calls += r.Calls
		}
		if diff := cmp.Diff(want, got); diff != "" || calls != 4 {
			t.Errorf("%s: %d calls (-want +got):\n%s", column, calls, diff)
		}
	}
	if rows := usageBy(t, u, UsageColumns()...); len(rows) != 4 {
		t.Errorf("%d rows by everything: %+v", len(rows), rows)
	}
	if _, err := u.Query(t.Context(), UsageQuery{By: []string{"colour"}}); err == nil || !strings.Contains(err.Error(), "channel") {
		t.Errorf("got %v", err)
	}
}

func TestUsageBetween(t *testing.T) {
	t.Parallel()
	u := NewUsage(UsageOptions{Now: usageClock(usageNoon), Days: 5})
	for i := range 8 {
		u.Observe(t.Context(), paidCall(func(c *llm.Call) { c.Ended = usageNoon.AddDate(0, 0, -i) }))
	}
	midnight := usageNoon.Truncate(24 * time.Hour)
	for name, c := range map[string]struct {
		from, to time.Time
		want     int64
	}{
		"all that is kept":  {time.Time{}, time.Time{}, 5},
		"a day":             {midnight.AddDate(0, 0, -1), midnight, 1},
		"into the day":      {midnight.AddDate(0, 0, -1), midnight.Add(1), 2},
		"since":             {midnight.AddDate(0, 0, -2), time.Time{}, 3},
		"until":             {time.Time{}, midnight, 4},
		"before all":        {time.Time{}, midnight.AddDate(0, 0, -30), 0},
		"after all":         {usageNoon.AddDate(0, 0, 1), time.Time{}, 0},
		"the wrong way":     {usageNoon, midnight.AddDate(0, 0, -2), 0},
		"in another zone":   {midnight.In(time.FixedZone("", 8*3600)), time.Time{}, 1},
		"far into tomorrow": {midnight, usageNoon.AddDate(1, 0, 0), 1},
	} {
		rows, err := u.Query(t.Context(), UsageQuery{From: c.from, To: c.to})
		if err != nil {
			t.Fatal(err)
		}
		got := int64(0)
		for _, r := range rows {
			got += r.Calls
		}
		if got != c.want {
			t.Errorf("%s: %d calls, want %d", name, got, c.want)
		}
	}
}

func TestForgetAUser(t *testing.T) {
	t.Parallel()
	book := newShelf()
	u := NewUsage(UsageOptions{Book: book, Now: usageClock(usageNoon)})
	for i := range 3 {
		u.Observe(t.Context(), paidCall(func(c *llm.Call) { c.Ended = usageNoon.AddDate(0, 0, -i) }))
	}
	u.Observe(t.Context(), paidCall(func(c *llm.Call) { c.Labels = map[string]string{llm.LabelUser: "slack:bob"} }))
	for range 2 { // the second time nobody is there
		if err := u.Forget(t.Context(), "slack:alice"); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, r := range usageBy(t, u, "user") {
		got = append(got, fmt.Sprint(r.User, " ", r.Calls))
	}
	if diff := cmp.Diff([]string{"(forgotten) 3", "slack:bob 1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	memory := NewUsage(UsageOptions{Now: usageClock(usageNoon)})
	memory.Observe(t.Context(), paidCall(nil))
	if err := memory.Forget(t.Context(), "slack:alice"); err != nil {
		t.Fatal(err)
	}
	if rows := usageBy(t, memory, "user"); len(rows) != 1 || rows[0].User != forgotten {
		t.Errorf("got %+v", rows)
	}
}

func TestPagesThatCannotBeReadAreLeftAlone(t *testing.T) {
	t.Parallel()
	newer, err := (&page{rows: sums{}, writers: map[string]uint64{}}).bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string][]byte{"garbage": []byte("not a page"), "cut": newer[:len(newer)-12]} {
		book := newShelf()
		book.values["2026-11-23"] = value
		u := NewUsage(UsageOptions{Book: book, Now: usageClock(usageNoon)})
		u.Observe(t.Context(), paidCall(nil))
		if err := u.Save(t.Context()); err == nil || string(book.values["2026-11-23"]) != string(value) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := u.Query(t.Context(), UsageQuery{}); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

func TestUsageRowAsJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(UsageRow{Day: "2026-11-23", Calls: 1, UnpricedCalls: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"day":"2026-11-23","calls":1,"failures":0,"failed_tries":0,"prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,` +
		`"reasoning_tokens":0,"cost_usd":null,"cost_nano_usd":0,"unpriced_calls":1,"counted_calls":0}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAFullPageFitsAMessage(t *testing.T) {
	t.Parallel()
	p := &page{rows: sums{}, writers: map[string]uint64{}}
	for i := range 10_000 {
		key := rowKey{Group: "fast", Model: "openai/gpt-4", Channel: fmt.Sprintf("slack:T024BE7LD:C%010d", i%300), User: fmt.Sprintf("slack:U%010X", i*7919*104729)}
		p.rows.add(key, sum{Calls: 17, Prompt: int64(i) * 977, Completion: int64(i) * 31, Nano: int64(i) * 123457, Priced: 17}, math.MaxInt)
	}
	value, err := p.bytes()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("10,000 rows take %d kB", len(value)>>10)
	if len(value) > 900<<10 {
		t.Errorf("10,000 rows take %d kB", len(value)>>10)
	}
	again, err := readPage(value)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.rows, again.rows); diff != "" {
		t.Error("a page that is read is not what was written")
	}
}

func BenchmarkUsageObserve(b *testing.B) {
	u := NewUsage(UsageOptions{})
	c := paidCall(nil)
	b.ReportAllocs()
	for b.Loop() {
		u.Observe(b.Context(), c)
	}
}
