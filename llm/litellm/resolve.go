package litellm

import (
	"strings"
)

// anywhere is the provider of models whose address is all that is known.
const anywhere = "openai_like"

// resolve finds the provider of an entry, its key and its address.
func (r *reader) resolve(e *entry) {
	switch {
	case e.custom != "":
		r.custom(e)
	case e.Model == "*" && e.APIBase == "": // see spread
		e.Name = "*"
		return
	default:
		r.split(e)
	}
	if e.Provider.Prefix == "" {
		return
	}
	r.checkStar(e)
	r.findAddress(e)
	r.findKey(e)
	if e.APIVersion == "" && (e.Provider.Kind == Azure || e.Provider.Kind == AzureAI) {
		e.APIVersion, _ = r.lookup("AZURE_API_VERSION")
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
	if near := nearestOf(prefix, known); near != "" {
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

// findAddress takes the address from the provider's variable where the file has
// none.
func (r *reader) findAddress(e *entry) {
	p := e.Provider
	if e.APIBase == "" && p.BaseEnv != "" {
		if text, ok := r.lookup(p.BaseEnv); ok {
			e.APIBase = strings.TrimRight(strings.TrimSpace(text), "/")
		}
	}
	if e.APIBase == "" && p.Base == "" {
		e.disable("no address: write api_base, or set " + p.BaseEnv)
		r.wanted = append(r.wanted, p.BaseEnv)
	}
}

// findKey takes the key from the provider's variables where the file has none.
// Whoever writes an address of their own may need no key there.
func (r *reader) findKey(e *entry) {
	p := e.Provider
	if e.Key != "" || len(p.KeyEnv) == 0 || p.Kind == Azure && (e.Params["azure_ad_token"] != "" || e.Params["client_id"] != "") {
		return
	}
	for _, name := range p.KeyEnv {
		if value, ok := r.lookup(name); ok && strings.TrimSpace(value) != "" {
			e.Key = strings.TrimSpace(value)
			return
		}
	}
	if p.KeyOptional || e.baseAt.line > 0 || e.Disabled != "" {
		return
	}
	e.disable("no key: write api_key, or set " + strings.Join(p.KeyEnv, " or "))
	r.wanted = append(r.wanted, p.KeyEnv[0])
}
