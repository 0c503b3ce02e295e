// Package gateway is the router's HTTP face: an http.Handler that speaks
// OpenAI's protocol (chat and plain completions, embeddings, models) and
// LiteLLM's administration (virtual keys, model information, health), over any
// llm.Model.
//
// A request's body is read once and goes on as it came: a field that nobody
// here knows reaches the provider. Only the fields that speak to the gateway
// itself are taken out (fallbacks, num_retries, timeout, disable_fallbacks, the
// mock_testing_ switches, tags, cache, litellm_metadata, and of metadata the
// names that reports know), and those that would send a key or a request to
// wherever a client likes (api_base, api_key ...) are refused.
//
// Whoever calls shows the master key or a virtual key. Virtual keys are kept as
// SHA-256 only. The labels of an llm.Request say who asks; its quotas are the
// key's limits, held by whatever Model is behind.
package gateway
