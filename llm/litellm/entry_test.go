package litellm_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm/litellm"
)

// same compares two deployments by their parts: a Spec prints itself without
// most of them.
func same(t *testing.T, got, want litellm.Spec) {
	t.Helper()
	if got.Provider.Prefix != want.Provider.Prefix || got.Provider.Kind == "" {
		t.Errorf("provider %s of kind %q, want %s", got.Provider.Prefix, got.Provider.Kind, want.Provider.Prefix)
	}
	type parts litellm.Spec // without the methods that hide
	got.Provider, want.Provider = litellm.Provider{}, litellm.Provider{}
	if diff := cmp.Diff(parts(want), parts(got)); diff != "" {
		t.Error(diff)
	}
}

func TestEntryWhole(t *testing.T) {
	t.Parallel()
	f, warnings := read(t, `environment_variables: {REGION: eu-1, MODEL: openai/gpt-4}
model_list:
- model_name: gpt
  litellm_params:
    model: os.environ/MODEL
    api_key: os.environ/OPENAI_API_KEY
    api_base: https://example.org/v1/
    api_version: v1
    organization: org
    extra_headers: {x-a: b}
    aws_region_name: os.environ/REGION
    vertex_ai_project: p
    vertex_credentials: {type: service_account, n: 1}
    temperature: 0.5
    stop: [a, os.environ/REGION]
    extra_body: {deep: {er: [true, null, 2]}}
    order: 2
    weight: 1.5
    rpm: "60"
    tpm: 100_000
    max_parallel_requests: 4
    max_budget: 2.5
    budget_duration: 7d
    tags: [x, y]
    timeout: 30
    stream_timeout: 2s
    num_retries: 0
    max_retries: 9
    cooldown_time: 0
    input_cost_per_token: 1e-06
    output_cost_per_token: 0.000002
    cache_read_input_token_cost: 5.0e-7
  model_info:
    id: 7
    mode: chat
    base_model: azure/gpt-4
    max_input_tokens: 100
    max_output_tokens: 50
`, environ("OPENAI_API_KEY"))
	if len(warnings) > 0 {
		t.Error(warnings)
	}
	same(t, f.Deployments[0], litellm.Spec{
		ID: "7", Group: "gpt", Model: "openai/gpt-4", Name: "gpt-4", Provider: litellm.Provider{Prefix: "openai"},
		Key: "sesame-OPENAI_API_KEY", APIBase: "https://example.org/v1", APIVersion: "v1",
		Header: http.Header{"Openai-Organization": {"org"}, "X-A": {"b"}},
		Params: map[string]string{"aws_region_name": "eu-1", "vertex_project": "p", "vertex_credentials": `{"n":1,"type":"service_account"}`},
		Fields: map[string]any{"temperature": 0.5, "stop": []any{"a", "eu-1"}, "deep": map[string]any{"er": []any{true, nil, uint64(2)}}},
		Order:  2, Weight: new(1.5), RPM: 60, TPM: 100_000, Parallel: 4, Budget: new(2.5), Every: 7 * 24 * time.Hour, Tags: []string{"x", "y"},
		Timeout: 30 * time.Second, FirstToken: 2 * time.Second, Retries: new(0), Cooldown: new(time.Duration(0)),
		BaseModel: "azure/gpt-4", In: new(0.000001), Out: new(0.000002), CachedIn: new(0.0000005), Context: 100, MaxOutput: 50,
		Info: map[string]any{"id": uint64(7), "mode": "chat", "base_model": "azure/gpt-4", "max_input_tokens": uint64(100), "max_output_tokens": uint64(50)},
		Line: 3,
	})
}

// Limits are looked up at the top level of an entry, then in litellm_params, then
// in model_info.
func TestEntryOrder(t *testing.T) {
	t.Parallel()
	f, warnings := read(t, `model_list:
- model_name: a
  rpm: 1
  litellm_params: {model: gpt-4, api_key: k, rpm: 2, tpm: 2}
  model_info: {rpm: 3, tpm: 3, weight: 3}
- model_name: b
  model_info: {max_tokens: 10, max_retries: 3}
  litellm_params: {model: gpt-4, api_key: k, max_retries: 3}
`, environ())
	a, b := f.Deployments[0], f.Deployments[1]
	if a.RPM != 1 || a.TPM != 2 || *a.Weight != 3 {
		t.Error(a)
	}
	if b.MaxOutput != 10 || b.Context != 0 || *b.Retries != 3 {
		t.Errorf("%d, %d, %v", b.MaxOutput, b.Context, b.Retries)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "model_info.max_retries") {
		t.Error(warnings)
	}
}

// TestProviders: which provider, name, key and address an entry comes to.
func TestEntryProvider(t *testing.T) {
	t.Parallel()
	for params, want := range map[string][4]string{
		"model: openai/gpt-4":                                                       {"openai", "gpt-4", "sesame-OPENAI_API_KEY", "https://api.openai.com/v1"},
		"model: gpt-4":                                                              {"openai", "gpt-4", "sesame-OPENAI_API_KEY", "https://api.openai.com/v1"},
		"model: claude-3-opus-20240229":                                             {"anthropic", "claude-3-opus-20240229", "sesame-ANTHROPIC_API_KEY", "https://api.anthropic.com"},
		"model: qwen/qwen-max, api_key: k":                                          {"dashscope", "qwen-max", "k", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"},
		"model: zhipu/glm-4, api_key: k":                                            {"zhipu", "glm-4", "k", "https://open.bigmodel.cn/api/paas/v4"},
		"model: glm-4, api_key: k":                                                  {"zhipu", "glm-4", "k", "https://open.bigmodel.cn/api/paas/v4"},
		"model: openrouter/anthropic/claude-opus-5, api_key: k":                     {"openrouter", "anthropic/claude-opus-5", "k", "https://openrouter.ai/api/v1"},
		"model: my-model, api_base: 'http://h:1/v1'":                                {"openai_like", "my-model", "", "http://h:1/v1"},
		"model: meta-llama/Llama-3, api_base: 'http://h:1/v1'":                      {"openai_like", "meta-llama/Llama-3", "", "http://h:1/v1"},
		"model: qwen-max, api_base: 'http://h:1/v1'":                                {"openai_like", "qwen-max", "", "http://h:1/v1"},
		"model: openai/m, base_url: 'http://h:1/v1'":                                {"openai", "m", "sesame-OPENAI_API_KEY", "http://h:1/v1"},
		"model: groq/m, api_base: 'http://h:1/v1'":                                  {"groq", "m", "", "http://h:1/v1"},
		"model: m, custom_llm_provider: groq, api_key: k":                           {"groq", "m", "k", "https://api.groq.com/openai/v1"},
		"model: groq/m, custom_llm_provider: groq, api_key: k":                      {"groq", "m", "k", "https://api.groq.com/openai/v1"},
		"model: a/m, custom_llm_provider: groq, api_key: k":                         {"groq", "a/m", "k", "https://api.groq.com/openai/v1"},
		"model: mine/m, custom_llm_provider: mine, api_base: 'http://h'":            {"mine", "m", "", "http://h"},
		"model: claude-3, api_base: 'http://h', api_key: k":                         {"anthropic", "claude-3", "k", "http://h"},
		"model: mistral/m, api_key: k":                                              {"mistral", "m", "k", "https://user:sesame-MISTRAL_API_BASE_URL@example.org/x"},
		"model: ollama/llama3.2":                                                    {"ollama", "llama3.2", "", "http://localhost:11434/v1"},
		"model: azure/d, api_base: 'https://r.openai.azure.com', azure_ad_token: t": {"azure", "d", "", "https://r.openai.azure.com"},
		"model: vertex_ai/gemini-3.8-flash, vertex_project: p":                      {"vertex_ai", "gemini-3.8-flash", "", "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/endpoints/openapi"},
	} {
		t.Run(params, func(t *testing.T) {
			t.Parallel()
			o := environ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")
			inner := o.Environ
			o.Environ = func(name string) (string, bool) {
				if name == "MISTRAL_API_BASE" {
					return secretOf(name + "_URL"), true
				}
				return inner(name)
			}
			f, warnings := read(t, "model_list: [{model_name: x, litellm_params: {"+params+"}}]", o)
			s := f.Deployments[0]
			if got := [4]string{s.Provider.Prefix, s.Name, s.Key, s.APIBase}; got != want || s.Disabled != "" || len(warnings) > 0 {
				t.Errorf("%q, %s %v, want %q", got, s.Disabled, warnings, want)
			}
		})
	}
}

func TestEntryPatterns(t *testing.T) {
	t.Parallel()
	f, warnings := read(t, `model_list:
- {model_name: openai/*, litellm_params: {model: openai/*}}
- {model_name: "*", litellm_params: {model: "*"}}
- {model_name: "my/*", litellm_params: {model: "*", api_base: "http://h/v1"}}
- {model_name: "gpt-*", litellm_params: {model: openai/gpt-4}}
router_settings: {fallbacks: [{openai/gpt-4: [anything, my/own]}]}
`, environ("OPENAI_API_KEY"))
	want := [][3]string{{"openai", "*", "openai/*"}, {"", "*", "*"}, {"openai_like", "*", "my/*"}, {"openai", "gpt-4", "gpt-*"}}
	for i, s := range f.Deployments {
		if got := [3]string{s.Provider.Prefix, s.Name, s.Group}; got != want[i] || s.Disabled != "" {
			t.Errorf("%q %s, want %q", got, s.Disabled, want[i])
		}
		if _, err := litellm.Open(s, litellm.OpenOptions{Lookup: environ("OPENAI_API_KEY").Environ}); err != nil {
			t.Error(err)
		}
	}
	if len(warnings) > 0 {
		t.Error(warnings)
	}
	list := mistakes(t, `model_list: [{model_name: "*", litellm_params: {model: "*"}}]`, environ())
	if len(list) != 1 || !strings.Contains(list[0], "no provider's key is set") {
		t.Error(list)
	}
}

// IDs are the group's name and the position in it, unless that is taken.
func TestEntryIDs(t *testing.T) {
	t.Parallel()
	entry := func(group, info string) string {
		return "- {model_name: " + group + ", litellm_params: {model: gpt-4, api_key: k}" + info + "}\n"
	}
	f, _ := read(t, "model_list:\n"+entry("a", "")+entry("b", ", model_info: {id: a-2}")+entry("a", "")+entry("a-1", "")+entry("a", ", model_info: {id: mine}")+entry("a", ""), environ())
	var got []string
	for _, s := range f.Deployments {
		got = append(got, s.ID)
	}
	want := []string{"a-1-deployment", "a-2", "a-2-deployment", "a-1-1", "mine", "a-4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Who has no order comes after those that have one.
func TestEntryWithoutOrder(t *testing.T) {
	t.Parallel()
	f, _ := read(t, `model_list:
- {model_name: a, litellm_params: {model: gpt-4, api_key: k}}
- {model_name: a, litellm_params: {model: gpt-4, api_key: k, order: 3}}
- {model_name: a, litellm_params: {model: gpt-4, api_key: k, order: 0}}
- {model_name: b, litellm_params: {model: gpt-4, api_key: k}}
`, environ())
	var got []int
	for _, s := range f.Deployments {
		got = append(got, s.Order)
	}
	if diff := cmp.Diff([]int{4, 3, 0, 0}, got); diff != "" {
		t.Error(diff)
	}
}

// The file's variables are seen where the environment has none, and are read
// first wherever they stand.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	f, warnings := read(t, `model_list:
- {model_name: a, litellm_params: {model: gpt-4, api_key: os.environ/OPENAI_API_KEY, user: os.environ/N}}
- {model_name: b, litellm_params: {model: gpt-4}}
- {model_name: c, litellm_params: {model: claude-3-opus-20240229}}
environment_variables: {OPENAI_API_KEY: of-the-file, ANTHROPIC_API_KEY: of-the-file, N: 5, B: true, COPY: os.environ/ANTHROPIC_API_KEY, GONE: os.environ/NOWHERE}
`, environ("ANTHROPIC_API_KEY"))
	if a, b := f.Deployments[0], f.Deployments[1]; a.Key != "of-the-file" || b.Key != "of-the-file" || a.Fields["user"] != "5" {
		t.Error(a.Key, b.Key, a.Fields)
	}
	if c := f.Deployments[2]; c.Key != "sesame-ANTHROPIC_API_KEY" {
		t.Error("the environment does not win:", c.Key)
	}
	want := map[string]string{"OPENAI_API_KEY": "of-the-file", "ANTHROPIC_API_KEY": "of-the-file", "N": "5", "B": "true", "COPY": "sesame-ANTHROPIC_API_KEY"}
	if diff := cmp.Diff(want, f.Environment); diff != "" {
		t.Error(diff)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "NOWHERE") {
		t.Error(warnings)
	}
}

func TestEnabled(t *testing.T) {
	t.Parallel()
	f, _ := read(t, one+"- {model_name: b, litellm_params: {model: groq/m}}\n", environ())
	if list := f.Enabled(); len(list) != 1 || list[0].Group != "gpt" || len(f.Deployments) != 2 {
		t.Error(f)
	}
}
