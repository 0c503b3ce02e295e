// Package handbook holds the guides that are built into the binary: workers'
// rights in China, in Chinese and in English, so that the program answers
// before anybody has fed it a document.
//
// The guides name the statute and article that each rule rests on, as in force
// in 2026. They are information, not legal advice.
package handbook

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

//go:embed zh/*.md en/*.md
var guides embed.FS

// Source gives the guides as documents; their ids are "zh/severance.md" and
// "en/severance.md".
func Source() knowledge.Source { return source{} }

type source struct{}

func (source) Name() string { return "the built-in handbook" }

func (source) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		for _, pattern := range []string{"en/*.md", "zh/*.md"} {
			names, err := fs.Glob(guides, pattern)
			if err != nil {
				yield(knowledge.Document{}, fmt.Errorf("list the guides: %w", err))
				return
			}
			for _, name := range names {
				doc, err := read(name)
				if err == nil {
					err = ctx.Err()
				}
				if !yield(doc, err) || err != nil {
					return
				}
			}
		}
	}
}

func read(name string) (knowledge.Document, error) {
	data, err := guides.ReadFile(name)
	if err != nil {
		return knowledge.Document{}, fmt.Errorf("read a guide: %w", err)
	}
	title, _, _ := strings.Cut(strings.TrimPrefix(string(data), "# "), "\n")
	return knowledge.Document{
		ID: name, Title: title, Text: string(data), Markdown: true,
		Metadata: map[string]string{"language": path.Dir(name)},
	}, nil
}
