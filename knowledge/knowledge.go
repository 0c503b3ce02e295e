// Package knowledge is the vocabulary of documents: a Source gives Documents, an
// Engine keeps their Passages and gives candidates, a Retriever returns the best
// of them for a Query. Nothing here knows who asks or which model reads the
// passages.
package knowledge

import (
	"context"
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
	// Markdown says that Text has Markdown headings to split at. A heading may
	// end in its anchor: "## Fees {#fees}".
	Markdown bool
	// Anchor says how a place in the document is linked. Pages of Text are
	// parted by form feeds (U+000C).
	Anchor    Anchor
	Metadata  map[string]string
	UpdatedAt time.Time // zero: unknown
}

// Anchor is how the address of a document is completed to that of a passage.
type Anchor uint8

// The ways to link a place in a document.
const (
	AnchorNone    Anchor = iota // the document's own address
	AnchorLine                  // #L12, as on the web pages of Git hosts
	AnchorPage                  // #page=3, as PDF viewers know it (RFC 8118)
	AnchorHeading               // #fees: the anchor of the nearest heading above
)

// Passage is a part of a document that can be quoted.
type Passage struct {
	ID         string `json:"id"` // document id, '#', place
	Document   string `json:"document"`
	Collection string `json:"collection"`
	Title      string `json:"title"`
	Section    string `json:"section,omitempty"` // heading path: "Severance > How much"
	Text       string `json:"text"`
	URL        string `json:"url,omitempty"`  // of the very place, where its document has an Anchor
	Line       int    `json:"line,omitempty"` // first line in the document, from 1
	Page       int    `json:"page,omitempty"` // first page, from 1; 0: the document has no pages
	// UpdatedAt is when its document was last changed; zero: unknown.
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	Score     float64   `json:"score"` // comparable within one result only
	// Coverage says how likely this passage answers the question, 0 to 1, by how
	// much of it the passage covers: what a refusal is decided by.
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

// Ref names a passage, or all passages of a document, in one collection.
type Ref struct {
	Collection string `json:"collection"`
	ID         string `json:"id"` // of a passage or of a document
}

// Reranker puts passages that were found into a better order, as a model does
// that reads them. What it leaves out keeps its place behind the others. Where
// it fails the order stays as it was.
type Reranker interface {
	Rerank(ctx context.Context, question string, found []Passage) ([]Passage, error)
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

// Places is what a Source has whose documents come from places that can be
// looked at: it speaks only for what it covers, and can tell whether another
// document is still where it was.
type Places interface {
	// Covers reports whether a document of this origin would be read by this
	// source, if it were there.
	Covers(origin string) bool
	// Gone reports that there is nothing at an origin any more.
	Gone(origin string) bool
	// Same reports that two origins are ways to the same thing.
	Same(a, b string) bool
}

// Withdrawer is what a Source with Places may have that is told what may be
// shown: it is asked after it was read to its end.
type Withdrawer interface {
	// Withdrawn reports that what was indexed of an origin may not be shown any
	// more, as what a channel said that is private: it is removed, whether
	// IngestOptions.Prune is set or not, and however much it is.
	Withdrawn(origin string) bool
}

// Counted is what a Source has that can tell beforehand how much it will give.
type Counted interface {
	// Count says about how many documents there are, 0 when it can't tell.
	Count(ctx context.Context) int
}

// Distant is what a Source may have that takes long for reasons of its own, as a
// crawl does: it is read to its end before anything waits for it. Its Places are
// asked after that.
type Distant interface {
	// Distant reports whether it is one.
	Distant() bool
}

// Watched is what a Source has that notices changes by itself.
type Watched interface {
	// Watch calls changed, from its own goroutine, some time after documents
	// may have changed, and returns when ctx is done.
	Watch(ctx context.Context, changed func()) error
}
