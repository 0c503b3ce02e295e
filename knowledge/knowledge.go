// Package knowledge is the vocabulary of documents: a Source gives Documents, an
// Engine keeps their Passages and gives candidates, a Retriever returns the best
// of them for a Query. Nothing here knows who asks or which model reads the
// passages.
package knowledge

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Handbook is the collection of the guides that are built into the binary.
const Handbook = "handbook"

// Document is one document of a team, whole.
type Document struct {
	ID string // what people read: a path, a page id
	// Origin is where it was read: it tells documents apart that go by the same
	// ID, and finds one again whatever its ID has become. A file's is its
	// absolute path with '/', that of a document inside a file the path, NUL and
	// the id. Empty: the ID is the identity. It is never shown in an answer.
	Origin string
	// Named says that the team chose the ID: it is kept as it is. Any other is
	// made longer where another document has it already.
	Named   bool
	Title   string
	Section string // headings above it, where it is itself a part of something
	Text    string // plain text or Markdown
	URL     string // where a person can open it; may be empty
	// Markdown says that Text has Markdown headings to split at.
	Markdown  bool
	Metadata  map[string]string
	UpdatedAt time.Time // zero: unknown
}

// Passage is a part of a document that can be quoted.
type Passage struct {
	ID         string  `json:"id"` // document id, '#', place
	Document   string  `json:"document"`
	Collection string  `json:"collection"`
	Title      string  `json:"title"`
	Section    string  `json:"section,omitempty"` // heading path: "Severance > How much"
	Text       string  `json:"text"`
	URL        string  `json:"url,omitempty"`
	Line       int     `json:"line,omitempty"` // first line in the document, from 1
	Score      float64 `json:"score"`          // comparable within one result only
	// Coverage is the share (0 to 1) of the question's informative terms that
	// this passage has, less where those say little: what a refusal is decided by.
	Coverage float64 `json:"coverage"`
}

// Query asks for passages.
type Query struct {
	Text string
	// Context is what was asked before in the same conversation: its words
	// help to find, but weigh less than Text's.
	Context string
	// Collections are the only ones that are looked at. Empty finds nothing:
	// who may see what is decided before a query is made, and fails closed.
	Collections []string
	Limit       int // 0: ten
}

// Retriever finds passages, best first. Nothing found is an empty slice.
type Retriever interface {
	Retrieve(ctx context.Context, q Query) ([]Passage, error)
}

// Source gives documents.
type Source interface {
	// Name says where the documents come from, for people: a path, a URL.
	Name() string
	// Documents yields every document once. An error of type *Skipped concerns
	// one document and the loop goes on, and the document beside it carries at
	// most its Origin; any other error ends it.
	Documents(ctx context.Context) iter.Seq2[Document, error]
}

// Skipped says why one document was left out.
type Skipped struct {
	Document string `json:"document"`
	Reason   string `json:"reason"` // for the person who feeds documents, in plain words
	// Foreign says that it is no document at all, but a file of another kind.
	Foreign bool `json:"-"`
}

// Error names the document and the reason.
func (s *Skipped) Error() string { return s.Document + ": " + s.Reason }

// ErrNoCollection is returned for a collection that does not exist.
var ErrNoCollection = errors.New("no such collection")

// Collection is what an index knows of one collection.
type Collection struct {
	Name      string    `json:"name"`
	Documents int       `json:"documents"`
	Passages  int       `json:"passages"`
	UpdatedAt time.Time `json:"updated_at"`
}
