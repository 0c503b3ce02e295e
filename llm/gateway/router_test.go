package gateway

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	official "github.com/openai/openai-go/v3"
	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
	"github.com/tribunebot/tribune/llm/quota"
	"github.com/tribunebot/tribune/llm/router"
)

// routed is a gateway over a real router with two groups, each of one provider
// behind HTTP, whose tokens cost a cent each.
func routed(t *testing.T, keys []llm.Key, cheap, dear []llmtest.Step) (*Gateway, [2]*llmtest.Server) {
	t.Helper()
	none := 0
	return routedBy(t, router.Settings{Retries: &none, Fallbacks: map[string][]string{"cheap": {"dear"}}}, keys, cheap, dear)
}

func routedBy(t *testing.T, settings router.Settings, keys []llm.Key, cheap, dear []llmtest.Step) (*Gateway, [2]*llmtest.Server) {
	t.Helper()
	providers := [2]*llmtest.Server{llmtest.NewServer(t, cheap...), llmtest.NewServer(t, dear...)}
	var deployments []router.Deployment
	for i, name := range []string{"cheap", "dear"} {
		deployments = append(deployments, router.Deployment{
			ID: name + "-1", Group: name, Provider: "openai", Name: "gpt-" + name, APIBase: providers[i].URL,
			Model: deployment(t, providers[i]), Price: price.Price{Known: true, In: 0.01, Out: 0.01, CachedIn: 0.01},
		})
	}
	r, err := router.New(router.Options{Deployments: deployments, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	return open(t, r, func(o *Options) {
		o.Catalog, o.Keys = r, &keyring{keys: keys}
	}), providers
}

func TestOverARouter(t *testing.T) {
	t.Parallel()
	const ask1 = `{"model":"cheap","messages":[{"role":"user","content":"Hi"}]`
	for name, c := range map[string]struct {
		cheap  llmtest.Step
		body   string
		status int
		want   map[string]string
	}{
		"plain": {llmtest.Say("Yes."), ask1 + `}`, 200, map[string]string{
			"X-Litellm-Model-Id": "cheap-1", "X-Litellm-Model-Group": "cheap", "X-Litellm-Attempted-Fallbacks": "0",
			"X-Litellm-Attempted-Retries": "0", "X-Litellm-Response-Cost": "0.18",
		}},
		"streamed": {llmtest.Say("Yes."), ask1 + `,"stream":true}`, 200, map[string]string{
			"X-Litellm-Model-Id": "cheap-1", "X-Litellm-Model-Group": "cheap", "X-Litellm-Attempted-Fallbacks": "0",
		}},
		"fallback": {llmtest.Refuse(500, "broken"), ask1 + `}`, 200, map[string]string{
			"X-Litellm-Model-Id": "dear-1", "X-Litellm-Model-Group": "dear", "X-Litellm-Attempted-Fallbacks": "1",
		}},
		"fallback of a stream": {llmtest.Refuse(500, "broken"), ask1 + `,"stream":true}`, 200, map[string]string{
			"X-Litellm-Model-Id": "dear-1", "X-Litellm-Attempted-Fallbacks": "1",
		}},
		"stream cut at its start": {llmtest.CutAfter(0, "Yes."), ask1 + `,"stream":true}`, 200, map[string]string{
			"X-Litellm-Model-Id": "dear-1",
		}},
		"no fallback, please":        {llmtest.Refuse(500, "broken"), ask1 + `,"disable_fallbacks":true}`, 500, nil},
		"pretended failure":          {llmtest.Say("Yes."), ask1 + `,"mock_testing_fallbacks":true}`, 200, map[string]string{"X-Litellm-Model-Id": "dear-1"}},
		"a deployment by its id":     {llmtest.Say("Yes."), strings.Replace(ask1, "cheap", "dear-1", 1) + `}`, 200, map[string]string{"X-Litellm-Model-Id": "dear-1"}},
		"a request's own fallbacks":  {llmtest.Refuse(400, "no"), ask1 + `,"fallbacks":["dear"]}`, 200, map[string]string{"X-Litellm-Model-Id": "dear-1"}},
		"a status that says enough":  {llmtest.Refuse(422, "no"), ask1 + `,"disable_fallbacks":true}`, 422, nil},
		"a model that nobody called": {llmtest.Say("Yes."), strings.Replace(ask1, "cheap", "ghost", 1) + `}`, 400, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, _ := routed(t, nil, []llmtest.Step{c.cheap}, []llmtest.Step{llmtest.Say("Surely.")})
			w := ask(t, g, http.MethodPost, "/v1/chat/completions", c.body)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d: %s", w.Code, c.status, w.Body)
			}
			for header, want := range c.want {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s = %q, want %q", header, got, want)
				}
			}
			if strings.Contains(w.Body.String(), "canary") {
				t.Errorf("a secret is shown: %s", w.Body)
			}
		})
	}
}

// A key that is bound to models may not reach others by a name that nobody knows,
// or that is gone from the file, and that a default fallback serves.
func TestKeysAndTheLastResort(t *testing.T) {
	t.Parallel()
	settings := router.Settings{
		Fallbacks: map[string][]string{"*": {"dear"}}, Default: "dear",
		Aliases: map[string]router.Alias{"cheap-too": {Groups: []string{"cheap"}}, "che-and-dear": {Groups: []string{"cheap", "dear"}}},
	}
	for _, c := range []struct {
		models []string
		name   string
		want   int
	}{
		{[]string{"che*"}, "cheap", 200},
		{[]string{"che*"}, "che-nonsense", 403},
		{[]string{"che-gone"}, "che-gone", 403},
		{[]string{"che*", "dear"}, "che-nonsense", 200},
		{nil, "che-nonsense", 200},
		{[]string{"che*"}, "auto", 403},
		{[]string{"auto"}, "auto", 200},
		{[]string{"cheap"}, "openai/gpt-cheap", 200},
		{[]string{"openai/gpt-cheap"}, "openai/gpt-cheap", 200},
		{[]string{"openai/*"}, "openai/gpt-cheap", 403},
		{[]string{"cheap"}, "cheap-1", 200},
		{[]string{"cheap*"}, "dear-1", 403},
		{[]string{"cheap"}, "cheap-too", 200},
		{[]string{"cheap"}, "che-and-dear", 403},
		{[]string{"che*"}, "che-and-dear", 200},
	} {
		key := virtual(func(k *llm.Key) { k.Models = c.models })
		g, _ := routedBy(t, settings, []llm.Key{key}, []llmtest.Step{llmtest.Say("Yes.")}, []llmtest.Step{llmtest.Say("Surely.")})
		for field, body := range map[string]string{
			"model":     `{"model":"` + c.name + `","messages":[]}`,
			"fallbacks": `{"model":"cheap","messages":[],"fallbacks":["` + c.name + `"]}`,
		} {
			if field == "fallbacks" && !slices.Contains(c.models, "che*") && !slices.Contains(c.models, "cheap") {
				continue // it may not use the model itself
			}
			w := ask(t, g, http.MethodPost, "/v1/chat/completions", body, "Authorization", "Bearer "+secret)
			if w.Code != c.want {
				t.Errorf("a key for %v, %s %s: status %d, want %d: %s", c.models, field, c.name, w.Code, c.want, w.Body)
			}
		}
	}
}

// Fields that only the gateway understands must not reach a provider; all
// others must.
func TestWhatAProviderSees(t *testing.T) {
	t.Parallel()
	g, providers := routed(t, nil, []llmtest.Step{llmtest.Say("Yes.")}, nil)
	w := ask(t, g, http.MethodPost, "/v1/chat/completions",
		`{"model":"cheap","num_retries":0,"fallbacks":["dear"],"tags":["a"],"x_new":{"n":12345678901234567890},"messages":[],"cache":{"no-cache":true}}`)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	body := string(providers[0].Requests()[0].Body)
	for _, gone := range []string{"num_retries", "fallbacks", "tags", "cache"} {
		if strings.Contains(body, gone) {
			t.Errorf("%s reached the provider: %s", gone, body)
		}
	}
	if !strings.Contains(body, `"x_new":{"n":12345678901234567890}`) || !strings.Contains(body, `"model":"gpt-4"`) {
		t.Errorf("the provider got %s", body)
	}
}

func TestLimitsOfAKey(t *testing.T) {
	t.Parallel()
	nothing := 0.0
	for name, c := range map[string]struct {
		key  llm.Key
		want told
	}{
		"requests": {virtual(func(k *llm.Key) { k.RPM = 1 }), told{Status: 429, Type: "rate_limit_error", Code: "rate_limit_exceeded"}},
		"budget":   {virtual(func(k *llm.Key) { k.Budget = &nothing }), told{Status: 429, Type: "budget_exceeded", Code: "budget_exceeded"}},
	} {
		g, _ := routed(t, []llm.Key{c.key}, []llmtest.Step{llmtest.Say("Yes.")}, []llmtest.Step{llmtest.Say("Yes.")})
		body := `{"model":"dear","timeout":0.2,"messages":[{"role":"user","content":"Hi"}]}`
		w := ask(t, g, http.MethodPost, "/v1/chat/completions", body, "Authorization", "Bearer "+secret)
		if name == "requests" && w.Code == http.StatusOK {
			w = ask(t, g, http.MethodPost, "/v1/chat/completions", body, "Authorization", "Bearer "+secret)
		}
		got, _ := readProblem(t, w.Code, w.Header(), w.Body.Bytes())
		if got.Status == http.StatusTooManyRequests && name == "requests" && got.After == "" {
			t.Errorf("%s: nobody says when to try again", name)
		}
		got.After = ""
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A budget without a label is everybody's: what one has spent another lacks.
func TestBudgetOfAllTogether(t *testing.T) {
	t.Parallel()
	all := 0.3 // a call costs 0.18
	settings := router.Settings{Budgets: []router.Budget{{Quota: llm.Quota{BudgetUSD: &all}}}}
	g, _ := routedBy(t, settings, []llm.Key{virtual(nil)}, []llmtest.Step{llmtest.Say("Yes.")}, []llmtest.Step{llmtest.Say("Yes.")})
	spend := func(model, key string) int {
		body := `{"model":"` + model + `","max_tokens":7,"timeout":1,"messages":[{"role":"user","content":"Hi"}]}`
		w := ask(t, g, http.MethodPost, "/v1/chat/completions", body, "Authorization", "Bearer "+key)
		if w.Code != http.StatusOK && !strings.Contains(w.Body.String(), "all calls together") {
			t.Errorf("the refusal does not name the budget: %s", w.Body)
		}
		return w.Code
	}
	got := []int{spend("cheap", secret), spend("cheap", master), spend("dear", master)}
	if diff := cmp.Diff([]int{200, 429, 429}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

func TestOtherEndpointsWithClients(t *testing.T) {
	t.Parallel()
	g, providers := routed(t, nil, []llmtest.Step{llmtest.Say("Yes.")}, nil)
	base := server(t, g).URL + "/v1"
	client, other := goOpenAI(base, master), openAI(base, master)
	vectors, err := client.CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: "cheap", Input: []string{"a", "b"}})
	if err != nil || len(vectors.Data) != 2 || len(vectors.Data[0].Embedding) == 0 {
		t.Errorf("embeddings: %+v, %v", vectors, err)
	}
	more, err := other.Embeddings.New(t.Context(), official.EmbeddingNewParams{
		Model: "cheap", Input: official.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a"}},
	})
	if err != nil || len(more.Data) != 1 {
		t.Errorf("embeddings: %+v, %v", more, err)
	}
	text, err := client.CreateCompletion(t.Context(), openai.CompletionRequest{Model: "cheap", Prompt: "Is it?"})
	if err != nil || text.Choices[0].Text != "Yes." {
		t.Errorf("completion: %+v, %v", text, err)
	}
	stream := other.Completions.NewStreaming(t.Context(), official.CompletionNewParams{
		Model: "cheap", Prompt: official.CompletionNewParamsPromptUnion{OfString: official.String("Is it?")},
	})
	var said strings.Builder
	for stream.Next() {
		for _, choice := range stream.Current().Choices {
			said.WriteString(choice.Text)
		}
	}
	if stream.Err() != nil || said.String() != "Yes." {
		t.Errorf("streamed completion: %q, %v", said.String(), stream.Err())
	}
	models, err := client.ListModels(t.Context())
	if err != nil || len(models.Models) != 2 || models.Models[0].ID != "cheap" || models.Models[0].OwnedBy != "openai" {
		t.Errorf("models: %+v, %v", models, err)
	}
	one, err := other.Models.Get(t.Context(), "dear")
	if err != nil || one.ID != "dear" {
		t.Errorf("model: %+v, %v", one, err)
	}
	for _, r := range providers[0].Requests() {
		if !strings.HasPrefix(r.Path, "/v1/") {
			t.Errorf("the provider was called at %s", r.Path)
		}
	}
}

// The router's own types are what the gateway asks for.
var (
	_ Catalog = (*router.Router)(nil)
	_ Levels  = (*quota.Book)(nil)
)
