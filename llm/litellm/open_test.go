package litellm_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/litellm"
	"github.com/tribunebot/tribune/llm/llmtest"
	"github.com/tribunebot/tribune/llm/price"
)

// world answers for all hosts there are: every request goes to one local
// server, and is kept as it was sent.
type world struct {
	local *url.URL
	next  http.RoundTripper

	mu   sync.Mutex
	seen []sent
}

type sent struct {
	url    string
	header http.Header
	body   map[string]any
}

func newWorld(t *testing.T) *world {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		text := `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`
		switch {
		case strings.HasSuffix(r.URL.Path, "/messages"):
			text = `{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}`
		case strings.HasSuffix(r.URL.Path, "/token"):
			text = `{"access_token":"cloud-token","expires_in":3600,"token_type":"Bearer"}`
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	local, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &world{local: local, next: server.Client().Transport}
}

// RoundTrip implements http.RoundTripper.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s := sent{url: r.URL.String(), header: r.Header.Clone()}
	if json.Unmarshal(raw, &s.body) != nil {
		s.body = map[string]any{"form": string(raw)}
	}
	w.mu.Lock()
	w.seen = append(w.seen, s)
	w.mu.Unlock()
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(raw))
	r.URL.Scheme, r.URL.Host, r.Host = "http", w.local.Host, w.local.Host
	return w.next.RoundTrip(r)
}

// last is the last call of a model.
func (w *world) last(t *testing.T) sent {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		t.Fatal("nothing was sent")
	}
	return w.seen[len(w.seen)-1]
}

func (w *world) options(variables map[string]string) litellm.OpenOptions {
	return litellm.OpenOptions{
		HTTPClient: &http.Client{Transport: w},
		Lookup: func(name string) (string, bool) {
			value, ok := variables[name]
			return value, ok
		},
	}
}

// spec is an entry whose model is written as in the file.
func spec(t *testing.T, model string, change func(s *litellm.Spec)) litellm.Spec {
	t.Helper()
	p, name, err := litellm.Find(model)
	if err != nil {
		t.Fatal(err)
	}
	s := litellm.Spec{ID: "d1", Group: "g", Model: model, Provider: p, Name: name, Params: map[string]string{}}
	if change != nil {
		change(&s)
	}
	return s
}

func serviceAccount(t *testing.T) string {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "acme", "client_email": "bot@acme.example", "token_uri": "https://oauth2.googleapis.com/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestOpen shows each kind of provider the way that its vendor wants to be
// called.
func TestOpen(t *testing.T) {
	t.Parallel()
	google := serviceAccount(t)
	bearer := func(key string) map[string]string { return map[string]string{"Authorization": "Bearer " + key} }
	for name, c := range map[string]struct {
		model  string
		vars   map[string]string
		change func(s *litellm.Spec)
		url    string
		header map[string]string // "" for one that must not be there
		name   string            // the model in the body
	}{
		"openai": {
			model: "openai/gpt-4", vars: map[string]string{"OPENAI_API_KEY": "sk-1"},
			url: "https://api.openai.com/v1/chat/completions", header: bearer("sk-1"), name: "gpt-4",
		},
		"own key and address": {
			model: "openai/gpt-4", vars: map[string]string{"OPENAI_API_KEY": "sk-1"},
			change: func(s *litellm.Spec) {
				s.Key, s.APIBase, s.Header = "sk-2", "https://proxy.example/x/v1/", http.Header{"X-Team": {"legal"}}
			},
			url: "https://proxy.example/x/v1/chat/completions", header: map[string]string{"Authorization": "Bearer sk-2", "X-Team": "legal"}, name: "gpt-4",
		},
		"address without a key": {
			model: "hosted_vllm/qwen", change: func(s *litellm.Spec) { s.APIBase = "http://10.0.0.1:8000/v1/chat/completions" },
			url: "http://10.0.0.1:8000/v1/chat/completions", header: map[string]string{"Authorization": ""}, name: "qwen",
		},
		"anthropic": {
			model: "claude-3-opus-20240229", vars: map[string]string{"ANTHROPIC_API_KEY": "sk-ant"},
			url: "https://api.anthropic.com/v1/messages", header: map[string]string{"X-Api-Key": "sk-ant"}, name: "claude-3-opus-20240229",
		},
		"gemini": {
			model: "gemini/gemini-2.5-pro", vars: map[string]string{"GOOGLE_API_KEY": "AI"},
			url: "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions", header: bearer("AI"), name: "gemini-2.5-pro",
		},
		"cohere": {
			model: "cohere_chat/command-r", vars: map[string]string{"COHERE_API_KEY": "co"},
			url: "https://api.cohere.ai/compatibility/v1/chat/completions", header: bearer("co"), name: "command-r",
		},
		"qwen in China": {
			model: "dashscope_cn/qwen-max", vars: map[string]string{"DASHSCOPE_API_KEY": "ds"},
			url: "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions", header: bearer("ds"), name: "qwen-max",
		},
		"sarvam": {
			model: "sarvam/sarvam-m", vars: map[string]string{"SARVAM_API_KEY": "sarvam-1"},
			url: "https://api.sarvam.ai/v1/chat/completions", header: map[string]string{"Api-Subscription-Key": "sarvam-1"}, name: "sarvam-m",
		},
		"azure": {
			model: "azure/my-gpt", vars: map[string]string{"AZURE_API_KEY": "az", "AZURE_API_BASE": "https://acme.openai.azure.com/", "AZURE_API_VERSION": "2024-06-01"},
			url:    "https://acme.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-06-01",
			header: map[string]string{"Api-Key": "az", "Authorization": ""}, name: "my-gpt",
		},
		"azure by default": {
			model: "azure/o_series/my-o3", vars: map[string]string{"AZURE_API_KEY": "az"},
			change: func(s *litellm.Spec) { s.APIBase = "https://acme.openai.azure.com" },
			url:    "https://acme.openai.azure.com/openai/deployments/my-o3/chat/completions?api-version=2024-10-21",
			header: map[string]string{"Api-Key": "az"}, name: "my-o3",
		},
		"azure v1": {
			model: "azure/my-gpt", vars: map[string]string{"AZURE_API_KEY": "az"},
			change: func(s *litellm.Spec) { s.APIBase, s.APIVersion = "https://acme.openai.azure.com", "v1" },
			url:    "https://acme.openai.azure.com/openai/v1/chat/completions",
			header: map[string]string{"Api-Key": "az"}, name: "my-gpt",
		},
		"azure preview": {
			model: "azure/my-gpt", vars: map[string]string{"AZURE_API_KEY": "az"},
			change: func(s *litellm.Spec) { s.APIBase, s.APIVersion = "https://acme.openai.azure.com", "preview" },
			url:    "https://acme.openai.azure.com/openai/v1/chat/completions?api-version=preview", name: "my-gpt",
		},
		"azure, the whole address": {
			model: "azure/my-gpt", vars: map[string]string{"AZURE_API_KEY": "az"},
			change: func(s *litellm.Spec) {
				s.APIBase = "https://acme.openai.azure.com/openai/deployments/other/chat/completions?api-version=2023-05-15"
			},
			url: "https://acme.openai.azure.com/openai/deployments/other/chat/completions?api-version=2023-05-15", name: "my-gpt",
		},
		"azure with a token": {
			model: "azure/my-gpt", change: func(s *litellm.Spec) {
				s.APIBase, s.APIVersion, s.Params["azure_ad_token"] = "https://acme.openai.azure.com", "v1", "ad"
			},
			url: "https://acme.openai.azure.com/openai/v1/chat/completions", header: map[string]string{"Authorization": "Bearer ad", "Api-Key": ""}, name: "my-gpt",
		},
		"azure with an application": {
			model: "azure/my-gpt", change: func(s *litellm.Spec) {
				s.APIBase, s.APIVersion = "https://acme.openai.azure.com", "v1"
				s.Params = map[string]string{"tenant_id": "t", "client_id": "c", "client_secret": "s"}
			},
			url: "https://acme.openai.azure.com/openai/v1/chat/completions", header: bearer("cloud-token"), name: "my-gpt",
		},
		"azure_ai": {
			model: "azure_ai/DeepSeek-R1", vars: map[string]string{"AZURE_AI_API_KEY": "ai", "AZURE_AI_API_BASE": "https://acme.services.ai.azure.com"},
			change: func(s *litellm.Spec) { s.APIVersion = "2024-05-01-preview" },
			url:    "https://acme.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
			header: map[string]string{"Api-Key": "ai", "Authorization": ""}, name: "DeepSeek-R1",
		},
		"azure_ai, serverless": {
			model: "azure_ai/mistral", vars: map[string]string{"AZURE_AI_API_KEY": "ai"},
			change: func(s *litellm.Spec) { s.APIBase = "https://m.eastus2.models.ai.azure.com/v1" },
			url:    "https://m.eastus2.models.ai.azure.com/v1/chat/completions", header: bearer("ai"), name: "mistral",
		},
		"azure_ai, Claude": {
			model: "azure_ai/claude-opus-4-1", vars: map[string]string{"AZURE_AI_API_KEY": "ai", "AZURE_AI_API_BASE": "https://acme.services.ai.azure.com"},
			url: "https://acme.services.ai.azure.com/anthropic/v1/messages", header: map[string]string{"X-Api-Key": "ai"}, name: "claude-opus-4-1",
		},
		"bedrock": {
			model: "bedrock/openai.gpt-oss-120b-1:0", vars: map[string]string{"AWS_BEARER_TOKEN_BEDROCK": "aws", "AWS_REGION": "eu-central-1"},
			url: "https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1/chat/completions", header: bearer("aws"), name: "openai.gpt-oss-120b-1:0",
		},
		"bedrock, its own region": {
			model: "bedrock/converse/m", vars: map[string]string{"AWS_BEARER_TOKEN_BEDROCK": "aws", "AWS_REGION": "eu-central-1"},
			change: func(s *litellm.Spec) { s.Params["aws_region_name"] = "us-west-2" },
			url:    "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1/chat/completions", name: "m",
		},
		"bedrock, private endpoint": {
			model: "bedrock/m", vars: map[string]string{"AWS_BEARER_TOKEN_BEDROCK": "aws", "AWS_BEDROCK_RUNTIME_ENDPOINT": "https://vpce.example"},
			url: "https://vpce.example/openai/v1/chat/completions", name: "m",
		},
		"vertex_ai": {
			model: "vertex_ai/gemini-2.5-pro", vars: map[string]string{"VERTEXAI_PROJECT": "p", "VERTEXAI_LOCATION": "europe-west4"},
			change: func(s *litellm.Spec) { s.Params["vertex_credentials"] = google },
			url:    "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/endpoints/openapi/chat/completions",
			header: bearer("cloud-token"), name: "google/gemini-2.5-pro",
		},
		"vertex_ai, global, its key's project": {
			model: "vertex_ai/meta/llama-4-maas", vars: map[string]string{"VERTEXAI_LOCATION": "global"},
			change: func(s *litellm.Spec) { s.Params["vertex_credentials"] = google },
			url:    "https://aiplatform.googleapis.com/v1/projects/acme/locations/global/endpoints/openapi/chat/completions",
			header: bearer("cloud-token"), name: "meta/llama-4-maas",
		},
		"snowflake": {
			model: "snowflake/llama3.1-70b", vars: map[string]string{"SNOWFLAKE_JWT": "jwt-jwt-jwt", "SNOWFLAKE_ACCOUNT_ID": "ab-12"},
			url:    "https://ab-12.snowflakecomputing.com/api/v2/cortex/v1/chat/completions",
			header: map[string]string{"Authorization": "Bearer jwt-jwt-jwt", "X-Snowflake-Authorization-Token-Type": "KEYPAIR_JWT"}, name: "llama3.1-70b",
		},
		"snowflake, LiteLLM's address and a PAT": {
			model: "snowflake/m", vars: map[string]string{"SNOWFLAKE_JWT": "pat/token-1"},
			change: func(s *litellm.Spec) {
				s.APIBase = "https://ab.snowflakecomputing.com/api/v2/cortex/inference:complete"
			},
			url:    "https://ab.snowflakecomputing.com/api/v2/cortex/v1/chat/completions",
			header: map[string]string{"Authorization": "Bearer token-1", "X-Snowflake-Authorization-Token-Type": "PROGRAMMATIC_ACCESS_TOKEN"}, name: "m",
		},
		"databricks": {
			model: "databricks/dbrx", vars: map[string]string{"DATABRICKS_TOKEN": "dapi", "DATABRICKS_API_BASE": "https://adb-1.azuredatabricks.net/serving-endpoints"},
			url: "https://adb-1.azuredatabricks.net/serving-endpoints/chat/completions", header: bearer("dapi"), name: "dbrx",
		},
		"cloudflare": {
			model: "cloudflare/@cf/meta/llama-3.1-8b-instruct", vars: map[string]string{"CLOUDFLARE_API_KEY": "cf", "CLOUDFLARE_ACCOUNT_ID": "abc123"},
			url: "https://api.cloudflare.com/client/v4/accounts/abc123/ai/v1/chat/completions", header: bearer("cf"), name: "@cf/meta/llama-3.1-8b-instruct",
		},
		"ollama by its host": {
			model: "ollama_chat/llama3.2", change: func(s *litellm.Spec) { s.APIBase = "http://gpu:11434" },
			url: "http://gpu:11434/v1/chat/completions", name: "llama3.2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d, err := litellm.Open(spec(t, c.model, c.change), w.options(c.vars))
			if err != nil {
				t.Fatal(err)
			}
			if d.Open != nil {
				t.Error("it is no pattern, and has an Open")
			}
			resp, err := d.Model.Complete(t.Context(), llmtest.Ask(t, "hello"))
			if err != nil {
				t.Fatal(err)
			}
			got := w.last(t)
			if got.url != c.url || resp.Text() != "hi" || resp.Deployment != "d1" {
				t.Errorf("called %s\nwant   %s\nsaid %q as %q", got.url, c.url, resp.Text(), resp.Deployment)
			}
			if got.body["model"] != c.name {
				t.Errorf("model = %v, want %s", got.body["model"], c.name)
			}
			for header, want := range c.header {
				if got.header.Get(header) != want {
					t.Errorf("%s = %q, want %q", header, got.header.Get(header), want)
				}
			}
			if strings.Contains(d.APIBase, "?") || !strings.HasPrefix(c.url, d.APIBase) {
				t.Errorf("shown as %s", d.APIBase)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		model  string
		vars   map[string]string
		change func(s *litellm.Spec)
	}{
		"set OPENAI_API_KEY":                                            {model: "openai/gpt-4"},
		"set TOGETHER_API_KEY or TOGETHER_AI_API_KEY":                   {model: "together_ai/x"},
		"set HOSTED_VLLM_API_BASE":                                      {model: "hosted_vllm/x"},
		"set AZURE_API_KEY or AZURE_OPENAI_API_KEY, and AZURE_API_BASE": {model: "azure/x"},
		"AWS_REGION_NAME or AWS_REGION or AWS_DEFAULT_REGION":           {model: "bedrock/x", vars: map[string]string{"AWS_BEARER_TOKEN_BEDROCK": "k"}},
		"bedrock: set AWS_REGION_NAME":                                  {model: "bedrock/x", vars: map[string]string{"AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_REGION": "evil.example/x?"}},
		"VERTEXAI_PROJECT or GOOGLE_CLOUD_PROJECT":                      {model: "vertex_ai/gemini-2.5-pro"},
		"no such file": {
			model: "vertex_ai/x", vars: map[string]string{"VERTEXAI_PROJECT": "p", "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/key.json"},
		},
		"a protocol of its own": {model: "vertex_ai/claude-opus-4-6", vars: map[string]string{"VERTEXAI_PROJECT": "p"}},
		"the key is on holiday": {model: "openai/gpt-4", change: func(s *litellm.Spec) { s.Key, s.Disabled = "k", "the key is on holiday" }},
		"write a * into both":   {model: "openai/*", change: func(s *litellm.Spec) { s.Key = "k" }},
		"tenant_id": {
			model: "azure/x", change: func(s *litellm.Spec) { s.APIBase, s.Params["client_id"] = "https://a.example", "c" },
		},
	} {
		_, err := litellm.Open(spec(t, c.model, c.change), newWorld(t).options(c.vars))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "d1") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	vars := map[string]string{"GROQ_API_KEY": " gsk ", "OLLAMA_API_BASE": "http://gpu:11434/", "SNOWFLAKE_ACCOUNT_ID": "a1"}
	lookup := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	type found struct {
		Key, Base string
		Missing   []string
	}
	for prefix, want := range map[string]found{
		"groq":        {Key: "gsk", Base: "https://api.groq.com/openai/v1"},
		"ollama":      {Base: "http://gpu:11434/v1"},
		"snowflake":   {Base: "https://a1.snowflakecomputing.com/api/v2/cortex/v1", Missing: []string{"SNOWFLAKE_JWT"}},
		"hosted_vllm": {Missing: []string{"HOSTED_VLLM_API_BASE"}},
		"openai":      {Base: "https://api.openai.com/v1", Missing: []string{"OPENAI_API_KEY"}},
	} {
		p, _ := litellm.Lookup(prefix)
		var got found
		got.Key, got.Base, got.Missing = litellm.Resolve(p, lookup)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", prefix, diff)
		}
	}
}

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
	o.Prices = prices{"dashscope/qwen-max": {Known: true, In: 1, Out: 2, Context: 1000, Source: "catwalk"}}
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
	table := prices{"openai/gpt-4o": {Known: true, In: 5, Out: 6, CachedIn: 4, Context: 128, Source: "catwalk"}}
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
