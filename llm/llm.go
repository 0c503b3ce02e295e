// Package llm is the vocabulary of models: a Request in OpenAI's shape, the
// Response or the stream of Chunks that a Model gives, and the one kind of Error
// that every provider's failure becomes at its edge.
//
// A Model may be a provider's deployment (llm/compat, llm/claude), a chain of
// them (llm/router), or anything that wraps another Model. Nothing here knows
// who asks or why: rules and budgets see Request.Labels only.
package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"time"
)

// Endpoint is what is asked of a provider: a path below its address.
type Endpoint string

// The endpoints. Every Model knows the first; one that does not know another
// says BadRequest.
const (
	ChatCompletions Endpoint = ""
	Completions     Endpoint = "completions" // a prompt continued, OpenAI's older protocol
	Embeddings      Endpoint = "embeddings"  // text to vectors; never streamed
)

// Request is one call of a model, as a rule a chat completion.
type Request struct {
	// ID names the call in reports and headers; empty: the router makes one.
	ID string
	// Group is the name that the caller chose: a model, a group of
	// deployments, or empty for the default.
	Group string
	// Endpoint is what is asked for; empty: a chat completion.
	Endpoint Endpoint
	// Body is a request in OpenAI's shape. Every field of it reaches the
	// provider as it is, known or not, but "model" (set by the deployment)
	// and "stream" (set by the method that is called).
	Body json.RawMessage
	// Labels say who asks and from where (see the Label constants), for
	// rules, budgets and reports.
	Labels map[string]string
	// Header goes on to the provider, beside the deployment's own headers, which
	// win: what a gateway lets its clients say to providers. Nil: nothing.
	Header http.Header
	// Quotas limit whoever asks, beside the limits of the deployments.
	Quotas []Quota
	// Asks is what the caller asks of the router for this one request; nil:
	// nothing.
	Asks *Asks
}

// The labels that rules, budgets and reports know. Others may be there too.
const (
	LabelChannel    = "channel"    // platform:team:channel of a question
	LabelUser       = "user"       // who asked; end_user in LiteLLM's words
	LabelKey        = "key"        // alias of the virtual key
	LabelKeyHash    = "key_hash"   // SHA-256 of the key, in hex
	LabelConfidence = "confidence" // of the retrieval, 0 to 1, as text
	LabelQuestion   = "question"   // id of the question that is answered
	LabelSession    = "session"    // thread or conversation
	LabelTags       = "tags"       // words with commas between
	LabelMaster     = "master"     // "true" for the holder of the master key, who may see everything; set by the gateway alone
)

// Asks are one request's own wishes. They are LiteLLM's switches in a request's
// body; whoever reads them there takes them out of Body.
type Asks struct {
	Fallbacks        []string      // groups to try after the first, in this order, instead of the configured ones
	DisableFallbacks bool          // an error of the first group is the caller's
	Retries          *int          // num_retries
	Timeout          time.Duration // of the whole request, within the configured one, which 0 stands for
	// Fail pretends that the first group failed in this way, so that a client
	// can try its fallbacks (LiteLLM's mock_testing_ switches); empty: no.
	Fail Kind
	// HoldReasoning counts a model's reasoning as not yet an answer: a stream
	// that breaks in it is still tried elsewhere.
	HoldReasoning bool
}

// Usage counts tokens. Cached and Reasoning are parts of the first two.
type Usage struct {
	Prompt     int
	Completion int
	Cached     int // of Prompt: read from the provider's cache
	Reasoning  int // of Completion: thought, not shown
}

// Served says who gave a response and what it took.
type Served struct {
	Deployment string // the deployment's id
	Provider   string // the provider's prefix: "deepseek"
	Model      string // as the provider names it
	Group      string // the group that the deployment was chosen from
	APIBase    string // the provider's address, without secrets
	Route      string // how the deployment was chosen, in words
	Attempts   int    // calls made, the successful one among them
	Fallbacks  int    // groups that were tried before Group
	Usage      *Usage // nil: the provider did not say
	// Took is how long the provider was waited for, all attempts together; of
	// a stream's first chunk: until it came. 0: it is not known.
	Took    time.Duration
	Counted bool     // Usage was counted here, because the provider did not say
	CostUSD *float64 // nil: the price is unknown
	// Header is what the provider's answer carried in headers, for those who
	// pass some of it on; nil where it is not known. It must not be changed.
	Header http.Header
}

// Response is a whole completion.
type Response struct {
	Served

	Body json.RawMessage // an answer in OpenAI's shape, unknown fields kept
}

// Chunk is one part of a streamed completion.
type Chunk struct {
	// Body is an OpenAI chat completion chunk, unknown fields kept.
	Body json.RawMessage
	// From is set on the first chunk of a stream: who speaks, as far as that is
	// known then, with the headers of the answer. Nil on all others.
	From *Served
	// Served is set on the last chunk of a stream that ended well, and nil
	// on all others. The last chunk's Body may be empty.
	Served *Served
	// UsageOnly says that the chunk carries usage and nothing else, and that the
	// caller did not ask for it: a gateway leaves it out, accounting does not.
	UsageOnly bool
	// More says that the next chunk is here already: whoever writes to a
	// network may wait for it before flushing.
	More bool
}

// Model completes chats.
type Model interface {
	// Complete returns the whole completion, or an *Error.
	Complete(ctx context.Context, r Request) (Response, error)
	// Stream yields the completion's chunks in order. It ends either with a
	// chunk whose Served is set, or with a non-nil error (an *Error), after
	// which nothing comes: a cut stream never looks like a finished one.
	// Leaving the loop early cancels the call.
	Stream(ctx context.Context, r Request) iter.Seq2[Chunk, error]
}

// Kind is what went wrong, told so that a router knows what to do next.
type Kind string

// The kinds of failure.
const (
	Unreachable   Kind = "unreachable"    // no connection, or it broke
	Timeout       Kind = "timeout"        // no answer in time, 408
	RateLimited   Kind = "rate_limited"   // 429
	Overloaded    Kind = "overloaded"     // 5xx: the provider's fault
	Unauthorised  Kind = "unauthorised"   // 401, 403: key missing, wrong or not allowed
	NoSuchModel   Kind = "no_such_model"  // 404
	BadRequest    Kind = "bad_request"    // 400, 422: this request will never pass
	ContextWindow Kind = "context_window" // 400: too long for this model
	ContentPolicy Kind = "content_policy" // 400: the provider will not answer this
	BadResponse   Kind = "bad_response"   // what came was no completion
	NoFunds       Kind = "no_funds"       // 402, or a quota that is used up
	Cancelled     Kind = "cancelled"      // the caller left
	OverBudget    Kind = "over_budget"    // a budget of ours is used up: 429 that waiting does not mend soon
	NoDeployment  Kind = "no_deployment"  // none is there, or all are cooling down
)

// Error is a failed call. Its text holds no secret and may be logged; it is
// not for a chat user's eyes.
type Error struct {
	Kind     Kind
	Status   int           // HTTP status; 0 where there was none
	After    time.Duration // the provider's Retry-After; 0 where it gave none
	Provider string
	Err      error
}

// Error names the provider, the kind and what was said.
func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s: %s (HTTP %d): %v", e.Provider, e.Kind, e.Status, e.Err)
	}
	return fmt.Sprintf("%s: %s: %v", e.Provider, e.Kind, e.Err)
}

// Unwrap returns what the error was made from.
func (e *Error) Unwrap() error { return e.Err }

// Retryable tells whether the same deployment may well answer the same request
// a little later.
func (e *Error) Retryable() bool {
	switch e.Kind {
	case Unreachable, Timeout, RateLimited, Overloaded, BadResponse:
		return true
	default:
		return false
	}
}
