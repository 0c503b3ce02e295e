package weaviate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

// errNoEmbedder is returned by Nearest where no embedder was given.
var errNoEmbedder = errors.New("weaviate: no embedder, no vectors")

// nearLimit is the number of passages where none is named.
const nearLimit = 100

// Nearest implements knowledge.Nearby. It fails where there is no Embedder, or
// the cluster can't answer: words then decide alone.
func (e *Engine) Nearest(ctx context.Context, question string, collections []string, limit int) ([]knowledge.Near, error) {
	if e.o.Embedder == nil {
		return nil, errNoEmbedder
	}
	collections = slices.Compact(slices.Sorted(slices.Values(collections)))
	there, _, err := e.split(ctx, collections)
	if err != nil || len(there) == 0 {
		return nil, err
	}
	vectors, err := e.o.Embedder.Embed(ctx, []string{question})
	if err != nil {
		return nil, fmt.Errorf("embed the question: %w", err)
	}
	if len(vectors) != 1 || len(vectors[0]) == 0 {
		return nil, errors.New("embed the question: no vector came back")
	}
	return e.nearest(ctx, vectors[0], there, limit)
}

func (e *Engine) nearest(ctx context.Context, v knowledge.Vector, collections []string, limit int) ([]knowledge.Near, error) {
	if limit <= 0 {
		limit = nearLimit
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("the question's vector: %w", err)
	}
	q := fmt.Sprintf(`{Get{near:%s(limit:%d,where:%s,nearVector:{vector:%s,targetVectors:["%s"]}){%s _additional{id distance}}}}`,
		e.class, min(limit, maxLimit), within(collections), b, vectorName, propPassage)
	got, err := e.query(ctx, q, e.o.Timeout)
	if err != nil {
		return nil, err
	}
	out := make([]knowledge.Near, 0, len(got["near"]))
	distances := make(map[knowledge.Ref]float64, len(got["near"]))
	for _, h := range got["near"] {
		var p knowledge.Ref
		if json.Unmarshal([]byte(h.Passage), &p) == nil {
			distances[p] = h.Additional.Distance
		}
	}
	for _, p := range e.passages(ctx, knowledge.Lookup{Collections: collections}, got["near"]) {
		ref := knowledge.Ref{Collection: p.Collection, ID: p.ID}
		out = append(out, knowledge.Near{Ref: ref, Similarity: 1 - distances[ref]})
	}
	return out, nil
}

// meaning is the text that a passage's vector is made of.
func meaning(p knowledge.Passage) string {
	return p.Title + "\n" + p.Section + "\n" + p.Text
}

// addVectors sets the vectors of a batch. A text that the model refuses to read
// has none. Where the embedder fails none is set.
func (e *Engine) addVectors(ctx context.Context, batch []object, texts []string) error {
	if e.o.Embedder == nil {
		return nil
	}
	vectors, err := e.o.Embedder.Embed(ctx, texts)
	if err == nil && len(vectors) != len(batch) {
		err = fmt.Errorf("the embedder gave %d vectors for %d texts", len(vectors), len(batch))
	}
	if err != nil {
		return err
	}
	for i := range batch {
		if len(vectors[i]) > 0 {
			batch[i].Vectors = map[string][]float32{vectorName: vectors[i]}
		}
	}
	return nil
}
