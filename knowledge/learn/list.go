package learn

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/knowledge"
)

// List returns the lessons of a collection, the latest first.
func (b *Book) List(ctx context.Context, collection string) ([]knowledge.Lesson, error) {
	return b.matching(func(l knowledge.Lesson) bool { return l.Collection == collection }), ctx.Err()
}

func (b *Book) matching(want func(knowledge.Lesson) bool) []knowledge.Lesson {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var out []knowledge.Lesson
	for _, l := range b.lessons {
		if want(l) {
			l.Refs = slices.Clone(l.Refs)
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b knowledge.Lesson) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Counts says how many lessons each collection has.
func (b *Book) Counts() map[string]int {
	return b.countBy(func(l knowledge.Lesson) string { return l.Collection })
}

// Origins says how many lessons each origin taught a collection.
func (b *Book) Origins(collection string) map[string]int {
	out := b.countBy(func(l knowledge.Lesson) string {
		if l.Collection != collection {
			return ""
		}
		return l.Origin
	})
	delete(out, "")
	return out
}

func (b *Book) countBy(name func(knowledge.Lesson) string) map[string]int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := map[string]int{}
	for l := range maps.Values(b.lessons) {
		out[name(l)]++
	}
	return out
}

// Remove forgets lessons by their IDs and returns how many there were.
func (b *Book) Remove(ctx context.Context, ids ...string) (int, error) {
	removed := 0
	for _, id := range ids {
		b.mu.RLock()
		_, ok := b.lessons[id]
		b.mu.RUnlock()
		if err := b.o.Store.Delete(ctx, id); err != nil {
			return removed, fmt.Errorf("forget a lesson (%d are forgotten): %w", removed, err)
		}
		b.drop(id)
		if ok {
			removed++
		}
	}
	return removed, nil
}

// Undo takes back all that an origin taught, in one collection or, where that is
// empty, in all, and returns how many lessons that were. An origin stands for
// all that begin with it and a slash: a person for each of their marks.
func (b *Book) Undo(ctx context.Context, collection, origin string) (int, error) {
	return b.removeAll(ctx, func(l knowledge.Lesson) bool {
		own := l.Origin == origin || strings.HasPrefix(l.Origin, origin+"/")
		return own && (collection == "" || l.Collection == collection)
	})
}

// Name implements knowledge.Follower.
func (*Book) Name() string { return "the lessons" }

// Forget implements knowledge.Follower: the lessons of a collection that was
// dropped go with it.
func (b *Book) Forget(ctx context.Context, collection string) error {
	_, err := b.removeAll(ctx, func(l knowledge.Lesson) bool { return l.Collection == collection })
	return err
}

// Follow implements knowledge.Follower. There is nothing to make up: lessons
// outlast a document that is gone for a while, and one that stays away is found
// by nobody.
func (*Book) Follow(context.Context, string, iter.Seq2[knowledge.Passage, error], func(knowledge.Progress)) error {
	return nil
}

func (b *Book) removeAll(ctx context.Context, want func(knowledge.Lesson) bool) (int, error) {
	var ids []string
	for _, l := range b.matching(want) {
		ids = append(ids, l.ID)
	}
	return b.Remove(ctx, ids...)
}
