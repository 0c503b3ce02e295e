package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tribunebot/tribune/llm"
)

const (
	// placesKeep is how long the server keeps who holds a counter's places;
	// Run says it again every placesAgain.
	placesKeep  = time.Hour
	placesAgain = 20 * time.Minute
	// emptyKeep is how long it keeps that nobody does: so that of several who
	// take and give back one after the other only the first makes the counter.
	emptyKeep = time.Minute
)

// places is a counter of what is held just now: each process's number, under
// the process's name. A process that is gone holds nothing.
type places struct {
	guard
	cell

	counters *Counters
	held     int64            // by this process: what counts, whatever the server has
	others   map[string]int64 // by the others, as last seen
	dirty    bool             // the server does not know held yet
	written  time.Time
}

func (p *places) take(ctx context.Context, a *llm.Ask) error {
	if err := p.lock(ctx); err != nil {
		return err
	}
	defer p.unlock()
	if err := p.q.hold(ctx, p.counters.alive); err != nil {
		return err
	}
	return retry(ctx, func() error { return p.fetch(ctx, a) })
}

// fetch takes what an ask needs. Before it refuses it makes sure, and looks who
// is still alive.
func (p *places) fetch(ctx context.Context, a *llm.Ask) error {
	if err := p.look(ctx); err != nil {
		return err
	}
	if !p.fits(a) {
		p.known = false
		if err := p.look(ctx); err != nil {
			return err
		}
		if err := p.bury(ctx); err != nil {
			return err
		}
	}
	if !p.fits(a) {
		return &llm.OverLimit{Ask: *a, Used: p.sum()}
	}
	return p.save(ctx, add(p.held, a.Amount))
}

func (p *places) fits(a *llm.Ask) bool { return a.Limit <= 0 || a.Amount <= a.Limit-p.sum() }

// sum is what all hold.
func (p *places) sum() int64 {
	n := p.held
	for _, other := range p.others {
		n = add(n, max(other, 0))
	}
	return n
}

// bury forgets processes that gave no sign of life.
func (p *places) bury(ctx context.Context) error {
	for id := range p.others {
		_, err := p.q.leases.GetLastMsgForSubject(ctx, aliveSubject(id))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			delete(p.others, id)
		case err != nil:
			return fmt.Errorf("looking who holds a place: %w", err)
		}
	}
	return nil
}

// aliveSubject is where a process with places gives signs of life.
func aliveSubject(id string) string { return leaseSubject("counters:" + id) }

func (p *places) look(ctx context.Context) error {
	if p.known {
		return nil
	}
	value, err := p.read(ctx)
	if err != nil {
		return err
	}
	p.others = nil
	// What cannot be read was not written by us, and counts as nothing.
	_ = json.Unmarshal(value, &p.others)
	delete(p.others, p.counters.alive.owner)
	return nil
}

// save writes that this process holds so many.
func (p *places) save(ctx context.Context, held int64) error {
	all := maps.Clone(p.others)
	if all == nil {
		all = map[string]int64{}
	}
	if held > 0 {
		all[p.counters.alive.owner] = held
	}
	value, err := json.Marshal(all)
	if err != nil {
		return err
	}
	keep := placesKeep
	if len(all) == 0 {
		keep = emptyKeep
	}
	if err := p.write(ctx, value, keep); err != nil {
		// The server may have it all the same; it is told again.
		p.dirty = true
		return err
	}
	p.held, p.dirty, p.written = held, false, p.q.now()
	return nil
}

func (p *places) settle(ctx context.Context, a *llm.Ask) error {
	if err := p.lock(ctx); err != nil {
		return err
	}
	defer p.unlock()
	held := max(add(p.held, a.Amount), 0)
	if held == p.held && !p.dirty {
		return nil
	}
	p.held, p.dirty = held, true
	return p.tell(ctx)
}

// tell makes the server know what this process holds.
func (p *places) tell(ctx context.Context) error {
	return retry(ctx, func() error {
		if err := p.look(ctx); err != nil {
			return err
		}
		return p.save(ctx, p.held)
	})
}

func (p *places) used(ctx context.Context) (int64, error) {
	if err := p.lock(ctx); err != nil {
		return 0, err
	}
	defer p.unlock()
	p.known = false
	if err := p.look(ctx); err != nil {
		return 0, err
	}
	if err := p.bury(ctx); err != nil {
		return 0, err
	}
	return p.sum(), nil
}

func (p *places) tend(ctx context.Context, r round) error {
	if err := p.lock(ctx); err != nil {
		return err
	}
	defer p.unlock()
	switch {
	case r == last && p.held > 0:
		p.held, p.dirty = 0, true
	case p.held > 0 && (r == again || p.q.now().Sub(p.written) > placesAgain):
		p.dirty = true
	}
	if !p.dirty {
		return nil
	}
	return p.tell(ctx)
}

func (p *places) done(time.Time) bool {
	select {
	case p.guard <- struct{}{}:
		defer p.unlock()
		return p.held == 0 && !p.dirty
	default:
		return false
	}
}
