package gateway

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm/router"
)

// modelsSince is the date that LiteLLM gives every model; clients want one.
const modelsSince = 1677610602

// modelEntry is a model in OpenAI's words.
type modelEntry struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
	*anthropicEntry
}

// anthropicEntry is what Anthropic's clients read beside the id.
type anthropicEntry struct {
	Type        string `json:"type"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"`
}

// modelList is a list in OpenAI's words.
type modelList struct {
	Object string       `json:"object"`
	Data   []modelEntry `json:"data"`
	*anthropicPage
}

type anthropicPage struct {
	HasMore bool    `json:"has_more"`
	FirstID *string `json:"first_id"`
	LastID  *string `json:"last_id"`
}

// listModels tells which models the caller may use. Patterns are left out:
// nobody can call "openai/*".
func (g *Gateway) listModels(e *exchange) error {
	owners := g.owners()
	list := modelList{Object: "list", Data: []modelEntry{}}
	for _, group := range g.Catalog.Groups() {
		if !group.Hidden && !group.Pattern && g.mayUse(e.caller, group.Name) {
			list.Data = append(list.Data, e.entry(group.Name, owners[firstOf(group.Members)]))
		}
	}
	for _, name := range g.ownNames(e) {
		if g.mayUse(e.caller, name) {
			list.Data = append(list.Data, e.entry(name, "tribune"))
		}
	}
	if n := len(list.Data); e.anthropic() {
		list.anthropicPage = &anthropicPage{}
		if n > 0 {
			list.FirstID, list.LastID = &list.Data[0].ID, &list.Data[n-1].ID
		}
	}
	return e.json(list)
}

// oneModel tells of one model, by any name that a request may give.
func (g *Gateway) oneModel(e *exchange) error {
	name := strings.TrimPrefix(withoutVersion(e.r.URL.Path), modelPrefix)
	if !isName(name) || !g.exists(name) {
		p := unknownModel(oneLine(name))
		p.status = http.StatusNotFound
		return p
	}
	e.model = name
	if !g.mayUse(e.caller, name) {
		return denied(name)
	}
	owner := "tribune"
	for _, group := range g.Catalog.Groups() {
		if group.Name == name {
			owner = g.owners()[firstOf(group.Members)]
		}
	}
	return e.json(e.entry(name, owner))
}

// owners are the providers by the deployments' ids.
func (g *Gateway) owners() map[string]string {
	owners := map[string]string{}
	for _, d := range g.Catalog.Deployments() {
		owners[d.ID] = d.Provider
	}
	return owners
}

func (g *Gateway) ownNames(e *exchange) []string {
	if g.OwnNames == nil {
		return nil
	}
	return g.OwnNames(e.context(), e.caller.labels(nil, e.r.Header))
}

// anthropic tells whether one of Anthropic's clients asks.
func (e *exchange) anthropic() bool { return e.r.Header.Get("Anthropic-Version") != "" }

func (e *exchange) entry(name, owner string) modelEntry {
	m := modelEntry{ID: name, Object: "model", Created: modelsSince, OwnedBy: owner}
	if e.anthropic() {
		since := time.Unix(modelsSince, 0).UTC().Format(time.RFC3339)
		m.anthropicEntry = &anthropicEntry{Type: "model", DisplayName: name, CreatedAt: since}
	}
	return m
}

func firstOf(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// deploymentInfo is a deployment in the words of LiteLLM's /model/info.
type deploymentInfo struct {
	Group  string           `json:"model_name"`
	Params deploymentParams `json:"litellm_params"`
	Info   map[string]any   `json:"model_info"`
}

type deploymentParams struct {
	Model    string   `json:"model"`
	APIBase  string   `json:"api_base,omitempty"`
	RPM      int64    `json:"rpm,omitempty"`
	TPM      int64    `json:"tpm,omitempty"`
	Parallel int64    `json:"max_parallel_requests,omitempty"`
	Budget   *float64 `json:"max_budget,omitempty"`
	Weight   *float64 `json:"weight,omitempty"`
	Order    int      `json:"order,omitempty"`
	Tags     []string `json:"tags,omitempty"`
}

// modelInfo tells of the deployments of the groups that the caller may use;
// ?litellm_model_id=ID of one.
func (g *Gateway) modelInfo(e *exchange) error {
	id := e.r.URL.Query().Get("litellm_model_id")
	data := []deploymentInfo{}
	for _, d := range g.Catalog.Deployments() {
		if (id == "" || id == d.ID) && g.mayUse(e.caller, d.Group) {
			data = append(data, infoOf(d))
		}
	}
	if id != "" && len(data) == 0 {
		p := invalid("litellm_model_id", "there is no deployment of this id")
		p.status, p.code = http.StatusNotFound, "deployment_not_found"
		return p
	}
	return e.json(map[string]any{"data": data})
}

func infoOf(d router.State) deploymentInfo {
	info := map[string]any{
		"id": d.ID, "db_model": false, "key": d.Name, "litellm_provider": d.Provider, "health": d.Health,
		"input_cost_per_token": nil, "output_cost_per_token": nil, "max_tokens": nil, "max_input_tokens": nil, "max_output_tokens": nil,
	}
	if p := d.Price; p.Known {
		info["input_cost_per_token"], info["output_cost_per_token"] = p.In, p.Out
		info["cache_read_input_token_cost"] = p.CachedIn
	}
	if n := d.Price.Context; n > 0 {
		info["max_input_tokens"] = n
	}
	if n := d.Price.MaxOutput; n > 0 {
		info["max_output_tokens"], info["max_tokens"] = n, n
	}
	return deploymentInfo{
		Group: d.Group, Info: info,
		Params: deploymentParams{
			Model: fullName(d), APIBase: d.APIBase, RPM: d.Limits.RPM, TPM: d.Limits.TPM, Parallel: d.Limits.Parallel,
			Budget: d.Limits.BudgetUSD, Weight: d.Weight, Order: d.Order, Tags: slices.Clone(d.Tags),
		},
	}
}

// fullName is the model as the file calls it.
func fullName(d router.State) string { return d.Provider + "/" + d.Name }
