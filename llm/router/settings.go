package router

import (
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/route"
)

// Deployment is one model at one provider, opened and ready to be called.
type Deployment struct {
	ID       string // unique; a request or a fallback may name it like a group
	Group    string // model_name: what requests call it by; may be a pattern, "openai/*" or "*"
	Provider string // the provider's prefix: "openai"
	Name     string // the model as the provider names it: "gpt-4"
	APIBase  string // the provider's address, without secrets, for reports
	Model    llm.Model
	// Open makes the model for a name that a pattern's * stands for; nil for a
	// deployment whose Group is no pattern.
	Open func(name string) (llm.Model, error)

	Order  int      // lower numbers first: others are used only when none of them can be
	Weight *float64 // share under simple-shuffle; nil: not given
	Quota  llm.Quota
	Price  price.Price
	Tags   []string

	// Retries, Cooldown and Timeout are this deployment's own; nil and 0: the
	// router's. A Cooldown of 0 means that it is never left alone.
	Retries  *int
	Cooldown *time.Duration
	Timeout  time.Duration
	// FirstToken is how long a stream's first token may take; 0: the router's.
	FirstToken time.Duration
}

// Settings are router_settings, with the defaults filled in by New.
type Settings struct {
	Strategy     string // a name of Strategies(); default simple-shuffle
	StrategyArgs StrategyArgs

	Retries            *int          // default 2
	RetryAfter         time.Duration // least wait before a retry of the same deployment
	RetryPolicy        map[llm.Kind]int
	GroupRetryPolicies map[string]map[llm.Kind]int

	Timeout    time.Duration // of a whole request; default 10 minutes
	FirstToken time.Duration // stream_timeout; default: a deployment's own

	AllowedFails       *int // in a minute; nil: LiteLLM's rules by class and share
	AllowedFailsPolicy map[llm.Kind]int
	Cooldown           time.Duration // default 5 s
	DisableCooldowns   bool

	// Fallbacks by group; "*" is for every group without its own.
	Fallbacks              map[string][]string
	ContextWindowFallbacks map[string][]string
	ContentPolicyFallbacks map[string][]string
	// Chain is the flat list of fallbacks: for one of its members the names
	// after it, for every other group the whole list.
	Chain        []string
	MaxFallbacks int // default 5

	// Aliases are other names for groups: one name, or several, whose
	// deployments together are the group. Hidden ones are not listed.
	Aliases map[string]Alias
	Default string // the group of a request that names none

	Routes  []route.Rule
	Budgets []Budget // of whoever the labels say asks

	// MaxParallel bounds the calls of this process; callers wait. 0: no bound.
	MaxParallel int
	// DefaultMaxParallel is for deployments without a limit of their own; 0: none.
	DefaultMaxParallel int64
	// PreCallChecks leaves out deployments whose context window is known to be
	// too small for the request.
	PreCallChecks bool
	// TagFiltering lets a request with tags use only deployments that have one
	// of them, and "default" ones where none does.
	TagFiltering bool
	// LimitWait is how long a request waits for room at a limit while a
	// fallback is left; default 2 s. Where none is left it waits as long as
	// its deadline allows.
	LimitWait time.Duration
}

// StrategyArgs are routing_strategy_args.
type StrategyArgs struct {
	TTL           time.Duration // how long measurements count; default 1 h
	LatencyBuffer float64       // lowest_latency_buffer: share above the lowest latency that is as good
	MaxLatencies  int           // max_latency_list_size; default 10
}

// Alias is one entry of model_group_alias.
type Alias struct {
	Groups []string
	Hidden bool
}

// Budget limits everybody whose label has a value: one quota for each value, so
// {Label: "user", Value: "*"} gives every user the same budget. Without a Label it
// limits everybody together.
type Budget struct {
	Label string // llm.LabelUser, llm.LabelChannel ...; empty: all calls
	Value string // the value it is for; "*": each value without a budget of its own has one like this
	Quota llm.Quota
}
