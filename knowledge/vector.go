package knowledge

import "context"

// Vector is an embedding: its direction says what a text is about.
type Vector []float32

// Embedder makes vectors of texts.
type Embedder interface {
	// Name tells models and sizes apart: vectors of different names are never
	// compared.
	Name() string
	// Embed returns one vector for each text, in their order: nil for a text
	// that the model refuses to read.
	Embed(ctx context.Context, texts []string) ([]Vector, error)
}

// Near is a passage whose vector is near that of a question.
type Near struct {
	Ref

	Similarity float64 // cosine, -1 to 1
}

// Nearby finds passages by meaning. Only the collections that are named are
// looked at. Where it fails the words alone decide.
type Nearby interface {
	Nearest(ctx context.Context, question string, collections []string, limit int) ([]Near, error)
}
