package report

import (
	"math"

	"github.com/tribunebot/tribune/llm"
)

const (
	// folded stands in a row for everything that is not told apart.
	folded = "(other)"
	// nobody stands for the group of a call that named none of ours: what a
	// client wrote is not worth a row.
	nobody = "(none)"
)

// spare is how many more rows than the bound there may be that tell group and
// model apart but not who asked.
const spare = 1000

// rowKey is what a row is for.
type rowKey struct {
	Group   string `json:"g,omitempty"`
	Model   string `json:"m,omitempty"` // "provider/model"
	Channel string `json:"c,omitempty"`
	User    string `json:"u,omitempty"`
	Key     string `json:"k,omitempty"`
}

// at returns the key for a deployment.
func (k rowKey) at(group, provider, model string) rowKey {
	k.Group = clean(group, maxID)
	k.Model = clean(model, maxID)
	if provider != "" && model != "" {
		k.Model = clean(provider+"/"+model, maxID)
	}
	return k
}

// sum is what calls come to. Fields are short because there are many of them.
type sum struct {
	Calls       int64 `json:"n,omitempty"`
	Failures    int64 `json:"f,omitempty"`
	FailedTries int64 `json:"ft,omitempty"`
	Prompt      int64 `json:"p,omitempty"`
	Completion  int64 `json:"a,omitempty"`
	Cached      int64 `json:"pc,omitempty"`
	Reasoning   int64 `json:"ar,omitempty"`
	Nano        int64 `json:"usd,omitempty"` // billionths of a dollar, of calls whose price was known
	Priced      int64 `json:"np,omitempty"`  // those calls
	Unpriced    int64 `json:"nu,omitempty"`  // calls that used tokens at a price nobody knew
	Counted     int64 `json:"nc,omitempty"`  // calls whose tokens were counted here
}

// sumOf is what one call comes to.
func sumOf(c *llm.Call) sum {
	s := sum{Calls: 1}
	if c.Err != nil {
		s.Failures = 1
	}
	if u := c.Served.Usage; u != nil {
		s.Prompt, s.Completion = tokenCount(u.Prompt), tokenCount(u.Completion)
		s.Cached, s.Reasoning = tokenCount(u.Cached), tokenCount(u.Reasoning)
	}
	if c.Served.Counted {
		s.Counted = 1
	}
	switch cost := c.Served.CostUSD; {
	case cost != nil:
		s.Priced, s.Nano = 1, nano(*cost)
	case c.Err == nil || c.Served.Usage != nil:
		s.Unpriced = 1
	}
	return s
}

func tokenCount(n int) int64 { return int64(max(n, 0)) }

// nano is an amount of money as it is summed up; nonsense is nothing.
func nano(usd float64) int64 {
	if !(usd > 0) || usd > math.MaxInt64/(16*llm.Dollar) {
		return 0
	}
	return int64(math.Round(usd * llm.Dollar))
}

func (s *sum) plus(t sum) {
	s.Calls += t.Calls
	s.Failures += t.Failures
	s.FailedTries += t.FailedTries
	s.Prompt += t.Prompt
	s.Completion += t.Completion
	s.Cached += t.Cached
	s.Reasoning += t.Reasoning
	s.Nano += t.Nano
	s.Priced += t.Priced
	s.Unpriced += t.Unpriced
	s.Counted += t.Counted
}

// sums are a day's rows.
type sums map[rowKey]*sum

// add counts into a row. A new row over the bound goes into one without who
// asked, and where there are too many of those, into one for all.
func (rows sums) add(key rowKey, s sum, bound int) {
	row := rows[key]
	if row == nil {
		key = rows.fold(key, bound)
		if row = rows[key]; row == nil {
			row = &sum{}
			rows[key] = row
		}
	}
	row.plus(s)
}

func (rows sums) fold(key rowKey, bound int) rowKey {
	if len(rows) < bound {
		return key
	}
	key.Channel, key.User, key.Key = folded, folded, folded
	if rows[key] != nil || len(rows) < bound+spare {
		return key
	}
	return rowKey{Group: folded, Model: folded, Channel: folded, User: folded, Key: folded}
}

// merge adds rows to others.
func (rows sums) merge(from sums, bound int) {
	for key, s := range from {
		rows.add(key, *s, bound)
	}
}
