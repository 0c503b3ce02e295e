package report

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// dayForm is how a UTC day is written.
const dayForm = time.DateOnly

// Book keeps a value for each day, for all processes that share it: a store
// with revisions, such as NATS KV.
type Book interface {
	// Get returns the value and its revision; nil and 0 where there is none.
	Get(ctx context.Context, key string) (value []byte, revision uint64, err error)
	// Put writes the value if the key is still at revision (0: absent) and
	// returns the new revision. Any error means that it may not be written;
	// Usage reads again to see.
	Put(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)
}

// UsageOptions make a Usage.
type UsageOptions struct {
	// Book is where days are kept; nil: in this process, until it ends.
	Book Book
	// Rows bounds what is told apart in a day, and what waits in memory to be
	// saved; default 10,000. What is over it is summed up without channel,
	// user and key.
	Rows int
	// Days is how long a day is kept; default 90.
	Days int
	// Every is how long calls wait to be saved; default 5 s.
	Every time.Duration
	Now   func() time.Time
	Log   *slog.Logger
}

// Usage sums up calls by UTC day, group, model, channel, user and key, for
// people who ask what was used and what it cost. Make it with NewUsage; Run
// saves what it heard, Query reads it.
//
// Users, channels and key aliases are kept as the labels give them: a platform's
// ids, which are personal data where they tell who a person is. No text of a
// question or an answer is kept. Forget takes a user out.
//
// Sums are exact however many processes share a Book and however often a write
// fails or its outcome is unknown: each process adds what it heard since its
// last confirmed write to the day's page, if the page is still the one that it
// read, and leaves its name and the write's number on it.
type Usage struct {
	o      UsageOptions
	writer string // this process's name on pages

	mu      sync.Mutex
	fresh   map[string]sums   // by day: what no write has taken yet
	pending map[string]*batch // by day: what a write took that is not confirmed
	waiting int               // rows in both
	number  uint64            // of the last write
	swept   string            // the day on which old days were last dropped

	// turn is held by whoever reads or writes the Book: a query must not count
	// a batch twice, in the page and in pending.
	turn chan struct{}
}

// batch is what one write adds to a day.
type batch struct {
	number uint64
	rows   sums
}

// NewUsage makes a Usage. Nothing is saved before Run is called.
func NewUsage(o UsageOptions) *Usage {
	o.Rows = positive(o.Rows, 10_000)
	o.Days = positive(o.Days, 90)
	o.Every = positive(o.Every, 5*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Usage{
		o: o, writer: rand.Text(),
		fresh: map[string]sums{}, pending: map[string]*batch{}, turn: make(chan struct{}, 1),
	}
}

// Observe counts a call. It takes a microsecond and never waits for the Book.
func (u *Usage) Observe(_ context.Context, c llm.Call) {
	ended := c.Ended
	if ended.IsZero() {
		ended = u.o.Now()
	}
	day := ended.UTC().Format(dayForm)
	u.mu.Lock()
	defer u.mu.Unlock()
	who := whoAsked(&c)
	for i := range c.Tries {
		if t := &c.Tries[i]; t.Err != nil {
			u.add(day, who.at(t.Group, t.Provider, t.Model), sum{FailedTries: 1})
		}
	}
	u.add(day, who.at(whoServed(&c)), sumOf(&c))
}

// add counts into the day's rows, within what may wait.
func (u *Usage) add(day string, key rowKey, s sum) {
	rows := u.fresh[day]
	if rows == nil {
		rows = sums{}
		u.fresh[day] = rows
	}
	before := len(rows)
	rows.add(key, s, u.o.Rows-u.waiting+before)
	u.waiting += len(rows) - before
}

// whoAsked is the part of a row's key that a request's labels give.
func whoAsked(c *llm.Call) rowKey {
	return rowKey{
		Channel: clean(c.Labels[llm.LabelChannel], maxID),
		User:    clean(c.Labels[llm.LabelUser], maxID),
		Key:     clean(c.Labels[llm.LabelKey], maxID),
	}
}

// whoServed is the deployment that a call's answer, or its last error, is from.
func whoServed(c *llm.Call) (group, provider, model string) {
	s := c.Served
	switch n := len(c.Tries); {
	case s.Model != "":
	case n > 0:
		last := c.Tries[n-1]
		return last.Group, last.Provider, last.Model
	case c.Err != nil && (c.Err.Kind == llm.NoSuchModel || c.Err.Kind == llm.BadRequest):
		return nobody, "", ""
	}
	return cmp.Or(s.Group, c.Group), s.Provider, s.Model
}
