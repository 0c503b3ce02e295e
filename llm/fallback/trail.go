package fallback

import (
	"fmt"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// trail is what one request has been through.
type trail struct {
	name     string // the model being asked
	calls    int
	failures []failure
}

// failure is a run of the same failure of one model.
type failure struct {
	name  string
	kind  llm.Kind
	times int
}

func (t *trail) failed(name string, kind llm.Kind) {
	if n := len(t.failures); n > 0 && t.failures[n-1].name == name && t.failures[n-1].kind == kind {
		t.failures[n-1].times++
		return
	}
	t.failures = append(t.failures, failure{name: name, kind: kind, times: 1})
}

// describe adds to what the model says of itself how it came to be asked.
func (t *trail) describe(s *llm.Served) {
	s.Attempts = t.calls - 1 + max(s.Attempts, 1)
	route := t.name + " answered"
	if len(t.failures) > 0 {
		route += " after " + t.words(t.name)
	}
	if s.Route != "" {
		route += "; " + s.Route
	}
	s.Route = route
}

// words lists the failures; "it" is the model that answered in the end.
func (t *trail) words(it string) string {
	list := make([]string, len(t.failures))
	for i, f := range t.failures {
		name := f.name
		if name == it {
			name = "it"
		}
		list[i] = name + " " + verb(f.kind) + often(f.times)
	}
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	}
	return strings.Join(list, "")
}

// summary is the error of a chain that is used up: the last one, with what
// happened before it.
func (t *trail) summary(last error) error {
	e := llm.AsError(last)
	return &llm.Error{
		Kind: e.Kind, Status: e.Status, After: e.After, Provider: "all models failed",
		Err: fmt.Errorf("%s; last: %w", t.words(""), last),
	}
}

func often(times int) string {
	switch times {
	case 1:
		return ""
	case 2:
		return " twice"
	}
	return fmt.Sprintf(" %d times", times)
}

func verb(k llm.Kind) string {
	switch k {
	case llm.Unreachable:
		return "could not be reached"
	case llm.Timeout:
		return "did not answer in time"
	case llm.RateLimited:
		return "was rate limited"
	case llm.Overloaded:
		return "was overloaded"
	case llm.Unauthorised:
		return "did not accept the key"
	case llm.NoSuchModel:
		return "did not know the model"
	case llm.ContextWindow:
		return "found the request too long"
	case llm.ContentPolicy:
		return "declined to answer"
	case llm.NoFunds:
		return "was out of funds"
	case llm.BadRequest, llm.BadResponse, llm.Cancelled, llm.OverBudget, llm.NoDeployment:
	}
	return "gave no usable answer"
}
