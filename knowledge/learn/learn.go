// Package learn keeps the lessons of a team: questions whose answers somebody
// judged as right, with the passages that those rest on. A Book holds them all in
// memory, by collection, and finds those that are like a question; a Store keeps
// them. Each lesson has its origin, so that what one person or one file taught
// can be taken back.
package learn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// Store keeps lessons for good, by their ID.
type Store interface {
	// Load calls each for every lesson that is kept, in any order.
	Load(ctx context.Context, each func(knowledge.Lesson)) error
	// Put keeps a lesson in place of the one with the same ID.
	Put(ctx context.Context, l knowledge.Lesson) error
	// Delete removes a lesson; one that is not there is no error.
	Delete(ctx context.Context, id string) error
	// Watch tells, one call after the other, of every lesson that is put and
	// every one that is deleted, by whomever, from the call on; it may begin
	// with what is there already. It returns when ctx is done, with nil, or
	// when it cannot go on.
	Watch(ctx context.Context, put func(knowledge.Lesson), deleted func(id string)) error
}

// Options are what a Book is made of. Store is required.
type Options struct {
	Store Store
	// Exists tells which of a collection's references lead to something; nil:
	// all are taken. See Known.
	Exists func(ctx context.Context, collection string, refs []string) ([]bool, error)
	// MaxLessons and MaxBytes (of questions and references) bound the memory; 0:
	// 200,000 and 128 MB. A full book still finds, changes and forgets; Add
	// reports what it has no room for.
	MaxLessons int
	MaxBytes   int64
	Now        func() time.Time // nil: the real clock
	Log        *slog.Logger     // nil: no logging
}

// The bounds of a book where Options name none. A lesson of forty characters
// takes some 700 bytes in memory with its terms.
const (
	maxLessons = 200_000
	maxBytes   = 128 << 20
)

// Book is a knowledge.Lessons over a Store. It is for concurrent use.
type Book struct {
	o Options

	mu      sync.RWMutex
	shelves map[string]*shelf           // by collection
	lessons map[string]knowledge.Lesson // by ID
	bytes   int64
	omitted int // lessons of the store that found no room

	scores sync.Pool // *[]float32
}

// Open reads all lessons of a store. Lessons that cannot be used, or find no
// room, are counted in the log and left where they are.
func Open(ctx context.Context, o Options) (*Book, error) {
	if o.Store == nil {
		return nil, errors.New("a book of lessons needs a store")
	}
	if o.MaxLessons <= 0 {
		o.MaxLessons = maxLessons
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = maxBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &Book{o: o, shelves: map[string]*shelf{}, lessons: map[string]knowledge.Lesson{}}
	if err := o.Store.Load(ctx, b.put); err != nil {
		return nil, fmt.Errorf("read the lessons: %w", err)
	}
	if b.omitted > 0 {
		o.Log.WarnContext(ctx, "some lessons are not used: damaged, or more than the book holds", "lessons", b.omitted)
	}
	return b, nil
}

// The pauses between two tries to hear of changes.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// Run follows what other workers learn and forget until ctx is done. Where the
// store fails it tries again, at last once a minute: the book stays as it was.
func (b *Book) Run(ctx context.Context) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := b.o.Store.Watch(ctx, func(l knowledge.Lesson) { b.put(l); pause = firstPause }, b.drop)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // told to end
		}
		b.o.Log.WarnContext(ctx, "lessons of other workers are not heard of, trying again", "error", err, "pause", pause)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// put takes a lesson that the store has.
func (b *Book) put(l knowledge.Lesson) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if same(b.lessons[l.ID], l) {
		return // its own echo
	}
	if faultOf(l) != "" || l.ID == "" || !b.room(l) {
		b.omitted++
		return
	}
	b.remove(l.ID)
	s := b.shelves[l.Collection]
	if s == nil {
		s = newShelf()
		b.shelves[l.Collection] = s
	}
	s.add(l)
	b.lessons[l.ID] = l
	b.bytes += weightOf(l)
}

func same(a, b knowledge.Lesson) bool {
	return a.ID == b.ID && a.Collection == b.Collection && a.Question == b.Question &&
		a.Origin == b.Origin && a.At.Equal(b.At) && slices.Equal(a.Refs, b.Refs)
}

// room reports whether a lesson fits, in place of the one with its ID.
func (b *Book) room(l knowledge.Lesson) bool {
	old, replaces := b.lessons[l.ID]
	if replaces {
		return b.bytes-weightOf(old)+weightOf(l) <= b.o.MaxBytes
	}
	return len(b.lessons) < b.o.MaxLessons && b.bytes+weightOf(l) <= b.o.MaxBytes
}

// drop forgets a lesson that the store no longer has.
func (b *Book) drop(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(id)
}

func (b *Book) remove(id string) {
	l, ok := b.lessons[id]
	if !ok {
		return
	}
	delete(b.lessons, id)
	b.bytes -= weightOf(l)
	s := b.shelves[l.Collection]
	s.remove(l)
	if s.live == 0 {
		delete(b.shelves, l.Collection)
	}
}

// weightOf is what a lesson counts against MaxBytes.
func weightOf(l knowledge.Lesson) int64 {
	n := len(l.Question) + len(l.Origin)
	for _, r := range l.Refs {
		n += len(r)
	}
	return int64(n)
}
