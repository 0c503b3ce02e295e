package litellm_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm/litellm"
)

func TestTable(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	starts := map[string]string{}
	all := litellm.Providers()
	if len(all) < 100 {
		t.Errorf("%d providers, want at least 100", len(all))
	}
	for _, p := range all {
		for _, name := range append([]string{p.Prefix}, p.Aliases...) {
			if other, taken := names[name]; taken {
				t.Errorf("%s: the name %s belongs to %s already", p.Prefix, name, other)
			}
			names[name] = p.Prefix
			if got, ok := litellm.Lookup(strings.ToUpper(name)); !ok || got.Prefix != p.Prefix {
				t.Errorf("Lookup(%q) = %q, %v", name, got.Prefix, ok)
			}
			if name != strings.ToLower(name) || strings.ContainsAny(name, "/ ") {
				t.Errorf("%s: the name %q cannot be a prefix", p.Prefix, name)
			}
		}
		for _, start := range p.Bare {
			for other, owner := range starts {
				if strings.HasPrefix(start, other) || strings.HasPrefix(other, start) {
					t.Errorf("bare names %q of %s and %q of %s cannot be told apart", start, p.Prefix, other, owner)
				}
			}
			starts[start] = p.Prefix
		}
		wellFormed(t, p)
	}
}

func wellFormed(t *testing.T, p litellm.Provider) {
	t.Helper()
	variable := regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	for _, name := range append(slices.Clone(p.KeyEnv), p.BaseEnv) {
		if !variable.MatchString(name) {
			t.Errorf("%s: the variable %q is misspelt", p.Prefix, name)
		}
	}
	for _, name := range p.KeyEnv {
		if !regexp.MustCompile(`(KEY|TOKEN|JWT|PAT|BEDROCK)$`).MatchString(name) {
			t.Errorf("%s: %s does not sound like a key", p.Prefix, name)
		}
	}
	kinds := []litellm.Kind{litellm.OpenAI, litellm.Anthropic, litellm.Azure, litellm.AzureAI, litellm.Bedrock, litellm.Vertex, litellm.Snowflake}
	if !slices.Contains(kinds, p.Kind) {
		t.Errorf("%s: kind %q", p.Prefix, p.Kind)
	}
	if like, ok := litellm.Lookup(p.Like); p.Like != "" && (!ok || like.Prefix != p.Like) {
		t.Errorf("%s: is like nobody: %q", p.Prefix, p.Like)
	}
	if p.Base == "" {
		return
	}
	// What stands in braces comes from variables or has a default.
	filled := regexp.MustCompile(`\{[^{}|]+(\|[^{}|]+)*\}`).ReplaceAllString(p.Base, "x")
	u, err := url.Parse(filled)
	local := err == nil && u.Hostname() == "localhost"
	if err != nil || u.Host == "" || u.RawQuery != "" || strings.HasSuffix(p.Base, "/") || strings.ContainsAny(filled, "{}|") || !local && u.Scheme != "https" {
		t.Errorf("%s: base %q", p.Prefix, p.Base)
	}
	if len(p.KeyEnv) == 0 && !local && p.Kind != litellm.Vertex {
		t.Errorf("%s: no key is named", p.Prefix)
	}
}

func TestDefaultModels(t *testing.T) {
	t.Parallel()
	shared := map[string]string{}
	for _, p := range litellm.Providers() {
		if p.DefaultModel == "" {
			continue
		}
		if got, model, ok := litellm.Split(p.Prefix + "/" + p.DefaultModel); !ok || got.Prefix != p.Prefix || model != p.DefaultModel {
			t.Errorf("Split(%s/%s) = %s, %s, %v", p.Prefix, p.DefaultModel, got.Prefix, model, ok)
		}
		for _, name := range p.KeyEnv {
			if other := shared[name]; other != "" {
				t.Errorf("%s alone would choose %s and %s", name, other, p.Prefix)
			}
			shared[name] = p.Prefix
		}
	}
	for _, name := range []string{"HF_TOKEN", "SCW_SECRET_KEY", "GITHUB_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", "DIGITALOCEAN_ACCESS_TOKEN", "WANDB_API_KEY"} {
		if shared[name] != "" {
			t.Errorf("%s, which machines have for other reasons, would choose %s", name, shared[name])
		}
	}
}

// TestOrder holds what LLM_MODE=auto has always looked at first.
func TestOrder(t *testing.T) {
	t.Parallel()
	want := []string{
		"openai", "anthropic", "gemini", "deepseek", "dashscope", "zhipu", "zai", "moonshot", "volcengine", "groq", "mistral",
		"xai", "openrouter", "together_ai", "fireworks_ai", "siliconflow", "ollama",
	}
	for i, p := range litellm.Providers()[:len(want)] {
		if p.Prefix != want[i] || p.DefaultModel == "" {
			t.Errorf("%d: %s with %q, want %s", i, p.Prefix, p.DefaultModel, want[i])
		}
	}
}

// TestLiteLLMsPrefixes holds the names that LiteLLM's users write.
func TestLiteLLMsPrefixes(t *testing.T) {
	t.Parallel()
	for name := range strings.FieldsSeq(`openai deepseek dashscope qwencloud qwen_ai_platform moonshot zai volcengine groq mistral
		codestral xai together_ai fireworks_ai perplexity deepinfra openrouter nvidia_nim cerebras sambanova meta_llama nebius
		ai21 ai21_chat anyscale empower friendliai galadriel novita github hyperbolic lambda_ai v0 featherless_ai nscale morph
		vercel_ai_gateway wandb clarifai publicai helicone veniceai xiaomi_mimo scaleway synthetic apertis nano-gpt poe chutes
		abliteration llamagate gmi sarvam assemblyai charity_engine aihubmix salad_cloud crusoe litellm_proxy hosted_vllm
		lm_studio llamafile xinference snowflake anthropic gemini azure azure_ai bedrock vertex_ai vertex_ai_beta cohere
		cohere_chat ollama ollama_chat databricks cloudflare huggingface custom_openai openai_like minimax qwen zhipu glm`) {
		if _, ok := litellm.Lookup(name); !ok {
			t.Errorf("%s is not known", name)
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"deepseek/deepseek-chat":             {"deepseek", "deepseek-chat"},
		"qwen/qwen-max":                      {"dashscope", "qwen-max"},
		"zhipu/glm-4":                        {"zhipu", "glm-4"},
		"glm/glm-5.3":                        {"zhipu", "glm-5.3"},
		"openrouter/anthropic/claude-opus-5": {"openrouter", "anthropic/claude-opus-5"},
		"together_ai/openai/gpt-oss-120b":    {"together_ai", "openai/gpt-oss-120b"},
		"azure/my-deployment":                {"azure", "my-deployment"},
		"vertex_ai/gemini-2.5-pro":           {"vertex_ai", "gemini-2.5-pro"},
		"gpt-6-luna":                         {"openai", "gpt-6-luna"},
		"gpt-4":                              {"openai", "gpt-4"},
		"gpt-3.5-turbo":                      {"openai", "gpt-3.5-turbo"},
		"ft:gpt-4o:acme::x":                  {"openai", "ft:gpt-4o:acme::x"},
		"text-embedding-3-small":             {"openai", "text-embedding-3-small"},
		"text-embedding-v4":                  {"dashscope", "text-embedding-v4"},
		"o3-mini":                            {"openai", "o3-mini"},
		"claude-3-opus-20240229":             {"anthropic", "claude-3-opus-20240229"},
		"deepseek-v4-pro":                    {"deepseek", "deepseek-v4-pro"},
		"qwen-max":                           {"dashscope", "qwen-max"},
		"Qwen3.8-flash":                      {"dashscope", "Qwen3.8-flash"},
		"glm-4":                              {"zhipu", "glm-4"},
		"gemini-2.5-pro":                     {"gemini", "gemini-2.5-pro"},
		"command-r":                          {"cohere", "command-r"},
		"mistral-large-latest":               {"mistral", "mistral-large-latest"},
		"grok-4":                             {"xai", "grok-4"},
		"MiniMax-M3":                         {"minimax", "MiniMax-M3"},
		"kimi-k3":                            {"moonshot", "kimi-k3"},
		"us.anthropic.claude-opus-5":         {"bedrock", "us.anthropic.claude-opus-5"},
		"OpenAI/gpt-6-sol":                   {"openai", "gpt-6-sol"},
	} {
		p, model, ok := litellm.Split(name)
		if !ok || p.Prefix != want[0] || model != want[1] {
			t.Errorf("Split(%q) = %q, %q, %v, want %v", name, p.Prefix, model, ok, want)
		}
	}
	for _, name := range []string{"", "/", "deepseek", "deepseek/", "meta-llama/Llama-3", "my-model", "gpt-oss-120b", "expensive", "llama-3.3-70b"} {
		if p, model, ok := litellm.Split(name); ok {
			t.Errorf("Split(%q) = %q, %q: want no provider", name, p.Prefix, model)
		}
	}
}

// TestFindSaysWhatToWrite shows that a name which is nobody's own leads to one
// that is understood.
func TestFindSaysWhatToWrite(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"gpt-oss-120b":                 "openrouter/openai/gpt-oss-120b",
		"my-model":                     "openai_like/my-model",
		"acme/my-model":                "openai_like/acme/my-model",
		"meta-llama/llama-3.3-70b":     "openai_like/meta-llama/llama-3.3-70b",
		"deepseek/":                    "deepseek/MODEL",
		"":                             "openai_like/MODEL",
		"MiniMaxAI/MiniMax-M2.5-brand": "no known provider",
	} {
		p, _, err := litellm.Find(name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Find(%q) = %q, %v; want %q", name, p.Prefix, err, want)
		}
	}
	if p, model, err := litellm.Find("glm-5.3"); err != nil || p.Prefix != "zhipu" || model != "glm-5.3" {
		t.Errorf("Find(glm-5.3) = %q, %q, %v", p.Prefix, model, err)
	}
}

func TestProvidersIsACopy(t *testing.T) {
	t.Parallel()
	litellm.Providers()[0].Base = "http://elsewhere"
	if p, _ := litellm.Lookup("openai"); p.Base != "https://api.openai.com/v1" {
		t.Errorf("base = %q: the table was changed from outside", p.Base)
	}
}
