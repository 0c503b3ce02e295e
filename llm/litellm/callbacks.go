package litellm

import (
	"slices"
	"strings"

	"github.com/tribunebot/tribune/config"
)

// KnownCallbacks are the callbacks that calls can be reported to.
func KnownCallbacks() []string {
	return []string{"langfuse", "langfuse_otel", "supabase", "prometheus", "otel"}
}

// callbacks reads a list of callbacks into one list or several.
func (r *reader) callbacks(lists ...*[]string) func(field) {
	return func(f field) {
		r.eachText(f, func(item field, name string) {
			if !slices.Contains(KnownCallbacks(), name) {
				fix := "use one of " + strings.Join(KnownCallbacks(), ", ")
				if near := config.Nearest(name, KnownCallbacks()); near != "" {
					fix = "did you mean " + near + "? There are " + strings.Join(KnownCallbacks(), ", ")
				}
				r.warn(item.value.at, item.path+": there is no callback "+quoted(name)+", so nothing is sent to it", fix)
				return
			}
			if r.callbackPlaces == nil {
				r.callbackPlaces = map[string]place{}
			}
			if _, seen := r.callbackPlaces[name]; !seen {
				r.callbackPlaces[name] = item.value.at
			}
			for _, list := range lists {
				if !slices.Contains(*list, name) {
					*list = append(*list, name)
				}
			}
		})
	}
}

// langfuseParams reads langfuse_params, which LiteLLM itself does not have.
func (r *reader) langfuseParams(f field) {
	l := &r.out.Langfuse
	host := func(f field) {
		if text, ok := r.text(f); ok && r.webAddress(f, text) {
			l.Host = text
		}
	}
	r.mapping(f, []key{
		{name: "public_key", read: into(&l.PublicKey, r.text)},
		{name: "secret_key", read: func(f field) {
			if text, ok := r.text(f); ok {
				l.SecretKey = config.Secret(text)
			}
		}},
		{name: "host", read: host},
		{name: "base_url", read: host},
	}, nil)
}

// checkCallbacks warns of callbacks whose settings are missing.
func (r *reader) checkCallbacks() {
	l := &r.out.Langfuse
	if l.PublicKey == "" {
		l.PublicKey = r.variable("LANGFUSE_PUBLIC_KEY")
	}
	if !l.SecretKey.IsSet() {
		l.SecretKey = config.Secret(r.variable("LANGFUSE_SECRET_KEY"))
	}
	for _, name := range []string{"LANGFUSE_HOST", "LANGFUSE_OTEL_HOST", "LANGFUSE_BASE_URL"} {
		if l.Host == "" {
			l.Host = r.variable(name)
		}
	}
	for _, name := range KnownCallbacks() {
		at, used := r.callbackPlaces[name]
		if lacks := r.lacks(name); used && lacks != "" {
			r.warn(at, "the callback "+name+" is not set up, so nothing is sent to it", "set "+lacks)
		}
	}
}

// lacks names what a callback needs and does not have; "" for nothing.
func (r *reader) lacks(callback string) string {
	switch callback {
	case "langfuse", "langfuse_otel":
		if r.out.Langfuse.PublicKey == "" || !r.out.Langfuse.SecretKey.IsSet() {
			return "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, or langfuse_params"
		}
	case "supabase":
		if !r.anySet("SUPABASE_URL") || !r.anySet("SUPABASE_KEY") {
			return "SUPABASE_URL and SUPABASE_KEY"
		}
	case "otel":
		if !r.anySet("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_ENDPOINT") {
			return "OTEL_EXPORTER_OTLP_ENDPOINT"
		}
	}
	return ""
}

// anySet tells whether one of some variables is set.
func (r *reader) anySet(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return r.variable(name) != "" })
}
