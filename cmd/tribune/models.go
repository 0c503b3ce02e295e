package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/config"
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

// chooseModel finds out what LLM_MODE and the keys come to.
func chooseModel(c *config.Config) (choice, error) {
	list, err := deployments(c)
	return choice{list: list, mode: cmp.Or(string(c.Models.Mode), "auto")}, err
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
	key, base, missing := litellm.Resolve(p, lookupIn(c))
	d := deployment{provider: p, key: config.Secret(cmp.Or(key, spare.Reveal())), base: base}
	if key == "" && spare.IsSet() {
		missing = slices.DeleteFunc(missing, func(m string) bool { return m == strings.Join(p.KeyEnv, " or ") })
	}
	if len(missing) > 0 {
		return d, fmt.Errorf("%s needs its key: set %s", p.Prefix, strings.Join(missing, " and "))
	}
	return d, nil
}
