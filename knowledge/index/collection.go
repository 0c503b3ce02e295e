package index

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"

	"github.com/tribunebot/tribune/knowledge"
)

// collectionKey is where the index keeps what it notes of a collection.
const collectionKey = "collection\x1f"

// maxOrigins bounds how many of the sources of a collection are remembered.
const maxOrigins = 10

// unknownBytes marks a collection that was fed before its bytes were counted.
const unknownBytes = -1

// note is what the index keeps of a collection beside its passages. It is
// written in the same step as they are, so that it is always true of them.
type note struct {
	UpdatedAt time.Time `json:"updated_at"`
	Bytes     int64     `json:"bytes"`
	Origins   []string  `json:"origins,omitempty"`
}

// decodeNote reads a note. Before there was more to keep it was the time alone.
func decodeNote(raw []byte) (note, error) {
	var n note
	if len(raw) == 0 {
		return n, nil
	}
	if raw[0] != '{' {
		n.Bytes = unknownBytes
		return n, n.UpdatedAt.UnmarshalText(raw)
	}
	return n, json.Unmarshal(raw, &n)
}

// fedFrom notes where the collection was fed from, the latest last.
func (n *note) fedFrom(source string) {
	if source == "" {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(n.Origins), func(s string) bool { return s == source })
	kept = append(kept, source)
	n.Origins = kept[max(0, len(kept)-maxOrigins):]
}

// noteOf reads the note of a collection, and counts its bytes where that was
// never done. The zero note stands for a collection that is not there.
func noteOf(ctx context.Context, r *scorch.IndexSnapshot, collection string) (note, error) {
	n, err := decodeNote(r.Internal()[collectionKey+collection])
	if err != nil {
		return n, fmt.Errorf("collection %s: %w", collection, err)
	}
	if n.Bytes != unknownBytes {
		return n, nil
	}
	n.Bytes = 0
	err = walk(ctx, r, collection, markPassage, func(rec record) error {
		n.Bytes += int64(len(rec.passage.Text))
		return nil
	})
	return n, err
}

// Collections lists what is indexed, by name.
func (x *Index) Collections(ctx context.Context) ([]knowledge.Collection, error) {
	r, err := x.reader()
	if err != nil {
		return nil, err
	}
	defer release(r)
	var out []knowledge.Collection
	for key := range r.Internal() {
		name, ok := strings.CutPrefix(key, collectionKey)
		if !ok {
			continue
		}
		c, err := describe(ctx, r, name)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b knowledge.Collection) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

func describe(ctx context.Context, r *scorch.IndexSnapshot, name string) (knowledge.Collection, error) {
	c := knowledge.Collection{Name: name}
	n, err := noteOf(ctx, r, name)
	if err != nil {
		return c, err
	}
	c.UpdatedAt, c.Bytes, c.Origins = n.UpdatedAt, n.Bytes, n.Origins
	if c.Documents, err = count(ctx, r, name, markDocument); err != nil {
		return c, err
	}
	c.Passages, err = count(ctx, r, name, markPassage)
	return c, err
}

// count says how many passages of a collection have a term.
func count(ctx context.Context, r *scorch.IndexSnapshot, collection, term string) (int, error) {
	t, err := r.TermFieldReader(ctx, []byte(term), field(collection), false, false, false)
	if err != nil {
		return 0, fmt.Errorf("collection %s: %w", collection, err)
	}
	defer release(t)
	return int(t.Count()), nil
}
