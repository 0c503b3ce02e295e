package litellm

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Resolve finds a provider's key and address: the key in the first of its
// variables that is set, the address in its own variable or else in the table,
// where what stands in braces is filled in. What is missing is told as the
// variables to set, "A or B" where one of several will do.
func Resolve(p Provider, lookup func(name string) (string, bool)) (key, base string, missing []string) {
	key, _ = firstSet(p.KeyEnv, lookup)
	if key == "" && len(p.KeyEnv) > 0 && !p.KeyOptional {
		missing = append(missing, strings.Join(p.KeyEnv, " or "))
	}
	if own, ok := firstSet([]string{p.BaseEnv}, lookup); ok {
		return key, normal(p, own), missing
	}
	base, lacking := fill(p.Base, lookup)
	if base == "" && len(lacking) == 0 {
		lacking = []string{p.BaseEnv}
	}
	return key, base, append(missing, lacking...)
}

// firstSet is the value of the first of these variables that has one.
func firstSet(names []string, lookup func(string) (string, bool)) (string, bool) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if value, ok := lookup(name); ok && strings.TrimSpace(value) != "" {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// fill puts values where braces are. One that could change the address's
// meaning counts as missing.
func fill(base string, lookup func(string) (string, bool)) (filled string, missing []string) {
	for {
		before, rest, found := strings.Cut(base, "{")
		if !found {
			return base, missing
		}
		names, after, _ := strings.Cut(rest, "}")
		value, lacks := placeholder(strings.Split(names, "|"), lookup)
		if lacks != "" && !slices.Contains(missing, lacks) {
			missing = append(missing, lacks)
		}
		base = before + value + after
	}
}

// placeholder is the value for one pair of braces, or the variables that may hold it.
func placeholder(names []string, lookup func(string) (string, bool)) (value, missing string) {
	value, ok := firstSet(names, lookup)
	if last := names[len(names)-1]; !ok && strings.HasPrefix(last, "=") {
		return last[1:], ""
	}
	if ok && regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]*$`).MatchString(value) {
		return value, ""
	}
	variables := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name != strings.ToUpper(name) || strings.HasPrefix(name, "=")
	})
	return "", strings.Join(variables, " or ")
}

// normal brings an address that people wrote to the one that is called.
func normal(p Provider, base string) string {
	base = strings.TrimSuffix(strings.TrimRight(strings.TrimSpace(base), "/"), "/chat/completions")
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return base
	}
	switch {
	case p.Kind == Snowflake: // LiteLLM's address ends in Snowflake's own endpoint
		base = strings.TrimSuffix(base, "/inference:complete")
		if strings.HasSuffix(base, "/cortex") {
			return base + "/v1"
		}
	case u.Path == "" && (p.Kind == Bedrock || strings.HasPrefix(p.Base, "http://") || p.Kind != Anthropic && ownHost(p, base)):
		// Whose path is always the same may be named by the host alone.
		if _, path, found := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(p.Base, "https://"), "http://"), "/"); found {
			return base + "/" + path
		}
	}
	return base
}
