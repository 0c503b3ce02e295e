package generation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tribunebot/tribune/knowledge"
)

// forget has the followers forget the collections that are gone.
func (s *Store) forget(ctx context.Context) error {
	if err := s.writing.enter(ctx); err != nil {
		return err
	}
	gone, at := slices.Clone(s.pointer.Forget), s.pointer.Current.Folder
	s.writing.leave()
	var forgotten []string
	var errs []error
	for _, name := range gone {
		switch err := s.forgetOne(ctx, name); {
		case err == nil:
			forgotten = append(forgotten, name)
		case !errors.Is(err, errSuperseded):
			errs = append(errs, err)
		}
	}
	if len(forgotten) == 0 {
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, s.forgot(ctx, at, forgotten))...)
}

func (s *Store) forgetOne(ctx context.Context, name string) error {
	for n, f := range s.options.Followers {
		if err := s.forgetAt(ctx, taskOf(n, f, name), f); err != nil {
			return fmt.Errorf("%s, collection %s: %w", f.Name(), name, err)
		}
	}
	return nil
}

// forgetAt has one follower forget a collection, unless it was fed again.
func (s *Store) forgetAt(ctx context.Context, t task, f knowledge.Follower) error {
	if err := s.following[t.follower].enter(ctx); err != nil {
		return err
	}
	defer s.following[t.follower].leave()
	h, err := s.acquire()
	if err != nil {
		return err
	}
	defer h.release()
	if slices.Contains(h.manifest.names(), t.collection) {
		return nil
	}
	err = s.fenced(ctx, f, h.manifest, t.collection, func(ctx context.Context) error { return f.Forget(ctx, t.collection) })
	if err == nil {
		s.behind.drop(t)
	}
	return err
}

// forgot notes on disk which collections are forgotten everywhere, unless there
// is another generation since: they may have come and gone once more.
func (s *Store) forgot(ctx context.Context, at string, names []string) error {
	if err := s.writing.enter(ctx); err != nil {
		return err
	}
	defer s.writing.leave()
	if s.live == nil {
		return ErrClosed
	}
	if s.pointer.Current.Folder != at {
		return nil
	}
	p := s.pointer
	p.Forget = slices.DeleteFunc(slices.Clone(p.Forget), func(name string) bool { return slices.Contains(names, name) })
	return s.save(p)
}
