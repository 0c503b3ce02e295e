package knowledge

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

var (
	// ErrNoCollection is returned for a collection that does not exist.
	ErrNoCollection = errors.New("no such collection")
	// ErrConflict is returned by Blobs.Publish when somebody else was faster.
	ErrConflict = errors.New("a newer generation was published meanwhile")
	// ErrNoBlob is returned by Blobs.Get for a name that is not there.
	ErrNoBlob = errors.New("no such blob")
)

// Collection is what an index knows of one collection.
type Collection struct {
	Name      string    `json:"name"`
	Documents int       `json:"documents"`
	Passages  int       `json:"passages"`
	Bytes     int64     `json:"bytes"` // of its passages' text
	UpdatedAt time.Time `json:"updated_at"`
	Origins   []string  `json:"origins,omitempty"` // where it was fed from, the latest last
	Lessons   int       `json:"lessons,omitempty"` // answered questions that are kept for it
	Vectors   int       `json:"vectors,omitempty"` // passages that have an embedding
}

// IngestOptions say how to feed a source.
type IngestOptions struct {
	// Prune removes the documents that the source no longer has: of a source
	// with Places those it covers, of any other all of the collection. Without
	// it a source only adds and changes.
	Prune bool
	// Whole says that the source is all that the collection holds: Prune then
	// removes what came from elsewhere too, as from a folder that a collection
	// was fed from until its settings changed.
	Whole bool
	// Force lets Prune remove most of a collection. Without it a prune that
	// would take a hundred documents or more, and more than half, takes none: a
	// drive that is not mounted looks like a folder that was emptied.
	Force bool
	// Progress is called now and then, from the goroutine of Ingest.
	Progress func(Progress)
}

// Progress is how far an ingest has come.
type Progress struct {
	Stage     string `json:"stage,omitempty"` // what is done to them, "" for reading; "embed" ...
	Documents int    `json:"documents"`       // read so far, those that are left out too
	Total     int    `json:"total,omitempty"` // about how many there are; 0: unknown
	Passages  int    `json:"passages"`        // written so far
	Current   string `json:"current,omitempty"`
}

// Note is something about a document that is worth a look, though it was fed.
type Note struct {
	Document string `json:"document"`
	Text     string `json:"text"`
}

// Report says what an ingest did. Passages counts those of added and changed
// documents.
type Report struct {
	Collection string    `json:"collection"`
	Source     string    `json:"source"`
	Added      int       `json:"added"`
	Changed    int       `json:"changed"`
	Unchanged  int       `json:"unchanged"`
	Removed    int       `json:"removed"`
	Kept       int       `json:"kept,omitempty"` // that a prune would have removed, but for their number: see IngestOptions.Force
	Passages   int       `json:"passages"`
	Skips      int       `json:"skips"`             // how many documents were left out
	Skipped    []Skipped `json:"skipped,omitempty"` // the first hundred of them
	Foreign    int       `json:"foreign"`           // how many of those are files of another kind
	Noted      int       `json:"noted"`             // how many documents there is a note on
	Notes      []Note    `json:"notes,omitempty"`   // the first hundred of them
	// Later is what is kept beside the index and lacks this still, with the
	// reason: a running server makes it up within a minute, or the next command.
	Later []string      `json:"later,omitempty"`
	Took  time.Duration `json:"took_ns"`
}

// Library is an Engine that documents are fed into.
type Library interface {
	Engine
	// Ingest feeds a source into a collection. When ctx ends, what was written
	// stays, the report says what that was, and the next run goes on from there.
	Ingest(ctx context.Context, collection string, src Source, o IngestOptions) (Report, error)
	// Collections lists what is indexed, by name.
	Collections(ctx context.Context) ([]Collection, error)
	// Drop removes a collection; ErrNoCollection where there is none.
	Drop(ctx context.Context, collection string) error
	// Passages yields all passages of a collection, in no order of use to
	// anybody, from one state of the index.
	Passages(ctx context.Context, collection string) iter.Seq2[Passage, error]
}

// Follower keeps something of its own for every passage of a Library: vectors,
// or a copy in a cluster. It is told after every ingest, compares by content
// what it has with what there is, and makes up the difference; a run that was
// stopped is gone on with by the next. It may walk all more than once.
type Follower interface {
	// Name says what it keeps, for people: "the vectors".
	Name() string
	Follow(ctx context.Context, collection string, all iter.Seq2[Passage, error], progress func(Progress)) error
	// Forget removes what is kept of a collection that was dropped.
	Forget(ctx context.Context, collection string) error
}

// SharedFollower is what a Follower may be that keeps one state for all workers, as a
// cluster does. It is told, and asked to forget, only what is the latest that was
// published, and its context ends when something newer is.
type SharedFollower interface {
	// Shared reports whether it is one.
	Shared() bool
}

// Blobs share the files of index generations among workers. Names are made of
// letters, digits, '-', '_', '.' and '/'.
type Blobs interface {
	Put(ctx context.Context, name string, r io.Reader) error
	// Get returns ErrNoBlob for a name that is not there. What it returns must
	// be read to its end to be known as whole.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	List(ctx context.Context) ([]string, error)
	Delete(ctx context.Context, name string) error
	// Latest returns what was last published and its revision; nil and 0 where
	// nothing was.
	Latest(ctx context.Context) (manifest []byte, revision uint64, err error)
	// Publish replaces what was published at revision; ErrConflict where that
	// is no longer the latest. It takes MaxManifest bytes, and may refuse more.
	Publish(ctx context.Context, manifest []byte, revision uint64) error
	// Watch calls changed after each Publish of anybody's, from its own
	// goroutine, and returns when ctx is done.
	Watch(ctx context.Context, changed func()) error
}
