package litellm

import (
	"github.com/tribunebot/tribune/config"
)

// generalSettings reads general_settings.
func (r *reader) generalSettings(f field) {
	g, s := &r.out.General, &r.out.Settings
	keys := []key{
		{name: "master_key", read: r.masterKey},
		{name: "database_url", read: r.databaseURL},
		{name: "completion_model", read: func(f field) {
			if name, ok := r.text(f); ok {
				s.Default = name
				r.refer(f.value.at, f.path, name, wrongName)
			}
		}},
		{name: "max_parallel_requests", read: r.parallel},
		{name: "global_max_parallel_requests", read: r.parallel},
		{name: "default_max_parallel_requests", read: into(&s.DefaultMaxParallel, r.count)},
		{name: "disable_spend_logs", read: r.useless("single calls are kept in no database, only each day's sums; remove it")},
		{name: "forward_client_headers_to_llm_api", read: into(&g.ForwardHeaders, r.flag)},
		{name: "enforce_user_param", read: into(&g.RequireUser, r.flag)},
		{name: "background_health_checks", read: into(&g.HealthChecks, r.flag)},
		{name: "health_check_interval", read: func(f field) {
			r.healthEvery = f
			into(&g.HealthEvery, r.positive)(f)
		}},
		{name: "health_check_details", read: func(f field) {
			if on, ok := r.flag(f); ok {
				g.HideHealth = !on
			}
		}},
		{name: "max_request_size_mb", read: r.megabytes(&g.MaxRequest)},
		{name: "max_response_size_mb", read: r.megabytes(&g.MaxResponse)},
		{name: "litellm_key_header_name", read: r.keyHeader},
		{name: "max_budget", read: r.totalBudget},
		{name: "budget_duration", read: r.totalEvery},
		{name: "set_verbose", read: into(&g.Debug, r.flag)},
		{name: "json_logs", read: into(&g.JSON, r.flag)},
	}
	r.mapping(f, append(keys, unusedGeneral()...), nil)
	if g.HealthEvery > 0 && !g.HealthChecks {
		r.warn(r.healthEvery.at, r.healthEvery.path+" has no effect without background_health_checks: true", "add that, or remove it")
	}
}

// ownKeys are the keys of litellm_settings that the router's settings lack.
func (r *reader) ownKeys() []key {
	g := &r.out.General
	return []key{
		{name: "success_callback", read: r.callbacks(&r.out.Callbacks.Success)},
		{name: "failure_callback", read: r.callbacks(&r.out.Callbacks.Failure)},
		{name: "callbacks", read: r.callbacks(&r.out.Callbacks.Success, &r.out.Callbacks.Failure)},
		{name: "drop_params", read: pointed(&g.DropParams, r.flag)},
		{name: "modify_params", read: r.useless("requests go on as they are, and what a provider refuses is told to the caller; remove it")},
		{name: "json_logs", read: into(&g.JSON, r.flag)},
		{name: "turn_off_message_logging", read: into(&g.Redact, r.flag)},
		{name: "redact_messages_in_exceptions", read: func(field) {}}, // errors never show messages
		{name: "redact_user_api_key_info", read: into(&g.RedactKeys, r.flag)},
		{name: "max_budget", read: r.totalBudget},
		{name: "budget_duration", read: r.totalEvery},
		{name: "max_end_user_budget", read: r.endUserBudget},
		{name: "cache", read: r.useless("answers are not cached; remove it")},
	}
}

// masterKey reads the key of administration.
func (r *reader) masterKey(f field) {
	if text, ok := r.text(f); ok {
		r.out.General.MasterKey = config.Secret(text)
	}
}

// databaseURL reads the ledger's address, which may hold a password.
func (r *reader) databaseURL(f field) {
	text, ok := r.text(f)
	if !ok {
		return
	}
	if err := r.out.General.DatabaseURL.UnmarshalText([]byte(text)); err != nil {
		r.mistake(f.value.at, f.path+" is not the address of a database", "write it as postgresql://USER:PASSWORD@HOST/NAME, special characters as %XX")
	}
}

// parallel reads the bound of this process. The two names mean the same here;
// the lower number holds.
func (r *reader) parallel(f field) {
	n, ok := r.whole(f)
	if !ok || n == 0 {
		return
	}
	if s := &r.out.Settings; s.MaxParallel == 0 || n < s.MaxParallel {
		s.MaxParallel = n
	}
}

// megabytes reads a size.
func (r *reader) megabytes(target *int64) func(field) {
	const most = 1 << 20 // a terabyte
	return func(f field) {
		x, ok := r.number(f)
		if ok && x > most {
			r.mistake(f.value.at, f.path+" is more than a terabyte", "write megabytes")
			return
		}
		if ok {
			*target = int64(x * (1 << 20))
		}
	}
}

// keyHeader reads the name of a header.
func (r *reader) keyHeader(f field) {
	text, ok := r.text(f)
	if ok && !headerName(text) {
		r.mistake(f.value.at, f.path+" is no name of a header", "use letters, digits and dashes")
		return
	}
	if ok {
		r.out.General.KeyHeader = text
	}
}

// useless reads a switch that has no meaning here: a warning where it is on.
func (r *reader) useless(note string) func(field) {
	return func(f field) {
		if on, ok := r.flag(f); ok && on {
			r.warn(f.at, f.path+" has no effect here", note)
		}
	}
}

// fromEnvironment takes from environment_variables what general_settings leave
// open.
func (r *reader) fromEnvironment() {
	g := &r.out.General
	if !g.MasterKey.IsSet() {
		g.MasterKey = config.Secret(r.out.Environment["LITELLM_MASTER_KEY"])
	}
	if text := r.out.Environment["DATABASE_URL"]; text != "" && !g.DatabaseURL.IsSet() {
		if err := g.DatabaseURL.UnmarshalText([]byte(text)); err != nil {
			r.mistake(r.databaseAt, "environment_variables.DATABASE_URL is not the address of a database", "write it as postgresql://USER:PASSWORD@HOST/NAME")
		}
	}
}
