package litellm

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// entry is a deployment while it is read.
type entry struct {
	Spec

	at       place
	path     string
	custom   string // custom_llm_provider
	modelAt  place
	explicit bool           // the ID is model_info's
	ordered  bool           // it has an order
	inner    *int           // max_retries
	tokens   int            // model_info.max_tokens
	body     map[string]any // extra_body
}

// modelList reads the deployments.
func (r *reader) modelList(f field) {
	r.list(f, r.entry)
	if f.value.shape == isList && len(f.value.items) == 0 {
		r.mistake(f.at, "model_list is empty", "write one entry for each model: model_name and litellm_params")
	}
}

// entry reads one deployment. A variable that is not set disables it.
func (r *reader) entry(f field) {
	e := &entry{at: f.at, path: f.path, Spec: Spec{Line: f.at.line, Params: map[string]string{}, Fields: map[string]any{}, Info: map[string]any{}}}
	if f.value.shape != isMap {
		r.wrongShape(f, "a deployment", "write model_name: and litellm_params:")
		return
	}
	r.missing = func(_ place, path, name string) {
		e.disable("the variable " + name + " is not set (" + strings.TrimPrefix(path, f.path+".") + ")")
		r.wanted = append(r.wanted, name)
	}
	defer func() { r.missing = r.notThere }()

	// The top level of an entry wins over litellm_params, and that over
	// model_info: each overwrites what was read before.
	r.part(f, "model_info", func(part field) { r.modelInfo(part, e) })
	r.part(f, "litellm_params", func(part field) { r.params(part, e) })
	r.mapping(f, r.topKeys(e), nil)
	if e.Group == "" && f.value.get("model_name") == nil {
		r.mistake(e.at, e.path+" has no model_name", "write model_name: the name that requests call it by")
		return
	}
	if e.Model == "" && e.Disabled == "" {
		if params := f.value.get("litellm_params"); params == nil || params.get("model") == nil {
			r.mistake(e.at, e.path+" has no litellm_params.model", "write litellm_params: {model: provider/model}")
		}
		return
	}
	r.settle(e)
	r.entries = append(r.entries, e)
}

// part reads one key of an entry.
func (r *reader) part(f field, name string, read func(field)) {
	for _, p := range f.value.fields {
		if p.key == name && p.value.shape != isNull {
			p.path = f.path + "." + name
			read(p)
		}
	}
}

// disable keeps the first reason why a deployment cannot be used.
func (e *entry) disable(why string) {
	if e.Disabled == "" {
		e.Disabled = why
	}
}

// topKeys are the keys of an entry of model_list itself.
func (r *reader) topKeys(e *entry) []key {
	nothing := func(field) {} // read before
	return append(
		[]key{
			{name: "model_name", read: r.groupName(e)},
			{name: "litellm_params", read: nothing},
			{name: "model_info", read: nothing},
			{name: "blocked", read: r.blocked(e)},
		},
		r.limitKeys(e)...,
	)
}

// groupName reads a model_name. A variable that it names must be there, for
// without a name nothing could refer to the deployment.
func (r *reader) groupName(e *entry) func(field) {
	return func(f field) {
		disable := r.missing
		r.missing = func(at place, path, name string) {
			r.mistake(at, fmt.Sprintf("%s: the variable %s is not set", path, name), "set it, or write the name")
		}
		defer func() { r.missing = disable }()
		if text, ok := r.text(f); ok {
			e.Group = text
			if strings.Count(text, "*") > 1 {
				r.mistake(f.value.at, f.path+" has more than one *", "write a name, provider/* or *")
			}
		}
	}
}

// blockedHere is why an entry with blocked: true is disabled.
const blockedHere = "it is blocked in the file"

// blocked reads the switch that takes a deployment out.
func (r *reader) blocked(e *entry) func(field) {
	return func(f field) {
		if on, ok := r.flag(f); ok && on {
			e.disable(blockedHere)
		}
	}
}

// limitKeys are the keys that an entry may have in any of its three parts.
func (r *reader) limitKeys(e *entry) []key {
	return []key{
		{name: "rpm", read: r.limit(&e.RPM)},
		{name: "tpm", read: r.limit(&e.TPM)},
		{name: "max_parallel_requests", read: into(&e.Parallel, r.count)},
		{name: "weight", read: pointed(&e.Weight, r.number)},
		{name: "order", read: func(f field) {
			if n, ok := r.whole(f); ok {
				e.Order, e.ordered = n, true
			}
		}},
		{name: "tags", read: into(&e.Tags, r.texts)},
		{name: "max_budget", read: pointed(&e.Budget, r.number)},
		{name: "budget_duration", read: into(&e.Every, r.duration)},
		{name: "base_model", read: into(&e.BaseModel, r.text)},
		{name: "input_cost_per_token", read: pointed(&e.In, r.price)},
		{name: "output_cost_per_token", read: pointed(&e.Out, r.price)},
		{name: "cache_read_input_token_cost", read: pointed(&e.CachedIn, r.price)},
	}
}

// limit reads a limit of which 0 means none.
func (r *reader) limit(target *int64) func(field) {
	return func(f field) {
		n, ok := r.count(f)
		if ok && n == 0 {
			r.warn(f.value.at, f.path+" is 0, which is no limit", "write a number above 0, or remove the line")
		}
		if ok {
			*target = n
		}
	}
}

// price reads dollars per token.
func (r *reader) price(f field) (float64, bool) {
	const dear = 0.1 // a hundred times the dearest model's
	x, ok := r.number(f)
	if ok && x > dear {
		r.warn(f.value.at, f.path+" is more than $100,000 per million tokens", "write dollars per single token: $3 per million is 0.000003")
	}
	return x, ok
}

// modelInfo reads model_info. All of it is shown in /model/info, unknown keys too.
func (r *reader) modelInfo(f field, e *entry) {
	disable := r.missing
	r.missing = r.notThere
	defer func() { r.missing = disable }()
	keys := append(r.limitKeys(e),
		key{name: "id", read: func(f field) {
			e.explicit = true
			into(&e.ID, r.text)(f)
		}},
		key{name: "blocked", read: r.blocked(e)},
		key{name: "max_input_tokens", read: into(&e.Context, r.whole)},
		key{name: "max_output_tokens", read: into(&e.MaxOutput, r.whole)},
		key{name: "max_tokens", read: into(&e.tokens, r.whole)},
	)
	r.mapping(f, append(keys, shownOnly()...), func(f field, near string) {
		fix := "remove it if it is a mistake"
		if near != "" {
			fix = "did you mean " + near + "?"
		}
		if dearer(f.key) {
			fix = "calls are priced by token: input_cost_per_token and output_cost_per_token"
		}
		r.warn(f.at, f.path+" is only shown in /model/info", fix)
	})
	if f.value.shape == isMap {
		if info, _ := r.value(f.value, f.path); info != nil {
			e.Info, _ = info.(map[string]any)
		}
	}
}

// shownOnly are keys of model_info that describe a model and do nothing.
func shownOnly() []key {
	var keys []key
	for _, name := range []string{
		"mode", "litellm_provider", "description", "tier", "team_id", "team_public_model_name", "db_model",
		"created_at", "created_by", "updated_at", "updated_by", "access_groups", "supported_environments", "health_check_model",
		"supports_function_calling", "supports_parallel_function_calling", "supports_vision", "supports_audio_input",
		"supports_audio_output", "supports_prompt_caching", "supports_response_schema", "supports_system_messages",
		"supports_tool_choice", "supports_web_search", "supports_reasoning", "supports_pdf_input", "supports_assistant_prefill",
		"supported_openai_params", "output_vector_size", "deprecation_date", "source", "key", "metadata",
	} {
		keys = append(keys, key{name: name, read: func(field) {}})
	}
	return keys
}

// dearer tells whether a key is a price that is not one per token.
func dearer(name string) bool {
	return strings.Contains(name, "cost_per_") || strings.HasSuffix(name, "_token_cost") || strings.HasSuffix(name, "_tokens_cost")
}

// addHeader puts headers in, without taking out what is there.
func (e *entry) addHeader(header http.Header) {
	if e.Header == nil {
		e.Header = http.Header{}
	}
	maps.Copy(e.Header, header)
}

// settle fills in what follows from what was read.
func (r *reader) settle(e *entry) {
	if e.Retries == nil {
		e.Retries = e.inner
	}
	maps.Copy(e.Fields, e.body)
	if e.MaxOutput == 0 {
		e.MaxOutput = e.tokens
	}
	if e.Budget == nil && e.Every != 0 {
		r.warn(e.at, e.path+" has a budget_duration without a max_budget", "write max_budget: dollars")
	}
	if len(e.Info) == 0 {
		e.Info = nil
	}
	if e.Model != "" {
		r.resolve(e)
	}
}
