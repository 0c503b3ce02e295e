package folder

import (
	"context"
	"iter"
	"path/filepath"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// removed is files and folders that are gone for good.
type removed struct{ source }

// Removed returns a source without documents that has knowledge.Places for paths
// which are not there any more: with a prune, what was fed from them goes.
func Removed(paths []string) knowledge.Source {
	r := &removed{source{name: strings.Join(paths, ", ")}}
	for _, p := range paths {
		r.roots = append(r.roots, root{dir: filepath.Clean(p)})
	}
	return r
}

// Documents implements knowledge.Source.
func (*removed) Documents(context.Context) iter.Seq2[knowledge.Document, error] {
	return func(func(knowledge.Document, error) bool) {}
}

// Count implements knowledge.Counted.
func (*removed) Count(context.Context) int { return 0 }
