package litellm_test

import (
	"strings"
	"testing"
)

// one is a model list with one deployment that is right; more sections follow.
const one = "model_list:\n- {model_name: gpt, litellm_params: {model: openai/gpt-4, api_key: k}}\n"

// params is a file whose one deployment has these litellm_params besides.
func params(text string) string {
	return "model_list:\n- model_name: gpt\n  litellm_params:\n    model: openai/gpt-4\n    api_key: k\n    " + text + "\n"
}

// TestMistakes: each is told with its line, with what is wrong and what to do.
func TestMistakes(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, test := range mistakeTable() {
		all.WriteString("## " + test.name + "\n")
		for _, line := range mistakes(t, test.text, environ()) {
			if strings.Contains(line, "sesame") {
				t.Errorf("%s: a secret is in %s", test.name, line)
			}
			all.WriteString(line + "\n")
		}
	}
	golden(t, "mistakes.golden", all.String())
}

type mistakeCase struct{ name, text string }

func mistakeTable() []mistakeCase {
	router := func(text string) string { return one + "router_settings:\n  " + text + "\n" }
	general := func(text string) string { return one + "general_settings:\n  " + text + "\n" }
	return []mistakeCase{
		// the whole file
		{"empty", ""},
		{"comments", "# nothing\n"},
		{"a text", "hello"},
		{"a list", "- 1"},
		{"no model_list", "router_settings: {}"},
		{"empty model_list", "model_list: []"},
		{"null model_list", "model_list:"},
		{"not UTF-8", "model_list: \xff"},
		{"a null byte", "model_list: \x00"},
		{"broken brackets", "model_list: ["},
		{"broken quotes", "model_list:\n- model_name: \"gpt"},
		{"broken indentation", "model_list:\n  - model_name: a\n   x: b"},
		{"a tab", "model_list:\n\t- a"},
		{"two documents", one + "---\na: b\n"},
		{"a key twice", one + "model_list: []\n"},
		{"a key twice inside", params("rpm: 1\n    rpm: 2")},
		{"no such anchor", "model_list: *a"},
		{"a bad merge", params("<<: 3")},
		{"a bad tag", params("rpm: !secret 3")},
		{"a mapping as key", "{a: b}: c"},
		{"a secret after a pipe", "a: |sk-sesame\n"},

		// deployments
		{"an entry that is none", "model_list: [gpt-4]"},
		{"model_list is no list", "model_list: {model_name: a}"},
		{"no model_name", "model_list:\n- litellm_params: {model: gpt-4}"},
		{"no litellm_params", "model_list:\n- model_name: gpt"},
		{"no model", "model_list:\n- {model_name: gpt, litellm_params: {api_key: k}}"},
		{"litellm_params is a text", "model_list:\n- {model_name: gpt, litellm_params: openai/gpt-4}"},
		{"an unknown provider", "model_list:\n- {model_name: gpt, litellm_params: {model: opnai/gpt-4, api_key: k}}"},
		{"an unknown model", "model_list:\n- {model_name: gpt, litellm_params: {model: my-model, api_key: k}}"},
		{"an unknown custom provider", "model_list:\n- {model_name: gpt, litellm_params: {model: m, custom_llm_provider: mine}}"},
		{"a key as model", "model_list:\n- {model_name: gpt, litellm_params: {model: sk-sesame}}"},
		{"a star for nothing", "model_list:\n- {model_name: gpt, litellm_params: {model: openai/*, api_key: k}}"},
		{"two stars", "model_list:\n- {model_name: 'openai/*/*', litellm_params: {model: openai/*/*, api_key: k}}"},
		{"an id twice", one + "- {model_name: b, litellm_params: {model: gpt-4, api_key: k}, model_info: {id: x}}\n- {model_name: c, litellm_params: {model: gpt-4, api_key: k}, model_info: {id: x}}"},
		{"a name from a missing variable", "model_list:\n- {model_name: os.environ/NAME, litellm_params: {model: gpt-4, api_key: k}}"},
		{"no variable's name", params("api_base: os.environ/")},
		{"no key at all", "model_list:\n- {model_name: gpt, litellm_params: {model: openai/gpt-4}}\n- {model_name: c, litellm_params: {model: claude-3-opus-20240229, api_key: os.environ/MY_KEY}}\n- {model_name: d, litellm_params: {model: azure/x}}"},
		{"only blocked", "model_list:\n- {model_name: gpt, blocked: true, litellm_params: {model: gpt-4, api_key: k}}"},
		{"rpm is a text", params("rpm: many")},
		{"rpm is negative", params("rpm: -1")},
		{"rpm is broken", params("rpm: 1.5")},
		{"rpm is a list", params("rpm: [1]")},
		{"tpm is endless", params("tpm: .inf")},
		{"tpm is true", params("tpm: true")},
		{"weight is negative", params("weight: -0.5")},
		{"order is negative", params("order: -1")},
		{"timeout is 0", params("timeout: 0")},
		{"timeout is a text", params("timeout: soon")},
		{"timeout is a century", params("timeout: 1e300")},
		{"budget_duration", params("max_budget: 1\n    budget_duration: month")},
		{"budget_duration is a number", params("max_budget: 1\n    budget_duration: 30")},
		{"budget_duration is 0", params("max_budget: 1\n    budget_duration: 0d")},
		{"max_budget", params("max_budget: -1")},
		{"api_base", params("api_base: example.org/v1")},
		{"api_base with a password", params("api_base: 'ftp://u:sesame@h'")},
		{"api_key is a list", strings.Replace(params("user: a"), "api_key: k", "api_key: [sesame]", 1)},
		{"empty api_key", strings.Replace(params("user: a"), "api_key: k", "api_key: ''", 1)},
		{"headers", params("extra_headers: {'a b': c, X: \"a\\nb\"}")},
		{"headers are a list", params("extra_headers: [a]")},
		{"extra_body", params("extra_body: 3")},
		{"tags", params("tags: {a: b}")},
		{"model_info is a list", strings.Replace(params("user: a"), "  litellm_params", "  model_info: [a]\n  litellm_params", 1)},

		// routing
		{"strategy", router("routing_strategy: simple-shufle")},
		{"strategy far off", router("routing_strategy: round-robin")},
		{"strategy is a list", router("routing_strategy: [simple-shuffle]")},
		{"retries", router("num_retries: -2")},
		{"max_fallbacks", router("max_fallbacks: 0")},
		{"flag", router("enable_pre_call_checks: perhaps")},
		{"a fallback to nowhere", router("fallbacks: [{gpt: [gtp]}]")},
		{"a flat fallback to nowhere", router("fallbacks: [gpt, claude]")},
		{"fallbacks are a number", router("fallbacks: [{gpt: {a: b}}]")},
		{"fallbacks are nothing", router("fallbacks: [[gpt]]")},
		{"a group's fallbacks twice", router("fallbacks: [{gpt: [gpt]}, {gpt: [gpt]}]")},
		{"a context fallback to nowhere", router("context_window_fallbacks: [{gpt: [big]}]")},
		{"a policy fallback to nowhere", router("content_policy_fallbacks: [big]")},
		{"a default fallback to nowhere", router("default_fallbacks: [big]")},
		{"an alias of nothing", router("model_group_alias: {a: b}")},
		{"an empty alias", router("model_group_alias: {a: []}")},
		{"an alias of itself", router("model_group_alias: {a: a}")},
		{"aliases in a circle", router("model_group_alias: {a: b, b: [gpt, c], c: {model: a}}")},
		{"a retry policy", router("retry_policy: {RateLimitErrorRetries: -1}")},
		{"a route without use", router("routes: [{when: {longer_than: 3}}]")},
		{"a route to nowhere", router("routes: [{use: big}]")},
		{"a route's expression", router("routes: [{when: {matches: 'a('}, use: gpt}]")},
		{"a route's language", router("routes: [{when: {language: klingon}, use: gpt}]")},
		{"a route's lengths", router("routes: [{when: {longer_than: 5, shorter_than: 5}, use: gpt}]")},
		{"a route's confidence", router("routes: [{when: {confidence_below: 2}, use: gpt}]")},
		{"a route's channel", router("routes: [{when: {channels: ['slack:T1:public']}, use: gpt}]")},
		{"a misspelt key of a route", router("routes: [{use: gpt, wen: {longer_than: 3}}]")},
		{"a misspelt condition", router("routes: [{use: gpt, when: {longer: 3}}]")},
		{"a misspelt key of a budget", router("budgets: [{label: user, rpm: 3, budget: 4}]")},
		{"a route that is a text", router("routes: [gpt]")},
		{"a budget of nobody", router("budgets: [{max_budget: 3}]")},
		{"a budget of nothing", router("budgets: [{label: user}]")},
		{"a budget twice", router("budgets: [{label: user, rpm: 1}, {label: user, value: '*', tpm: 1}]")},
		{"a budget's duration", router("budgets: [{label: user, max_budget: 1, budget_duration: ever}]")},
		{"a budget that is a text", router("budgets: [user]")},
		{"routes are a text", router("routes: auto")},
		{"debug_level", router("debug_level: LOUD")},

		// the rest
		{"sections that are no mappings", one + "router_settings: []\nlitellm_settings: 3\ngeneral_settings: x\nlangfuse_params: [a]\nenvironment_variables: [a]\n"},
		{"completion_model", general("completion_model: big")},
		{"database_url", general("database_url: sesame")},
		{"max_parallel_requests", general("max_parallel_requests: lots")},
		{"max_request_size_mb", general("max_request_size_mb: 1e9")},
		{"litellm_key_header_name", general("litellm_key_header_name: 'a b'")},
		{"health_check_interval", general("health_check_interval: 0")},
		{"langfuse host", one + "langfuse_params: {host: langfuse}\n"},
		{"a variable's value", one + "environment_variables: {A: [b], 'C=D': e}\n"},
		{"DATABASE_URL", one + "environment_variables: {DATABASE_URL: sesame}\n"},
		{"all at once", "model_list:\n- {model_name: a, litellm_params: {model: x/y}, rpm: -1}\n- {litellm_params: {model: gpt-4}}\nrouter_settings: {timeout: -1, fallbacks: [b]}\n"},
	}
}
