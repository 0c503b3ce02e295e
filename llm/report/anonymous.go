package report

import (
	"context"
	"maps"

	"github.com/tribunebot/tribune/llm"
)

// Anonymous passes calls on without saying whose key they were made with
// (redact_user_api_key_info of LiteLLM): for services that are somebody else's.
// A user whom the client names stays; the one that the key belongs to does not.
type Anonymous struct{ To llm.Observer }

// Observe passes the call on.
func (a Anonymous) Observe(ctx context.Context, c llm.Call) { a.To.Observe(ctx, keyless(c)) }

// Start passes a beginning on.
func (a Anonymous) Start(ctx context.Context, c llm.Call) {
	if starter, ok := a.To.(llm.Starter); ok {
		starter.Start(ctx, keyless(c))
	}
}

// keyless takes the key out of a copy of the labels: others read them too.
func keyless(c llm.Call) llm.Call {
	labels := maps.Clone(c.Labels)
	if labels[llm.LabelUser] == labels[LabelOwner] {
		delete(labels, llm.LabelUser)
	}
	for _, name := range []string{llm.LabelKey, llm.LabelKeyHash, LabelOwner} {
		delete(labels, name)
	}
	c.Labels = labels
	return c
}
