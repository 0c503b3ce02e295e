package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/router"
)

// Bounds of a probe.
const (
	probeTimeout  = 30 * time.Second
	probesAtOnce  = 8
	probeTag      = "health-check"
	probeChat     = `{"messages":[{"role":"user","content":"ping"}],"max_tokens":1}`
	probeEmbedder = `{"input":"ping"}`
)

// endpointHealth is a deployment in the words of LiteLLM's /health.
type endpointHealth struct {
	Model        string   `json:"model"`
	ID           string   `json:"model_id"`
	Group        string   `json:"model_name"`
	APIBase      string   `json:"api_base,omitempty"`
	State        string   `json:"state"`
	Error        llm.Kind `json:"error,omitempty"`
	Said         string   `json:"error_message,omitempty"` // of a probe
	CooledUntil  *string  `json:"cooled_until,omitempty"`
	Milliseconds *int64   `json:"response_ms,omitempty"` // of a probe
	ProbedAt     *string  `json:"probed_at,omitempty"`
}

// health tells how the deployments stand: from what their calls and those of
// Watch came to, or with ?probe=true from a call of each that is made for it. ?model=NAME asks
// for one group or deployment.
func (g *Gateway) health(e *exchange) error {
	query := e.r.URL.Query()
	states := g.Catalog.Deployments()
	if name := query.Get("model"); name != "" {
		states = slices.DeleteFunc(states, func(d router.State) bool {
			return d.Group != name && d.ID != name && fullName(d) != name
		})
		if len(states) == 0 {
			p := unknownModel(oneLine(name))
			p.status = http.StatusNotFound
			return p
		}
	}
	latest, now := g.probes.get(), query.Get("probe") == "true"
	if now {
		latest = g.probe(e.context(), states)
	}
	healthy, unhealthy := []endpointHealth{}, []endpointHealth{}
	for _, d := range states {
		h := healthOf(d)
		if p, ok := latest[d.ID]; ok {
			h.tried(p, now)
		}
		if g.HideHealth {
			h = endpointHealth{Model: h.Model, ID: h.ID, Group: h.Group, State: h.State}
		}
		if h.State == string(router.Healthy) || h.State == string(router.Partial) {
			healthy = append(healthy, h)
		} else {
			unhealthy = append(unhealthy, h)
		}
	}
	return e.json(map[string]any{
		"healthy_endpoints": healthy, "unhealthy_endpoints": unhealthy,
		"healthy_count": len(healthy), "unhealthy_count": len(unhealthy),
	})
}

func healthOf(d router.State) endpointHealth {
	return endpointHealth{
		Model: fullName(d), ID: d.ID, Group: d.Group, APIBase: d.APIBase,
		State: string(d.Health), Error: d.LastFailure, CooledUntil: instant(d.CooledUntil),
	}
}

// tried adds what a probe came to. One that failed says more than calls that
// went well; one that went well says more than they do only if it is made now.
func (h *endpointHealth) tried(p probed, now bool) {
	h.Milliseconds, h.ProbedAt = new(p.took.Milliseconds()), instant(p.at)
	switch {
	case p.err != nil:
		h.State, h.Error, h.Said = string(router.Down), p.err.Kind, oneLine(p.err.Error())
	case now:
		h.State, h.Error = string(router.Healthy), ""
	}
}

func isPattern(group string) bool { return strings.Contains(group, "*") }

func (g *Gateway) probeOne(ctx context.Context, d router.State) probed {
	none := 0
	r := llm.Request{
		ID: newID(), Group: d.ID, Body: json.RawMessage(probeChat),
		Labels: map[string]string{llm.LabelTags: probeTag, llm.LabelMaster: "true"},
		Asks:   &llm.Asks{DisableFallbacks: true, Retries: &none, Timeout: probeTimeout},
	}
	if strings.Contains(strings.ToLower(d.Name), "embed") {
		r.Endpoint, r.Body = llm.Embeddings, json.RawMessage(probeEmbedder)
	}
	p := probed{at: g.Now()}
	_, err := g.Model.Complete(ctx, r)
	p.took = g.Now().Sub(p.at)
	if err != nil {
		p.err = llm.AsError(err)
	}
	return p
}
