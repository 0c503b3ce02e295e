package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/config"
	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/claude"
	"github.com/tribunebot/tribune/llm/compat"
	"github.com/tribunebot/tribune/llm/fallback"
	"github.com/tribunebot/tribune/llm/litellm"
)

// deployment is one model that could be called, before it is opened.
type deployment struct {
	provider litellm.Provider
	model    string
	key      config.Secret
	base     string
	proxy    bool // an external LiteLLM proxy, which knows what the model's name means
}

func (d deployment) name() string {
	switch {
	case d.proxy && d.model == "":
		return "the first model that LITELLM_API_BASE lists"
	case d.proxy:
		return "litellm_proxy/" + d.model
	}
	return d.provider.Prefix + "/" + d.model
}

// modeExtractive is the LLM_MODE without a model.
const modeExtractive = "extractive"

// chooseModel returns the model that LLM_MODE and the keys come to, nil for
// none, and says in words which it is and why. log may be nil.
func chooseModel(c *config.Config, log *slog.Logger) (llm.Model, string, error) {
	list, err := deployments(c)
	if err != nil {
		return nil, "", err
	}
	if len(list) == 0 {
		return nil, "quotes from the documents (no model: " + whyNone(c) + ")", nil
	}
	chain := make([]fallback.Named, len(list))
	for i, d := range list {
		m, err := openModel(d, log)
		if err != nil {
			return nil, "", fmt.Errorf("set up the model %s: %w", d.name(), err)
		}
		chain[i] = fallback.Named{Name: d.name(), Model: m}
	}
	model, err := fallback.New(fallback.Options{Models: chain, Log: log})
	if err != nil {
		return nil, "", fmt.Errorf("set up the models: %w", err)
	}
	return model, describe(c, list), nil
}

func whyNone(c *config.Config) string {
	if c.Models.Mode == modeExtractive {
		return "LLM_MODE=extractive"
	}
	return "no provider's key is set, for example DEEPSEEK_API_KEY"
}

func describe(c *config.Config, list []deployment) string {
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.name()
	}
	return fmt.Sprintf("%s (LLM_MODE=%s)", strings.Join(names, ", then "), c.Models.Mode)
}

// deployments lists the models to try, in order. In mode auto every provider
// with a key is one; any other mode names exactly one.
func deployments(c *config.Config) ([]deployment, error) {
	switch mode := string(c.Models.Mode); mode {
	case modeExtractive:
		return nil, nil
	case "litellm":
		return byLiteLLM(c)
	case "", "auto":
		first, err := byLiteLLM(c)
		if errors.Is(err, errNoLiteLLM) {
			err = nil
		}
		return append(first, byKeys(c)...), err
	default:
		d, err := byProvider(c, mode)
		return []deployment{d}, err
	}
}

var errNoLiteLLM = errors.New("LLM_MODE is litellm: set LITELLM_MODEL (for example deepseek/deepseek-chat) or LITELLM_API_BASE")

// byLiteLLM is the deployment that the LITELLM_ variables name.
func byLiteLLM(c *config.Config) ([]deployment, error) {
	m := c.Models
	if m.APIBase.IsSet() {
		return []deployment{{model: m.Model, key: m.APIKey, base: m.APIBase.Reveal(), proxy: true}}, nil
	}
	if m.Model == "" {
		return nil, errNoLiteLLM
	}
	provider, model, ok := litellm.Split(m.Model)
	if !ok {
		return nil, fmt.Errorf("LITELLM_MODEL %q names no known provider: write provider/model, for example deepseek/deepseek-chat", m.Model)
	}
	d, err := withKeyOf(c, provider, m.APIKey)
	d.model = model
	return []deployment{d}, err
}

// byKeys lists a deployment for every provider whose key is set, DeepSeek
// first. Zhipu's key alone means embeddings, not answers.
func byKeys(c *config.Config) []deployment {
	var list []deployment
	for _, p := range litellm.Providers() {
		if len(p.KeyEnv) == 0 || p.DefaultModel == "" {
			continue
		}
		if d, err := withKeyOf(c, p, ""); err == nil {
			d.model = p.DefaultModel
			list = append(list, d)
		}
	}
	slices.SortStableFunc(list, func(a, b deployment) int {
		return rankOf(a) - rankOf(b)
	})
	if len(list) == 1 && list[0].provider.Prefix == "zhipu" {
		return nil
	}
	return list
}

func rankOf(d deployment) int {
	switch d.provider.Prefix {
	case "deepseek":
		return 0
	case "zhipu":
		return 2
	default:
		return 1
	}
}

// byProvider is the one provider that LLM_MODE names.
func byProvider(c *config.Config, name string) (deployment, error) {
	p, ok := litellm.Lookup(name)
	if !ok {
		return deployment{}, fmt.Errorf("LLM_MODE %q is no provider: use auto, litellm, extractive or a provider such as deepseek, openai, anthropic, dashscope, zhipu", name)
	}
	d, err := withKeyOf(c, p, "")
	d.model = p.DefaultModel
	if own, model, ok := litellm.Split(c.Models.Model); ok && own.Prefix == p.Prefix {
		d.model = model
	}
	if err == nil && d.model == "" {
		err = fmt.Errorf("no default model is known for %s: set LITELLM_MODEL=%s/MODEL", p.Prefix, p.Prefix)
	}
	return d, err
}

// withKeyOf finds a provider's key and address. An own address may do without
// a key: local servers want none.
func withKeyOf(c *config.Config, p litellm.Provider, spare config.Secret) (deployment, error) {
	d := deployment{provider: p, key: spare, base: p.Base}
	for _, name := range p.KeyEnv {
		if key, ok := c.Lookup(name); ok {
			d.key = key
			break
		}
	}
	own, hasOwn := c.Lookup(p.BaseEnv)
	if hasOwn {
		d.base = own.Reveal()
	}
	if !d.key.IsSet() && len(p.KeyEnv) > 0 {
		return d, fmt.Errorf("%s needs its key: set %s", p.Prefix, strings.Join(p.KeyEnv, " or "))
	}
	return d, nil
}

func openModel(d deployment, log *slog.Logger) (llm.Model, error) {
	if d.proxy {
		return compat.Open(compat.Options{Provider: "litellm_proxy", Model: d.model, BaseURL: d.base, Key: d.key.Reveal(), Log: log})
	}
	if d.provider.Kind == litellm.Anthropic {
		return claude.New(claude.Options{Model: d.model, BaseURL: d.base, Key: d.key.Reveal(), Log: log})
	}
	return compat.Open(compat.Options{
		Provider: d.provider.Prefix, Model: d.model, BaseURL: d.base, Key: d.key.Reveal(), Log: log,
	})
}
