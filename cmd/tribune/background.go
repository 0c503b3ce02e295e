package main

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// background is what runs beside the services and outlives them: what is still
// to be reported or settled when the last answer is given is not lost.
type background struct {
	group  *errgroup.Group
	cancel context.CancelFunc
}

// runBackground starts it. It ends at stop, not with ctx.
func (a *App) runBackground(ctx context.Context) *background {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &background{group: &errgroup.Group{}, cancel: cancel}
	run := func(name string, do func(context.Context) error) {
		b.group.Go(func() error {
			if err := do(ctx); err != nil && !errors.Is(err, context.Canceled) {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	run("the limits", a.counters.Run)
	run("the usage", a.reports.usage.Run)
	for _, s := range a.reports.sinks {
		run("reports to "+s.State().Callback, s.Run)
	}
	if a.modest {
		run("the memory's bound", followMemory)
	}
	run("the keys", a.keyBook.run)
	run("the documents", a.Library.Run)
	run("health checks", func(ctx context.Context) error { a.gateway.Watch(ctx); return nil })
	run("the LiteLLM file", a.watchModels)
	run("the database", a.tryDatabase)
	return b
}

// stop lets it finish and waits for it.
func (b *background) stop() error {
	b.cancel()
	return b.group.Wait()
}
