package quota

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribunebot/tribune/llm"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// clock is a time that only the test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newBook() (*Book, *clock) {
	c := &clock{start}
	return &Book{Counters: NewMemory(c.now), Now: c.now}, c
}

func reserve(t *testing.T, b *Book, n Need, quotas ...llm.Quota) *Hold {
	t.Helper()
	h, err := b.Reserve(t.Context(), quotas, n)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func refuse(t *testing.T, b *Book, n Need, quotas ...llm.Quota) *Over {
	t.Helper()
	_, err := b.Reserve(t.Context(), quotas, n)
	over, ok := errors.AsType[*Over](err)
	if !ok {
		t.Fatalf("%v: want a limit that is passed", err)
	}
	return over
}

func state(t *testing.T, b *Book, q llm.Quota) State {
	t.Helper()
	s, err := b.State(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRequestsOfAMinute(t *testing.T) {
	t.Parallel()
	b, c := newBook()
	q := llm.Quota{ID: "key/a", Name: "the key a", RPM: 2}
	for range 2 {
		reserve(t, b, Need{}, q).Settle(t.Context(), Need{Tokens: 10})
	}
	over := refuse(t, b, Need{}, q)
	if over.Limit != RPM || over.Max != 2 || over.Used != 2 || over.Need != 1 || !over.Until.Equal(start.Truncate(time.Minute).Add(time.Minute)) {
		t.Errorf("refused by %+v", over)
	}
	if want := "the key a: 2 of 2 requests of this minute are used, until 2026-01-02 03:05:00 UTC"; over.Error() != want {
		t.Errorf("it says %q, want %q", over.Error(), want)
	}
	c.at = over.Until
	reserve(t, b, Need{}, q)
}

func TestTokensAreCorrected(t *testing.T) {
	t.Parallel()
	b, c := newBook()
	q := llm.Quota{ID: "d", TPM: 100}
	h := reserve(t, b, Need{Tokens: 80}, q)
	refuse(t, b, Need{Tokens: 30}, q)
	h.Settle(t.Context(), Need{Tokens: 50})
	h.Settle(t.Context(), Need{Tokens: 1}) // nothing happens twice
	second := reserve(t, b, Need{Tokens: 50}, q)
	c.at = c.at.Add(time.Minute) // it ends in another minute
	second.Settle(t.Context(), Need{Tokens: 500})
	if got := state(t, b, q).Tokens; got.Used != 0 || got.Remaining != 100 {
		t.Errorf("the next minute has %+v", got)
	}
	c.at = start
	if got := state(t, b, q).Tokens; got.Used != 550 || got.Remaining != 0 {
		t.Errorf("the minute has %+v", got)
	}
	refuse(t, b, Need{}, q) // of unknown size, where all is used
}

// TestALargeRequestIsLetInAlone: else it would wait for ever.
func TestALargeRequestIsLetInAlone(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]llm.Quota{
		"tokens": {ID: "q", TPM: 100},
		"money":  {ID: "q", BudgetUSD: new(0.01), Every: 24 * time.Hour},
	} {
		b, c := newBook()
		small, large := Need{Tokens: 1, USD: 0.0001}, Need{Tokens: 5000, USD: 3}
		reserve(t, b, small, q)
		if over := refuse(t, b, large, q); over.Until.IsZero() {
			t.Errorf("%s: refused for ever", name)
		}
		c.at = c.at.Add(25 * time.Hour)
		h := reserve(t, b, large, q)
		refuse(t, b, small, q)
		h.Settle(t.Context(), large)
		refuse(t, b, small, q)
	}
}

func TestPlacesAreGivenBack(t *testing.T) {
	t.Parallel()
	b, _ := newBook()
	q := llm.Quota{ID: "q", Parallel: 1}
	ctx, cancel := context.WithCancel(t.Context())
	h, err := b.Reserve(ctx, []llm.Quota{q}, Need{})
	if err != nil {
		t.Fatal(err)
	}
	if over := refuse(t, b, Need{}, q); over.Limit != Parallel || !over.Until.IsZero() {
		t.Errorf("refused by %+v", over)
	}
	cancel() // the caller left in the middle of a stream
	h.Settle(ctx, Need{})
	reserve(t, b, Need{}, q)
	if _, err := b.Reserve(ctx, []llm.Quota{q}, Need{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that has left gets %v", err)
	}
	var none *Hold
	none.Settle(ctx, Need{})
}

func TestAllQuotasOrNone(t *testing.T) {
	t.Parallel()
	b, _ := newBook()
	key := llm.Quota{ID: "key", RPM: 10, TPM: 1000, Parallel: 5, BudgetUSD: new(1.0), Every: 24 * time.Hour}
	deployment := llm.Quota{ID: "deployment", Name: "gpt-4", RPM: 10, Parallel: 1}
	need := Need{Tokens: 10, USD: 0.1}
	reserve(t, b, need, deployment)
	if over := refuse(t, b, need, key, deployment); over.Quota.ID != "deployment" {
		t.Errorf("refused by %s", over.Quota.ID)
	}
	s := state(t, b, key)
	if s.Requests.Used+s.Tokens.Used+s.Parallel.Used != 0 || s.Budget.Used != 0 {
		t.Errorf("a refused call has used %+v", s)
	}
	if s := state(t, b, deployment); s.Requests.Used != 1 || s.Tokens != nil || s.Budget != nil {
		t.Errorf("the deployment: %+v", s)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	b, c := newBook()
	q := llm.Quota{ID: "q", BudgetUSD: new(1.0), Every: 24 * time.Hour}
	h := reserve(t, b, Need{USD: 0.4}, q)
	h.Settle(t.Context(), Need{USD: 0.9}) // it cost more than it seemed
	if got := state(t, b, q).Budget; got.Used != 0.9 || !got.Reset.Equal(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", got)
	}
	refuse(t, b, Need{USD: 0.2}, q)
	reserve(t, b, Need{}, q).Settle(t.Context(), Need{USD: 0.2}) // price unknown before
	if over := refuse(t, b, Need{}, q); over.Limit != Budget || over.Used != 11*llm.Dollar/10 {
		t.Errorf("refused by %+v", over)
	}
	reserve(t, b, Need{Free: true}, q)
	c.at = c.at.Add(24 * time.Hour)
	reserve(t, b, Need{USD: 1}, q)
}

func TestNoBudgetIsNothingAtAll(t *testing.T) {
	t.Parallel()
	b, _ := newBook()
	for _, v := range []float64{0, -1, math.NaN()} {
		over := refuse(t, b, Need{Free: true}, llm.Quota{ID: "q", BudgetUSD: &v})
		if over.Limit != Budget || over.Max != 0 {
			t.Errorf("refused by %+v", over)
		}
	}
	for _, v := range []float64{math.Inf(1), 1e300} {
		reserve(t, b, Need{USD: math.Inf(1)}, llm.Quota{ID: "q", BudgetUSD: &v})
	}
	for _, v := range []float64{math.NaN(), -5} { // what a call cannot cost
		reserve(t, b, Need{USD: v, Tokens: -5}, llm.Quota{ID: "r", BudgetUSD: new(1.0), TPM: 5}).Settle(t.Context(), Need{USD: v, Tokens: -5})
	}
	if s := state(t, b, llm.Quota{ID: "r", BudgetUSD: new(1.0), TPM: 5}); s.Budget.Used != 0 || s.Tokens.Used != 0 {
		t.Errorf("%+v, %+v", s.Budget, s.Tokens)
	}
}

func TestMoneyIsRoundedUp(t *testing.T) {
	t.Parallel()
	for dollars, want := range map[float64]int64{0: 0, 1e-12: 1, 1.5e-9: 2, 1: llm.Dollar, 1e30: maxMoney, -1: 0} {
		if got := nano(dollars); got != want {
			t.Errorf("$%g is %d, want %d", dollars, got, want)
		}
	}
}

// TestManyCallersNeverPassALimit has each hold what it reserved for a moment.
func TestManyCallersNeverPassALimit(t *testing.T) {
	t.Parallel()
	b := &Book{Counters: Split(NewMemory(nil), NewMemory(nil))}
	key := llm.Quota{ID: "key", Parallel: 4, BudgetUSD: new(10.0)}
	deployments := []llm.Quota{{ID: "one", Parallel: 3}, {ID: "two", Parallel: 3}}
	var held [2]atomic.Int64
	var served atomic.Int64
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			ctx := WithTurn(t.Context())
			quotas := []llm.Quota{key, deployments[i%2]}
			for range 20 {
				h, err := b.Reserve(ctx, quotas, Need{USD: 0.01})
				for ; err != nil; h, err = b.Reserve(ctx, quotas, Need{USD: 0.01}) {
					over, ok := errors.AsType[*Over](err)
					if !ok || b.Wait(ctx, over) != nil {
						t.Error(err)
						return
					}
				}
				if n := held[i%2].Add(1); n > 3 {
					t.Errorf("%d places of 3 are held", n)
				}
				if held[0].Load()+held[1].Load() > 5 { // read one after the other
					t.Error("more places of the key are held than it has")
				}
				served.Add(1)
				held[i%2].Add(-1)
				h.Settle(ctx, Need{USD: 0.01})
			}
		})
	}
	all.Wait()
	s := state(t, b, key)
	if served.Load() != 640 || s.Parallel.Used != 0 || math.Abs(s.Budget.Used-6.4) > 1e-6 || len(b.lines) != 0 {
		t.Errorf("%d were served, %+v, %+v, %d lines", served.Load(), s.Parallel, s.Budget, len(b.lines))
	}
}

func TestOverNamesTheLimit(t *testing.T) {
	t.Parallel()
	for want, over := range map[string]*Over{
		"d: 3 of 3 places are taken": {Quota: llm.Quota{Name: "d"}, Limit: Parallel, Max: 3, Used: 3},
		"id/d: $1.0000 of a budget of $1.5000 are used, $0.7500 more are needed": {
			Quota: llm.Quota{ID: "id/d"}, Limit: Budget, Max: 3 * llm.Dollar / 2, Used: llm.Dollar, Need: 3 * llm.Dollar / 4,
		},
		"d: 7 of 9 tokens of this minute are used, 3 more are needed": {Quota: llm.Quota{Name: "d"}, Limit: TPM, Max: 9, Used: 7, Need: 3},
	} {
		if got := over.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestQuotasDoNotMix(t *testing.T) {
	t.Parallel()
	b, _ := newBook()
	var many []llm.Quota // more than a plan's arrays hold
	for id := range strings.SplitSeq("a b c d e f", " ") {
		many = append(many, llm.Quota{ID: id + strings.Repeat("x", 200), RPM: 1, TPM: 5, Parallel: 1})
	}
	h := reserve(t, b, Need{Tokens: 5}, many...)
	for _, q := range many {
		if s := state(t, b, q); s.Requests.Used != 1 || s.Tokens.Used != 5 || s.Parallel.Used != 1 {
			t.Errorf("%s: %+v %+v %+v", q.ID, s.Requests, s.Tokens, s.Parallel)
		}
	}
	h.Settle(t.Context(), Need{Tokens: 2})
	for _, q := range many {
		if s := state(t, b, q); s.Requests.Used != 1 || s.Tokens.Used != 2 || s.Parallel.Used != 0 {
			t.Errorf("%s: %+v %+v %+v", q.ID, s.Requests, s.Tokens, s.Parallel)
		}
	}
	reserve(t, b, Need{})
	if s := state(t, b, llm.Quota{ID: "none"}); s != (State{}) {
		t.Errorf("no limits: %+v", s)
	}
}

// BenchmarkReserveSettle is what limits cost a call whose counters are in
// memory: a key's and a deployment's.
func BenchmarkReserveSettle(b *testing.B) {
	book := &Book{Counters: NewMemory(nil)}
	quotas := []llm.Quota{
		{ID: "key/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", RPM: 1e12, TPM: 1e15, Parallel: 1e6},
		{ID: "deployment/gpt-4-1", RPM: 1e12, TPM: 1e15, Parallel: 1e6},
	}
	b.ReportAllocs()
	for b.Loop() {
		h, err := book.Reserve(b.Context(), quotas, Need{Tokens: 500})
		if err != nil {
			b.Fatal(err)
		}
		h.Settle(b.Context(), Need{Tokens: 321})
	}
}
