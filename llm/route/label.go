package route

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// label is a label's name and the value that a rule wants.
type label struct{ name, value string }

func sortedLabels(labels map[string]string) []label {
	sorted := make([]label, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		sorted = append(sorted, label{name, labels[name]})
	}
	return sorted
}

// anything is the part of a pattern that stands for any one.
const anything = "*"

// pattern is a channel pattern: a place's parts from its start on, or a key.
type pattern struct {
	written string
	parts   []string
	key     string // of "key:NAME"
}

func newPattern(written string) (pattern, error) {
	parts := strings.Split(written, ":")
	switch {
	case parts[0] == "key" && len(parts) == 2 && parts[1] != "":
		return pattern{written: written, key: parts[1]}, nil
	case slices.Contains(parts, "") || len(parts) > 3:
		return pattern{}, fmt.Errorf(`channel %q: write platform:team:channel, whose last parts may be left out or "*"`, written)
	case len(parts) == 3 && (parts[2] == "public" || parts[2] == "dm"):
		return pattern{}, fmt.Errorf("channel %q: who can read a channel is not known here: name the channel by its id", written)
	}
	return pattern{written: written, parts: parts}, nil
}

// fits tells whether a request's labels are those of a place or key that the
// pattern stands for.
func (p pattern) fits(labels map[string]string) bool {
	if p.key != "" {
		return labels[llm.LabelKey] == p.key
	}
	place := labels[llm.LabelChannel]
	if place == "" {
		return false
	}
	for i, part := range p.parts {
		here, rest, more := strings.Cut(place, ":")
		if i == 2 { // a channel's id may hold colons
			here, more = place, false
		}
		if part != anything && part != here {
			return false
		}
		if place = rest; !more && i < len(p.parts)-1 {
			return onlyAnything(p.parts[i+1:])
		}
	}
	return true
}

// onlyAnything tells whether a place with fewer parts than a pattern fits it.
func onlyAnything(parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return part != anything })
}
