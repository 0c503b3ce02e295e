package litellm_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm/litellm"
	"github.com/tribunebot/tribune/llm/llmtest"
)

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
		"bedrock, Claude": {
			model: "us.anthropic.claude-opus-5", vars: map[string]string{"AWS_BEARER_TOKEN_BEDROCK": "aws", "AWS_REGION_NAME": "us-east-1"},
			url: "https://bedrock-runtime.us-east-1.amazonaws.com/anthropic/v1/messages", header: bearer("aws"), name: "us.anthropic.claude-opus-5",
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
