package generation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tribunebot/tribune/knowledge"
)

// errSuperseded ends what a follower does that all workers share, when another
// worker has published a newer state of the collection. It is told again when
// that state is here.
var errSuperseded = errors.New("another worker has published a newer state")

// fenceEvery is how often it is asked, while a shared follower is at work,
// whether what it is told is still the latest. fenceWait bounds each time: who
// can't ask must take it that others go on without him.
const (
	fenceEvery = time.Second
	fenceWait  = 10 * time.Second
)

// fenced has a follower do something with a collection as a generation has it.
// One that all workers share does so only as long as no newer state of the
// collection is published: its context ends then.
func (s *Store) fenced(ctx context.Context, f knowledge.Follower, m manifest, collection string, do func(context.Context) error) error {
	shared, ok := f.(knowledge.SharedFollower)
	if s.options.Blobs == nil || !ok || !shared.Shared() {
		return do(ctx)
	}
	if err := s.newest(ctx, m, collection); err != nil {
		return err
	}
	inside, stop := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for pause(inside, s.options.fenceEvery) == nil {
			if err := s.newest(inside, m, collection); err != nil {
				stop(err)
			}
		}
	}()
	err := do(inside)
	if err != nil && ctx.Err() == nil && inside.Err() != nil {
		err = context.Cause(inside)
	}
	stop(nil)
	<-watched
	return err
}

// newest returns errSuperseded where what is published has another state of a
// collection than a generation has.
func (s *Store) newest(ctx context.Context, m manifest, collection string) error {
	ctx, cancel := context.WithTimeout(ctx, fenceWait)
	defer cancel()
	raw, _, err := s.options.Blobs.Latest(ctx)
	if err != nil {
		return fmt.Errorf("it is not known whether this is the latest state: %w", err)
	}
	latest, err := parseManifest(raw)
	if err != nil || latest.ID != m.ID && !sameIn(latest, m, collection) {
		return errSuperseded
	}
	return nil
}

// sameIn reports whether a collection is the same in two generations, or in
// neither of them.
func sameIn(a, b manifest, collection string) bool {
	named := func(c knowledge.Collection) bool { return c.Name == collection }
	i, j := slices.IndexFunc(a.Collections, named), slices.IndexFunc(b.Collections, named)
	if i < 0 || j < 0 {
		return i < 0 && j < 0
	}
	x, y := a.Collections[i], b.Collections[j]
	return x.UpdatedAt.Equal(y.UpdatedAt) && x.Passages == y.Passages && x.Bytes == y.Bytes
}
