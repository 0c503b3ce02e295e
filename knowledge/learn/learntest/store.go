// Package learntest is what the stores of lessons are tested with: a store in
// memory and the promises that every store keeps.
package learntest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/tribunebot/tribune/knowledge"
)

// Store is a learn.Store in memory. Its zero value is empty and ready.
type Store struct {
	mu       sync.Mutex
	lessons  map[string]knowledge.Lesson
	watchers map[chan change]struct{}
	failing  error
}

// change is a lesson that was put, or with no question one that was deleted.
type change struct {
	lesson  knowledge.Lesson
	deleted bool
}

// Fail makes every call fail with err from now on; nil ends that.
func (s *Store) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing = err
}

// Len is how many lessons are kept.
func (s *Store) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lessons)
}

// Load implements learn.Store.
func (s *Store) Load(ctx context.Context, each func(knowledge.Lesson)) error {
	s.mu.Lock()
	all, err := s.all(), s.failing
	s.mu.Unlock()
	if err := errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	for _, l := range all {
		each(l)
	}
	return nil
}

func (s *Store) all() []knowledge.Lesson {
	out := make([]knowledge.Lesson, 0, len(s.lessons))
	for _, l := range s.lessons {
		l.Refs = slices.Clone(l.Refs)
		out = append(out, l)
	}
	return out
}

// Put implements learn.Store.
func (s *Store) Put(ctx context.Context, l knowledge.Lesson) error {
	l.Refs = slices.Clone(l.Refs)
	return s.change(ctx, change{lesson: l})
}

// Delete implements learn.Store.
func (s *Store) Delete(ctx context.Context, id string) error {
	return s.change(ctx, change{lesson: knowledge.Lesson{ID: id}, deleted: true})
}

func (s *Store) change(ctx context.Context, c change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(s.failing, ctx.Err()); err != nil {
		return err
	}
	if c.deleted {
		delete(s.lessons, c.lesson.ID)
	} else {
		if s.lessons == nil {
			s.lessons = map[string]knowledge.Lesson{}
		}
		s.lessons[c.lesson.ID] = c.lesson
	}
	for w := range s.watchers {
		select {
		case w <- c:
		default: // it is slow: it has to begin again
			close(w)
			delete(s.watchers, w)
		}
	}
	return nil
}

// Watch implements learn.Store.
func (s *Store) Watch(ctx context.Context, put func(knowledge.Lesson), deleted func(id string)) error {
	told := make(chan change, 1024)
	s.mu.Lock()
	all, err := s.all(), s.failing
	if s.watchers == nil {
		s.watchers = map[chan change]struct{}{}
	}
	s.watchers[told] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, told)
	}()
	if err != nil {
		return err
	}
	for _, l := range all {
		put(l)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case c, ok := <-told:
			switch {
			case !ok:
				return errors.New("too many changes at a time")
			case c.deleted:
				deleted(c.lesson.ID)
			default:
				put(c.lesson)
			}
		}
	}
}
