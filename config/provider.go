package config

import (
	"slices"
	"strings"
)

// knownProviders are the variable prefixes of the providers in docs/environment.md.
func knownProviders() []string {
	return []string{"OPENAI", "ANTHROPIC", "GEMINI", "DASHSCOPE", "ZHIPUAI", "DEEPSEEK"}
}

// completeProviders shows and checks the keys and addresses of providers that
// Config has no field for, where they are set. Which other providers there are is
// told by the caller: not every FOO_API_KEY in an environment is ours to show.
func (l *loader) completeProviders(more []string) {
	known := names(l.config)
	prefixes := append(knownProviders(), more...)
	slices.Sort(prefixes)
	var found []Setting
	for _, prefix := range slices.Compact(prefixes) {
		for _, name := range []string{prefix + "_API_KEY", prefix + "_API_BASE"} {
			text, origin := l.config.lookup(name)
			if text == "" || slices.Contains(known, name) {
				continue
			}
			l.checkForm(name, origin)
			found = append(found, Setting{Group: "Providers", Name: name, Value: l.provider(name, text, origin), Origin: origin})
		}
	}
	end := slices.IndexFunc(l.settings, func(s Setting) bool { return s.Group == "Embeddings" })
	l.settings = slices.Insert(l.settings, end, found...)
}

// provider checks one variable of a provider and returns how it is shown.
func (l *loader) provider(name, text string, origin Origin) string {
	if strings.HasSuffix(name, "_KEY") {
		return Secret(text).String()
	}
	var base URL
	if err := decodeURL(&base, text); err != nil {
		l.report(Problem{Setting: name, Origin: origin, Message: err.message, Fix: err.fix})
		return hiddenMark
	}
	l.checkSchemes(name, base, []string{"https", "http"})
	return base.String()
}
