package litellm_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/litellm"
	"github.com/tribunebot/tribune/llm/quota"
	"github.com/tribunebot/tribune/llm/route"
	"github.com/tribunebot/tribune/llm/router"
)

// three is a model list of the groups a, b and c.
const three = `model_list:
- {model_name: a, litellm_params: {model: openai/gpt-4, api_key: k}, model_info: {id: id-of-a}}
- {model_name: b, litellm_params: {model: claude-3-opus-20240229, api_key: k}}
- {model_name: c, litellm_params: {model: openai/gpt-4o, api_key: k}}
`

// TestSettings: what each key of the sections comes to.
func TestSettings(t *testing.T) {
	t.Parallel()
	for text, want := range settingsTable() {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			f, _ := read(t, three+text, environ())
			got := litellm.File{Settings: f.Settings, General: f.General, Callbacks: f.Callbacks, Langfuse: f.Langfuse}
			// A File prints itself without its parts, so each is compared alone.
			for _, diff := range []string{
				cmp.Diff(want.Settings, got.Settings), cmp.Diff(want.General, got.General),
				cmp.Diff(want.Callbacks, got.Callbacks), cmp.Diff(want.Langfuse, got.Langfuse),
			} {
				if diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func settingsTable() map[string]litellm.File {
	s := func(s router.Settings) litellm.File { return litellm.File{Settings: s} }
	g := func(g litellm.General) litellm.File { return litellm.File{General: g} }
	abc := map[string][]string{"a": {"b", "c"}}
	return map[string]litellm.File{
		"":                                       {},
		"router_settings:\nlitellm_settings: {}": {},
		"router_settings: {routing_strategy: least-busy}":                                                     s(router.Settings{Strategy: "least-busy"}),
		"router_settings: {routing_strategy: usage-based-routing}":                                            s(router.Settings{Strategy: "usage-based-routing-v2"}),
		"router_settings: {routing_strategy_args: {ttl: 60}}":                                                 s(router.Settings{StrategyArgs: router.StrategyArgs{TTL: time.Minute}}),
		"router_settings: {routing_strategy_args: {lowest_latency_buffer: 0.5, max_latency_list_size: 5}}":    s(router.Settings{StrategyArgs: router.StrategyArgs{LatencyBuffer: 0.5, MaxLatencies: 5}}),
		"router_settings: {num_retries: 0}":                                                                   s(router.Settings{Retries: new(0)}),
		"router_settings: {max_retries: 4}":                                                                   s(router.Settings{Retries: new(4)}),
		"router_settings: {max_retries: 4, num_retries: 5}":                                                   s(router.Settings{Retries: new(5)}),
		"litellm_settings: {num_retries: 3}":                                                                  s(router.Settings{Retries: new(3)}),
		"router_settings: {num_retries: 2}\nlitellm_settings: {num_retries: 3}":                               s(router.Settings{Retries: new(2)}),
		"router_settings: {retry_after: 0.5}":                                                                 s(router.Settings{RetryAfter: 500 * time.Millisecond}),
		"router_settings: {timeout: 60}":                                                                      s(router.Settings{Timeout: time.Minute}),
		"router_settings: {timeout: '90s', stream_timeout: '5'}":                                              s(router.Settings{Timeout: 90 * time.Second, FirstToken: 5 * time.Second}),
		"litellm_settings: {request_timeout: 10}":                                                             s(router.Settings{Timeout: 10 * time.Second}),
		"litellm_settings: {request_timeout: 10}\nrouter_settings: {timeout: 1}":                              s(router.Settings{Timeout: time.Second}),
		"litellm_settings: {allowed_fails: 3, cooldown_time: 30}":                                             s(router.Settings{AllowedFails: new(3), Cooldown: 30 * time.Second}),
		"router_settings: {cooldown_time: 0}":                                                                 s(router.Settings{DisableCooldowns: true}),
		"router_settings: {disable_cooldowns: yes, enable_pre_call_checks: on, enable_tag_filtering: 'true'}": s(router.Settings{DisableCooldowns: true, PreCallChecks: true, TagFiltering: true}),
		"router_settings: {retry_policy: {RateLimitErrorRetries: 3, BadRequestErrorRetries: 0, NotFoundErrorRetries: 1, ContentPolicyViolationErrorRetries: 2, InternalServerErrorRetries: 4, AuthenticationErrorRetries: 5, TimeoutErrorRetries: 6, ContextWindowExceededErrorRetries: 7, APIConnectionErrorRetries: 8}}": s(router.Settings{RetryPolicy: map[llm.Kind]int{
			llm.RateLimited: 3, llm.BadRequest: 0, llm.NoSuchModel: 1, llm.ContentPolicy: 2, llm.Overloaded: 4, llm.Unauthorised: 5, llm.Timeout: 6, llm.ContextWindow: 7, llm.Unreachable: 8,
		}}),
		"router_settings: {allowed_fails_policy: {InternalServerErrorAllowedFails: 4, BadGatewayErrorAllowedFails: 9, RateLimitErrorAllowedFails: 1000}}": s(router.Settings{AllowedFailsPolicy: map[llm.Kind]int{llm.Overloaded: 9, llm.RateLimited: 1000}}),
		"router_settings: {model_group_retry_policy: {a: {TimeoutErrorRetries: 2}}}":                                                                      s(router.Settings{GroupRetryPolicies: map[string]map[llm.Kind]int{"a": {llm.Timeout: 2}}}),

		"router_settings: {fallbacks: [{a: [b, c]}]}":                                  s(router.Settings{Fallbacks: abc}),
		"litellm_settings: {fallbacks: [{a: [b, c]}]}":                                 s(router.Settings{Fallbacks: abc}),
		"router_settings: {fallbacks: {a: [b, c]}}":                                    s(router.Settings{Fallbacks: abc}),
		"router_settings: {fallbacks: [{a: b}, {'*': [c]}]}":                           s(router.Settings{Fallbacks: map[string][]string{"a": {"b"}, "*": {"c"}}}),
		"router_settings: {fallbacks: [a, b, c]}":                                      s(router.Settings{Chain: []string{"a", "b", "c"}}),
		"router_settings: {fallbacks: a}":                                              s(router.Settings{Chain: []string{"a"}}),
		"router_settings: {fallbacks: [{a: [id-of-a, gpt-4o, openai/gpt-4o, b-1]}]}":   s(router.Settings{Fallbacks: map[string][]string{"a": {"id-of-a", "gpt-4o", "openai/gpt-4o", "b-1"}}}),
		"router_settings: {fallbacks: [{a: [b]}]}\nlitellm_settings: {fallbacks: [c]}": s(router.Settings{Fallbacks: map[string][]string{"a": {"b"}}}),
		"litellm_settings: {context_window_fallbacks: [{a: [b, c]}]}":                  s(router.Settings{ContextWindowFallbacks: abc}),
		"router_settings: {context_window_fallbacks: [c]}":                             s(router.Settings{ContextWindowFallbacks: map[string][]string{"*": {"c"}}}),
		"router_settings: {content_policy_fallbacks: [{a: [b, c]}]}":                   s(router.Settings{ContentPolicyFallbacks: abc}),
		"router_settings: {default_fallbacks: [b]}":                                    s(router.Settings{Fallbacks: map[string][]string{"*": {"b"}}}),
		"litellm_settings: {default_fallbacks: [b], fallbacks: [{a: [b, c]}]}":         s(router.Settings{Fallbacks: map[string][]string{"*": {"b"}, "a": {"b", "c"}}}),
		"router_settings: {default_fallbacks: [b], fallbacks: [{'*': [c]}]}":           s(router.Settings{Fallbacks: map[string][]string{"*": {"c"}}}),
		"router_settings: {max_fallbacks: 2}":                                          s(router.Settings{MaxFallbacks: 2}),

		"router_settings: {model_group_alias: {x: a}}":                                  s(router.Settings{Aliases: map[string]router.Alias{"x": {Groups: []string{"a"}}}}),
		"router_settings: {model_group_alias: {x: {model: a, hidden: true}}}":           s(router.Settings{Aliases: map[string]router.Alias{"x": {Groups: []string{"a"}, Hidden: true}}}),
		"router_settings: {model_group_alias: {x: [a, b]}}":                             s(router.Settings{Aliases: map[string]router.Alias{"x": {Groups: []string{"a", "b"}}}}),
		"router_settings: {model_group_alias: {x: [y, c], y: [a, c]}}":                  s(router.Settings{Aliases: map[string]router.Alias{"x": {Groups: []string{"a", "c"}}, "y": {Groups: []string{"a", "c"}}}}),
		"litellm_settings: {model_alias_map: {x: a}}":                                   s(router.Settings{Aliases: map[string]router.Alias{"x": {Groups: []string{"a"}}}}),
		"router_settings: {model_group_alias: {x: a}, fallbacks: [{x: [b]}, {b: [x]}]}": s(router.Settings{Aliases: map[string]router.Alias{"x": {Groups: []string{"a"}}}, Fallbacks: map[string][]string{"x": {"b"}, "b": {"x"}}}),

		"general_settings: {max_parallel_requests: 10}":                                     s(router.Settings{MaxParallel: 10}),
		"general_settings: {max_parallel_requests: 10, global_max_parallel_requests: 5}":    s(router.Settings{MaxParallel: 5}),
		"general_settings: {max_parallel_requests: 0, global_max_parallel_requests: 7}":     s(router.Settings{MaxParallel: 7}),
		"router_settings: {default_max_parallel_requests: 3, limit_wait: 1}":                s(router.Settings{DefaultMaxParallel: 3, LimitWait: time.Second}),
		"general_settings: {completion_model: b}":                                           s(router.Settings{Default: "b"}),
		"router_settings: {routes: [{use: c}]}\ngeneral_settings: {completion_model: auto}": s(router.Settings{Default: "auto", Routes: []route.Rule{{Use: "c"}}}),
		"router_settings: {routes: [{name: n, for: [smart], when: {longer_than: 3, language: zh, matches: 'a+', channels: ['slack:T1'], labels: {key: k}, image: true, tools: false}, use: c}], fallbacks: [{a: [smart]}]}": s(router.Settings{
			Routes: []route.Rule{{Name: "n", For: []string{"smart"}, Use: "c", When: route.When{
				LongerThan: 3, Language: "zh", Matches: "a+", Channels: []string{"slack:T1"}, Labels: map[string]string{"key": "k"}, Image: new(true), Tools: new(false),
			}}}, Fallbacks: map[string][]string{"a": {"smart"}},
		}),
		"router_settings: {routes: [{when: {shorter_than: 9, confidence_below: 0.5, confidence_above: 0.1}, use: c}]}": s(router.Settings{Routes: []route.Rule{confident(0.5, 0.1)}}),
		"router_settings: {budgets: [{label: channel, max_budget: 5, budget_duration: 1d}]}": s(router.Settings{Budgets: []router.Budget{{
			Label: "channel", Value: "*", Quota: llm.Quota{ID: "channel/*", Name: "channel *", BudgetUSD: new(5.0), Every: 24 * time.Hour, Cheaper: true},
		}}}),
		"router_settings: {budgets: [{label: user, value: u1, rpm: 1, tpm: 2, max_parallel_requests: 3}]}": s(router.Settings{Budgets: []router.Budget{{
			Label: "user", Value: "u1", Quota: llm.Quota{ID: "user/u1", Name: "user u1", RPM: 1, TPM: 2, Parallel: 3},
		}}}),
		"router_settings: {budgets: [{label: channel, rpm: 1, cheaper: false}]}": s(router.Settings{Budgets: []router.Budget{{
			Label: "channel", Value: "*", Quota: llm.Quota{ID: "channel/*", Name: "channel *", RPM: 1},
		}}}),
		"litellm_settings: {max_end_user_budget: 3}": s(router.Settings{Budgets: []router.Budget{{
			Label: "user", Value: "*", Quota: llm.Quota{ID: "user/*", Name: "user *", BudgetUSD: new(3.0)},
		}}}),

		"general_settings: {master_key: secret}":                                                                           g(litellm.General{MasterKey: "secret"}),
		"environment_variables: {LITELLM_MASTER_KEY: secret}":                                                              g(litellm.General{MasterKey: "secret"}),
		"environment_variables: {K: secret}\ngeneral_settings: {master_key: os.environ/K}":                                 g(litellm.General{MasterKey: "secret"}),
		"general_settings: {database_url: 'postgresql://u:p@h/d'}":                                                         g(litellm.General{DatabaseURL: "postgresql://u:p@h/d"}),
		"environment_variables: {DATABASE_URL: 'postgresql://u:p@h/d'}":                                                    g(litellm.General{DatabaseURL: "postgresql://u:p@h/d"}),
		"litellm_settings: {set_verbose: true, json_logs: true}":                                                           g(litellm.General{Debug: true, JSON: true}),
		"router_settings: {set_verbose: true}":                                                                             g(litellm.General{Debug: true}),
		"router_settings: {debug_level: DEBUG}":                                                                            g(litellm.General{Debug: true}),
		"litellm_settings: {drop_params: true, modify_params: false}":                                                      g(litellm.General{DropParams: new(true)}),
		"litellm_settings: {turn_off_message_logging: true, redact_user_api_key_info: true}":                               g(litellm.General{Redact: true, RedactKeys: true}),
		"litellm_settings: {max_budget: 100, budget_duration: 1mo}":                                                        s(total(100, quota.Month)),
		"general_settings: {max_budget: 5}\nlitellm_settings: {budget_duration: 1d}":                                       s(total(5, 24*time.Hour)),
		"general_settings: {max_budget: 0.5}":                                                                              s(total(0.5, 0)),
		"general_settings: {disable_spend_logs: false, forward_client_headers_to_llm_api: true, enforce_user_param: true}": g(litellm.General{ForwardHeaders: true, RequireUser: true}),
		"general_settings: {background_health_checks: true, health_check_interval: 60, health_check_details: false}":       g(litellm.General{HealthChecks: true, HealthEvery: time.Minute, HideHealth: true}),
		"general_settings: {max_request_size_mb: 1, max_response_size_mb: 0.5, litellm_key_header_name: X-Key}":            g(litellm.General{MaxRequest: 1 << 20, MaxResponse: 1 << 19, KeyHeader: "X-Key"}),

		"litellm_settings: {success_callback: [prometheus], failure_callback: [prometheus, supabase]}": {Callbacks: litellm.Callbacks{Success: []string{"prometheus"}, Failure: []string{"prometheus", "supabase"}}},
		"litellm_settings: {callbacks: prometheus, success_callback: [prometheus, otel]}":              {Callbacks: litellm.Callbacks{Success: []string{"prometheus", "otel"}, Failure: []string{"prometheus"}}},
		"langfuse_params: {public_key: p, secret_key: s, host: 'https://l.example'}": {
			Langfuse: litellm.Langfuse{PublicKey: "p", SecretKey: "s", Host: "https://l.example"},
		},
		"environment_variables: {LANGFUSE_PUBLIC_KEY: p, LANGFUSE_SECRET_KEY: s, LANGFUSE_HOST: 'https://l.example'}": {
			Langfuse: litellm.Langfuse{PublicKey: "p", SecretKey: "s", Host: "https://l.example"},
		},
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	for want, g := range map[time.Duration]litellm.General{
		0:                          {HealthEvery: time.Minute},
		litellm.DefaultHealthEvery: {HealthChecks: true},
		time.Minute:                {HealthChecks: true, HealthEvery: time.Minute},
	} {
		if got := g.Probes(); got != want {
			t.Errorf("%+v: %s, want %s", g, got, want)
		}
	}
}

func total(usd float64, every time.Duration) router.Settings {
	return router.Settings{Budgets: []router.Budget{{Quota: llm.Quota{ID: "budget/all", Name: "all calls together", BudgetUSD: &usd, Every: every}}}}
}

func confident(below, above float64) route.Rule {
	rule := route.Rule{Use: "c", When: route.When{ShorterThan: 9}}
	rule.When.Confidence.Below, rule.When.Confidence.Above = &below, &above
	return rule
}

// A bound that is written with a short unit, in every form that LiteLLM reads.
func TestDurations(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "5m": 5 * time.Minute, "24h": day, "1d": day, "7d": 7 * day, "30d": 30 * day, "2w": 14 * day, "1mo": quota.Month,
	} {
		f, _ := read(t, params("max_budget: 1\n    budget_duration: "+text), environ())
		if got := f.Deployments[0].Every; got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}
