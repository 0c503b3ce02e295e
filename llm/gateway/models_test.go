package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/router"
)

// house is a catalog with everything in it.
func house() catalog {
	return catalog{
		groups: []router.Group{
			{Name: "cheap", Members: []string{"d1"}, Aliases: []string{"fast", "both"}},
			{Name: "dear", Members: []string{"d2"}, Aliases: []string{"both", "secret"}},
			{Name: "openai/*", Pattern: true, Members: []string{"d3"}},
			{Name: "both", Members: []string{"d1", "d2"}, Of: []string{"cheap", "dear"}},
			{Name: "fast", Members: []string{"d1"}, Of: []string{"cheap"}},
			{Name: "secret", Members: []string{"d2"}, Of: []string{"dear"}, Hidden: true},
		},
		deployments: []router.State{
			{
				ID: "d1", Group: "cheap", Provider: "deepseek", Name: "deepseek-chat", APIBase: "https://api.deepseek.com",
				Health: router.Healthy, Limits: llm.Quota{RPM: 60}, Price: price.Price{Known: true, In: 1e-6, Out: 2e-6, CachedIn: 1e-7, Context: 64000, MaxOutput: 8000},
			},
			{
				ID: "d2", Group: "dear", Provider: "anthropic", Name: "claude-opus", Health: router.Cooling,
				LastFailure: llm.Overloaded, CooledUntil: time.Date(2026, 11, 23, 12, 0, 5, 0, time.UTC),
			},
			{ID: "d3", Group: "openai/*", Provider: "openai", Name: "*", Health: router.Partial},
			{ID: "d4", Group: "cheap", Provider: "zhipu", Name: "embedding-3", Health: router.Down, LastFailure: llm.Unreachable},
		},
	}
}

func housed(t *testing.T, model llm.Model, models ...string) *Gateway {
	t.Helper()
	return open(t, model, func(o *Options) {
		o.Catalog = house()
		o.Keys = &keyring{keys: []llm.Key{virtual(func(k *llm.Key) { k.Models = models })}}
		o.Own = func(name string) (llm.Model, bool) { return model, name == "tribune" }
		o.OwnNames = func(context.Context, map[string]string) []string { return []string{"tribune"} }
	})
}

// Which names of its own a gateway shows may depend on who asks.
func TestOwnNamesByKey(t *testing.T) {
	t.Parallel()
	g := housed(t, llmtest.NewScript(llmtest.Say("Yes.")))
	g.OwnNames = func(_ context.Context, labels map[string]string) []string {
		return []string{"tribune/" + labels[llm.LabelKey] + labels[llm.LabelMaster]}
	}
	for key, want := range map[string]string{secret: "tribune/alice", master: "tribune/true"} {
		w := ask(t, g, http.MethodGet, "/v1/models", "", "Authorization", "Bearer "+key)
		if !strings.Contains(w.Body.String(), `"`+want+`"`) {
			t.Errorf("%s is not listed: %s", want, w.Body)
		}
	}
}

func decoded[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d, error %v: %s", w.Code, err, w.Body)
	}
	return v
}

func TestModelsThatAreListed(t *testing.T) {
	t.Parallel()
	script := llmtest.NewScript(llmtest.Say("Yes."))
	for name, c := range map[string]struct {
		models []string
		want   []string
	}{
		"all":                {nil, []string{"cheap", "dear", "both", "fast", "tribune"}},
		"one group":          {[]string{"cheap"}, []string{"cheap", "fast"}},
		"an alias":           {[]string{"both"}, []string{"both"}},
		"both groups":        {[]string{"cheap", "dear"}, []string{"cheap", "dear", "both", "fast"}},
		"a pattern":          {[]string{"*r"}, []string{"dear"}},
		"the knowledge base": {[]string{"tribune"}, []string{"tribune"}},
	} {
		w := ask(t, housed(t, script, c.models...), http.MethodGet, "/v1/models", "", "Authorization", "Bearer "+secret)
		list := decoded[modelList](t, w)
		var got []string
		for _, m := range list.Data {
			got = append(got, m.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestModelsInBothProtocols(t *testing.T) {
	t.Parallel()
	g := housed(t, llmtest.NewScript(llmtest.Say("Yes.")))
	w := ask(t, g, http.MethodGet, "/models/cheap", "")
	if want := `{"id":"cheap","object":"model","created":1677610602,"owned_by":"deepseek"}`; w.Body.String() != want {
		t.Errorf("OpenAI's: %s", w.Body)
	}
	w = ask(t, g, http.MethodGet, "/v1/models", "", "Anthropic-Version", "2023-06-01")
	list := decoded[struct {
		Data []struct {
			Type        string `json:"type"`
			DisplayName string `json:"display_name"`
		} `json:"data"`
		HasMore *bool  `json:"has_more"`
		FirstID string `json:"first_id"`
		LastID  string `json:"last_id"`
	}](t, w)
	if list.HasMore == nil || list.FirstID != "cheap" || list.LastID != "tribune" || list.Data[1].Type != "model" || list.Data[1].DisplayName != "dear" {
		t.Errorf("Anthropic's: %s", w.Body)
	}
}

func TestOneModel(t *testing.T) {
	t.Parallel()
	g := housed(t, llmtest.NewScript(llmtest.Say("Yes.")), "cheap", "openai/*")
	for path, want := range map[string]int{
		"/v1/models/cheap": 200, "/v1/models/openai/gpt-4": 200, "/models/fast": 200,
		"/v1/models/dear": 403, "/v1/models/both": 403, "/v1/models/ghost": 404, "/v1/models/": 404,
	} {
		if w := ask(t, g, http.MethodGet, path, "", "Authorization", "Bearer "+secret); w.Code != want {
			t.Errorf("%s: status %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
}

// A deployment may be asked for by its id; a pattern must not open the door to
// one whose group is closed.
func TestDeploymentsByID(t *testing.T) {
	t.Parallel()
	g := housed(t, llmtest.NewScript(llmtest.Say("Yes.")), "cheap", "d*1", "d*2", "claude-*", "*/claude-opus")
	for id, want := range map[string]int{"d1": 200, "d2": 403, "d4": 200, "claude-opus": 403, "anthropic/claude-opus": 403} {
		w := ask(t, g, http.MethodPost, "/v1/chat/completions", `{"model":"`+id+`"}`, "Authorization", "Bearer "+secret)
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", id, w.Code, want)
		}
	}
}

func TestModelInfo(t *testing.T) {
	t.Parallel()
	g := housed(t, llmtest.NewScript(llmtest.Say("Yes.")), "cheap")
	type list struct {
		Data []struct {
			Group  string           `json:"model_name"`
			Params deploymentParams `json:"litellm_params"`
			Info   map[string]any   `json:"model_info"`
		} `json:"data"`
	}
	got := decoded[list](t, ask(t, g, http.MethodGet, "/v1/model/info", "", "Authorization", "Bearer "+secret))
	if len(got.Data) != 2 || got.Data[0].Group != "cheap" || got.Data[1].Info["id"] != "d4" {
		t.Fatalf("got %+v", got)
	}
	first := got.Data[0]
	if diff := cmp.Diff(deploymentParams{Model: "deepseek/deepseek-chat", APIBase: "https://api.deepseek.com", RPM: 60}, first.Params); diff != "" {
		t.Errorf("params (-want +got):\n%s", diff)
	}
	want := map[string]any{
		"id": "d1", "db_model": false, "key": "deepseek-chat", "litellm_provider": "deepseek", "health": "healthy",
		"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "cache_read_input_token_cost": 1e-7,
		"max_tokens": 8000.0, "max_input_tokens": 64000.0, "max_output_tokens": 8000.0,
	}
	if diff := cmp.Diff(want, first.Info); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
	if got.Data[1].Info["input_cost_per_token"] != nil {
		t.Error("a price that is not known is shown")
	}
	one := decoded[list](t, ask(t, g, http.MethodGet, "/model/info?litellm_model_id=d2", ""))
	if len(one.Data) != 1 || one.Data[0].Group != "dear" {
		t.Errorf("got %+v", one)
	}
	if w := ask(t, g, http.MethodGet, "/model/info?litellm_model_id=d2", "", "Authorization", "Bearer "+secret); w.Code != http.StatusNotFound {
		t.Errorf("another group's deployment: status %d", w.Code)
	}
}

// healthList is the answer of /health.
type healthList struct {
	Healthy        []endpointHealth `json:"healthy_endpoints"`
	Unhealthy      []endpointHealth `json:"unhealthy_endpoints"`
	HealthyCount   int              `json:"healthy_count"`
	UnhealthyCount int              `json:"unhealthy_count"`
}

func TestHealth(t *testing.T) {
	t.Parallel()
	g := housed(t, llmtest.NewScript(llmtest.Say("Yes.")))
	if w := ask(t, g, http.MethodGet, "/health", "", "Authorization", "Bearer "+secret); w.Code != http.StatusForbidden {
		t.Errorf("a virtual key sees the health: status %d", w.Code)
	}
	got := decoded[healthList](t, ask(t, g, http.MethodGet, "/health", ""))
	until := "2026-11-23T12:00:05Z"
	want := healthList{
		Healthy: []endpointHealth{
			{Model: "deepseek/deepseek-chat", ID: "d1", Group: "cheap", APIBase: "https://api.deepseek.com", State: "healthy"},
			{Model: "openai/*", ID: "d3", Group: "openai/*", State: "partial"},
		},
		Unhealthy: []endpointHealth{
			{Model: "anthropic/claude-opus", ID: "d2", Group: "dear", State: "cooling", Error: llm.Overloaded, CooledUntil: &until},
			{Model: "zhipu/embedding-3", ID: "d4", Group: "cheap", State: "down", Error: llm.Unreachable},
		},
		HealthyCount: 2, UnhealthyCount: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("health (-want +got):\n%s", diff)
	}
	if one := decoded[healthList](t, ask(t, g, http.MethodGet, "/health?model=dear", "")); one.HealthyCount != 0 || one.UnhealthyCount != 1 {
		t.Errorf("of one group: %+v", one)
	}
	if w := ask(t, g, http.MethodGet, "/health?model=ghost", ""); w.Code != http.StatusNotFound {
		t.Errorf("of an unknown group: status %d", w.Code)
	}
}

func TestHealthWithoutDetails(t *testing.T) {
	t.Parallel()
	broken := &llm.Error{Kind: llm.Unreachable, Provider: "deepseek", Err: errors.New("dial tcp 10.1.2.3")}
	g := housed(t, llmtest.NewScript(llmtest.Step{Err: broken}))
	g.HideHealth = true
	for _, path := range []string{"/health", "/health?probe=true"} {
		w := ask(t, g, http.MethodGet, path, "")
		for _, detail := range []string{"10.1.2.3", "api.deepseek.com", "error", "cooled_until", "probed_at", "response_ms"} {
			if strings.Contains(w.Body.String(), detail) {
				t.Errorf("%s tells %s: %s", path, detail, w.Body)
			}
		}
		if !strings.Contains(w.Body.String(), `"state":"down"`) {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
}

func TestHealthByProbe(t *testing.T) {
	t.Parallel()
	model := llmtest.NewScript(llmtest.Respond(func(r llmtest.Request) llmtest.Step {
		if r.Group == "d1" {
			return llmtest.Step{Err: &llm.Error{Kind: llm.Unauthorised, Provider: "deepseek", Err: errors.New("no such key")}}
		}
		return llmtest.Say("pong")
	}))
	g := housed(t, model)
	got := decoded[healthList](t, ask(t, g, http.MethodGet, "/health?probe=true", ""))
	if got.UnhealthyCount != 1 || got.Unhealthy[0].ID != "d1" || got.Unhealthy[0].Error != llm.Unauthorised || got.HealthyCount != 3 {
		t.Errorf("got %+v", got)
	}
	for _, r := range model.Requests() {
		if want := probeChat; r.Group == "d4" && string(r.Body) != probeEmbedder || r.Group != "d4" && string(r.Body) != want {
			t.Errorf("%s was asked %s", r.Group, r.Body)
		}
	}
	if n := len(model.Requests()); n != 3 {
		t.Errorf("%d probes, want 3: a pattern is no model", n)
	}
}
