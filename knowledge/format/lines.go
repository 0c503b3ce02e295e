package format

import (
	"context"
	"fmt"
	"io"

	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/format/plain"
)

// lines yields the documents of a JSON lines file. A broken line is left out,
// named by file and number.
func lines(ctx context.Context, f File, yield Yield) bool {
	in := io.NewSectionReader(f, 0, f.Size)
	for n, l := range plain.Lines(in) {
		var skipped error
		doc := l.Document
		switch {
		case ctx.Err() != nil:
			return yield(knowledge.Document{}, ctx.Err())
		case l.Err != nil:
			doc = knowledge.Document{}
			skipped = &knowledge.Skipped{Document: fmt.Sprintf("%s:%d", f.Name, n), Reason: l.Err.Error()}
		default:
			doc.Origin, doc.UpdatedAt = f.Origin+inFile+doc.ID, f.ModTime
		}
		if !yield(doc, skipped) {
			return false
		}
	}
	return true
}
