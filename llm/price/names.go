package price

import "strings"

// prefixes are our prefixes (those of llm/litellm) for what catwalk calls
// otherwise. A provider that is not here goes by the same name in both.
//
// Two providers of catwalk that are one of ours: the first in its list wins
// where both price a model.
var prefixes = map[string]string{ //nolint:gochecknoglobals // a table, never written to
	"alibaba-singapore": "dashscope", // our address is the international one
	"alibaba-us":        "dashscope_us",
	"bedrock-europe":    "bedrock", // its models begin with "eu.", so nothing clashes
	"copilot":           "github_copilot",
	"fireworks":         "fireworks_ai",
	"kimi-coding":       "kimi_coding",
	"opencode-go":       "opencode_go",
	"opencode-zen":      "opencode_zen",
	"qiniucloud":        "qiniu",
	"venice":            "veniceai",
	"vercel":            "vercel_ai_gateway",
	"vertexai":          "vertex_ai",
	"zhipu-coding":      "zhipu_coding",
}

// aliases are other names of our prefixes. Names that are here stand for the
// same provider at the same prices.
var aliases = map[string]string{ //nolint:gochecknoglobals // a table, never written to
	"ark":                    "volcengine",
	"azure_openai":           "azure",
	"bedrock_converse":       "bedrock",
	"bigmodel":               "zhipu",
	"claude":                 "anthropic",
	"cohere_chat":            "cohere",
	"fireworks":              "fireworks_ai",
	"glm":                    "zhipu",
	"google":                 "gemini",
	"hf":                     "huggingface",
	"grok":                   "xai",
	"kimi":                   "moonshot",
	"opencode":               "opencode_zen",
	"opencode-go":            "opencode_go",
	"opencode-zen":           "opencode_zen",
	"qiniucloud":             "qiniu",
	"qwen":                   "dashscope",
	"qwen_ai_platform":       "dashscope",
	"qwencloud":              "dashscope",
	"text-completion-openai": "openai",
	"venice":                 "veniceai",
	"vercel":                 "vercel_ai_gateway",
	"vertex_ai_beta":         "vertex_ai",
	"vertexai":               "vertex_ai",
	"z-ai":                   "zai",
	"zhipuai":                "zhipu",
}

// canonical is the name that a provider's prices are kept under.
func canonical(provider string) string {
	provider = strings.ToLower(provider)
	if name, ok := aliases[provider]; ok {
		return name
	}
	return provider
}

// modelName is the name that a model's price is kept under: without its own
// provider's prefix, which base_model may carry ("azure/gpt-4"), and Vertex
// AI's versions ("claude-haiku-4-5@20251001") as everybody else writes them.
func modelName(provider, model string) string {
	model = strings.ToLower(model)
	if provider == "openrouter" { // has models of its own vendor name: openrouter/auto
		return model
	}
	if prefix, rest, found := strings.Cut(model, "/"); found && canonical(prefix) == provider {
		model = rest
	}
	if provider == "vertex_ai" {
		model = strings.TrimSuffix(model, "@default")
		model = strings.ReplaceAll(model, "@", "-")
	}
	return model
}

// undated takes the date or -latest off a model's name: -20240229, -2024-02-29.
func undated(name string) (plain string, dated bool) {
	if plain, dated = strings.CutSuffix(name, "-latest"); dated {
		return plain, true
	}
	for _, form := range []string{"-20dddddd", "-20dd-dd-dd"} {
		if cut := len(name) - len(form); cut > 0 && like(name[cut:], form) {
			return name[:cut], true
		}
	}
	return name, false
}

// like tells whether s has a form in which d is any digit.
func like(s, form string) bool {
	for i := range len(form) {
		if form[i] == 'd' {
			if s[i] < '0' || s[i] > '9' {
				return false
			}
		} else if s[i] != form[i] {
			return false
		}
	}
	return true
}
