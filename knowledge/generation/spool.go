package generation

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// spooling begins the name of a file that a distant source is read into.
const spooling = "spool-"

// maxSpool bounds what is read of a distant source at a time, in bytes: about
// the texts of a million passages, and less than a disk has that keeps them.
const maxSpool = 4 << 30

// stageIndex is what Progress calls the second half of the way.
const stageIndex = "index"

// tellEvery is after how many documents of a distant source progress is told:
// each may take as long as a page takes to come.
const tellEvery = 16

var errSpoolFull = errors.New("there is more of it than can be read at a time: feed it in several parts")

// spool is what a distant source gave, on disk.
type spool struct {
	path      string
	documents int
	ended     error // why there may be more; nil: it was read to its end
}

// spooled is one thing that a source gave.
type spooled struct {
	Document knowledge.Document
	Skipped  *knowledge.Skipped // nil: the document is one
}

// distant reports whether a source is to be read before anything waits for it.
func distant(src knowledge.Source) bool {
	d, ok := src.(knowledge.Distant)
	return ok && d.Distant()
}

// readAhead reads a source to its end, or as far as it goes. An error is one of
// the disk.
func (s *Store) readAhead(ctx context.Context, src knowledge.Source, progress func(knowledge.Progress)) (_ *spool, err error) {
	f, err := os.CreateTemp(s.dir, spooling+"*")
	if err != nil {
		return nil, err
	}
	sp := &spool{path: f.Name()}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			sp.remove(s)
		}
	}()
	buffered := bufio.NewWriter(f)
	err = sp.fill(ctx, src, &limited{w: buffered, left: s.options.maxSpool}, progress)
	return sp, errors.Join(err, buffered.Flush())
}

func (sp *spool) fill(ctx context.Context, src knowledge.Source, w io.Writer, progress func(knowledge.Progress)) error {
	total := 0
	if c, ok := src.(knowledge.Counted); ok && progress != nil {
		total = c.Count(ctx)
	}
	out := gob.NewEncoder(w)
	for doc, err := range src.Documents(ctx) {
		skipped, ok := errors.AsType[*knowledge.Skipped](err)
		if sp.ended = ctx.Err(); sp.ended == nil && err != nil && !ok {
			sp.ended = err
		}
		if sp.ended != nil {
			return nil
		}
		err := out.Encode(spooled{doc, skipped})
		if errors.Is(err, errSpoolFull) {
			sp.ended = err
			return nil
		}
		if err != nil {
			return err
		}
		sp.documents++
		if progress != nil && sp.documents%tellEvery == 0 {
			progress(knowledge.Progress{Documents: sp.documents, Total: total, Current: doc.ID})
		}
	}
	sp.ended = ctx.Err()
	return nil
}

func (sp *spool) remove(s *Store) {
	if err := os.Remove(sp.path); err != nil {
		s.log.Warn("what was read of a source could not be removed, the next start does", "error", err)
	}
}

// source gives what was read, as often as it is asked. What the source knows of
// its places it is still asked for.
func (sp *spool) source(of knowledge.Source) knowledge.Source {
	r := replay{sp, of.Name()}
	if p, ok := of.(knowledge.Places); ok {
		return placedReplay{r, p}
	}
	return r
}

// replay is a knowledge.Source of what a spool has.
type replay struct {
	spool *spool
	name  string
}

// placedReplay is that of a source with knowledge.Places.
type placedReplay struct {
	replay
	knowledge.Places
}

// Withdrawn implements knowledge.Withdrawer where the source does.
func (r placedReplay) Withdrawn(origin string) bool {
	w, ok := r.Places.(knowledge.Withdrawer)
	return ok && w.Withdrawn(origin)
}

// Name implements knowledge.Source.
func (r replay) Name() string { return r.name }

// Count implements knowledge.Counted.
func (r replay) Count(context.Context) int { return r.spool.documents }

// Documents implements knowledge.Source. What broke off a document in the midst
// was never counted.
func (r replay) Documents(context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		f, err := os.Open(r.spool.path)
		if err != nil {
			yield(knowledge.Document{}, fmt.Errorf("read again what was fetched: %w", err))
			return
		}
		defer release(f)
		in := gob.NewDecoder(bufio.NewReader(f))
		for range r.spool.documents {
			var one spooled
			if err := in.Decode(&one); err != nil {
				yield(knowledge.Document{}, fmt.Errorf("read again what was fetched: %w", err))
				return
			}
			if err := one.err(); !yield(one.Document, err) {
				return
			}
		}
	}
}

// err is nil, and not a nil of a type, for a document.
func (o spooled) err() error {
	if o.Skipped == nil {
		return nil
	}
	return o.Skipped
}

// limited writes so many bytes and no more.
type limited struct {
	w    io.Writer
	left int64
}

// Write implements io.Writer.
func (l *limited) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, errSpoolFull
	}
	return l.w.Write(p)
}

// removeSpools removes what was being read when the process was killed.
func (s *Store) removeSpools() error {
	all, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("open index: %w", err)
	}
	for _, e := range all {
		if strings.HasPrefix(e.Name(), spooling) {
			s.remove(e.Name())
		}
	}
	return nil
}
