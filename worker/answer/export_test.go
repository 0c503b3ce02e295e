package answer

import (
	"context"

	"github.com/tribunebot/tribune/llm"
)

// For is a context for the question of a channel that wants a model, "" any.
func For(ctx context.Context, group string, labels map[string]string, quotas ...llm.Quota) context.Context {
	return context.WithValue(ctx, callerKey{}, &caller{group: group, labels: labels, quotas: quotas})
}
