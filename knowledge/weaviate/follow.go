package weaviate

import (
	"context"
	"fmt"
	"iter"

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

// follow is one run of Follow.
type follow struct {
	e          *Engine
	collection string
	progress   func(knowledge.Progress)
	have       map[uuid.UUID]sum // what the cluster has and the library was not seen to have
	seen       map[uuid.UUID]sum // what the library has
	whole      bool              // the cluster says that it has all
	batch      []object
	texts      []string // of the batch, for the embedder
	bytes      int
	sample     sample
	total      int    // passages of the library
	tag        string // of the copy in the cluster
	written    int
}

// Follow implements knowledge.Follower: it makes the cluster's copy of a
// collection the same as the library's. Only differences are written. While it
// writes, and after a run that did not end well, the fallback answers for the
// collection.
func (e *Engine) Follow(
	ctx context.Context, collection string, all iter.Seq2[knowledge.Passage, error], progress func(knowledge.Progress),
) error {
	e.following.Lock()
	defer e.following.Unlock()
	f := follow{e: e, collection: collection, progress: progress}
	if err := f.run(ctx, all); err != nil {
		e.forgetCopy(collection)
		e.known.distrust(collection, true)
		return fmt.Errorf("copy collection %s to weaviate: %w", collection, err)
	}
	e.known.distrust(collection, false)
	return nil
}

func (f *follow) run(ctx context.Context, all iter.Seq2[knowledge.Passage, error]) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	for p, err := range all {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := f.passage(ctx, p); err != nil {
			return err
		}
	}
	if err := f.flush(ctx); err != nil {
		return err
	}
	if err := f.removeRest(ctx); err != nil {
		return err
	}
	if err := f.end(ctx); err != nil {
		return err
	}
	f.e.remember(f.collection, f.tag, f.seen)
	return nil
}

// end says in the cluster that the copy is whole.
func (f *follow) end(ctx context.Context) error {
	if f.whole {
		return nil
	}
	f.tag = uuid.NewString()
	if err := f.e.writeTable(ctx, f.collection, f.tag, &f.sample, f.total); err != nil {
		return err
	}
	return f.e.writeState(ctx, f.collection, collectionState{whole: true, passages: f.total, tag: f.tag})
}

// begin finds out what the cluster has.
func (f *follow) begin(ctx context.Context) error {
	if !f.e.isVerified() {
		if err := f.e.verify(ctx); err != nil {
			return err
		}
	}
	f.e.known.expire(f.collection)
	err := patiently(ctx, func() error {
		s, err := f.e.readState(ctx, f.collection)
		f.whole, f.tag = s.whole, s.tag
		return err
	})
	if err != nil {
		return err
	}
	if f.have = f.e.recall(f.collection, f.tag); f.have == nil || !f.whole {
		f.have, err = f.e.list(ctx, f.collection)
	}
	f.seen = make(map[uuid.UUID]sum, len(f.have))
	return err
}

// passage compares one passage.
func (f *follow) passage(ctx context.Context, p knowledge.Passage) error {
	f.total++
	p.Collection = f.collection
	var (
		text = stored(p)
		hash = digest(f.e.print, text)
		id   = passageKey(p.Collection, p.ID)
	)
	f.seen[id] = parseSum(hash)
	f.sample.add(id, p)
	old, ok := f.have[id]
	delete(f.have, id)
	if ok && old == parseSum(hash) {
		return nil
	}
	f.batch = append(f.batch, newObject(f.e.class, p, text, hash))
	f.texts = append(f.texts, meaning(p))
	f.bytes += len(text)
	if len(f.batch) < batchPassages && f.bytes < batchBytes {
		return nil
	}
	return f.flush(ctx)
}

// changing says in the cluster that the copy is not whole, before the first
// difference is written.
func (f *follow) changing(ctx context.Context) error {
	if !f.whole {
		return nil
	}
	f.whole = false
	return f.e.writeState(ctx, f.collection, collectionState{passages: f.total})
}

// flush writes the batch.
func (f *follow) flush(ctx context.Context) error {
	if len(f.batch) == 0 {
		return nil
	}
	if err := f.changing(ctx); err != nil {
		return err
	}
	f.e.addVectors(ctx, f.batch, f.texts)
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

// removeRest deletes what the library does not have. It comes last: a library
// that could not be read to its end deletes nothing.
func (f *follow) removeRest(ctx context.Context) error {
	if len(f.have) == 0 {
		return nil
	}
	if err := f.changing(ctx); err != nil {
		return err
	}
	ids := make([]string, 0, min(len(f.have), deleteAtOnce))
	for id := range f.have {
		ids = append(ids, id.String())
		delete(f.have, id)
		if len(ids) < deleteAtOnce && len(f.have) > 0 {
			continue
		}
		if err := f.e.remove(ctx, where{Path: []string{"id"}, Operator: "ContainsAny", Values: ids}); err != nil {
			return err
		}
		ids = ids[:0]
	}
	return nil
}

// maxRemembered bounds how many passages it is remembered of what the cluster
// has: some 60 MB. Collections beyond are listed by each Follow.
const maxRemembered = 1 << 20

// copied is what was written for a collection by this process.
type copied struct {
	tag  string // of the state that was written with it
	sums map[uuid.UUID]sum
}

// remember keeps what the cluster has, for as long as its tag stays: listing it
// takes seconds for ten thousands of passages, and a watched folder changes often.
func (e *Engine) remember(collection, tag string, sums map[uuid.UUID]sum) {
	e.forgetCopy(collection)
	n := len(sums)
	for _, c := range e.copies {
		n += len(c.sums)
	}
	if n > maxRemembered {
		return
	}
	if e.copies == nil {
		e.copies = map[string]copied{}
	}
	e.copies[collection] = copied{tag, sums}
}

// recall returns what was remembered, once, and nil where somebody else wrote
// meanwhile.
func (e *Engine) recall(collection, tag string) map[uuid.UUID]sum {
	c := e.copies[collection]
	e.forgetCopy(collection)
	if c.tag != tag {
		return nil
	}
	return c.sums
}

func (e *Engine) forgetCopy(collection string) { delete(e.copies, collection) }

// Forget implements knowledge.Follower. A collection that the cluster does not
// have is no error.
func (e *Engine) Forget(ctx context.Context, collection string) error {
	e.following.Lock()
	defer e.following.Unlock()
	e.forgetCopy(collection)
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
