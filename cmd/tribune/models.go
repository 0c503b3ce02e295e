package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

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

// choice is what LLM_MODE and the keys come to.
type choice struct {
	list []deployment // in the order in which they are tried; empty: quotes
	mode string
}

// String says which models answer.
func (c choice) String() string {
	if len(c.list) > 0 {
		return strings.Join(c.names(), ", then ") + " (LLM_MODE=" + c.mode + ")"
	}
	if c.mode == modeExtractive {
		return "none: answers quote the documents (LLM_MODE=extractive)"
	}
	return "none: answers quote the documents until a key is set, for example DEEPSEEK_API_KEY"
}

// Chinese says the same in Chinese.
func (c choice) Chinese() string {
	if len(c.list) > 0 {
		return strings.Join(c.names(), "，其次 ") + "（LLM_MODE=" + c.mode + "）"
	}
	if c.mode == modeExtractive {
		return "无，直接摘录文档（LLM_MODE=extractive）"
	}
	return "无，直接摘录文档；设置密钥后由模型作答，例如 DEEPSEEK_API_KEY"
}

func (c choice) names() []string {
	names := make([]string, len(c.list))
	for i, d := range c.list {
		names[i] = d.name()
	}
	return names
}

// group finds the model that somebody means: by its full name, by its
// provider, or by its name alone. "" and "auto" mean the first.
func (c choice) group(said string) (name string, ok bool) {
	if said == "" || said == "auto" {
		return "", true
	}
	for _, d := range c.list {
		if said == d.name() || said == d.model || said == d.provider.Prefix {
			return d.name(), true
		}
	}
	return "", false
}

// errNoGroup says which models there are.
func (c choice) errNoGroup(said string) error {
	if len(c.list) == 0 {
		return fmt.Errorf("there is no model %q: no model is set up (set a provider's key, for example DEEPSEEK_API_KEY)", said)
	}
	return fmt.Errorf("there is no model %q (there are: %s)", said, list(c.names()))
}

// chooseModel finds out what LLM_MODE and the keys come to.
func chooseModel(c *config.Config) (choice, error) {
	list, err := deployments(c)
	return choice{list: list, mode: cmp.Or(string(c.Models.Mode), "auto")}, err
}

// openModels opens the models of a choice as one; nil where it has none.
func openModels(c choice, log *slog.Logger) (llm.Model, error) {
	if len(c.list) == 0 {
		return nil, nil
	}
	chain := make([]fallback.Named, len(c.list))
	for i, d := range c.list {
		m, err := openModel(d, log)
		if err != nil {
			return nil, fmt.Errorf("set up the model %s: %w", d.name(), err)
		}
		chain[i] = fallback.Named{Name: d.name(), Model: m}
	}
	model, err := fallback.New(fallback.Options{Models: chain, Log: log})
	if err != nil {
		return nil, fmt.Errorf("set up the models: %w", err)
	}
	return model, nil
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
		others := slices.DeleteFunc(byKeys(c), func(d deployment) bool {
			return len(first) > 0 && d.name() == first[0].name()
		})
		return append(first, others...), err
	default:
		d, err := byProvider(c, mode)
		return []deployment{d}, err
	}
}

var errNoLiteLLM = errors.New("litellm is chosen: set LITELLM_MODEL (for example deepseek/deepseek-chat) or LITELLM_API_BASE")

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
		return deployment{}, fmt.Errorf("%q is no provider: use auto, litellm, extractive or a provider such as deepseek, openai, anthropic, dashscope, zhipu", name)
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

// A chat's reader gives up early: a provider that has not begun to answer in
// firstToken is replaced by the next one, long before answer.Patience is over.
const (
	firstToken = 25 * time.Second
	betweenTok = 30 * time.Second
	wholeCall  = 2 * time.Minute
)

func openModel(d deployment, log *slog.Logger) (llm.Model, error) {
	if !d.proxy && d.provider.Kind == litellm.Anthropic {
		return claude.New(claude.Options{
			Model: d.model, BaseURL: d.base, Key: d.key.Reveal(), Log: log,
			FirstToken: firstToken, Idle: betweenTok, Timeout: wholeCall,
		})
	}
	prefix := d.provider.Prefix
	if d.proxy {
		prefix = "litellm_proxy"
	}
	return compat.Open(compat.Options{
		Provider: prefix, Model: d.model, BaseURL: d.base, Key: d.key.Reveal(), Log: log,
		FirstToken: firstToken, Idle: betweenTok, Timeout: wholeCall,
	})
}
