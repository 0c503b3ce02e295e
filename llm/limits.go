package llm

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Quota is what somebody may use: a deployment, a key, a channel, a user. A
// limit that is 0 is none.
type Quota struct {
	// ID names its counters, in all processes and over restarts: "key/<hash>",
	// "deployment/gpt-4-1".
	ID string
	// Name is for people and errors: "the key alice", "channel slack:T1:C2".
	Name string

	RPM      int64 // requests in each clock minute
	TPM      int64 // tokens in each clock minute, both ways
	Parallel int64 // requests at the same time; a stream holds its place until it ends
	// BudgetUSD is money in each Every; nil for no limit. 0 means nothing at all.
	BudgetUSD *float64
	// Every is how long a budget lasts: 24h is a UTC day. 0: for ever.
	Every time.Duration
	// Cheaper says what to do when the money does not reach for a group: try
	// the next cheaper one before giving up. Otherwise it is the end.
	Cheaper bool
}

// Dollar is one in the unit that counters hold: money is counted in billionths
// of a dollar, so that small prices do not round to nothing.
const Dollar = 1_000_000_000

// Ask is one counter to be raised.
type Ask struct {
	// Key names the counter and, where it has one, its window.
	Key string
	// Amount to add; in Settle it may be negative.
	Amount int64
	// Limit that Key's count may reach but not pass; 0: it is only counted.
	Limit int64
	// Until is when the window ends and the counter may be forgotten. Zero: a
	// place that is held until it is given back, or until the process that
	// holds it is gone.
	Until time.Time
	// Forever keeps a counter without a window: money for ever. Until is zero.
	Forever bool
	// Durable counters survive a restart: money. Others may be in memory.
	Durable bool
}

// Counters count what is used, atomically for all who share them.
type Counters interface {
	// Take adds all amounts or none: where one would pass its limit the error
	// is an *OverLimit. Any other error means that nothing was taken.
	Take(ctx context.Context, asks []Ask) error
	// Settle adds amounts without looking at limits: it corrects what was
	// taken once the truth is known, and gives places back. A count never
	// falls below 0.
	Settle(ctx context.Context, asks []Ask) error
	// Used returns each counter's count.
	Used(ctx context.Context, asks []Ask) ([]int64, error)
	// Freed returns a channel that is closed when something may have been
	// given back; nil where that cannot be known, and the caller asks again
	// after a while.
	Freed() <-chan struct{}
}

// OverLimit is the refusal of Counters.Take.
type OverLimit struct {
	Ask  Ask
	Used int64
}

// Error names the counter.
func (e *OverLimit) Error() string {
	return fmt.Sprintf("%s: %d of %d used, %d more asked for", e.Ask.Key, e.Used, e.Ask.Limit, e.Ask.Amount)
}

// Key is a virtual key of the gateway: who holds it may do this much.
type Key struct {
	Hash    string        `json:"hash"`  // SHA-256 of the key in hex: the key itself is kept nowhere
	Shown   string        `json:"shown"` // "sk-...last4", for people
	Alias   string        `json:"alias"` // its name: key:NAME in visibility patterns
	Models  []string      `json:"models,omitempty"`
	User    string        `json:"user,omitempty"`
	RPM     int64         `json:"rpm,omitempty"`
	TPM     int64         `json:"tpm,omitempty"`
	Max     int64         `json:"max_parallel,omitempty"`
	Budget  *float64      `json:"budget_usd,omitempty"`
	Every   time.Duration `json:"budget_every,omitempty"`
	Created time.Time     `json:"created"`
	Expires time.Time     `json:"expires,omitzero"` // zero: never
	Blocked bool          `json:"blocked,omitempty"`
	// Metadata is the caller's own JSON, kept as it is.
	Metadata map[string]any `json:"metadata,omitempty"`

	// Revision is the store's mark of the key as it was read: Keys.Change
	// replaces that state and no later one.
	Revision uint64 `json:"-"`
}

// Quota is what the key may use.
func (k Key) Quota() Quota {
	return Quota{
		ID: "key/" + k.Hash, Name: "the key " + k.Alias,
		RPM: k.RPM, TPM: k.TPM, Parallel: k.Max, BudgetUSD: k.Budget, Every: k.Every,
	}
}

// ErrKeyExists is returned by Keys.Add and Keys.Change for an alias or hash that
// is taken.
var ErrKeyExists = errors.New("a key of that name exists already")

// ErrKeyChanged is returned by Keys.Change for a key that somebody else has
// changed since it was read: read it again.
var ErrKeyChanged = errors.New("the key was changed by somebody else meanwhile")

// Keys keeps virtual keys.
type Keys interface {
	// Key finds a key by its hash; false where there is none.
	Key(ctx context.Context, hash string) (Key, bool, error)
	// Add keeps a new key; ErrKeyExists.
	Add(ctx context.Context, k Key) error
	// Change replaces the key that has k's hash with k, which was made of what
	// Key or List returned; false where there is none. ErrKeyChanged when k's
	// Revision is not the latest, ErrKeyExists for an alias that another key
	// has; then nothing is changed.
	Change(ctx context.Context, k Key) (bool, error)
	// Remove drops a key; false where there was none.
	Remove(ctx context.Context, hash string) (bool, error)
	// List returns all keys, oldest first.
	List(ctx context.Context) ([]Key, error)
}
