package quota

import (
	"math"
	"strconv"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// The limits of a quota, as Over names them.
const (
	RPM      = "rpm"
	TPM      = "tpm"
	Parallel = "parallel"
	Budget   = "budget"
)

const (
	// maxTokens and maxMoney (a million dollars, in billionths) are more than
	// one call can truly need: a provider that reports nonsense must not turn
	// a counter over.
	maxTokens = 1_000_000_000
	maxMoney  = 1_000_000 * llm.Dollar
	// maxBudget is the largest budget that is told from none, in dollars.
	maxBudget = math.MaxInt64 / llm.Dollar / 2
)

// part says which limit of which quota an ask is about.
type part struct {
	quota int
	limit string
	taken int64 // what was reserved; 0 where the counters could not be asked
}

// usual is how many counters a call has as a rule: those of a key and of a
// deployment.
const usual = 8

// plan is what a call's quotas come to. Its arrays keep the usual call from
// allocating each on its own.
type plan struct {
	asks  []llm.Ask
	parts []part
	money bool // a budget is among them

	asksArray  [usual]llm.Ask
	partsArray [usual]part
}

// make fills the plan: for each limit of each quota one ask.
func (p *plan) make(quotas []llm.Quota, n Need, now time.Time) {
	p.asks, p.parts = p.asksArray[:0], p.partsArray[:0]
	var endsArray [usual]int
	var keysArray [64 * usual]byte
	ends, keys := endsArray[:0], keysArray[:0]
	minute := now.Unix() / 60
	until := time.Unix((minute+1)*60, 0).UTC()
	add := func(quota int, limit string, ask llm.Ask) {
		p.asks = append(p.asks, ask)
		p.parts = append(p.parts, part{quota: quota, limit: limit, taken: ask.Amount})
		ends = append(ends, len(keys))
	}
	for i := range quotas {
		q := &quotas[i]
		if q.RPM > 0 {
			keys = strconv.AppendInt(append(append(keys, q.ID...), "/rpm/"...), minute, 10)
			add(i, RPM, llm.Ask{Amount: 1, Limit: q.RPM, Until: until})
		}
		if q.TPM > 0 {
			keys = strconv.AppendInt(append(append(keys, q.ID...), "/tpm/"...), minute, 10)
			add(i, TPM, llm.Ask{Amount: within(n.Tokens, q.TPM), Limit: q.TPM, Until: until})
		}
		if q.Parallel > 0 {
			keys = append(append(keys, q.ID...), "/parallel"...)
			add(i, Parallel, llm.Ask{Amount: 1, Limit: q.Parallel})
		}
		if limit, limited := budget(q); limited && (!n.Free || limit <= 0) {
			var ask llm.Ask
			keys, ask = money(keys, q, now)
			ask.Amount, ask.Limit = within(nano(n.USD), limit), limit
			add(i, Budget, ask)
			p.money = true
		}
	}
	all, from := string(keys), 0
	for i, end := range ends {
		p.asks[i].Key = all[from:end]
		from = end
	}
}

// money makes the ask of a budget, and appends its key.
func money(keys []byte, q *llm.Quota, now time.Time) ([]byte, llm.Ask) {
	keys = append(append(keys, q.ID...), "/usd"...)
	from, to := window(q.Every, now)
	if to.IsZero() {
		return keys, llm.Ask{Durable: true, Forever: true}
	}
	keys = strconv.AppendInt(append(keys, '/'), int64(q.Every/time.Second), 10)
	keys = strconv.AppendInt(append(keys, '/'), from.Unix(), 10)
	return keys, llm.Ask{Durable: true, Until: to}
}

// within is at least 1, so that a limit that is used up refuses a call of
// unknown size too, and at most the limit, so that a call that is larger than
// the whole limit is let in when it is alone.
func within(amount, limit int64) int64 { return max(min(amount, limit), 1) }

// budget is a quota's money in billionths of a dollar; false where it has no
// limit. 0 is nothing at all.
func budget(q *llm.Quota) (int64, bool) {
	switch {
	case q.BudgetUSD == nil || *q.BudgetUSD >= maxBudget:
		return 0, false
	case !(*q.BudgetUSD > 0): // NaN too
		return 0, true
	default:
		return int64(*q.BudgetUSD * llm.Dollar), true
	}
}

// nano turns dollars into billionths, rounded up.
func nano(usd float64) int64 {
	switch {
	case !(usd > 0): // NaN too
		return 0
	case usd >= maxMoney/llm.Dollar:
		return maxMoney
	default:
		return int64(math.Ceil(usd * llm.Dollar))
	}
}
