package litellm

import "slices"

// drop lists the fields that a call's provider is never sent. OpenAI and Azure
// refuse fields that they do not know, and so those of Anthropic's protocol that
// llm/messages leaves in for deployments of Claude.
func (c call) drop() []string {
	var list []string
	p := c.spec.Provider
	if p.Kind == Azure || p.Prefix == "openai" && ownHost(p, c.base) {
		list = []string{"thinking", "top_k", "output_config", "context_management", "mcp_servers", "container"}
	}
	if c.DropParams {
		list = append(list, refusedBy(p)...)
	}
	return list
}

// refusedBy lists the fields of OpenAI's own API that a provider refuses, or
// that mean nothing there, for drop_params.
//
// Sources: OpenAI's own services: platform.openai.com/docs/api-reference/chat;
// cohere: docs.cohere.com/docs/compatibility-api, "Unsupported parameters"; groq:
// console.groq.com/docs/openai, "Currently Unsupported OpenAI Features"; mistral:
// the fields of its chat API, which refuses all others (docs.mistral.ai/api);
// cerebras: inference-docs.cerebras.ai, OpenAI compatibility.
func refusedBy(p Provider) []string {
	if p.Prefix == "openai" || p.Kind == Azure || p.Kind == Anthropic {
		return nil
	}
	own := []string{
		"store", "service_tier", "prediction", "verbosity", "safety_identifier", "prompt_cache_key",
		"prompt_cache_retention", "web_search_options", "modalities", "audio",
	}
	more := map[string][]string{
		"cohere":   {"metadata", "logit_bias", "top_logprobs", "n", "parallel_tool_calls"},
		"groq":     {"logprobs", "logit_bias", "top_logprobs"},
		"mistral":  {"metadata", "logit_bias", "logprobs", "top_logprobs", "user", "seed"},
		"cerebras": {"frequency_penalty", "logit_bias", "presence_penalty"},
	}
	return slices.Concat(own, more[p.Prefix])
}
