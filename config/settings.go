package config

import (
	"slices"
	"strings"
)

// Setting is one setting as people may see it.
type Setting struct {
	Group       string `json:"group"`
	Name        string `json:"name"`
	Value       string `json:"value"`             // secrets hidden; "" where it is unset
	Default     string `json:"default,omitempty"` // what holds where it is unset, in words or as a value
	Origin      Origin `json:"origin"`
	Description string `json:"description"`
	Problem     string `json:"problem,omitempty"` // what is wrong with it, and what to do
}

// Settings lists every setting, where it came from and what is wrong with it,
// secrets hidden, in the order of the documentation.
func (c *Config) Settings() []Setting { return slices.Clone(c.settings) }

// attach writes each problem beside its setting.
func (c *Config) attach(problems Problems) {
	for _, problem := range problems {
		for i := range c.settings {
			if setting := &c.settings[i]; setting.Name == problem.Setting {
				text := strings.TrimSuffix(problem.Message+": "+problem.Fix, ": ")
				setting.Problem = strings.TrimPrefix(setting.Problem+"; "+text, "; ")
			}
		}
	}
}

// shown returns a variable's value as people may see it.
func shown(f field, text string) string {
	switch f.value.Interface().(type) {
	case Secret:
		return Secret(text).String()
	case URL:
		return URL(text).String()
	default:
		return oneLine(text)
	}
}
