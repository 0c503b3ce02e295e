package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/edge"
	"github.com/tribunebot/tribune/llm/litellm"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/router"
)

// modelSet is what the settings come to: deployments that are ready to be
// called, and how the router chooses among them.
type modelSet struct {
	choice      choice        // what the environment alone says
	file        *litellm.File // nil: the environment alone decides
	deployments []router.Deployment
	settings    router.Settings
}

// opener opens deployments.
type opener struct {
	config *config.Config
	prices *price.Table
	log    *slog.Logger
	now    func() time.Time
	via    string // see App.once; empty: requests do not say who sends them
	room   *edge.Room
}

// models reads and opens everything. It makes no call.
func (o opener) models() (modelSet, error) {
	file, wrong := readModelFile(o.config)
	if len(wrong) > 0 {
		return modelSet{}, wrong
	}
	set := modelSet{file: file}
	if file != nil {
		err := o.fromFile(&set)
		return set, err
	}
	var err error
	if set.choice, err = chooseModel(o.config); err != nil {
		return set, modeProblem(o.config, err)
	}
	err = o.fromEnvironment(&set)
	return set, err
}

// fromFile opens the deployments of the LiteLLM file. LITELLM_MODEL names the
// group of it that answers where nothing else is said; a model that is none of
// its groups is added to them.
func (o opener) fromFile(set *modelSet) error {
	set.settings = set.file.Settings
	client := edge.NewClient()
	for _, spec := range set.file.Enabled() {
		spec.Header = o.signed(spec.Header)
		d, err := litellm.Open(spec, litellm.OpenOptions{
			HTTPClient: client, Log: o.log, Now: o.now, Prices: o.prices, Lookup: lookupIn(o.config),
			Timeout: set.settings.Timeout, FirstToken: set.settings.FirstToken,
			DropParams: set.file.General.DropParams != nil && *set.file.General.DropParams,
			MaxBytes:   set.file.General.MaxResponse, Room: o.room,
		})
		if err != nil {
			return fmt.Errorf("%s:%d: %w", originIn(set.file), spec.Line, err)
		}
		set.deployments = append(set.deployments, d)
	}
	return o.preferred(set, o.config.Models.Model)
}

// preferred makes a model the default one.
func (o opener) preferred(set *modelSet, name string) error {
	if name == "" {
		return nil
	}
	set.settings.Default = name
	if slices.Contains(set.groups(), name) || len(set.settings.Aliases[name].Groups) > 0 {
		return nil
	}
	own, err := byLiteLLM(o.config)
	if err != nil {
		return config.Problem{Setting: "LITELLM_MODEL", Origin: originOf(o.config, "LITELLM_MODEL"), Message: err.Error() + "; nor is it one of the groups in " + string(originIn(set.file))}
	}
	set.settings.Default = own[0].name()
	return o.open(set, own[0])
}

// fromEnvironment opens the models that the keys in the environment come to:
// each is a group of its own, tried in their order.
func (o opener) fromEnvironment(set *modelSet) error {
	set.settings.Aliases = map[string]router.Alias{}
	for _, d := range set.choice.list {
		if err := o.open(set, d); err != nil {
			return err
		}
		set.settings.Chain = append(set.settings.Chain, d.name())
		for _, short := range []string{d.provider.Prefix, d.model} {
			if short != "" && short != d.name() && len(set.settings.Aliases[short].Groups) == 0 {
				set.settings.Aliases[short] = router.Alias{Groups: []string{d.name()}, Hidden: true}
			}
		}
	}
	if len(set.choice.list) > 0 {
		set.settings.Default = set.choice.list[0].name()
	}
	return nil
}

// A chat's reader gives up early: a provider that has not begun to answer in
// firstToken is replaced by the next one, long before answer.Patience is over.
const (
	firstToken = 25 * time.Second
	betweenTok = 30 * time.Second
	wholeCall  = 2 * time.Minute
)

// open adds one deployment of the environment.
func (o opener) open(set *modelSet, d deployment) error {
	opened, err := o.deployment(d)
	if err != nil {
		return fmt.Errorf("set up the model %s: %w", d.name(), err)
	}
	set.deployments = append(set.deployments, opened)
	return nil
}

func (o opener) deployment(d deployment) (router.Deployment, error) {
	if d.proxy {
		model, err := o.proxy(d)
		return router.Deployment{
			ID: d.name(), Group: d.name(), Provider: proxyPrefix, Name: d.model, APIBase: config.URL(d.base).String(), Model: model,
			Quota: llm.Quota{ID: "deployment/" + d.name(), Name: d.name()},
		}, err
	}
	return litellm.Open(litellm.Spec{
		ID: d.name(), Group: d.name(), Model: d.name(), Provider: d.provider, Name: d.model, Key: d.key.Reveal(), APIBase: d.base,
		Header: o.signed(nil), Timeout: wholeCall, FirstToken: firstToken,
	}, litellm.OpenOptions{Log: o.log, Now: o.now, Prices: o.prices, Idle: betweenTok, Lookup: lookupIn(o.config), Room: o.room})
}

// proxyPrefix is LiteLLM's own name for a proxy of its kind.
const proxyPrefix = "litellm_proxy"

func (o opener) proxy(d deployment) (llm.Model, error) {
	return compat.Open(compat.Options{
		Provider: proxyPrefix, Model: d.model, BaseURL: d.base, Key: d.key.Reveal(), Log: o.log, Now: o.now,
		Header: o.signed(nil), FirstToken: firstToken, Idle: betweenTok, Timeout: wholeCall, Room: o.room,
	})
}

// signed adds to a deployment's headers what tells this process its own requests.
func (o opener) signed(h http.Header) http.Header {
	if o.via == "" {
		return h
	}
	if h = h.Clone(); h == nil {
		h = http.Header{}
	}
	h.Add("Via", "1.1 "+o.via)
	return h
}

// String says which models answer.
func (m modelSet) String() string {
	if m.file == nil {
		return m.choice.String()
	}
	return fmt.Sprintf("%s (%s, %s)", list(m.groups()), originIn(m.file), m.strategy())
}

// Chinese says the same in Chinese.
func (m modelSet) Chinese() string {
	if m.file == nil {
		return m.choice.Chinese()
	}
	return fmt.Sprintf("%s（%s，%s）", strings.Join(m.groups(), "、"), originIn(m.file), m.strategy())
}

func (m modelSet) strategy() string {
	if m.settings.Strategy == "" {
		return router.SimpleShuffle
	}
	return m.settings.Strategy
}

// groups lists the names that requests call models by, each once.
func (m modelSet) groups() []string {
	var all []string
	for _, d := range m.deployments {
		if !slices.Contains(all, d.Group) {
			all = append(all, d.Group)
		}
	}
	return all
}
