package llm

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// Call is one request as it went, told once it has ended.
type Call struct {
	Request // with the ID that the router gave it

	Stream bool
	Began  time.Time
	// First is when the first content came; zero where none did.
	First time.Time
	Ended time.Time
	// Served says who answered, with what usage and cost. Of a failed call it
	// holds what is known, which may be nothing.
	Served Served
	// Answer is the whole completion, or nil.
	Answer json.RawMessage
	// Chunks are a stream's bodies, at most 1 MiB of them: what came first.
	Chunks []json.RawMessage
	// Err is nil for a call that ended well.
	Err *Error
	// Tries are the calls of deployments that it took, in order.
	Tries []Try
}

// Try is one call of one deployment.
type Try struct {
	Deployment string // its id
	Group      string
	Provider   string
	Model      string // as the provider names it
	APIBase    string // without secrets
	Began      time.Time
	Ended      time.Time
	Err        *Error // nil: it answered
	// Cooled is how long the deployment is left alone because of this try;
	// 0: not at all.
	Cooled time.Duration
}

// Text is what the model said, joined: of a whole completion the first choice.
func (c Call) Text() string {
	if c.Answer != nil {
		return Response{Body: c.Answer}.Text()
	}
	var b strings.Builder
	for _, body := range c.Chunks {
		b.WriteString(Chunk{Body: body}.Text())
	}
	return b.String()
}

// Observer is told of every call: metrics, Langfuse, Supabase, the ledger.
type Observer interface {
	// Observe is called once per call, after it ended, from the goroutine
	// that served it: it must not block. What it keeps of c it must not change.
	Observe(ctx context.Context, c Call)
}

// Starter is an Observer that also wants to know that a call began; of c only
// Request, Stream and Began are set then.
type Starter interface {
	Start(ctx context.Context, c Call)
}
