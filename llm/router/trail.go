package router

import (
	"fmt"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// trail is what one request has been through, for people.
type trail struct {
	why      []string // how its first group came to be chosen
	instead  string   // why it is with another group now
	failures []failure
}

// failure is a run of the same failure of one deployment.
type failure struct {
	name  string
	kind  llm.Kind
	times int
}

func (t *trail) chose(why string) {
	if why != "" {
		t.why = append(t.why, why)
	}
}

func (t *trail) failed(name string, kind llm.Kind) {
	if n := len(t.failures); n > 0 && t.failures[n-1].name == name && t.failures[n-1].kind == kind {
		t.failures[n-1].times++
		return
	}
	t.failures = append(t.failures, failure{name: name, kind: kind, times: 1})
}

// route says how the deployment that answers came to be asked.
func (t *trail) route(id, picked string) string {
	said := id + " answered"
	if len(t.failures) > 0 {
		said += " after " + t.words(id)
	}
	if picked != "" {
		said += ", picked by " + picked
	}
	if t.instead != "" {
		said = t.instead + "; " + said
	}
	if len(t.why) > 0 {
		said = strings.Join(t.why, "; ") + "; " + said
	}
	return said
}

// words lists the failures; "it" is the deployment that answered in the end.
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

// summary is the error of a request that nobody served: the last one, with what
// happened before it and who else there was to ask. A single failure of a single
// deployment stays as it is.
func (t *trail) summary(last *llm.Error, fallbacks []string) *llm.Error {
	times := 0
	for _, f := range t.failures {
		times += f.times
	}
	if times < 2 && len(fallbacks) == 0 {
		return last
	}
	var notes []string
	if times > 0 {
		notes = append(notes, t.words(""))
	}
	if len(fallbacks) > 0 {
		notes = append(notes, "available fallbacks: "+strings.Join(fallbacks, ", "))
	}
	said := *last
	said.Err = fmt.Errorf("%w (%s)", last.Err, strings.Join(notes, "; "))
	return &said
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
	case llm.OverBudget:
		return "was over the budget"
	case llm.NoDeployment:
		return "had no deployment to ask"
	case llm.BadRequest:
		return "refused the request"
	case llm.BadResponse, llm.Cancelled:
	}
	return "gave no usable answer"
}
