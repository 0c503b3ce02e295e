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

// get returns what is known of a task, and whether it is still to be done.
func (b *behind) get(t task) (duty, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, ok := b.open[t]
	return d, ok
}

// after notes what followers have to do when one generation comes after another.
func (b *behind) after(before, now manifest, followers []knowledge.Follower) {
	for _, c := range now.Collections {
		if sameIn(before, now, c.Name) {
			continue
		}
		for n, f := range followers {
			b.add(taskOf(n, f, c.Name))
		}
	}
}

// drop notes that there is nothing left to do of a task.
func (b *behind) drop(t task) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, t)
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

// keepFollowing keeps the followers up to date until ctx is done. They may take
// as long as they like: generations come and go meanwhile.
func (s *Store) keepFollowing(ctx context.Context) error {
	s.lagging(ctx, s.Sync(ctx, nil))
	return often(ctx, s.told, func() error {
		s.followChange(ctx, "", nil)
		return nil
	})
}

// tell wakes who keeps the followers up to date.
func (s *Store) tell() { kick(s.told) }

// followChange tells the followers of what an ingest has changed. That they
// fail is no failure of the ingest.
func (s *Store) followChange(ctx context.Context, collection string, progress func(knowledge.Progress)) {
	s.lagging(ctx, s.follow(ctx, collection, progress))
}

func (s *Store) lagging(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "what is kept beside the index lacks its latest state, and is tried again later", "error", err)
	}
}

// follow does what is open, for one collection or with "" for all.
func (s *Store) follow(ctx context.Context, collection string, progress func(knowledge.Progress)) error {
	if len(s.options.Followers) == 0 {
		return nil
	}
	if progress == nil {
		progress = func(knowledge.Progress) {}
	}
	errs := []error{s.forget(ctx)}
	for _, t := range s.tasks(collection) {
		if ctx.Err() != nil {
			return errors.Join(append(errs, ctx.Err())...)
		}
		if err := s.followOne(ctx, t, progress); err != nil && !errors.Is(err, errSuperseded) {
			errs = append(errs, fmt.Errorf("%s, collection %s: %w", t.name, t.collection, err))
		}
	}
	return errors.Join(errs...)
}

// followOne does one task, all of it on one generation.
func (s *Store) followOne(ctx context.Context, t task, progress func(knowledge.Progress)) error {
	if err := s.following[t.follower].enter(ctx); err != nil {
		return err
	}
	defer s.following[t.follower].leave()
	begun, open := s.behind.get(t)
	if !open { // somebody else has done it meanwhile
		return nil
	}
	h, err := s.acquire()
	if err != nil {
		return err
	}
	defer h.release()
	f := s.options.Followers[t.follower]
	err = s.fenced(ctx, f, h.manifest, t.collection, func(ctx context.Context) error {
		return f.Follow(ctx, t.collection, h.passages(ctx, t.collection), progress)
	})
	if !errors.Is(err, errSuperseded) {
		s.behind.done(t, begun, err)
	}
	return err
}
