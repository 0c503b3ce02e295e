package litellm

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"

	"github.com/tribunebot/tribune/llm"
)

// withFields is a model whose requests get fields that they do not set.
type withFields struct {
	llm.Model

	fields map[string]any
}

// Complete implements llm.Model.
func (m withFields) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	r.Body = m.fill(r.Body)
	return m.Model.Complete(ctx, r)
}

// Stream implements llm.Model.
func (m withFields) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	r.Body = m.fill(r.Body)
	return m.Model.Stream(ctx, r)
}

// fill adds the fields; a body that is no JSON object is left to the model to
// refuse.
func (m withFields) fill(body json.RawMessage) json.RawMessage {
	fields := maps.Clone(m.fields)
	for name := range llm.Fields(body) {
		delete(fields, name)
		if name == "max_completion_tokens" { // the other name of the same limit
			delete(fields, "max_tokens")
		}
	}
	filled, err := llm.SetFields(body, fields)
	if err != nil {
		return body
	}
	return filled
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
