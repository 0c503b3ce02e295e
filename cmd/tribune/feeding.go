package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/handbook"
	"github.com/tribunebot/tribune/knowledge/source"
	"github.com/tribunebot/tribune/knowledge/source/folder"
)

// revisit is how often sites, repositories and channels are read again: they do
// not say when something changes.
const revisit = time.Hour

// feedHandbook feeds the guides that are built in. It is a matter of
// milliseconds when they are indexed already.
func (a *App) feedHandbook(ctx context.Context) error {
	_, err := a.Library.Ingest(ctx, knowledge.Handbook, handbook.Source(), knowledge.IngestOptions{Prune: true})
	if err != nil {
		return fmt.Errorf("feed the built-in handbook: %w", err)
	}
	return nil
}

// feedNew feeds the collections of tribune.yaml that were never fed, so that the
// first question finds them; a server keeps them up to date.
func (a *App) feedNew(ctx context.Context, s streams) error {
	indexed, err := a.Library.Collections(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(a.Config.File.Collections)) {
		if c := a.Config.File.Collections[name]; len(c.Sources) > 0 && !slices.Contains(names(indexed), name) {
			fmt.Fprintf(s.Err, "tribune: feeding the collection %s for the first time\n", name)
			a.feedCollection(ctx, name, c)
		}
	}
	return ctx.Err()
}

// keepFed feeds what tribune.yaml names, and again when it changes, until ctx is
// done.
func (a *App) keepFed(ctx context.Context) error {
	var group errgroup.Group
	for name, c := range a.Config.File.Collections {
		if len(c.Sources) == 0 {
			continue
		}
		group.Go(func() error { a.keepCollection(ctx, name, c); return nil })
	}
	return group.Wait()
}

// keepCollection feeds one collection until ctx is done.
func (a *App) keepCollection(ctx context.Context, name string, c config.Collection) {
	again := make(chan struct{}, 1)
	again <- struct{}{}
	var watching errgroup.Group
	defer func() { _ = watching.Wait() }() // it ends with ctx
	if src, err := a.openSources(c.Sources); err == nil {
		watching.Go(func() error { return a.watchSource(ctx, src, again) })
	}
	tick := time.NewTicker(revisit)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
			a.feedCollection(ctx, name, c)
		case <-tick.C:
			if slices.ContainsFunc(c.Sources, func(s config.Source) bool { return remoteAddress(s.Address) }) {
				a.feedCollection(ctx, name, c)
			}
		}
	}
}

// watchSource asks for feeding again when a source has changed.
func (a *App) watchSource(ctx context.Context, src knowledge.Source, again chan<- struct{}) error {
	w, ok := src.(knowledge.Watched)
	if !ok {
		return nil
	}
	err := w.Watch(ctx, func() {
		select {
		case again <- struct{}{}:
		default: // it will be fed anyway
		}
	})
	if err != nil && ctx.Err() == nil {
		a.Log.WarnContext(ctx, "changes are not noticed: documents are read again at the next start", "source", src.Name(), "error", err)
	}
	return nil
}

// feedCollection feeds what tribune.yaml names once.
func (a *App) feedCollection(ctx context.Context, name string, c config.Collection) {
	// The file says what the collection is made of: what came from elsewhere goes.
	src, err := a.openSources(c.Sources)
	var report knowledge.Report
	if err == nil {
		report, err = a.Library.Ingest(ctx, name, src, knowledge.IngestOptions{Prune: true, Whole: true})
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		a.Log.ErrorContext(ctx, "a collection could not be fed", "collection", name, "error", err)
		return
	}
	if report.Kept > 0 {
		a.Log.WarnContext(ctx, "most of a collection is gone where it came from: nothing was removed. Is a drive not mounted, a site being rebuilt? "+
			"If it is meant, run tribune ingest --prune --force with its sources", "collection", name, "gone", report.Kept)
	}
	a.Log.InfoContext(ctx, "a collection is up to date", "collection", name,
		"added", report.Added, "changed", report.Changed, "removed", report.Removed, "skipped", report.Skips)
}

// Ingest feeds files, folders and addresses.
func (a *App) Ingest(ctx context.Context, r ingestRequest, progress func(knowledge.Progress)) (knowledge.Report, error) {
	if r.Collection == knowledge.Handbook {
		return knowledge.Report{}, usageError{fmt.Errorf("the collection %s is built in: give yours another name with --collection", knowledge.Handbook)}
	}
	if err := a.declared(r); err != nil {
		return knowledge.Report{}, usageError{err}
	}
	src, err := a.sourcesOf(r)
	if err != nil {
		return knowledge.Report{}, err
	}
	report, err := a.Library.Ingest(ctx, r.Collection, src, knowledge.IngestOptions{Prune: r.Prune, Force: r.Force, Progress: progress})
	report.Later = a.later(r.Collection)
	return report, err
}

// sourcesOf opens what is to be fed. Of paths that are gone, which a forced prune
// may name, nothing is read.
func (a *App) sourcesOf(r ingestRequest) (knowledge.Source, error) {
	var sources []config.Source
	var gone []string
	for _, p := range r.Paths {
		if _, err := os.Stat(p); isGone(err) && r.Prune && r.Force && !remoteAddress(p) {
			gone = append(gone, p)
			continue
		}
		sources = append(sources, config.Source{Address: p, Private: r.Private, PrivateChannels: r.Channels, Workspace: r.Workspace})
	}
	switch {
	case len(gone) == 0:
		return a.openSources(sources)
	case len(sources) == 0:
		return folder.Removed(gone), nil
	}
	src, err := a.openSources(sources)
	if err != nil {
		return nil, err
	}
	return source.Join(src, folder.Removed(gone)), nil
}

// later is what a collection lacks of what is kept beside the index, and why.
func (a *App) later(collection string) (out []string) {
	for _, b := range a.Library.State().Behind {
		if b.Collection == collection && b.Reason != "" {
			out = append(out, b.Follower+": "+b.Reason)
		}
	}
	return out
}

// declared refuses to feed by hand what the next start would remove again: a
// collection of tribune.yaml is what its sources hold.
func (a *App) declared(r ingestRequest) error {
	named := a.Config.File.Collections[r.Collection].Addresses()
	if len(named) == 0 {
		return nil
	}
	for _, p := range r.Paths {
		if !slices.ContainsFunc(named, func(n string) bool {
			return n == p || !remoteAddress(n) && within(n, p) || remoteAddress(n) && strings.HasPrefix(p, n)
		}) {
			return fmt.Errorf("the collection %s is what tribune.yaml feeds it from (%s): add the source there, or give another --collection", r.Collection, list(named))
		}
	}
	return nil
}

// within tells whether a path is dir or lies below it.
func within(dir, path string) bool {
	full, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(full, path)
	return err == nil && filepath.IsLocal(rel)
}
