package vector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

const (
	// batchTexts and batchBytes bound what is embedded at a time and then put
	// on disk: what a kill can cost. Four calls of 64 texts.
	batchTexts = 256
	batchBytes = 1 << 20
	// saveEvery is after how many new vectors the list of passages is written
	// while a long run goes on.
	saveEvery = 20_000
)

var errResized = errors.New("the model's vectors have another length than before")

// Name implements knowledge.Follower.
func (*Store) Name() string { return "the vectors" }

// Follow implements knowledge.Follower: it embeds the texts that have no vector
// yet, and forgets the passages that are gone. It walks all twice where
// something is missing: once to count it. Each batch is on disk before the next
// is paid for; a run that was stopped is gone on with by the next. Searches find
// what is there meanwhile.
func (s *Store) Follow(ctx context.Context, name string, all iter.Seq2[knowledge.Passage, error], progress func(knowledge.Progress)) error {
	release, err := s.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	if progress == nil {
		progress = func(knowledge.Progress) {}
	}
	f := follower{s: s, name: name, all: all, progress: progress}
	err = f.run(ctx)
	if errors.Is(err, errResized) {
		s.o.Log.WarnContext(ctx, "the embedding model gives vectors of another length under the same name: all texts are embedded again")
		if err = s.reset(); err == nil {
			err = f.run(ctx)
		}
	}
	if saved := s.settle(ctx, name, err == nil); err == nil {
		err = saved
	}
	if err != nil {
		return fmt.Errorf("vectors of %s: %w", name, err)
	}
	return nil
}

// follower is one run of Follow.
type follower struct {
	s        *Store
	name     string
	all      iter.Seq2[knowledge.Passage, error]
	progress func(knowledge.Progress)

	missing, done, refused int
	first                  uint32 // slot of the first vector of this run
	unsaved                int
	batch                  batch
}

func (f *follower) run(ctx context.Context) error {
	known, err := f.look(ctx)
	if err != nil {
		return err
	}
	f.s.publish(f.name, known)
	if f.missing == 0 {
		return nil
	}
	if err := f.s.room(f.missing); err != nil {
		return err
	}
	if err := f.s.probe(ctx); err != nil {
		return fmt.Errorf("%d of %d passages are found by words alone for now: %w", f.missing, f.missing+len(known), err)
	}
	f.first = uint32(len(f.s.keys))
	f.tell()
	if err := f.fill(ctx); err != nil {
		return err
	}
	if f.refused > 0 {
		f.s.o.Log.WarnContext(ctx, "texts were refused by the embedding endpoint: they are found by words alone",
			"collection", f.name, "texts", f.refused)
	}
	return nil
}

// prober is an Embedder that can say quickly whether it works at all.
type prober interface {
	Probe(ctx context.Context) error
}

// probe returns why there is nothing to wait for.
func (s *Store) probe(ctx context.Context) error {
	p, ok := s.o.Embedder.(prober)
	if !ok {
		return nil
	}
	return p.Probe(ctx)
}

// look finds the passages that have a vector, and counts the others.
func (f *follower) look(ctx context.Context) ([]entry, error) {
	var known []entry
	f.missing, f.done = 0, 0
	for p, err := range f.all {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if slot, ok := f.s.has(keyOf(textOf(p))); ok {
			known = append(known, entry{p.ID, slot})
		} else {
			f.missing++
		}
	}
	return known, nil
}

// fill embeds what is missing.
func (f *follower) fill(ctx context.Context) error {
	for p, err := range f.all {
		if err != nil {
			return err
		}
		text := textOf(p)
		k := keyOf(text)
		slot, ok := f.s.has(k)
		switch {
		case ok && slot >= f.first: // the same text came before in this run
			f.s.join(f.name, []entry{{p.ID, slot}})
			f.done++
		case !ok:
			f.batch.add(p.ID, k, text)
		}
		if f.batch.full() {
			if err := f.flush(ctx); err != nil {
				return err
			}
		}
	}
	return f.flush(ctx)
}

// batch is what is embedded next. Passages of one text share a place.
type batch struct {
	texts []string
	keys  []key
	ids   [][]string
	at    map[key]int
	bytes int
}

func (b *batch) add(id string, k key, text string) {
	if i, ok := b.at[k]; ok {
		b.ids[i] = append(b.ids[i], id)
		return
	}
	if b.at == nil {
		b.at = map[key]int{}
	}
	b.at[k] = len(b.texts)
	b.texts, b.keys, b.ids = append(b.texts, text), append(b.keys, k), append(b.ids, []string{id})
	b.bytes += len(text)
}

func (b *batch) full() bool { return len(b.texts) >= batchTexts || b.bytes >= batchBytes }

// flush embeds the batch, puts it on disk and lets searches see it.
func (f *follower) flush(ctx context.Context) error {
	b := f.batch
	f.batch = batch{}
	if len(b.texts) == 0 {
		return nil
	}
	vectors, err := f.s.o.Embedder.Embed(ctx, b.texts)
	if err != nil {
		return fmt.Errorf("%d of %d passages are still without a vector: %w", f.missing-f.done, f.missing, err)
	}
	if len(vectors) != len(b.texts) {
		return fmt.Errorf("%d vectors for %d texts", len(vectors), len(b.texts))
	}
	var got batch
	var units []knowledge.Vector
	for i, v := range vectors {
		f.done += len(b.ids[i])
		u := unit(v)
		if u == nil {
			f.refused++
			continue
		}
		got.keys, got.ids, units = append(got.keys, b.keys[i]), append(got.ids, b.ids[i]), append(units, u)
	}
	if err := f.s.add(got.keys, units); err != nil {
		return err
	}
	f.s.joinAll(f.name, got)
	f.tell()
	return f.save(len(units))
}

// save writes the list of passages now and then.
func (f *follower) save(n int) error {
	if f.unsaved += n; f.unsaved < saveEvery {
		return nil
	}
	f.unsaved = 0
	return f.s.saveMap(f.name)
}

func (f *follower) tell() {
	f.progress(knowledge.Progress{Stage: "embed", Documents: f.done, Total: f.missing, Passages: f.done})
}

// has is find with the lock.
func (s *Store) has(k key) (uint32, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.find(k)
}

// publish replaces what is known of a collection.
func (s *Store) publish(name string, known []entry) {
	slices.SortFunc(known, func(a, b entry) int { return cmp.Compare(a.slot, b.slot) }) // memory is read in order
	s.mu.Lock()
	defer s.mu.Unlock()
	s.collections[name] = &collection{entries: known}
}

// join adds passages to a collection.
func (s *Store) join(name string, more []entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.collections[name]
	c.entries = append(c.entries, more...)
}

// joinAll adds passages whose vectors were just added.
func (s *Store) joinAll(name string, b batch) {
	var more []entry
	for i, k := range b.keys {
		slot, _ := s.has(k)
		for _, id := range b.ids[i] {
			more = append(more, entry{id, slot})
		}
	}
	s.join(name, more)
}

// add writes vectors to disk and then lets searches see them.
func (s *Store) add(keys []key, units []knowledge.Vector) error {
	if len(keys) == 0 {
		return nil
	}
	dims := len(units[0])
	if s.file == nil {
		file, err := createRecords(s.path(vectorsFile), dims)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.file, s.codes = file, codes{dims: dims, mean: make(knowledge.Vector, dims)}
		s.mu.Unlock()
	}
	for _, u := range units {
		if len(u) != s.file.dims {
			return errResized
		}
	}
	if err := s.file.add(keys, units); err != nil {
		return err
	}
	s.mu.Lock()
	for i, k := range keys {
		s.index(k, uint32(len(s.keys)))
		s.keys = append(s.keys, k)
		s.codes.add(units[i])
	}
	s.mu.Unlock()
	if len(s.keys) >= recenter*s.codes.seen {
		return s.center()
	}
	return nil
}

// recenter is by how much the vectors grow until their mean is taken again: the
// first documents are not what all are like. All vectors are read for it, which
// adds up to a third more than once.
const recenter = 4
