package litellm

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/config"
)

// String describes the deployment in one line, without its key, headers and
// other values that may be secret.
func (s Spec) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: group %s, %s/%s", s.ID, s.Group, s.Provider.Prefix, s.Name)
	for _, part := range []struct{ name, value string }{
		{"at", config.URL(s.APIBase).String()},
		{"api_version", s.APIVersion},
		{"key", config.Secret(s.Key).String()},
		{"headers", names(s.Header)},
		{"params", names(s.Params)},
		{"body", names(s.Fields)},
		{"limits", s.limits()},
		{"tags", strings.Join(s.Tags, " ")},
		{"disabled", s.Disabled},
	} {
		if part.value != "" {
			b.WriteString(", " + part.name + " " + part.value)
		}
	}
	return b.String()
}

// limits describes what the deployment may do, and how it is chosen.
func (s Spec) limits() string {
	var parts []string
	add := func(name string, value float64) {
		if value != 0 {
			parts = append(parts, name+" "+strconv.FormatFloat(value, 'g', -1, 64))
		}
	}
	add("order", float64(s.Order))
	if s.Weight != nil {
		parts = append(parts, "weight "+strconv.FormatFloat(*s.Weight, 'g', -1, 64))
	}
	add("rpm", float64(s.RPM))
	add("tpm", float64(s.TPM))
	add("parallel", float64(s.Parallel))
	if s.Budget != nil {
		parts = append(parts, fmt.Sprintf("budget $%g every %s", *s.Budget, s.Every))
	}
	return strings.Join(parts, " ")
}

// names lists the keys of a map, whose values may be secret.
func names[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), " ")
}

// Format answers every verb of fmt with the form of String.
func (s Spec) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue gives the form of String to slog.
func (s Spec) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON gives the form of String.
func (s Spec) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// String lists the deployments and says how much else there is, without secrets.
func (f *File) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d deployments, %d of them enabled, %d warnings", f.Path, len(f.Deployments), len(f.Enabled()), len(f.Warnings))
	for _, s := range f.Deployments {
		b.WriteString("\n" + s.String())
	}
	return b.String()
}

// Format answers every verb of fmt with the form of String, for the file itself
// and for pointers to it.
func (f File) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }

// LogValue gives the form of String to slog.
func (f *File) LogValue() slog.Value { return slog.StringValue(f.String()) }
