package litellm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/config"
)

// strategies are the routing strategies by LiteLLM's names.
func strategies() []string {
	return []string{"simple-shuffle", "least-busy", "usage-based-routing-v2", "latency-based-routing", "cost-based-routing"}
}

// litellmSettings reads litellm_settings.
func (r *reader) litellmSettings(f field) {
	r.shared = map[string]place{}
	shared := r.sharedKeys()
	for i, k := range shared {
		shared[i].read = func(f field) {
			r.shared[canonical(f.key)] = f.at
			k.read(f)
		}
	}
	r.mapping(f, append(append(shared, r.ownKeys()...), unusedLitellm()...), nil)
}

// routerSettings reads router_settings, which win over what litellm_settings may
// say too.
func (r *reader) routerSettings(f field) {
	shared := r.sharedKeys()
	for i, k := range shared {
		shared[i].read = func(f field) {
			if at, twice := r.shared[canonical(f.key)]; twice {
				r.warn(f.at, fmt.Sprintf("%s is in litellm_settings too (line %d); this one counts", f.path, at.line), "remove one of them")
			}
			k.read(f)
		}
	}
	r.mapping(f, append(append(shared, r.routerKeys()...), unusedRouter()...), nil)
}

// canonical gives a setting that goes by two names one.
func canonical(name string) string {
	if name == "request_timeout" {
		return "timeout"
	}
	return name
}

// sharedKeys are settings that LiteLLM takes in router_settings and in
// litellm_settings.
func (r *reader) sharedKeys() []key {
	s := &r.out.Settings
	return []key{
		{name: "num_retries", read: pointed(&s.Retries, r.whole)},
		{name: "max_retries", read: func(f field) { // the name of the same thing in LiteLLM's API
			if s.Retries == nil {
				pointed(&s.Retries, r.whole)(f)
			}
		}},
		{name: "timeout", read: into(&s.Timeout, r.positive)},
		{name: "request_timeout", read: into(&s.Timeout, r.positive)},
		{name: "stream_timeout", read: into(&s.FirstToken, r.positive)},
		{name: "retry_after", read: into(&s.RetryAfter, r.seconds)},
		{name: "allowed_fails", read: pointed(&s.AllowedFails, r.whole)},
		{name: "cooldown_time", read: r.cooldown},
		{name: "fallbacks", read: r.fallbacks},
		{name: "context_window_fallbacks", read: r.fallbacksOf(&s.ContextWindowFallbacks)},
		{name: "content_policy_fallbacks", read: r.fallbacksOf(&s.ContentPolicyFallbacks)},
		{name: "default_fallbacks", read: r.readDefaultFallbacks},
		{name: "model_group_alias", read: r.aliases},
		{name: "model_alias_map", read: r.aliases},
		{name: "retry_policy", read: func(f field) { s.RetryPolicy = r.policy(f, "Retries") }},
		{name: "allowed_fails_policy", read: func(f field) { s.AllowedFailsPolicy = r.policy(f, "AllowedFails") }},
		{name: "model_group_retry_policy", read: r.groupPolicies},
		{name: "set_verbose", read: into(&r.out.General.Debug, r.flag)},
		{name: "max_fallbacks", read: r.maxFallbacks},
		{name: "default_max_parallel_requests", read: into(&s.DefaultMaxParallel, r.count)},
	}
}

// routerKeys are settings of the router alone, the last of them our own.
func (r *reader) routerKeys() []key {
	s := &r.out.Settings
	return []key{
		{name: "routing_strategy", read: r.strategy},
		{name: "routing_strategy_args", read: r.strategyArgs},
		{name: "disable_cooldowns", read: into(&s.DisableCooldowns, r.flag)},
		{name: "enable_pre_call_checks", read: into(&s.PreCallChecks, r.flag)},
		{name: "enable_pre_call_check", read: into(&s.PreCallChecks, r.flag)},
		{name: "enable_tag_filtering", read: into(&s.TagFiltering, r.flag)},
		{name: "tag_filtering_match_any", read: r.matchAny},
		{name: "optional_pre_call_checks", read: r.preCallChecks},
		{name: "debug_level", read: r.debugLevel},
		{name: "max_parallel_requests", read: into(&s.MaxParallel, r.whole)},

		{name: "routes", read: r.routes},
		{name: "budgets", read: r.budgets},
		{name: "limit_wait", read: into(&s.LimitWait, r.seconds)},
	}
}

// strategy reads routing_strategy.
func (r *reader) strategy(f field) {
	name, ok := r.text(f)
	switch {
	case !ok:
	case slices.Contains(strategies(), name):
		r.out.Settings.Strategy = name
	case name == "usage-based-routing":
		r.warn(f.value.at, f.path+" usage-based-routing is the older form of usage-based-routing-v2, which is used instead", "write usage-based-routing-v2")
		r.out.Settings.Strategy = "usage-based-routing-v2"
	default:
		fix := "use one of " + strings.Join(strategies(), ", ")
		if near := config.Nearest(name, strategies()); near != "" {
			fix = "did you mean " + near + "? There are " + strings.Join(strategies(), ", ")
		}
		r.mistake(f.value.at, f.path+": there is no strategy "+quoted(name), fix)
	}
}

// strategyArgs reads routing_strategy_args.
func (r *reader) strategyArgs(f field) {
	args := &r.out.Settings.StrategyArgs
	r.mapping(f, []key{
		{name: "ttl", read: into(&args.TTL, r.positive)},
		{name: "lowest_latency_buffer", read: into(&args.LatencyBuffer, r.number)},
		{name: "max_latency_list_size", read: into(&args.MaxLatencies, r.whole)},
		{name: "rpm", note: "write it into the entries of model_list"},
		{name: "tpm", note: "write it into the entries of model_list"},
	}, nil)
}

// cooldown reads cooldown_time, of which 0 switches cool-downs off.
func (r *reader) cooldown(f field) {
	d, ok := r.seconds(f)
	if !ok {
		return
	}
	if d == 0 {
		r.warn(f.value.at, f.path+" is 0, so no deployment is ever left alone after failures", "write disable_cooldowns: true if that is meant")
		r.out.Settings.DisableCooldowns = true
	}
	r.out.Settings.Cooldown = d
}

// maxFallbacks reads max_fallbacks.
func (r *reader) maxFallbacks(f field) {
	n, ok := r.whole(f)
	if ok && n == 0 {
		r.mistake(f.value.at, f.path+" is 0", "write a number from 1, or remove the fallbacks")
		return
	}
	if ok {
		r.out.Settings.MaxFallbacks = n
	}
}

// matchAny reads tag_filtering_match_any; any is what the router does.
func (r *reader) matchAny(f field) {
	if on, ok := r.flag(f); ok && !on {
		r.warn(f.value.at, f.path+": a deployment with any of a request's tags is used, not only one with all of them", "remove it, or give each combination a tag of its own")
	}
}

// preCallChecks reads optional_pre_call_checks.
func (r *reader) preCallChecks(f field) {
	list, _ := r.texts(f)
	for _, name := range list {
		switch name {
		case "enforce_model_rate_limits", "router_budget_limiting": // always so here
		default:
			r.warn(f.at, f.path+": "+quoted(name)+" has no effect here", "remove it; limits and budgets always hold")
		}
	}
}

// debugLevel reads debug_level.
func (r *reader) debugLevel(f field) {
	text, ok := r.text(f)
	switch {
	case !ok:
	case strings.EqualFold(text, "DEBUG"):
		r.out.General.Debug = true
	case strings.EqualFold(text, "INFO"):
	default:
		r.mistake(f.value.at, f.path+": there is no level "+quoted(text), "write DEBUG or INFO")
	}
}

// groupPolicies reads model_group_retry_policy.
func (r *reader) groupPolicies(f field) {
	s := &r.out.Settings
	s.GroupRetryPolicies = nil
	r.mapping(f, nil, func(group field, _ string) {
		r.refer(group.at, group.path, group.key, unusedName)
		if policy := r.policy(group, "Retries"); policy != nil {
			put(&s.GroupRetryPolicies, group.key, policy)
		}
	})
}

// put sets a map's value, making the map where there is none.
func put[V any](m *map[string]V, name string, value V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[name] = value
}

// unusedRouter are keys of router_settings that have no meaning here.
func unusedRouter() []key {
	const shared = "limits and cool-downs are shared through the queue (NATS_URL); no Redis is needed"
	const uncached = "answers are not cached; remove it"
	return []key{
		{name: "redis_host", note: shared},
		{name: "redis_port", note: shared},
		{name: "redis_password", note: shared},
		{name: "redis_url", note: shared},
		{name: "redis_db", note: shared},
		{name: "cache_responses", note: uncached},
		{name: "cache_kwargs", note: uncached},
		{name: "caching_groups", note: uncached},
		{name: "client_ttl", note: "connections are kept and closed by themselves; remove it"},
		{name: "polling_interval", note: "requests wait in order without polling; remove it"},
		{name: "default_priority", note: "requests wait in order; remove it"},
		{name: "default_litellm_params", note: "write them into the entries of model_list, shared with an anchor (&)"},
		{name: "provider_budget_config", note: "write max_budget and budget_duration into the entries of model_list"},
		{name: "alerting_config", note: "set an alert on /metrics instead"},
		{name: "model_group_affinity_config", note: "deployments are chosen by the strategy alone; remove it"},
		{name: "deployment_affinity_ttl_seconds", note: "deployments are chosen by the strategy alone; remove it"},
		{name: "routing_groups", note: "one strategy holds for all groups: routing_strategy"},
		{name: "weights", note: "write weight into the entries of model_list"},
		{name: "tag_routing_prefix", note: "tags are matched as they are; remove it"},
		{name: "ignore_invalid_deployments", note: "a mistake in an entry is always told; correct it"},
		{name: "assistants_config", note: "there are no assistants here; remove it"},
		{name: "search_tools", note: "LiteLLM's feature of that name is not part of this program; remove it"},
	}
}
