package learn

import (
	"context"
	"fmt"

	"github.com/tribunebot/tribune/knowledge"
)

// Known tells by an engine which references lead to something: for
// Options.Exists.
func Known(e knowledge.Engine) func(ctx context.Context, collection string, refs []string) ([]bool, error) {
	return func(ctx context.Context, collection string, refs []string) ([]bool, error) {
		l := knowledge.Lookup{Collections: []string{collection}, Limit: 1}
		for _, r := range refs {
			l.Also = append(l.Also, knowledge.Ref{Collection: collection, ID: r})
		}
		got, err := e.Candidates(ctx, l)
		if err != nil {
			return nil, fmt.Errorf("look for documents: %w", err)
		}
		have := map[string]bool{}
		for _, p := range got.Passages {
			have[p.ID], have[p.Document] = true, true
		}
		out := make([]bool, len(refs))
		for i, r := range refs {
			out[i] = have[r]
		}
		return out, nil
	}
}
