package compat

import "strings"

// Quirks are what an OpenAI-shaped endpoint does otherwise than OpenAI's own.
// The zero value changes nothing. They hold for chat completions only.
type Quirks struct {
	// NewLimit sends max_tokens as max_completion_tokens: OpenAI's own models
	// refuse the older name.
	NewLimit bool
	// OldLimit sends max_completion_tokens as max_tokens, for endpoints that
	// know, or heed, the older name only.
	OldLimit bool
	// FlatText are the roles whose content is sent as one string where it came
	// as a list of text parts; "*" for all roles. A list with a picture or
	// anything else in it is never touched.
	FlatText []string
	// NoRequired sends a tool_choice of "required" as "auto".
	NoRequired bool
	// MaxTemperature is what a higher temperature is cut to; 0: none.
	MaxTemperature float64
	// EmptyFinish gives a choice with tool calls and an empty finish_reason
	// the one that it lacks, "tool_calls".
	EmptyFinish bool
}

// QuirksOf is what is known of a provider by its prefix. Sources: LiteLLM's
// transformations of dashscope, zai, moonshot, xai, mistral, deepinfra and
// fireworks_ai and its list of providers that are OpenAI-like
// (llms/openai_like/providers.json, param_mappings); api-docs.deepseek.com;
// docs.ollama.com, OpenAI compatibility.
func QuirksOf(provider string) Quirks {
	switch strings.ToLower(provider) {
	case "openai":
		return Quirks{NewLimit: true}
	case "dashscope":
		return Quirks{OldLimit: true, FlatText: []string{"*"}}
	case "zai", "zhipu":
		return Quirks{OldLimit: true, FlatText: []string{"tool", "assistant"}}
	case "moonshot":
		return Quirks{OldLimit: true, FlatText: []string{"*"}, NoRequired: true, MaxTemperature: 1}
	case "xai":
		return Quirks{EmptyFinish: true}
	case "deepseek", "mistral", "codestral", "deepinfra", "fireworks_ai", "volcengine", "ollama",
		"publicai", "helicone", "veniceai", "xiaomi_mimo", "scaleway", "synthetic", "apertis", "nano-gpt", "poe",
		"chutes", "abliteration", "llamagate", "gmi", "sarvam", "assemblyai", "charity_engine", "aihubmix",
		"salad_cloud", "crusoe":
		return Quirks{OldLimit: true}
	}
	return Quirks{}
}
