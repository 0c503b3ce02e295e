// Package source makes one source of several, as where a collection has
// folders, a site and a repository. The kinds of source lie in the folders
// below.
package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/tribunebot/tribune/knowledge"
)

// Join returns the documents of several sources, one source after the other.
// One that fails ends the whole with an error that names it: so that what it
// could not tell of is not taken for gone. A single source is returned as it is.
//
// The joined source has knowledge.Places, knowledge.Withdrawer,
// knowledge.Distant and knowledge.Counted, and knowledge.Watched where one of the sources has it.
func Join(sources ...knowledge.Source) knowledge.Source {
	if len(sources) == 1 {
		return sources[0]
	}
	all := joined(slices.Clone(sources))
	if slices.ContainsFunc(sources, func(s knowledge.Source) bool { _, ok := s.(knowledge.Watched); return ok }) {
		return watched{all}
	}
	return all
}

type joined []knowledge.Source

// Name implements knowledge.Source.
func (j joined) Name() string {
	var names []string
	for _, s := range j {
		names = append(names, s.Name())
	}
	return strings.Join(names, ", ")
}

// Documents implements knowledge.Source.
func (j joined) Documents(ctx context.Context) iter.Seq2[knowledge.Document, error] {
	return func(yield func(knowledge.Document, error) bool) {
		for _, s := range j {
			if !each(ctx, s, yield) {
				return
			}
		}
	}
}

// each yields the documents of one source and reports whether to go on.
func each(ctx context.Context, s knowledge.Source, yield func(knowledge.Document, error) bool) bool {
	for doc, err := range s.Documents(ctx) {
		if _, skipped := errors.AsType[*knowledge.Skipped](err); err != nil && !skipped {
			yield(doc, named(s, err))
			return false
		}
		if !yield(doc, err) {
			return false
		}
	}
	return true
}

// named says which source an error is of, if it does not say so itself.
func named(s knowledge.Source, err error) error {
	if strings.Contains(err.Error(), s.Name()) {
		return err
	}
	return fmt.Errorf("%s: %w", s.Name(), err)
}

// Covers implements knowledge.Places. A source without it speaks for the whole
// collection.
func (j joined) Covers(origin string) bool {
	return slices.ContainsFunc(j, func(s knowledge.Source) bool {
		p, ok := s.(knowledge.Places)
		return !ok || p.Covers(origin)
	})
}

// Gone implements knowledge.Places: those who cover an origin are asked, and
// all of them must say so. What none covers any more, as a folder that was
// moved, may be asked of all, but for an address: no folder knows of those.
func (j joined) Gone(origin string) bool {
	var asked []knowledge.Places
	for _, s := range j {
		if p, ok := s.(knowledge.Places); ok && p.Covers(origin) {
			asked = append(asked, p)
		}
	}
	gone := func(p knowledge.Places) bool { return p.Gone(origin) }
	if len(asked) > 0 {
		return !slices.ContainsFunc(asked, func(p knowledge.Places) bool { return !gone(p) })
	}
	return !strings.Contains(origin, "://") && slices.ContainsFunc(j.places(), gone)
}

// Same implements knowledge.Places.
func (j joined) Same(a, b string) bool {
	return a == b || slices.ContainsFunc(j.places(), func(p knowledge.Places) bool { return p.Same(a, b) })
}

func (j joined) places() []knowledge.Places {
	var out []knowledge.Places
	for _, s := range j {
		if p, ok := s.(knowledge.Places); ok {
			out = append(out, p)
		}
	}
	return out
}

// Withdrawn implements knowledge.Withdrawer: one that says so is enough.
func (j joined) Withdrawn(origin string) bool {
	return slices.ContainsFunc(j, func(s knowledge.Source) bool {
		w, ok := s.(knowledge.Withdrawer)
		return ok && w.Withdrawn(origin)
	})
}

// Distant implements knowledge.Distant: one that is makes all so.
func (j joined) Distant() bool {
	return slices.ContainsFunc(j, func(s knowledge.Source) bool {
		d, ok := s.(knowledge.Distant)
		return ok && d.Distant()
	})
}

// Count implements knowledge.Counted: 0 where one of the sources can't tell.
func (j joined) Count(ctx context.Context) int {
	total := 0
	for _, s := range j {
		c, ok := s.(knowledge.Counted)
		if !ok {
			return 0
		}
		n := c.Count(ctx)
		if n == 0 {
			return 0
		}
		total += n
	}
	return total
}

// watched is a joined source of which some notice changes.
type watched struct{ joined }

// Watch implements knowledge.Watched: it watches all sources that can, and ends
// when ctx does or one of them fails.
func (w watched) Watch(ctx context.Context, changed func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var one sync.Mutex // changed is not called twice at a time
	var group sync.WaitGroup
	var failed error
	for _, s := range w.joined {
		source, ok := s.(knowledge.Watched)
		if !ok {
			continue
		}
		group.Go(func() {
			err := source.Watch(ctx, func() {
				one.Lock()
				defer one.Unlock()
				changed()
			})
			if err == nil || ctx.Err() != nil {
				return
			}
			one.Lock()
			defer one.Unlock()
			failed = cmp.Or(failed, fmt.Errorf("watch %s: %w", s.Name(), err))
			cancel(failed)
		})
	}
	group.Wait()
	return failed
}
