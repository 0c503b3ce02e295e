package main

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// helpers are what runs beside the services and outlives them: what is still
// to be reported or settled when the last answer is given is not lost.
type helpers struct {
	group  *errgroup.Group
	cancel context.CancelFunc
}

// runHelpers starts them. They end at stop, not with ctx.
func (a *App) runHelpers(ctx context.Context) *helpers {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h := &helpers{group: &errgroup.Group{}, cancel: cancel}
	run := func(name string, do func(context.Context) error) {
		h.group.Go(func() error {
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
	run("health checks", func(ctx context.Context) error { a.gateway.Watch(ctx); return nil })
	run("the LiteLLM file", a.watchModels)
	run("the database", a.tryDatabase)
	return h
}

// stop lets the helpers finish and waits for them.
func (h *helpers) stop() error {
	h.cancel()
	return h.group.Wait()
}
