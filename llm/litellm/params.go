package litellm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// params reads litellm_params. What LiteLLM does not know itself it passes on to
// the provider, and so do we.
func (r *reader) params(f field, e *entry) {
	keys := []key{
		{name: "model", read: func(f field) {
			e.modelAt = f.value.at
			into(&e.Model, r.text)(f)
		}},
		{name: "custom_llm_provider", read: into(&e.custom, r.text)},
		{name: "api_key", read: into(&e.Key, r.text)},
		{name: "api_base", read: r.address(e)},
		{name: "base_url", read: r.address(e)},
		{name: "api_version", read: into(&e.APIVersion, r.text)},
		{name: "timeout", read: into(&e.Timeout, r.positive)},
		{name: "request_timeout", read: into(&e.Timeout, r.positive)},
		{name: "stream_timeout", read: into(&e.FirstToken, r.positive)},
		{name: "num_retries", read: pointed(&e.Retries, r.whole)},
		{name: "max_retries", read: pointed(&e.inner, r.whole)},
		{name: "cooldown_time", read: pointed(&e.Cooldown, r.seconds)},
		{name: "extra_headers", read: r.headers(e)},
		{name: "headers", read: r.headers(e)},
		{name: "organization", read: func(f field) {
			if text, ok := r.text(f); ok {
				e.addHeader(http.Header{"Openai-Organization": {text}})
			}
		}},
		{name: "extra_body", read: r.extraBody(e)},
		{name: "model_info", read: func(f field) { r.modelInfo(f, e) }},
	}
	keys = append(keys, r.limitKeys(e)...)
	keys = append(keys, r.signInKeys(e)...)
	keys = append(keys, r.bodyKeys(e)...)
	keys = append(keys, unusedParams()...)
	r.mapping(f, keys, func(f field, near string) {
		if dearer(f.key) {
			r.warn(f.at, f.path+" has no effect here", "calls are priced by token: input_cost_per_token and output_cost_per_token")
			return
		}
		fix := "nothing needs to be done if the provider knows it"
		if near != "" {
			fix = "did you mean " + near + "?"
		}
		r.warn(f.at, f.path+" is not known: it is sent to the provider as it is", fix)
		r.bodyField(e)(f)
	})
}

// address reads an api_base.
func (r *reader) address(e *entry) func(field) {
	const completions = "/chat/completions"
	return func(f field) {
		text, ok := r.text(f)
		if !ok || !r.webAddress(f, text) {
			return
		}
		e.APIBase = strings.TrimRight(text, "/")
		if short, found := strings.CutSuffix(e.APIBase, completions); found {
			r.warn(f.value.at, f.path+" ends in "+completions+", which is left out: it is added to every call", "remove it")
			e.APIBase = short
		}
	}
}

func (r *reader) headers(e *entry) func(field) {
	return func(f field) {
		if header, ok := r.header(f); ok {
			e.addHeader(header)
		}
	}
}

// extraBody reads fields that go into the body of every request.
func (r *reader) extraBody(e *entry) func(field) {
	return func(f field) {
		value, ok := r.value(f.value, f.path)
		body, isMap := value.(map[string]any)
		switch {
		case !isMap:
			r.wrongShape(f, "names with values", "write name: value, one a line")
		case ok:
			e.body = body
		}
	}
}

// bodyField keeps a value for the body of every request.
func (r *reader) bodyField(e *entry) func(field) {
	return func(f field) {
		if value, ok := r.value(f.value, f.path); ok {
			e.Fields[f.key] = value
		}
	}
}

// bodyKeys are the fields of requests that are well known: OpenAI's chat
// completions and embeddings, and what Anthropic, Qwen and vLLM add to them.
func (r *reader) bodyKeys(e *entry) []key {
	var keys []key
	for _, name := range []string{
		"temperature", "top_p", "n", "max_tokens", "max_completion_tokens", "stop", "presence_penalty", "frequency_penalty",
		"logit_bias", "logprobs", "top_logprobs", "seed", "user", "response_format", "tools", "tool_choice",
		"parallel_tool_calls", "stream_options", "reasoning_effort", "verbosity", "modalities", "audio", "prediction",
		"service_tier", "store", "web_search_options", "safety_identifier", "prompt_cache_key", "functions", "function_call",
		"dimensions", "encoding_format", "thinking", "top_k", "min_p", "repetition_penalty", "enable_thinking",
		"thinking_budget", "chat_template_kwargs", "reasoning", "provider", "safety_settings", "prompt_cache_retention",
	} {
		keys = append(keys, key{name: name, read: r.bodyField(e)})
	}
	return keys
}

// signInKeys are what the clouds' own ways of signing in need.
func (r *reader) signInKeys(e *entry) []key {
	var keys []key
	for _, name := range []string{
		"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_region_name", "aws_profile_name",
		"aws_role_name", "aws_session_name", "aws_web_identity_token", "aws_sts_endpoint", "aws_external_id",
		"aws_bedrock_runtime_endpoint", "aws_bedrock_project_id", "vertex_project", "vertex_location", "vertex_credentials",
		"vertex_ai_project", "vertex_ai_location", "vertex_ai_credentials",
		"azure_ad_token", "tenant_id", "client_id", "client_secret", "azure_scope", "azure_username", "azure_password",
		"region_name", "watsonx_region_name", "project_id", "space_id", "account_id",
	} {
		keys = append(keys, key{name: name, read: func(f field) {
			if text, ok := r.param(f); ok {
				// Vertex AI's keys go by two names.
				e.Params[strings.Replace(f.key, "vertex_ai_", "vertex_", 1)] = text
			}
		}})
	}
	return keys
}

// param reads a text; a mapping, as vertex_credentials may be, becomes JSON.
func (r *reader) param(f field) (string, bool) {
	if f.value.shape != isMap {
		return r.text(f)
	}
	value, ok := r.value(f.value, f.path)
	if !ok {
		return "", false
	}
	text, err := json.Marshal(value)
	if err != nil {
		r.mistake(f.value.at, f.path+" cannot be written as JSON", "write names, texts and numbers")
		return "", false
	}
	return string(text), true
}

// unusedParams are litellm_params that have no meaning here.
func unusedParams() []key {
	const always, other = "remove it", "LiteLLM's feature of that name is not part of this program; remove it"
	return []key{
		{name: "drop_params", note: "it is switched on for all deployments: litellm_settings.drop_params"},
		{name: "additional_drop_params", note: "litellm_settings.drop_params leaves out what a provider does not know"},
		{name: "allowed_openai_params", note: "every field of a request is passed on already; remove it"},
		{name: "modify_params", note: "requests go on as they are; remove it"},
		{name: "metadata", note: "reports take metadata from requests; remove it"},
		{name: "mock_response", note: "answers come from providers only; remove it"},
		{name: "litellm_credential_name", note: "write api_key and api_base here, or share them with an anchor (&)"},
		{name: "configurable_clientside_auth_params", note: "clients can't choose addresses or keys; remove it"},
		{name: "use_in_pass_through", note: other},
		{name: "use_litellm_proxy", note: "write the model as litellm_proxy/NAME, with api_base"},
		{name: "merge_reasoning_content_in_choices", note: "reasoning is passed on as the provider gives it; remove it"},
		{name: "keepalive_seconds", note: always},
		{name: "max_file_size_mb", note: other},
		{name: "itpm", note: "tpm counts tokens both ways"},
		{name: "otpm", note: "tpm counts tokens both ways"},
		{name: "default_api_key_rpm_limit", note: "write rpm into router_settings.budgets, with label key"},
		{name: "default_api_key_tpm_limit", note: "write tpm into router_settings.budgets, with label key"},
		{name: "tag_regex", note: "write the tags into requests; remove it"},
		{name: "fallbacks", note: "write them into router_settings.fallbacks"},
		{name: "cache", note: "nothing is cached; remove it"},
		{name: "caching", note: "nothing is cached; remove it"},
		{name: "stream", note: "each request says whether it is streamed; remove it"},
		{name: "messages", note: "each request has its own; remove it"},
		{name: "mode", note: "write it into model_info"},
		{name: "id", note: "write it into model_info"},
		{name: "s3_bucket_name", note: other},
		{name: "gcs_bucket_name", note: other},
		{name: "vector_store_id", note: other},
		{name: "auto_router_config_path", note: "write the rules into router_settings.routes"},
		{name: "auto_router_config", note: "write the rules into router_settings.routes"},
		{name: "auto_router_default_model", note: "write the rules into router_settings.routes"},
		{name: "auto_router_embedding_model", note: "write the rules into router_settings.routes"},
		{name: "complexity_router_config", note: "write the rules into router_settings.routes"},
		{name: "complexity_router_default_model", note: "write the rules into router_settings.routes"},
	}
}

// named names a deployment in a message.
func (e *entry) named() string {
	if e.Group == "" {
		return e.path
	}
	return fmt.Sprintf("%s (%s)", e.path, named(e.Group))
}
