package generation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tribunebot/tribune/knowledge"
)

// behind keeps what followers have not caught up with.
type behind struct {
	mu   sync.Mutex
	open map[task]duty
}

// duty is what is known of an open task.
type duty struct {
	given  int    // how often it was given
	reason string // why it is open; "": not tried yet
}

// task is what one follower has to do.
type task struct {
	follower   int
	collection string
	name       string // the follower's
}

func taskOf(n int, f knowledge.Follower, collection string) task {
	return task{n, collection, f.Name()}
}

func (b *behind) list() []Behind {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Behind
	for t, d := range b.open {
		out = append(out, Behind{t.name, t.collection, d.reason})
	}
	return out
}

func (b *behind) add(t task) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		b.open = map[task]duty{}
	}
	d := b.open[t]
	d.given++
	b.open[t] = d
}

// get returns what is known of a task.
func (b *behind) get(t task) duty {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open[t]
}

// after notes what followers have to do when one generation comes after another.
func (b *behind) after(before, now manifest, followers []knowledge.Follower) {
	for _, c := range now.Collections {
		if slices.ContainsFunc(before.Collections, func(old knowledge.Collection) bool {
			return old.Name == c.Name && old.UpdatedAt.Equal(c.UpdatedAt) && old.Passages == c.Passages && old.Bytes == c.Bytes
		}) {
			continue
		}
		for n, f := range followers {
			b.add(taskOf(n, f, c.Name))
		}
	}
}

// done notes how a task ended. One that was given again meanwhile stays open.
func (b *behind) done(t task, begun duty, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, ok := b.open[t]
	switch {
	case !ok:
	case err != nil:
		d.reason = err.Error()
		b.open[t] = d
	case d.given == begun.given:
		delete(b.open, t)
	}
}

// tasks returns what is open for a collection, for all with "", in a fixed order.
func (s *Store) tasks(collection string) []task {
	s.behind.mu.Lock()
	defer s.behind.mu.Unlock()
	var out []task
	for t := range s.behind.open {
		if collection == "" || t.collection == collection {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b task) int {
		if a.follower != b.follower {
			return a.follower - b.follower
		}
		return strings.Compare(a.collection, b.collection)
	})
	return out
}

// Sync has every follower compare what it has of every collection with what
// there is: after a start, and for those that failed. Their errors are joined;
// State has them too.
func (s *Store) Sync(ctx context.Context, progress func(knowledge.Progress)) error {
	h, err := s.acquire()
	if err != nil {
		return err
	}
	s.behind.after(manifest{}, h.manifest, s.options.Followers)
	h.release()
	return s.follow(ctx, "", progress)
}

// followChange tells the followers of what an ingest has changed. That they
// fail is no failure of the ingest.
func (s *Store) followChange(ctx context.Context, collection string, progress func(knowledge.Progress)) {
	if err := s.follow(ctx, collection, progress); err != nil {
		s.log.WarnContext(ctx, "what is kept beside the index lacks its latest state, and is tried again later", "error", err)
	}
}

// follow does what is open, for one collection or with "" for all.
func (s *Store) follow(ctx context.Context, collection string, progress func(knowledge.Progress)) error {
	if len(s.options.Followers) == 0 {
		return nil
	}
	if err := s.following.enter(ctx); err != nil {
		return err
	}
	defer s.following.leave()
	if progress == nil {
		progress = func(knowledge.Progress) {}
	}
	errs := []error{s.forget(ctx)}
	for _, t := range s.tasks(collection) {
		if ctx.Err() != nil {
			return errors.Join(append(errs, ctx.Err())...)
		}
		if err := s.followOne(ctx, t, progress); err != nil {
			errs = append(errs, fmt.Errorf("%s, collection %s: %w", t.name, t.collection, err))
		}
	}
	return errors.Join(errs...)
}

// followOne does one task, all of it on one generation.
func (s *Store) followOne(ctx context.Context, t task, progress func(knowledge.Progress)) error {
	begun := s.behind.get(t)
	h, err := s.acquire()
	if err != nil {
		return err
	}
	defer h.release()
	err = s.options.Followers[t.follower].Follow(ctx, t.collection, h.index.Passages(ctx, t.collection), progress)
	s.behind.done(t, begun, err)
	return err
}

// forget has the followers forget the collections that are gone.
func (s *Store) forget(ctx context.Context) error {
	if err := s.writing.enter(ctx); err != nil {
		return err
	}
	gone := slices.Clone(s.pointer.Forget)
	s.writing.leave()
	var forgotten []string
	var errs []error
	for _, name := range gone {
		if err := s.forgetOne(ctx, name); err != nil {
			errs = append(errs, err)
			continue
		}
		forgotten = append(forgotten, name)
	}
	if len(forgotten) == 0 {
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, s.forgot(ctx, forgotten))...)
}

func (s *Store) forgetOne(ctx context.Context, name string) error {
	if s.has(name) { // it was fed again
		return nil
	}
	for n, f := range s.options.Followers {
		if err := f.Forget(ctx, name); err != nil {
			return fmt.Errorf("%s, collection %s: %w", f.Name(), name, err)
		}
		t := taskOf(n, f, name)
		s.behind.done(t, s.behind.get(t), nil)
	}
	return nil
}

func (s *Store) has(collection string) bool {
	h, err := s.acquire()
	if err != nil {
		return false
	}
	defer h.release()
	return slices.Contains(h.manifest.names(), collection)
}

// forgot notes on disk which collections are forgotten everywhere.
func (s *Store) forgot(ctx context.Context, names []string) error {
	if err := s.writing.enter(ctx); err != nil {
		return err
	}
	defer s.writing.leave()
	if s.live == nil {
		return ErrClosed
	}
	p := s.pointer
	p.Forget = slices.DeleteFunc(slices.Clone(p.Forget), func(name string) bool { return slices.Contains(names, name) })
	return s.save(p)
}
