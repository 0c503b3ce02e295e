package gateway

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/router"
)

// probed is what one call came to that was made to see whether a deployment
// answers.
type probed struct {
	at   time.Time
	took time.Duration
	err  *llm.Error // nil: it answered
}

// probes are the latest calls that Watch has made, by the deployments' ids.
type probes struct {
	mu     sync.Mutex
	latest map[string]probed
}

func (p *probes) get() map[string]probed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latest
}

// set returns what it replaces.
func (p *probes) set(latest map[string]probed) map[string]probed {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.latest
	p.latest = latest
	return before
}

// Watch calls each deployment at once and then every ProbeEvery, until ctx is
// done; without a ProbeEvery it returns at once. /health tells what came of the
// latest calls. They cost a token each, and count like all others.
func (g *Gateway) Watch(ctx context.Context) {
	if g.ProbeEvery <= 0 {
		return
	}
	ticker := time.NewTicker(g.ProbeEvery)
	defer ticker.Stop()
	for {
		latest := g.probe(ctx, g.Catalog.Deployments())
		if ctx.Err() != nil {
			return // what was under way failed because of that
		}
		g.tellProbes(ctx, g.probes.set(latest), latest)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// tellProbes logs what has become otherwise.
func (g *Gateway) tellProbes(ctx context.Context, before, now map[string]probed) {
	for id, p := range now {
		switch was := before[id]; {
		case p.err != nil && was.err == nil:
			g.Log.WarnContext(ctx, "a deployment does not answer its health check", "deployment", id, "kind", p.err.Kind, "error", oneLine(p.err.Error()))
		case p.err == nil && was.err != nil:
			g.Log.InfoContext(ctx, "a deployment answers its health check again", "deployment", id)
		}
	}
}

// probe calls every deployment that can be called by its id. One whose group
// is a pattern stands for no model in particular.
func (g *Gateway) probe(ctx context.Context, states []router.State) map[string]probed {
	var mu sync.Mutex
	all := make(map[string]probed, len(states))
	var group errgroup.Group
	group.SetLimit(probesAtOnce)
	for _, d := range states {
		if isPattern(d.Group) {
			continue
		}
		group.Go(func() error {
			p := g.probeOne(ctx, d)
			mu.Lock()
			defer mu.Unlock()
			all[d.ID] = p
			return nil
		})
	}
	group.Wait() //nolint:errcheck // none of them returns an error
	return all
}
