package litellm

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The complete example, which the documents point to, has every key that is
// read, but for second names of the same thing.
func TestFullExampleHasEveryKey(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	second := []string{
		"base_url", "headers", "request_timeout", "model_info", "enable_pre_call_check", "model_alias_map", "cache", "debug_level",
		"tag_filtering_match_any", "optional_pre_call_checks", "redact_messages_in_exceptions", "blocked",
	}
	r := &reader{out: &File{}}
	e := &entry{}
	lists := [][]key{r.topKeys(e), r.limitKeys(e), r.sharedKeys(), r.routerKeys(), r.ownKeys()}
	names := []string{
		"model", "custom_llm_provider", "api_key", "api_base", "api_version", "stream_timeout", "num_retries", "max_retries", "cooldown_time",
		"extra_headers", "organization", "extra_body", "id", "max_input_tokens", "max_output_tokens",
		"master_key", "database_url", "completion_model", "global_max_parallel_requests", "disable_spend_logs",
		"forward_client_headers_to_llm_api", "enforce_user_param", "background_health_checks", "health_check_interval",
		"health_check_details", "max_request_size_mb", "max_response_size_mb", "litellm_key_header_name",
		"public_key", "secret_key", "host", "name", "for", "when", "use", "longer_than", "shorter_than", "language", "matches",
		"channels", "labels", "image", "tools", "confidence_below", "confidence_above", "label", "value", "cheaper",
	}
	for _, list := range lists {
		for _, k := range list {
			if k.read != nil {
				names = append(names, k.name)
			}
		}
	}
	for _, name := range names {
		if !slices.Contains(second, name) && !regexp.MustCompile(`(?m)(^|[ {,])`+name+`:`).Match(text) {
			t.Errorf("%s is not in full.yaml", name)
		}
	}
}

// No list of keys has one twice, and no list of those that mean nothing has one
// without saying what happens instead.
func TestKeysAreToldApart(t *testing.T) {
	t.Parallel()
	r := &reader{out: &File{}}
	e := &entry{}
	for name, list := range map[string][]key{
		"litellm_params":   slices.Concat(r.limitKeys(e), r.signInKeys(e), r.bodyKeys(e), unusedParams()),
		"model_info":       slices.Concat(r.limitKeys(e), shownOnly()),
		"router_settings":  slices.Concat(r.sharedKeys(), r.routerKeys(), unusedRouter()),
		"litellm_settings": slices.Concat(r.sharedKeys(), r.ownKeys(), unusedLitellm()),
		"general_settings": unusedGeneral(),
	} {
		seen := map[string]bool{}
		for _, k := range list {
			if seen[k.name] {
				t.Errorf("%s: %s is there twice", name, k.name)
			}
			if seen[k.name] = true; k.read == nil && k.note == "" {
				t.Errorf("%s: %s does not say what happens instead", name, k.name)
			}
		}
	}
}
