package weaviate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/tribunebot/tribune/knowledge"
)

// A batch is written when it has this many passages or bytes of text: about the
// size from which larger ones were no faster.
const (
	batchPassages = 256
	batchBytes    = 1 << 20
)

// deleteAtOnce is how many passages are deleted by one request.
const deleteAtOnce = 1000

// stage is what Progress calls the copying.
const stage = "copy to weaviate"

// groups are sums of what a collection has, by the first byte of the ids. Where
// they are the same there is nothing to do; otherwise only the groups that
// differ are looked at.
type groups [256]uint64

func (g *groups) add(id uuid.UUID, s sum) { g[id[0]] += binary.BigEndian.Uint64(s[:8]) }

// tag writes the sums down.
func (g *groups) tag() string {
	var b strings.Builder
	for _, n := range g {
		b.WriteString(strconv.FormatUint(n, 36) + " ")
	}
	return b.String()
}

// differing returns the groups that are not as a tag says, all where it is none.
func (g *groups) differing(tag string) []int {
	var (
		said = strings.Fields(tag)
		out  []int
	)
	for i, n := range g {
		if len(said) != len(g) || said[i] != strconv.FormatUint(n, 36) {
			out = append(out, i)
		}
	}
	return out
}

// follow is one run of Follow.
type follow struct {
	e          *Engine
	collection string
	all        iter.Seq2[knowledge.Passage, error]
	progress   func(knowledge.Progress)
	want       map[uuid.UUID]sum // what the library has, then what is left to write
	gone       []string          // ids that only the cluster has
	groups     groups            // of the library
	total      int               // passages of the library
	sample     sample
	batch      []object
	texts      []string // of the batch, for the embedder
	bytes      int
	written    int
	unlike     bool  // the copy differs in more than vectors that it lacks
	lacking    int   // passages that the copy lacks the vectors of
	mute       error // why the embedder gives none in this run
}

// Name implements knowledge.Follower.
func (*Engine) Name() string { return "the copy in Weaviate" }

// Shared implements knowledge.SharedFollower: one cluster serves all workers. A
// copy that was stopped, because another worker has a newer state, is compared
// passage by passage when that state is followed, so that a batch that still
// came through does not stay. The number of a generation is not written down in
// the cluster: numbers begin anew where the workers' own store does.
func (*Engine) Shared() bool { return true }

// Follow implements knowledge.Follower: it makes the cluster's copy of a
// collection the same as the library's. Only differences are looked at and
// written, in a second run over all. While it writes, and after a run that did
// not end well, the fallback answers for the collection. It keeps some 60 bytes
// in memory for each passage.
//
// Where the embedder fails the copy is made without vectors and answers by
// words. An error says so, and the next run adds them.
func (e *Engine) Follow(
	ctx context.Context, collection string, all iter.Seq2[knowledge.Passage, error], progress func(knowledge.Progress),
) error {
	e.following.Lock()
	defer e.following.Unlock()
	f := follow{e: e, collection: collection, all: all, progress: progress, want: map[uuid.UUID]sum{}}
	if err := f.run(ctx); err != nil {
		e.known.distrust(collection, true)
		return fmt.Errorf("copy collection %s to weaviate: %w", collection, err)
	}
	e.known.distrust(collection, false)
	if f.lacking > 0 {
		return fmt.Errorf("%d of %d passages of %s are found by words alone for now: %w", f.lacking, f.total, collection, f.mute)
	}
	return nil
}

func (f *follow) run(ctx context.Context) error {
	state, err := f.begin(ctx)
	if err != nil {
		return err
	}
	if err := f.read(ctx); err != nil {
		return err
	}
	if state.whole && state.tag == f.groups.tag() {
		return nil
	}
	if !state.whole {
		state.tag = ""
	}
	if err := f.compare(ctx, f.groups.differing(state.tag)); err != nil {
		return err
	}
	if state.whole && !f.unlike {
		return f.addMissing(ctx)
	}
	// From here until the end the cluster's copy is neither the old nor the new.
	if err := f.e.writeState(ctx, f.collection, collectionState{passages: f.total}); err != nil {
		return err
	}
	if err := f.write(ctx); err != nil {
		return err
	}
	if err := f.remove(ctx); err != nil {
		return err
	}
	return f.end(ctx)
}

// addMissing adds the vectors that could not be made before. The copy answers
// meanwhile, and stays as it is where they can't be made now.
func (f *follow) addMissing(ctx context.Context) error {
	missing := len(f.want)
	err := f.write(ctx)
	if errors.Is(err, errMute) {
		f.lacking = missing - f.written
		return nil
	}
	if err != nil {
		return err
	}
	return f.end(ctx)
}

// end writes down that the copy is whole.
func (f *follow) end(ctx context.Context) error {
	tag := f.groups.tag()
	if f.lacking > 0 {
		tag = "vectors are missing" // differs from all others
	}
	if err := f.e.writeTable(ctx, f.collection, tag, &f.sample, f.total); err != nil {
		return err
	}
	return f.e.writeState(ctx, f.collection, collectionState{whole: true, passages: f.total, tag: tag})
}

// begin finds out what the cluster has.
func (f *follow) begin(ctx context.Context) (s collectionState, err error) {
	if !f.e.isVerified() {
		if err := f.e.verify(ctx); err != nil {
			return s, err
		}
	}
	f.e.known.expire(f.collection)
	err = patiently(ctx, func() (err error) {
		s, err = f.e.readState(ctx, f.collection)
		return err
	})
	return s, err
}

// each runs over the library's passages.
func (f *follow) each(ctx context.Context, do func(p knowledge.Passage, text, hash string) error) error {
	for p, err := range f.all {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p.Collection = f.collection
		text := stored(p)
		if err := do(p, text, digest(f.e.writer, text)); err != nil {
			return err
		}
	}
	return nil
}

// read finds out what the library has.
func (f *follow) read(ctx context.Context) error {
	return f.each(ctx, func(p knowledge.Passage, _, hash string) error {
		id, s := passageKey(p.Collection, p.ID), parseSum(hash)
		if _, ok := f.want[id]; ok {
			return nil
		}
		f.want[id] = s
		f.groups.add(id, s)
		f.sample.add(id, p)
		f.total++
		return nil
	})
}

// compare leaves in want what is to be written, and in gone what is to be
// deleted.
func (f *follow) compare(ctx context.Context, differing []int) error {
	have, err := f.e.list(ctx, f.collection, differing)
	if err != nil {
		return err
	}
	var differs [256]bool
	for _, g := range differing {
		differs[g] = true
	}
	for id, s := range f.want {
		there, ok := have[id]
		if ok && there == s || !differs[id[0]] {
			delete(f.want, id)
		} else if there != (sum{}) || !ok {
			f.unlike = true
		}
		delete(have, id)
	}
	f.unlike = f.unlike || len(have) > 0
	for id := range have {
		f.gone = append(f.gone, id.String())
	}
	return nil
}

// errMoved ends a run whose library became another while it was copied.
var errMoved = errors.New("the library has changed while it was copied: it is compared again next time")

// write writes what is wanted.
func (f *follow) write(ctx context.Context) error {
	if len(f.want) == 0 {
		return nil
	}
	err := f.each(ctx, func(p knowledge.Passage, text, hash string) error {
		id := passageKey(p.Collection, p.ID)
		if s, ok := f.want[id]; !ok || s != parseSum(hash) {
			return nil
		}
		delete(f.want, id)
		return f.add(ctx, p, text, hash)
	})
	if err == nil {
		err = f.flush(ctx)
	}
	if err == nil && len(f.want) > 0 {
		err = errMoved
	}
	return err
}

// add puts a passage into the batch.
func (f *follow) add(ctx context.Context, p knowledge.Passage, text, hash string) error {
	f.batch = append(f.batch, newObject(f.e.class, p, text, hash))
	f.texts = append(f.texts, meaning(p))
	f.bytes += len(text)
	if len(f.batch) < batchPassages && f.bytes < batchBytes {
		return nil
	}
	return f.flush(ctx)
}

// flush writes the batch.
func (f *follow) flush(ctx context.Context) error {
	if len(f.batch) == 0 {
		return nil
	}
	if err := f.addVectors(ctx); err != nil {
		return err
	}
	if err := f.e.write(ctx, f.batch); err != nil {
		return err
	}
	f.written += len(f.batch)
	f.batch, f.texts, f.bytes = nil, nil, 0
	if f.progress != nil {
		f.progress(knowledge.Progress{Stage: stage, Passages: f.written})
	}
	return nil
}

// errMute ends a run that has nothing but vectors to add, and can't.
var errMute = errors.New("no vectors can be made now")

// addVectors sets the vectors of the batch, or notes that they are lacking. An
// embedder that failed is not asked again in this run: every call may take as
// long as it is allowed to.
func (f *follow) addVectors(ctx context.Context) error {
	if f.mute == nil {
		f.mute = f.e.addVectors(ctx, f.batch, f.texts)
	}
	switch {
	case f.mute == nil:
		return nil
	case !f.unlike:
		return errMute
	}
	for i := range f.batch {
		f.batch[i].Properties[propHash] = "" // the next run finds it wanting
	}
	f.lacking += len(f.batch)
	return nil
}

// remove deletes what the library does not have. It comes last: a library that
// could not be read to its end deletes nothing.
func (f *follow) remove(ctx context.Context) error {
	for ids := range slices.Chunk(f.gone, deleteAtOnce) {
		if err := f.e.remove(ctx, where{Path: []string{"id"}, Operator: "ContainsAny", Values: ids}); err != nil {
			return err
		}
	}
	return nil
}

// Forget implements knowledge.Follower. A collection that the cluster does not
// have is no error.
func (e *Engine) Forget(ctx context.Context, collection string) error {
	e.following.Lock()
	defer e.following.Unlock()
	err := e.dropState(ctx, collection)
	if err == nil {
		key := collectionKey(collection).String()
		err = e.remove(ctx, where{Path: []string{propCollection}, Operator: "ContainsAny", Values: []string{key}})
	}
	if err != nil {
		e.known.distrust(collection, true)
		return fmt.Errorf("remove collection %s from weaviate: %w", collection, err)
	}
	e.known.distrust(collection, false)
	return nil
}
