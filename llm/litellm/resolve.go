package litellm

import (
	"strings"

	"github.com/tribunebot/tribune/config"
)

// anywhere is the provider of models whose address is all that is known.
const anywhere = "openai_like"

// resolve finds the provider of an entry, its key and its address.
func (r *reader) resolve(e *entry) {
	switch {
	case e.custom != "":
		r.custom(e)
	case e.Model == "*" && e.APIBase == "": // each request's name tells its own provider
		e.Name = "*"
		if !r.anyKey() {
			e.disable("no provider's key is set")
			r.wanted = append(r.wanted, "OPENAI_API_KEY", "ANTHROPIC_API_KEY")
		}
	default:
		r.split(e)
	}
	r.checkStar(e)
	if e.Provider.Prefix != "" {
		r.access(e)
	}
}

// split reads the provider out of the model's name. A name without a known
// prefix is one of OpenAI's shape where there is an address: it may stand for
// anything there, but for OpenAI's and Anthropic's own names.
func (r *reader) split(e *entry) {
	p, name, err := Find(e.Model)
	bareElsewhere := err == nil && e.APIBase != "" && !strings.Contains(e.Model, "/") &&
		p.Prefix != "openai" && p.Kind != Anthropic
	switch {
	case err == nil && !bareElsewhere:
		e.Provider, e.Name = p, name
	case e.APIBase != "":
		e.Provider, e.Name = like(anywhere), e.Model
	case e.Disabled != "": // the address is not known only because a variable is not set
	case looksSecret(e.Model):
		r.mistake(e.modelAt, e.named()+": the model looks like a key", "write provider/model")
	default:
		r.mistake(e.modelAt, e.named()+": the provider of "+quoted(e.Model)+" is not known",
			"write provider/model, or set api_base"+nearPrefix(e.Model))
	}
}

// nearPrefix names the provider that a misspelt prefix most likely meant.
func nearPrefix(model string) string {
	prefix, rest, found := strings.Cut(model, "/")
	if !found {
		return ""
	}
	var known []string
	for _, p := range Providers() {
		known = append(append(known, p.Prefix), p.Aliases...)
	}
	if near := config.Nearest(prefix, known); near != "" {
		return "; did you mean " + near + "/" + strings.Trim(quoted(rest), `"`) + "?"
	}
	return ""
}

// custom obeys custom_llm_provider.
func (r *reader) custom(e *entry) {
	p, known := Lookup(e.custom)
	if !known && e.APIBase == "" {
		if e.Disabled == "" {
			r.mistake(e.modelAt, e.named()+": the custom_llm_provider "+quoted(e.custom)+" is not known", "name a known provider, or set api_base")
		}
		return
	}
	if !known {
		p = like(strings.ToLower(e.custom))
	}
	e.Provider, e.Name = p, e.Model
	if prefix, rest, found := strings.Cut(e.Model, "/"); found && rest != "" {
		same, ok := Lookup(prefix)
		if ok && same.Prefix == p.Prefix || strings.EqualFold(prefix, e.custom) {
			e.Name = rest
		}
	}
}

// like is a provider in OpenAI's shape about which nothing else is known.
func like(prefix string) Provider {
	if p, ok := Lookup(prefix); ok {
		return p
	}
	return Provider{Prefix: prefix, Kind: OpenAI, KeyOptional: true}
}

// checkStar looks whether a * in the model has a * in the name to stand for.
func (r *reader) checkStar(e *entry) {
	switch stars := strings.Count(e.Model, "*"); {
	case stars > 1:
		r.mistake(e.modelAt, e.named()+": the model has more than one *", "write provider/*")
	case stars == 1 && e.Group != "" && !strings.Contains(e.Group, "*"):
		r.mistake(e.modelAt, e.named()+": nothing says what the * of the model stands for", "write a * into model_name too, or name one model")
	}
}

// access finds the key and the address that the file leaves open, and disables
// the entry where something is missing.
func (r *reader) access(e *entry) {
	lookup := opener{OpenOptions: OpenOptions{Lookup: r.lookup}, spec: e.Spec}.lookup(e.Spec)
	key, base, missing := Resolve(e.Provider, lookup)
	if e.Key == "" {
		e.Key = key
	}
	if err := lacks(e.Spec, e.Key, missing); err != nil {
		_, variables, _ := strings.Cut(err.Error(), ": set ")
		e.disable("it needs " + variables)
		r.wanted = append(r.wanted, missing...)
		return
	}
	if e.APIBase != "" {
		return
	}
	if !isWeb(base) {
		e.disable(e.Provider.BaseEnv + " is not an address")
		return
	}
	e.APIBase = base
}

// anyKey tells whether there is a key for any provider at all.
func (r *reader) anyKey() bool {
	for _, p := range Providers() {
		if _, ok := firstSet(p.KeyEnv, r.lookup); ok {
			return true
		}
	}
	return false
}
