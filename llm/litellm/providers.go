// Package litellm knows what LiteLLM's users already know: the names of the
// providers, where their keys and addresses come from, and how a model's name
// tells the provider ("deepseek/deepseek-v4-flash", or a bare "gpt-6-luna"). It
// reads LiteLLM's configuration file and opens the deployments that stand in it.
package litellm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Kind is the protocol that a provider speaks, with its way of signing in.
type Kind string

// The protocols. All but Anthropic's are OpenAI's chat completions.
const (
	OpenAI    Kind = "openai"    // a Bearer key: llm/compat
	Anthropic Kind = "anthropic" // messages: llm/claude
	Azure     Kind = "azure"     // a path for each deployment, api-version, api-key
	AzureAI   Kind = "azure_ai"  // Azure's address for everybody else's models
	Bedrock   Kind = "bedrock"   // an Amazon Bedrock API key
	Vertex    Kind = "vertex_ai" // Google's tokens: llm/signin
	Snowflake Kind = "snowflake" // a Bearer token whose sort is told beside it
)

// Provider is what has to be known to call one.
type Provider struct {
	Prefix  string   // before the slash of a model's name
	Aliases []string // other prefixes for it
	KeyEnv  []string // variables that may hold its key, in order; none: it needs no key
	BaseEnv string   // variable that overrides Base; default PREFIX_API_BASE
	// Base is the address up to and without /chat/completions or /v1/messages;
	// empty where it is the customer's own. "{A|B}" stands for the value of the
	// first variable of these that is set, and "{A|=x}" for x where none is.
	// Names in small letters are a deployment's litellm_params.
	Base         string
	Kind         Kind     // default OpenAI
	DefaultModel string   // when only a key is given; empty: name one
	Bare         []string // how the names begin that mean this provider without a prefix
	KeyOptional  bool     // it may be called without a key
	KeyAlso      string   // a header that takes the key beside Authorization
	// Like is the provider that this one is another region or plan of: what its
	// protocol does otherwise is the same. Prices are not.
	Like string
}

// providers is the one place where a provider is added: one line in one of the
// files beside this one. The vendors come first and in their order, because
// LLM_MODE=auto takes the first whose key is set.
var providers = complete(vendors(), clouds(), hosts(), moreHosts(), chinese(), servers())

// complete joins the tables and fills in what is the same for most.
func complete(tables ...[]Provider) []Provider {
	all := slices.Concat(tables...)
	for i := range all {
		p := &all[i]
		p.Kind = cmp.Or(p.Kind, OpenAI)
		p.BaseEnv = cmp.Or(p.BaseEnv, strings.ToUpper(strings.ReplaceAll(p.Prefix, "-", "_"))+"_API_BASE")
	}
	return all
}

// Providers returns all providers in the order in which LLM_MODE=auto looks for
// their keys.
func Providers() []Provider { return slices.Clone(providers) }

// Lookup returns the provider that goes by this prefix or alias, whatever its
// case.
func Lookup(prefix string) (Provider, bool) {
	prefix = strings.ToLower(prefix)
	for _, p := range providers {
		if p.Prefix == prefix || slices.Contains(p.Aliases, prefix) {
			return p, true
		}
	}
	return Provider{}, false
}

// Split reads a model's name as LiteLLM does: "provider/model", where the model
// may have slashes of its own, or a bare name that is known to be one
// provider's. It returns false for anything else; Find says why.
func Split(name string) (p Provider, model string, ok bool) {
	if prefix, rest, found := strings.Cut(name, "/"); found {
		p, ok = Lookup(prefix)
		if !ok || rest == "" {
			return Provider{}, "", false
		}
		return p, rest, true
	}
	p, ok = bare(name)
	if !ok {
		return Provider{}, "", false
	}
	return p, name, true
}

// Find is Split with an error that says what to write instead.
func Find(name string) (Provider, string, error) {
	if p, model, ok := Split(name); ok {
		return p, model, nil
	}
	prefix, rest, slash := strings.Cut(name, "/")
	_, known := Lookup(prefix)
	switch {
	case slash && known && rest == "":
		return Provider{}, "", fmt.Errorf("the model %q names no model: write %s/MODEL", name, prefix)
	case slash:
		return Provider{}, "", fmt.Errorf("the model %q names no known provider: write provider/model,%s or openai_like/%s with api_base",
			name, hint(name), name)
	}
	return Provider{}, "", fmt.Errorf("the model %q tells no provider, write one before it:%s or openai_like/%s with api_base",
		name, hint(name), cmp.Or(name, "MODEL"))
}

// hint names up to three providers that serve a model.
func hint(name string) string {
	served := serving(name)
	if len(served) == 0 {
		return " for example deepseek/deepseek-v4-flash"
	}
	return " for example " + strings.Join(served[:min(len(served), 3)], ", ")
}
