package config

import (
	"slices"
	"strings"
)

// unused are settings whose names are promised but which this version does not
// act on yet. They are said to be so where they are set: a setting that is
// silently without effect costs somebody an afternoon.
func unused() []string {
	return []string{
		"SLACK_CLIENT_", "DATABASE_URL", ".followups",
	}
}

// notUsedYet is what is said of such a setting.
const notUsedYet = "it is set, but this version does not use it yet"

// checkUnused warns of settings that have no effect yet.
func (l *loader) checkUnused() {
	const fix = "nothing need be done; a later version will use it"
	for _, s := range l.settings {
		if s.Origin != Default && slices.ContainsFunc(unused(), s.is) {
			l.report(Problem{Setting: s.Name, Origin: s.Origin, Message: notUsedYet, Fix: fix, Warning: true})
		}
	}
}

// is tells whether a setting goes by a name, or by the beginning of one that
// ends in an underscore, or by the end of one that begins with a dot.
func (s Setting) is(name string) bool {
	switch {
	case strings.HasSuffix(name, "_"):
		return strings.HasPrefix(s.Name, name)
	case strings.HasPrefix(name, "."):
		return strings.HasSuffix(s.Name, name)
	default:
		return s.Name == name
	}
}
