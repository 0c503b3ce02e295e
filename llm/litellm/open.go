package litellm

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/router"
)

// Prices finds what a model costs: *price.Table.
type Prices interface {
	Lookup(provider, model string) price.Price
}

// OpenOptions are what all deployments share.
type OpenOptions struct {
	// HTTPClient makes the calls; its Timeout should be 0. The default is one
	// edge.NewClient for each Spec.
	HTTPClient *http.Client
	Log        *slog.Logger     // default: none
	Now        func() time.Time // default time.Now
	Prices     Prices           // nil: prices are known only where a Spec has them

	Timeout    time.Duration // of a call, where a Spec has none; default the model's own
	FirstToken time.Duration // of a stream, where a Spec has none; default the model's own
	Idle       time.Duration // between two tokens; default the model's own
	MaxBytes   int64         // of an answer; default the model's own
	Room       *edge.Room    // that large answers of all deployments share; nil: no bound in common

	// DropParams leaves out of a request what its provider is known to refuse.
	DropParams bool
	// Lookup returns the value of a variable, for keys and addresses that a
	// Spec lacks; nil: there are none.
	Lookup func(name string) (string, bool)
}

// opener opens one Spec.
type opener struct {
	OpenOptions

	spec Spec
}

// Open makes a deployment ready to be called; it makes no call itself. Of a
// Spec whose Group is a pattern, Open of the Deployment makes the models for the
// names that the pattern's * stands for, and Model is nil where that is needed.
func Open(s Spec, o OpenOptions) (router.Deployment, error) {
	if s.Disabled != "" {
		return router.Deployment{}, fmt.Errorf("open the deployment %s: %s", s.ID, s.Disabled)
	}
	if o.HTTPClient == nil {
		o.HTTPClient = edge.NewClient()
	}
	if o.Lookup == nil {
		o.Lookup = func(string) (string, bool) { return "", false }
	}
	op := opener{OpenOptions: o, spec: s}
	d := op.deployment()
	if err := op.models(&d); err != nil {
		return router.Deployment{}, fmt.Errorf("open the deployment %s: %w", s.ID, err)
	}
	return d, nil
}

// models fills in Model and Open.
func (op opener) models(d *router.Deployment) error {
	if strings.Contains(op.spec.Group, "*") {
		d.Open = op.named
	}
	if strings.Contains(op.spec.Name, "*") {
		if d.Open == nil {
			return errors.New("its model has a * but its model_name has none: write a * into both, or name the model")
		}
		return op.check()
	}
	m, base, err := op.open(op.spec)
	d.Model, d.APIBase = m, shown(base)
	return err
}

// check looks whether a model could be opened, before a name is known.
func (op opener) check() error {
	if op.spec.Provider.Prefix == "" { // each name tells its own provider
		return nil
	}
	s := op.spec
	s.Name = "any"
	_, _, err := op.open(s)
	return err
}

// named makes the model for a name that the * of the group stands for.
func (op opener) named(name string) (llm.Model, error) {
	s := op.spec
	if s.Provider.Prefix == "" {
		var err error
		if s.Provider, s.Name, err = Find(name); err != nil {
			return nil, &llm.Error{Kind: llm.NoSuchModel, Provider: "router", Err: err}
		}
	} else {
		s.Name = strings.Replace(s.Name, "*", name, 1)
	}
	s.ID = op.spec.ID
	m, _, err := op.open(s)
	if err != nil {
		return nil, fmt.Errorf("open the deployment %s: %w", s.ID, err)
	}
	return m, nil
}

// deployment is all of it but the model.
func (op opener) deployment() router.Deployment {
	s := op.spec
	d := router.Deployment{
		ID: s.ID, Group: s.Group, Provider: s.Provider.Prefix, Name: s.Name, APIBase: shown(s.APIBase),
		Order: s.Order, Weight: s.Weight, Tags: s.Tags,
		Quota: llm.Quota{
			ID: "deployment/" + s.ID, Name: "the deployment " + s.ID,
			RPM: s.RPM, TPM: s.TPM, Parallel: s.Parallel, BudgetUSD: s.Budget, Every: s.Every,
		},
		Retries: s.Retries, Cooldown: s.Cooldown, Timeout: s.Timeout, FirstToken: s.FirstToken,
	}
	d.Price = op.price()
	return d
}

// price is the table's, with what the Spec says instead.
func (op opener) price() price.Price {
	s := op.spec
	p := op.listed()
	if s.In != nil || s.Out != nil || s.CachedIn != nil {
		p = withCosts(p, s)
	}
	p.Context = cmp.Or(s.Context, p.Context)
	p.MaxOutput = cmp.Or(s.MaxOutput, p.MaxOutput)
	return p
}

// listed looks a price up under the name of base_model, which may have a prefix
// of its own, or else of the model.
func (op opener) listed() price.Price {
	s := op.spec
	if op.Prices == nil || s.Provider.Prefix == "" && s.BaseModel == "" {
		return price.Price{}
	}
	provider, name := s.Provider.Prefix, s.Name
	if s.BaseModel != "" {
		name = s.BaseModel
		if p, rest, ok := Split(s.BaseModel); ok {
			provider, name = p.Prefix, rest
		}
	}
	return op.Prices.Lookup(provider, name)
}

// withCosts puts a Spec's own costs over a price. One that is only half told
// stays unknown, but for embeddings, which have no output.
func withCosts(p price.Price, s Spec) price.Price {
	embeds := s.Info["mode"] == "embedding"
	p.Known = p.Known || s.In != nil && (s.Out != nil || embeds)
	p.Long = price.Tier{} // one price for prompts of any length is what was written
	if s.In != nil {
		p.In, p.CachedIn = *s.In, *s.In
	}
	if s.Out != nil {
		p.Out, p.Reasoning = *s.Out, 0
	}
	if s.CachedIn != nil {
		p.CachedIn = *s.CachedIn
	}
	p.Source = "file"
	return p
}

// shown is an address as it may be shown: nothing of it that may be a secret.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return strings.TrimRight(u.String(), "/")
}
