package router

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tribunebot/tribune/llm"
)

// isDefault tells whether a name leaves the choice to the router: none at all, or
// "auto" or "default" where no group is called that.
func (t *table) isDefault(name string) bool {
	switch name {
	case "":
		return true
	case "auto", "default":
		return t.groups[name] == nil && t.aliases[name] == nil && t.ids[name] == nil
	}
	return false
}

// resolve turns the name that a request gives into the deployments that may
// serve it.
func (t *table) resolve(name string) (*pool, error) {
	if !t.isDefault(name) {
		return t.find(name)
	}
	if t.Default != "" {
		return t.find(t.Default)
	}
	if len(t.names) > 0 {
		return t.groups[t.names[0]], nil
	}
	return nil, noSuchModel(name, errors.New("name a model: all of the configured ones are patterns"))
}

// find looks a name up in LiteLLM's order: a group, a deployment's id, an alias,
// a pattern, "*", a model as its provider names it, and at last the first of the
// default fallbacks.
func (t *table) find(name string) (*pool, error) {
	for _, list := range []map[string]*pool{t.groups, t.ids, t.aliases} {
		if p := list[name]; p != nil {
			return p, nil
		}
	}
	p, err := t.match(name)
	if p != nil {
		return p, nil
	}
	if p := t.models[name]; p != nil {
		return p, nil
	}
	if p := t.lastResort(name); p != nil {
		return p, nil
	}
	if err == nil {
		err = errors.New("no model_name with this string is configured")
	}
	return nil, noSuchModel(name, err)
}

// lastResort is the first of the default fallbacks, for a name that nobody
// knows.
func (t *table) lastResort(name string) *pool {
	list := t.Fallbacks["*"]
	if len(list) == 0 || list[0] == name {
		return nil
	}
	for _, known := range []map[string]*pool{t.groups, t.ids, t.aliases} {
		if p := known[list[0]]; p != nil {
			instead := *p
			instead.instead = true
			instead.why = "the model asked for is unknown, so the first default fallback " + list[0]
			return &instead
		}
	}
	return nil
}

// noSuchModel is LiteLLM's answer to a name that it does not know: 400.
func noSuchModel(name string, err error) *llm.Error {
	return &llm.Error{
		Kind: llm.NoSuchModel, Status: http.StatusBadRequest, Provider: "router",
		Err: fmt.Errorf("invalid model name in model=%q: %w", shortened(name), err),
	}
}

// shortened keeps a name that came from outside from filling a log.
func shortened(name string) string {
	const longest = 200
	if len(name) > longest {
		return name[:longest] + "..."
	}
	return name
}
