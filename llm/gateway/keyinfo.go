package gateway

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/quota"
)

// Levels tells how a quota stands: *quota.Book.
type Levels interface {
	State(ctx context.Context, q llm.Quota) (quota.State, error)
}

// maxLevels is how long an answer waits to know how a key's limits stand: the
// headers that say so are a courtesy.
const maxLevels = 100 * time.Millisecond

// keyDescription is a key in LiteLLM's words. What is not known is null.
type keyDescription struct {
	Key         string         `json:"key,omitempty"` // the secret, of a new one only
	Token       string         `json:"token"`
	TokenID     string         `json:"token_id"`
	Name        string         `json:"key_name"`
	Alias       string         `json:"key_alias"`
	Models      []string       `json:"models"`
	User        *string        `json:"user_id"`
	Spend       *float64       `json:"spend"`
	Budget      *float64       `json:"max_budget"`
	Every       *string        `json:"budget_duration"`
	BudgetReset *string        `json:"budget_reset_at"`
	RPM         *int64         `json:"rpm_limit"`
	TPM         *int64         `json:"tpm_limit"`
	Parallel    *int64         `json:"max_parallel_requests"`
	Remaining   *keyRemaining  `json:"remaining,omitempty"`
	Expires     *string        `json:"expires"`
	Created     *string        `json:"created_at"`
	Blocked     bool           `json:"blocked"`
	Metadata    map[string]any `json:"metadata"`
}

// keyRemaining is what is left of each limit that the key has.
type keyRemaining struct {
	Requests *int64   `json:"requests,omitempty"` // of this minute
	Tokens   *int64   `json:"tokens,omitempty"`   // of this minute
	Parallel *int64   `json:"parallel,omitempty"`
	Budget   *float64 `json:"budget_usd,omitempty"`
}

// standing is what a key has used.
type standing struct {
	quota.State

	spend *float64 // dollars, in the budget's window where there is one; nil: not known
}

// standing asks how a key stands; nil where nothing keeps count.
func (g *Gateway) standing(ctx context.Context, k llm.Key) *standing {
	s := &standing{}
	if g.Levels != nil && limited(k) {
		within, stop := context.WithTimeout(ctx, maxLevels)
		defer stop()
		state, err := g.Levels.State(within, k.Quota())
		if err != nil {
			g.Log.DebugContext(ctx, "how a key stands cannot be told", "key_hash", k.Hash, "error", err)
		}
		s.State = state
	}
	if s.Budget != nil {
		s.spend = &s.Budget.Used
	} else if g.Spend != nil {
		if usd, known := g.Spend(ctx, k.Hash); known {
			s.spend = &usd
		}
	}
	return s
}

// describe tells all of a key but its secret.
func describe(k llm.Key, s *standing) keyDescription {
	d := keyDescription{
		Token: k.Hash, TokenID: k.Hash, Name: k.Shown, Alias: k.Alias, Models: k.Models,
		User: orNull(k.User), Budget: k.Budget, RPM: orNone(k.RPM), TPM: orNone(k.TPM), Parallel: orNone(k.Max),
		Expires: instant(k.Expires), Created: instant(k.Created), Blocked: k.Blocked, Metadata: k.Metadata,
	}
	if d.Models == nil {
		d.Models = []string{}
	}
	if d.Metadata == nil {
		d.Metadata = map[string]any{}
	}
	if k.Every > 0 {
		d.Every = orNull(quota.FormatDuration(k.Every))
	}
	if s != nil {
		d.stands(s)
	}
	return d
}

func (d *keyDescription) stands(s *standing) {
	d.Spend = s.spend
	left := &keyRemaining{}
	if s.Requests != nil {
		left.Requests = &s.Requests.Remaining
	}
	if s.Tokens != nil {
		left.Tokens = &s.Tokens.Remaining
	}
	if s.Parallel != nil {
		left.Parallel = &s.Parallel.Remaining
	}
	if s.Budget != nil {
		left.Budget = &s.Budget.Remaining
		d.BudgetReset = instant(s.Budget.Reset)
	}
	if *left != (keyRemaining{}) {
		d.Remaining = left
	}
}

func orNone(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func instant(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return orNull(t.UTC().Format(time.RFC3339))
}

// tellKey writes how the caller's key stands into the headers.
func (e *exchange) tellKey() {
	if !e.caller.known {
		return
	}
	k := e.caller.key
	s := e.gateway.standing(e.context(), k)
	if s.spend != nil {
		e.setHeader("X-Litellm-Key-Spend", strconv.FormatFloat(*s.spend, 'f', -1, 64))
	}
	if k.Budget != nil {
		e.setHeader("X-Litellm-Key-Max-Budget", strconv.FormatFloat(*k.Budget, 'f', -1, 64))
	}
	e.tellLevel("Requests", s.Requests)
	e.tellLevel("Tokens", s.Tokens)
}

// tellLevel writes one limit under the names that OpenAI gives them.
func (e *exchange) tellLevel(name string, l *quota.Level) {
	if l == nil {
		return
	}
	e.setHeader("X-Ratelimit-Limit-"+name, strconv.FormatInt(l.Limit, 10))
	e.setHeader("X-Ratelimit-Remaining-"+name, strconv.FormatInt(l.Remaining, 10))
	if !l.Reset.IsZero() {
		seconds := math.Ceil(l.Reset.Sub(e.gateway.Now()).Seconds())
		e.setHeader("X-Ratelimit-Reset-"+name, strconv.FormatFloat(max(seconds, 0), 'f', 0, 64)+"s")
	}
}
