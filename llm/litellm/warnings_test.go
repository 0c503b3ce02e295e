package litellm_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestWarnings: what works but is perhaps not meant is told with its line, and
// no key is dropped without a word.
func TestWarnings(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, test := range warningTable() {
		all.WriteString("## " + test.name + "\n")
		_, warnings := read(t, test.text, environ("OPENAI_API_KEY"))
		if len(warnings) == 0 {
			t.Errorf("%s: no warning", test.name)
		}
		for _, line := range warnings {
			if strings.Contains(line, "sesame") {
				t.Errorf("%s: a secret is in %s", test.name, line)
			}
			all.WriteString(line + "\n")
		}
	}
	golden(t, "warnings.golden", all.String())
}

func warningTable() []mistakeCase {
	section := func(name, text string) string { return one + name + ":\n  " + text + "\n" }
	router := func(text string) string { return section("router_settings", text) }
	litellm := func(text string) string { return section("litellm_settings", text) }
	general := func(text string) string { return section("general_settings", text) }
	return []mistakeCase{
		// keys that nobody knows
		{"a section", section("rooter_settings", "a: b")},
		{"a section far off", section("something", "a: b")},
		{"in an entry", strings.Replace(one, "model_name: gpt", "model_name: gpt, rmp: 3", 1)},
		{"in litellm_params, near", params("temperatur: 0.5")},
		{"in litellm_params, far off", params("frobnicate: {a: 1}")},
		{"in model_info, near", params("model_info: {bass_model: gpt-4}")},
		{"in model_info, far off", params("model_info: {shoe_size: 46}")},
		{"in router_settings", router("num_retrys: 3")},
		{"in litellm_settings", litellm("succes_callback: [langfuse]")},
		{"in general_settings", general("master_keys: sesame")},
		{"in langfuse_params", section("langfuse_params", "publik_key: a")},
		{"in routing_strategy_args", router("routing_strategy_args: {tttl: 3}")},
		{"in retry_policy", router("retry_policy: {RateLimitErrorRetrys: 3, DefaultRetries: 1}")},
		{"in an alias", router("model_group_alias: {a: {model: gpt, hiden: true}}")},
		{"a key of many letters", section("x"+strings.Repeat("y", 200), "a: b")},
		{"a key in the wrong place", general("sk-sesame-1234: b")},

		// keys that mean nothing here
		{"Redis", router("redis_host: h\n  redis_port: 6379\n  redis_password: sesame\n  redis_url: r\n  cache_responses: true")},
		{"the cache", litellm("cache: true\n  cache_params: {type: redis, password: sesame}")},
		{"switches without a meaning", litellm("modify_params: true\n  langfuse_default_tags: [user_api_key_alias]") + "general_settings: {disable_spend_logs: true}\n"},
		{"how often, of what is not done", general("health_check_interval: 60")},
		{"a budget of nothing", litellm("max_budget: 0")},
		{"how long a budget lasts that is none", litellm("budget_duration: 1d")},
		{"alerting", general("alerting: [slack]\n  alerting_threshold: 300\n  store_model_in_db: true\n  infer_model_from_keys: true")},
		{"the database's own", general("allow_requests_on_db_unavailable: true\n  database_connection_pool_limit: 10")},
		{"unread sections", one + "include: [other.yaml]\nguardrails: []\ncredential_list: []\ncallback_settings: {otel: {message_logging: false}}\n"},
		{"prices by the second", params("input_cost_per_second: 0.1\n    output_cost_per_character: 1\n    model_info: {input_cost_per_image: 1}")},
		{"params of LiteLLM", params("drop_params: true\n    mock_response: hi\n    metadata: {a: b}\n    stream: true")},
		{"checks before calls", router("optional_pre_call_checks: [enforce_model_rate_limits, prompt_caching]")},
		{"all tags", router("tag_filtering_match_any: false")},
		{"an older strategy", router("routing_strategy: usage-based-routing")},

		// what is odd
		{"twice", litellm("num_retries: 1\n  request_timeout: 3\n  fallbacks: []\nrouter_settings:\n  num_retries: 2\n  timeout: 4\n  fallbacks: []")},
		{"no limit", params("rpm: 0\n    tpm: 0")},
		{"no cool-down", router("cooldown_time: 0")},
		{"a price per million", params("input_cost_per_token: 3")},
		{"a duration without a budget", params("budget_duration: 1d")},
		{"api_base with a path", params("api_base: https://example.org/v1/chat/completions")},
		{"an alias that is a group", router("model_group_alias: {gpt: gpt}")},
		{"fallbacks of nothing", router("fallbacks: [{gtp: [gpt]}]\n  model_group_retry_policy: {gtp: {TimeoutErrorRetries: 1}}")},
		{"two numbers for one class", router("retry_policy: {InternalServerErrorRetries: 1, ServiceUnavailableErrorRetries: 2}")},
		{"callbacks", litellm("success_callback: [langfuse, lanfuse, sentry, supabase, otel, prometheus, langfuse_otel]")},
		{"an empty variable", one + "environment_variables: {A: '', B: }\n"},

		// variables that are not set
		{"a deployment's key", one + "- {model_name: b, litellm_params: {model: openai/gpt-4, api_key: os.environ/MY_KEY}}\n"},
		{"a deployment's own variable", one + "- {model_name: b, litellm_params: {model: deepseek/deepseek-chat}}\n"},
		{"a deployment's address", one + "- {model_name: b, litellm_params: {model: m, api_base: os.environ/MY_BASE}}\n- {model_name: c, litellm_params: {model: hosted_vllm/m}}\n"},
		{"a deployment's model", one + "- {model_name: b, litellm_params: {model: os.environ/MY_MODEL}}\n"},
		{"a deployment's limit and field", one + "- {model_name: b, litellm_params: {model: gpt-4, rpm: os.environ/MY_RPM}}\n- {model_name: c, litellm_params: {model: gpt-4, user: os.environ/MY_USER}}\n"},
		{"in model_info", params("model_info: {description: os.environ/MY_WORDS}")},
		{"a master key", general("master_key: os.environ/LITELLM_MASTER_KEY\n  database_url: os.environ/DATABASE_URL")},
		{"elsewhere", router("timeout: os.environ/T\n  num_retries: os.environ/N\n  enable_tag_filtering: os.environ/B\n  default_fallbacks: [os.environ/F, gpt]")},
		{"a blocked deployment", one + "- {model_name: b, blocked: true, litellm_params: {model: gpt-4}}\n- {model_name: b, litellm_params: {model: gpt-4}, model_info: {blocked: true}}\n"},
	}
}

// Of many warnings, and of many mistakes, some are kept, and it is said that
// there are more.
func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	var odd, wrong strings.Builder
	odd.WriteString(one + "general_settings:\n")
	wrong.WriteString("model_list:\n")
	for i := range 1000 {
		fmt.Fprintf(&odd, "  key%d: 1\n", i)
		wrong.WriteString("- 1\n")
	}
	_, warnings := read(t, odd.String(), environ())
	if n := len(warnings); n != 201 || !strings.Contains(strings.Join(warnings, "\n"), "there are more warnings") {
		t.Errorf("%d warnings", n)
	}
	list := mistakes(t, wrong.String(), environ())
	if n := len(list); n != 201 || !strings.Contains(list[n-1], "there are 800 more mistakes") {
		t.Errorf("%d mistakes, the last %s", n, list[n-1])
	}
}
