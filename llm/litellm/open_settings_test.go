package litellm_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/litellm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
)

// TestPatterns shows what becomes of names that a * stands for.
func TestPatterns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vars := map[string]string{"GROQ_API_KEY": "gsk", "OPENAI_API_KEY": "sk"}
	open := func(s litellm.Spec, name string) string {
		d, err := litellm.Open(s, w.options(vars))
		if err != nil {
			t.Fatal(err)
		}
		if d.Open == nil {
			t.Fatalf("%s has no Open", s.Group)
		}
		m, err := d.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Complete(t.Context(), llmtest.Ask(t, "hello")); err != nil {
			t.Fatal(err)
		}
		got := w.last(t)
		u, err := url.Parse(got.url)
		if err != nil {
			t.Fatal(err)
		}
		model, _ := got.body["model"].(string)
		return u.Host + " " + model
	}
	group := func(pattern string) func(s *litellm.Spec) { return func(s *litellm.Spec) { s.Group = pattern } }
	anything := litellm.Spec{ID: "any", Group: "*", Model: "*", Name: "*"}
	for _, c := range []struct {
		s          litellm.Spec
		name, want string
	}{
		{spec(t, "groq/*", group("groq/*")), "llama-3", "api.groq.com llama-3"},
		{spec(t, "groq/openai/*", group("open/*")), "gpt-oss-120b", "api.groq.com openai/gpt-oss-120b"},
		{spec(t, "openai/gpt-4", group("*")), "whatever", "api.openai.com gpt-4"},
		{anything, "groq/llama-3", "api.groq.com llama-3"},
		{anything, "gpt-4", "api.openai.com gpt-4"},
	} {
		if got := open(c.s, c.name); got != c.want {
			t.Errorf("%s for %s: %s, want %s", c.s.Model, c.name, got, c.want)
		}
	}
	d, err := litellm.Open(anything, w.options(vars))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open("my-model"); llm.KindOf(err) != llm.NoSuchModel {
		t.Errorf("an unknown name: %v", err)
	}
	if _, err := d.Open("mistral/x"); err == nil || !strings.Contains(err.Error(), "MISTRAL_API_KEY") {
		t.Errorf("a provider without a key: %v", err)
	}
}

type prices map[string]price.Price

func (p prices) Lookup(provider, model string) price.Price { return p[provider+"/"+model] }

func TestDeploymentsSettings(t *testing.T) {
	t.Parallel()
	weight, retries, cool, budget := 0.5, 3, 7*time.Second, 12.5
	s := spec(t, "dashscope_cn/qwen-max", func(s *litellm.Spec) {
		s.Key, s.Order, s.Weight, s.RPM, s.TPM, s.Parallel = "k", 2, &weight, 60, 1000, 4
		s.Budget, s.Every, s.Tags, s.Retries, s.Cooldown = &budget, 24*time.Hour, []string{"eu"}, &retries, &cool
		s.Timeout, s.FirstToken, s.MaxOutput = time.Minute, time.Second, 99
	})
	o := newWorld(t).options(nil)
	o.Prices = prices{
		"dashscope_cn/qwen-max": {Known: true, In: 1, Out: 2, Context: 1000, Source: "catwalk"},
		"dashscope/qwen-max":    {Known: true, In: 3, Out: 4, Source: "catwalk"}, // another region's
	}
	d, err := litellm.Open(s, o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(llm.Quota{
		ID: "deployment/d1", Name: "the deployment d1", RPM: 60, TPM: 1000, Parallel: 4, BudgetUSD: &budget, Every: 24 * time.Hour,
	}, d.Quota); diff != "" {
		t.Errorf("quota (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(price.Price{Known: true, In: 1, Out: 2, Context: 1000, MaxOutput: 99, Source: "catwalk"}, d.Price); diff != "" {
		t.Errorf("price (-want +got):\n%s", diff)
	}
	if d.Order != 2 || *d.Weight != weight || *d.Retries != 3 || *d.Cooldown != cool || d.Timeout != time.Minute ||
		d.FirstToken != time.Second || !cmp.Equal(d.Tags, []string{"eu"}) || d.Group != "g" || d.Provider != "dashscope_cn" || d.Name != "qwen-max" {
		t.Errorf("deployment = %+v", d)
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	in, out, cached := 1e-6, 2e-6, 1e-7
	table := prices{
		"openai/gpt-4o": {Known: true, In: 5, Out: 6, CachedIn: 4, Context: 128, Source: "catwalk"},
		"openai/long":   {Known: true, In: 5, Out: 6, Reasoning: 7, Long: price.Tier{Over: 9, In: 10}, Source: "tribune"},
	}
	for name, c := range map[string]struct {
		change func(s *litellm.Spec)
		want   price.Price
	}{
		"unknown":          {func(*litellm.Spec) {}, price.Price{}},
		"base_model":       {func(s *litellm.Spec) { s.BaseModel = "openai/gpt-4o" }, price.Price{Known: true, In: 5, Out: 6, CachedIn: 4, Context: 128, Source: "catwalk"}},
		"both costs":       {func(s *litellm.Spec) { s.In, s.Out = &in, &out }, price.Price{Known: true, In: in, Out: out, CachedIn: in, Source: "file"}},
		"cached too":       {func(s *litellm.Spec) { s.In, s.Out, s.CachedIn = &in, &out, &cached }, price.Price{Known: true, In: in, Out: out, CachedIn: cached, Source: "file"}},
		"half of it":       {func(s *litellm.Spec) { s.In = &in }, price.Price{In: in, CachedIn: in, Source: "file"}},
		"embeddings":       {func(s *litellm.Spec) { s.In, s.Info = &in, map[string]any{"mode": "embedding"} }, price.Price{Known: true, In: in, CachedIn: in, Source: "file"}},
		"no longer dearer": {func(s *litellm.Spec) { s.BaseModel, s.Out = "openai/long", &out }, price.Price{Known: true, In: 5, Out: out, Source: "file"}},
		"one over another": {func(s *litellm.Spec) { s.BaseModel, s.Out = "gpt-4o", &out }, price.Price{Known: true, In: 5, Out: out, CachedIn: 4, Context: 128, Source: "file"}},
	} {
		o := newWorld(t).options(nil)
		o.Prices = table
		d, err := litellm.Open(spec(t, "azure/private", func(s *litellm.Spec) {
			s.Key, s.APIBase = "k", "https://a.example"
			c.change(s)
		}), o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, d.Price); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestFieldsAndDrop shows a deployment's own fields, which a request wins over,
// and those that its provider refuses.
func TestFieldsAndDrop(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"groq/llama", "anthropic/claude-x"} {
		w := newWorld(t)
		o := w.options(nil)
		o.DropParams = true
		d, err := litellm.Open(spec(t, model, func(s *litellm.Spec) {
			s.Key, s.Fields = "k", map[string]any{"temperature": 0.25, "top_k": 7, "max_tokens": 50}
		}), o)
		if err != nil {
			t.Fatal(err)
		}
		body := json.RawMessage(`{"model":"x","messages":[{"role":"user","content":"hi"}],"temperature":0.75,"logit_bias":{"1":1},"store":true}`)
		if _, err := d.Model.Complete(t.Context(), llm.Request{Body: body}); err != nil {
			t.Fatal(err)
		}
		got := w.last(t).body
		for name, want := range map[string]any{"temperature": 0.75, "top_k": 7.0, "max_tokens": 50.0, "logit_bias": nil, "store": nil} {
			if !cmp.Equal(got[name], want) {
				t.Errorf("%s: %s = %v, want %v", model, name, got[name], want)
			}
		}
		for _, err := range d.Model.Stream(t.Context(), llm.Request{Body: body}) {
			if err != nil {
				break // the server gives whole answers only
			}
		}
		if got := w.last(t).body; got["stream"] != true || got["top_k"] != 7.0 {
			t.Errorf("%s: streamed with %v", model, got)
		}
	}
}

// TestStrictProviders shows that OpenAI's own address gets what it knows and in
// its words, and that any other by its prefix gets a request as it is.
func TestStrictProviders(t *testing.T) {
	t.Parallel()
	body := json.RawMessage(`{"messages":[{"role":"user","content":"hi"}],"max_tokens":5,"thinking":{"type":"enabled","budget_tokens":1024},"top_k":3}`)
	for base, want := range map[string]map[string]any{
		"":                          {"max_completion_tokens": 5.0, "max_tokens": nil, "thinking": nil, "top_k": nil},
		"https://vllm.example/v1":   {"max_completion_tokens": nil, "max_tokens": 5.0, "thinking": map[string]any{"type": "enabled", "budget_tokens": 1024.0}, "top_k": 3.0},
		"https://api.openai.com":    {"max_completion_tokens": 5.0, "top_k": nil},
		"https://api.openai.com/v1": {"max_completion_tokens": 5.0, "top_k": nil},
	} {
		w := newWorld(t)
		d, err := litellm.Open(spec(t, "openai/gpt-5", func(s *litellm.Spec) { s.Key, s.APIBase = "k", base }), w.options(nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Model.Complete(t.Context(), llm.Request{Body: body}); err != nil {
			t.Fatal(err)
		}
		if got := w.last(t).url; !strings.HasSuffix(got, "/v1/chat/completions") {
			t.Errorf("%s: called %s", base, got)
		}
		for name, v := range want {
			if got := w.last(t).body[name]; !cmp.Equal(got, v) {
				t.Errorf("%s: %s = %v, want %v", base, name, got, v)
			}
		}
	}
}

// TestOpenedErrorsHideKeys shows that what a cloud's sign-in is given never
// appears in what is said about it.
func TestOpenedErrorsHideKeys(t *testing.T) {
	t.Parallel()
	server := llmtest.NewServer(t, llmtest.Step{Status: http.StatusUnauthorized, Pieces: []string{"no"}})
	for _, model := range []string{"openai/m", "azure/m", "sarvam/m", "anthropic/m"} {
		d, err := litellm.Open(spec(t, model, func(s *litellm.Spec) {
			s.Key, s.APIBase, s.APIVersion = "sesame-open-1234", server.URL, "v1"
		}), litellm.OpenOptions{HTTPClient: server.Client()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Model.Complete(t.Context(), llmtest.Ask(t, "hello")); err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", model, err)
		}
	}
}
