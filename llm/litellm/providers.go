// Package litellm knows what LiteLLM's users already know: the names of the
// providers, where their keys and addresses come from, and how a model's name
// tells the provider ("deepseek/deepseek-v4-flash", or a bare "gpt-6-luna").
package litellm

import (
	"slices"
	"strings"
)

// Kind is the protocol that a provider speaks.
type Kind string

// The protocols.
const (
	OpenAI    Kind = "openai"    // chat completions: llm/compat
	Anthropic Kind = "anthropic" // messages: llm/claude
)

// Provider is what has to be known to call one.
type Provider struct {
	Prefix       string   // before the slash of a model's name
	Aliases      []string // other prefixes for it
	KeyEnv       []string // variables that may hold its key, in order; none: it needs no key
	BaseEnv      string   // variable that overrides Base
	Base         string   // address up to and without /chat/completions or /v1/messages
	Kind         Kind
	DefaultModel string   // when only a key is given
	Bare         []string // how the names begin that mean this provider without a prefix
}

// providers is the one place where a provider is added: one line.
//
// Addresses and key variables are LiteLLM's own defaults, but for deepseek
// (LiteLLM's /beta is for prefix completion only) and zhipu, qwen and glm, which
// LiteLLM does not know.
//
// Default models are each provider's current small and fast chat model, because
// an answer is written from passages that were found for it; they are those of
// Charm's catwalk v0.52.86 (2026-10-28). Where it does not list the provider:
// anthropic: the model constants of anthropic-sdk-go v1.84.0; openai agrees with
// go-openai v1.43.0; groq: console.groq.com/docs/models; mistral: the alias that
// docs.mistral.ai keeps current; together_ai: docs.together.ai/docs/serverless-models;
// siliconflow: docs.siliconflow.cn, chat completions; volcengine: the Ark models
// in catwalk's aihubmix list; ollama: the model of its quickstart.
// deepseek-chat and deepseek-reasoner were switched off on 2026-07-24
// (api-docs.deepseek.com, change log): deepseek-v4-flash took their place.
var providers = []Provider{
	{"openai", nil, []string{"OPENAI_API_KEY"}, "OPENAI_API_BASE", "https://api.openai.com/v1", OpenAI, "gpt-6-luna", []string{"gpt-", "chatgpt-", "o1", "o3", "o4-"}},
	{"anthropic", []string{"claude"}, []string{"ANTHROPIC_API_KEY"}, "ANTHROPIC_API_BASE", "https://api.anthropic.com", Anthropic, "claude-haiku-5-5", []string{"claude-"}},
	{"gemini", []string{"google"}, []string{"GEMINI_API_KEY", "GOOGLE_API_KEY"}, "GEMINI_API_BASE", "https://generativelanguage.googleapis.com/v1beta/openai", OpenAI, "gemini-3.8-flash", []string{"gemini-"}},
	{"deepseek", nil, []string{"DEEPSEEK_API_KEY"}, "DEEPSEEK_API_BASE", "https://api.deepseek.com/v1", OpenAI, "deepseek-v4-flash", []string{"deepseek-"}},
	{"dashscope", []string{"qwen", "qwencloud"}, []string{"DASHSCOPE_API_KEY"}, "DASHSCOPE_API_BASE", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1", OpenAI, "qwen3.8-flash", []string{"qwen", "qwq-"}},
	{"zhipu", []string{"glm", "zhipuai", "bigmodel"}, []string{"ZHIPUAI_API_KEY", "ZHIPU_API_KEY"}, "ZHIPUAI_API_BASE", "https://open.bigmodel.cn/api/paas/v4", OpenAI, "glm-5.3-flash", []string{"glm-"}},
	{"zai", []string{"z-ai"}, []string{"ZAI_API_KEY"}, "ZAI_API_BASE", "https://api.z.ai/api/paas/v4", OpenAI, "glm-5.3-flash", nil},
	{"moonshot", []string{"kimi"}, []string{"MOONSHOT_API_KEY"}, "MOONSHOT_API_BASE", "https://api.moonshot.ai/v1", OpenAI, "kimi-k3", []string{"kimi-", "moonshot-"}},
	{"volcengine", []string{"ark"}, []string{"VOLCENGINE_API_KEY", "ARK_API_KEY"}, "VOLCENGINE_API_BASE", "https://ark.cn-beijing.volces.com/api/v3", OpenAI, "doubao-seed-2-0-lite-260428", []string{"doubao-"}},
	{"groq", nil, []string{"GROQ_API_KEY"}, "GROQ_API_BASE", "https://api.groq.com/openai/v1", OpenAI, "openai/gpt-oss-120b", nil},
	{"mistral", nil, []string{"MISTRAL_API_KEY"}, "MISTRAL_API_BASE", "https://api.mistral.ai/v1", OpenAI, "mistral-small-latest", []string{"mistral-", "ministral-", "magistral-", "open-mistral-"}},
	{"xai", []string{"grok"}, []string{"XAI_API_KEY"}, "XAI_API_BASE", "https://api.x.ai/v1", OpenAI, "grok-4.7", []string{"grok-"}},
	{"openrouter", nil, []string{"OPENROUTER_API_KEY"}, "OPENROUTER_API_BASE", "https://openrouter.ai/api/v1", OpenAI, "deepseek/deepseek-v4-flash", nil},
	{"together_ai", []string{"together"}, []string{"TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"}, "TOGETHER_AI_API_BASE", "https://api.together.xyz/v1", OpenAI, "deepseek-ai/DeepSeek-V4-Flash-0731", nil},
	{"fireworks_ai", nil, []string{"FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"}, "FIREWORKS_API_BASE", "https://api.fireworks.ai/inference/v1", OpenAI, "accounts/fireworks/models/deepseek-v4p1-flash", nil},
	{"siliconflow", nil, []string{"SILICONFLOW_API_KEY"}, "SILICONFLOW_API_BASE", "https://api.siliconflow.cn/v1", OpenAI, "deepseek-ai/DeepSeek-V4-Flash", nil},
	{"ollama", []string{"ollama_chat"}, nil, "OLLAMA_API_BASE", "http://localhost:11434/v1", OpenAI, "llama3.2", nil},
}

// Providers returns all providers in the order in which LLM_MODE=auto looks for
// their keys.
func Providers() []Provider { return slices.Clone(providers) }

// Lookup returns the provider that goes by this prefix or alias, whatever its
// case.
func Lookup(prefix string) (Provider, bool) {
	prefix = strings.ToLower(prefix)
	for _, p := range providers {
		if p.Prefix == prefix || slices.Contains(p.Aliases, prefix) {
			return p, true
		}
	}
	return Provider{}, false
}

// Split reads a model's name as LiteLLM does: "provider/model", where the model
// may have slashes of its own, or a bare name that is known to be one
// provider's. It returns false for anything else.
func Split(name string) (p Provider, model string, ok bool) {
	if prefix, rest, found := strings.Cut(name, "/"); found {
		p, ok = Lookup(prefix)
		if !ok || rest == "" {
			return Provider{}, "", false
		}
		return p, rest, true
	}
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, "gpt-oss") { // open weights: many serve it, OpenAI does not
		return Provider{}, "", false
	}
	for _, p := range providers {
		if slices.ContainsFunc(p.Bare, func(start string) bool { return strings.HasPrefix(lower, start) }) {
			return p, name, true
		}
	}
	return Provider{}, "", false
}
