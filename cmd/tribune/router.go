package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
	"github.com/tribunebot/tribune/llm/gateway"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/quota"
	"github.com/tribunebot/tribune/llm/router"
)

// autoGroup is the name for whatever the router finds fit.
const autoGroup = "auto"

// largeAnswers is the memory that answers over 1 MiB share while they are read.
const largeAnswers = 128 << 20

// openModels opens the models that the settings come to, their limits and who
// is told of their calls; nil where there is none.
func (a *App) openModels(ctx context.Context, parts Parts) (llm.Model, error) {
	a.prices, a.room = price.New(nil), edge.NewRoom(largeAnswers)
	var err error
	if parts.Model == nil {
		o := opener{config: a.Config, prices: a.prices, log: a.Log, now: a.now, via: a.via, room: a.room}
		if a.models, err = o.models(); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(a.openLimits(ctx), a.openReports(ctx, a.now)); err != nil {
		return nil, err
	}
	if parts.Model != nil || len(a.models.deployments) == 0 {
		return parts.Model, nil
	}
	a.Router, err = router.New(router.Options{
		Deployments: a.models.deployments, Settings: a.models.settings, Book: a.book, Prices: a.prices,
		Observers: a.reports.observers(a.models.file), Now: a.now, Log: a.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the models: %w", err)
	}
	return a.Router, nil
}

// openLimits opens what is counted. One process keeps rates in memory, where
// they cost nothing; several on one NATS share them. Money is always kept.
func (a *App) openLimits(ctx context.Context) (err error) {
	if a.counters, err = a.Queue.Counters(ctx); err != nil {
		return fmt.Errorf("open the limits: %w", err)
	}
	var counters llm.Counters = a.counters
	if !a.Config.NATS.URL.IsSet() {
		counters = quota.Split(quota.NewMemory(a.now), a.counters)
	}
	a.book = &quota.Book{Counters: counters, Now: a.now, Log: a.Log}
	return nil
}

// Keys are looked up again after this long, so that one that another process
// removed ends soon; and so many are kept at hand.
const (
	keysFresh = 5 * time.Second
	keysKept  = 10_000
)

// openGateway sets up the HTTP face of the models.
func (a *App) openGateway(ctx context.Context, model llm.Model) error {
	kept, err := a.Queue.Keys(ctx)
	if err != nil {
		return fmt.Errorf("open the virtual keys: %w", err)
	}
	a.keys = quota.Cached(kept, keysFresh, keysKept, a.now)
	a.keyBook = &keyBook{app: a}
	o := gateway.Options{
		Model: model, Catalog: noModels{}, MasterKey: a.key.Reveal(),
		Keys: a.keys, Levels: a.book, Spend: a.keyBook.spent,
		Own: a.ownModel, OwnNames: a.ownNames, Refused: a.refused, Version: version, Now: a.now, Log: a.Log,
	}
	if a.Router != nil {
		o.Catalog = a.Router
	}
	if model == nil {
		o.Model = noModels{}
	}
	if f := a.models.file; f != nil {
		g := f.General
		o.ProbeEvery = g.Probes()
		o.MaxBody, o.KeyHeader, o.RequireUser, o.ForwardHeaders, o.HideHealth = g.MaxRequest, g.KeyHeader, g.RequireUser, g.ForwardHeaders, g.HideHealth
	}
	a.gateway, err = gateway.New(o) //nolint:contextcheck // each request brings its own context
	if err != nil {
		return fmt.Errorf("set up the gateway: %w", err)
	}
	return nil
}

// hasGroup tells whether there is a model of that name; "" and "auto" mean the
// one that the router finds fit.
func (a *App) hasGroup(name string) bool {
	return name == "" || name == autoGroup || a.Router != nil && a.Router.Has(name)
}

// errNoGroup says which models there are.
func (a *App) errNoGroup(name string) error {
	if a.Router == nil {
		return fmt.Errorf("there is no model %q: no model is set up (set a provider's key, for example DEEPSEEK_API_KEY)", name)
	}
	return fmt.Errorf("there is no model %q (there are: %s)", name, list(a.models.groups()))
}

// noModels is the router of a program without models: it knows none.
type noModels struct{}

func (noModels) Groups() []router.Group          { return nil }
func (noModels) Deployments() []router.State     { return nil }
func (noModels) Has(string) bool                 { return false }
func (noModels) Resolve(string) ([]string, bool) { return nil, false }

// Complete implements llm.Model.
func (noModels) Complete(context.Context, llm.Request) (llm.Response, error) {
	return llm.Response{}, &llm.Error{
		Kind: llm.NoSuchModel, Status: http.StatusBadRequest, Provider: "router",
		Err: errors.New("no model is set up here: set a provider's key, for example DEEPSEEK_API_KEY, or write a litellm_config.yaml"),
	}
}

// Stream implements llm.Model.
func (m noModels) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		_, err := m.Complete(ctx, r)
		yield(llm.Chunk{}, err)
	}
}
