package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

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
}

// health tells how the deployments stand: from what their calls came to, or
// with ?probe=true from a call of each that is made for it. ?model=NAME asks
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
	checked := make([]endpointHealth, len(states))
	for i, d := range states {
		checked[i] = endpointHealth{
			Model: fullName(d), ID: d.ID, Group: d.Group, APIBase: d.APIBase,
			State: string(d.Health), Error: d.LastFailure, CooledUntil: instant(d.CooledUntil),
		}
	}
	if query.Get("probe") == "true" {
		g.probe(e, states, checked)
	}
	healthy, unhealthy := []endpointHealth{}, []endpointHealth{}
	for _, h := range checked {
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

// probe calls every deployment that can be called by its id. One whose group
// is a pattern stands for no model in particular.
func (g *Gateway) probe(e *exchange, states []router.State, checked []endpointHealth) {
	group, ctx := errgroup.WithContext(e.context())
	group.SetLimit(probesAtOnce)
	for i, d := range states {
		if strings.Contains(d.Group, "*") {
			continue
		}
		group.Go(func() error {
			g.probeOne(ctx, d, &checked[i])
			return nil
		})
	}
	group.Wait() //nolint:errcheck // none of them returns an error
}

func (g *Gateway) probeOne(ctx context.Context, d router.State, h *endpointHealth) {
	none := 0
	r := llm.Request{
		ID: newID(), Group: d.ID, Body: json.RawMessage(probeChat),
		Labels: map[string]string{llm.LabelTags: probeTag, llm.LabelMaster: "true"},
		Asks:   &llm.Asks{DisableFallbacks: true, Retries: &none, Timeout: probeTimeout},
	}
	if strings.Contains(strings.ToLower(d.Name), "embed") {
		r.Endpoint, r.Body = llm.Embeddings, json.RawMessage(probeEmbedder)
	}
	began := g.Now()
	_, err := g.Model.Complete(ctx, r)
	took := g.Now().Sub(began).Milliseconds()
	h.State, h.Error, h.Milliseconds = string(router.Healthy), "", &took
	if err != nil {
		f := llm.AsError(err)
		h.State, h.Error, h.Said = string(router.Down), f.Kind, oneLine(f.Error())
	}
}
