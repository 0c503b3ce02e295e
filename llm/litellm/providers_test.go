package litellm_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/llm/litellm"
)

func TestTable(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	starts := map[string]string{}
	for _, p := range litellm.Providers() {
		for _, name := range append([]string{p.Prefix}, p.Aliases...) {
			if other, taken := names[name]; taken {
				t.Errorf("%s: the name %s belongs to %s already", p.Prefix, name, other)
			}
			names[name] = p.Prefix
			if got, ok := litellm.Lookup(strings.ToUpper(name)); !ok || got.Prefix != p.Prefix {
				t.Errorf("Lookup(%q) = %q, %v", name, got.Prefix, ok)
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
		u, err := url.Parse(p.Base)
		local := p.Prefix == "ollama"
		if err != nil || u.Host == "" || strings.HasSuffix(p.Base, "/") || !local && u.Scheme != "https" {
			t.Errorf("%s: base %q", p.Prefix, p.Base)
		}
		if (len(p.KeyEnv) == 0) != local || !strings.HasSuffix(p.BaseEnv, "_API_BASE") {
			t.Errorf("%s: variables %v, %q", p.Prefix, p.KeyEnv, p.BaseEnv)
		}
		if p.DefaultModel == "" || p.Kind != litellm.OpenAI && p.Kind != litellm.Anthropic {
			t.Errorf("%s: default model %q, kind %q", p.Prefix, p.DefaultModel, p.Kind)
		}
		if got, model, ok := litellm.Split(p.Prefix + "/" + p.DefaultModel); !ok || got.Prefix != p.Prefix || model != p.DefaultModel {
			t.Errorf("Split(%s/%s) = %s, %s, %v", p.Prefix, p.DefaultModel, got.Prefix, model, ok)
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
		"gpt-6-luna":                         {"openai", "gpt-6-luna"},
		"o3-mini":                            {"openai", "o3-mini"},
		"claude-3-opus-20240229":             {"anthropic", "claude-3-opus-20240229"},
		"deepseek-v4-pro":                    {"deepseek", "deepseek-v4-pro"},
		"qwen-max":                           {"dashscope", "qwen-max"},
		"Qwen3.8-flash":                      {"dashscope", "Qwen3.8-flash"},
		"glm-5.3":                            {"zhipu", "glm-5.3"},
		"gemini-3.8-flash":                   {"gemini", "gemini-3.8-flash"},
		"OpenAI/gpt-6-sol":                   {"openai", "gpt-6-sol"},
	} {
		p, model, ok := litellm.Split(name)
		if !ok || p.Prefix != want[0] || model != want[1] {
			t.Errorf("Split(%q) = %q, %q, %v, want %v", name, p.Prefix, model, ok, want)
		}
	}
	for _, name := range []string{"", "/", "deepseek", "deepseek/", "meta-llama/Llama-3", "my-model", "gpt-oss-120b", "expensive"} {
		if p, model, ok := litellm.Split(name); ok {
			t.Errorf("Split(%q) = %q, %q: want no provider", name, p.Prefix, model)
		}
	}
}

func TestProvidersIsACopy(t *testing.T) {
	t.Parallel()
	litellm.Providers()[0].Base = "http://elsewhere"
	if p, _ := litellm.Lookup("openai"); p.Base != "https://api.openai.com/v1" {
		t.Errorf("base = %q: the table was changed from outside", p.Base)
	}
}
