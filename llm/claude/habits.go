package claude

import "strings"

// The ways in which a model takes a reasoning_effort. Which one it is shows when
// it refuses another: a list of models would be wrong by the next one.
const (
	byBudget = iota // thinking with a budget of tokens: Claude 3.7 to 4.6
	byEffort        // adaptive thinking with an effort: Claude 4.6 and later
	notAtAll        // models that do not think
)

// forGood is in refusals that hold for every request of a model: "is not
// supported for this model", "does not support thinking".
const forGood = "not support"

// habits are what is known of a model when it is asked.
type habits struct {
	stream   bool
	sampling bool // it takes temperature and top_p
	effort   int32
}

func (m *Model) habits(stream bool) habits {
	return habits{stream: stream, sampling: !m.noSampling.Load(), effort: m.effort.Load()}
}

// adapt reads from a refusal what the model does not take, and tells whether to
// ask again without that. Only what was put into the request here, or is a
// question of taste, is given up: never what the caller asked of Anthropic in
// its own words. What holds for every request is remembered.
func (m *Model) adapt(h habits, d *draft, refusal string) (habits, bool) {
	switch {
	case d.thinks && (strings.Contains(refusal, "thinking") || strings.Contains(refusal, "effort")):
		if h.effort == byBudget && strings.Contains(refusal, "adaptive") {
			h.effort = byEffort
		} else {
			h.effort = notAtAll
		}
		if strings.Contains(refusal, forGood) {
			m.effort.Store(h.effort)
		}
	case d.samples && (strings.Contains(refusal, "temperature") || strings.Contains(refusal, "top_p")):
		h.sampling = false
		if d.get("thinking") == nil { // with thinking every model refuses some temperatures
			m.noSampling.Store(true)
		}
	default:
		return h, false
	}
	return h, true
}
