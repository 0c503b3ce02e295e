package claude

import (
	"encoding/json"
	"strconv"

	"github.com/tribunebot/tribune/llm"
)

// The budgets of thinking that a reasoning_effort stands for, in tokens, as
// LiteLLM has them (litellm/constants.py, DEFAULT_REASONING_EFFORT_LOW_,
// _MEDIUM_ and _HIGH_THINKING_BUDGET; docs.litellm.ai, reasoning_content). The
// first is also the least that Anthropic takes.
const (
	lowBudget    = 1024
	mediumBudget = 2048
	highBudget   = 4096
)

// budget is how many tokens an effort stands for; 0 for none, and for efforts
// below the least that can be asked for.
func budget(effort string) int64 {
	switch effort {
	case "low":
		return lowBudget
	case "medium":
		return mediumBudget
	case "high", "xhigh", "max":
		return highBudget
	}
	return 0
}

// think asks for thinking where the caller asks for an effort, and says nothing
// of it in Anthropic's own words. It asks for none where Anthropic would refuse
// it: with a tool that has to be called, in the middle of calls of tools that
// began without it, and with a budget that leaves no room for an answer
// (platform.claude.com/docs, extended thinking: "Thinking with tool use").
func (d *draft) think(how int32, calling bool) {
	effort := word(d.get("reasoning_effort"))
	tokens := budget(effort)
	config := d.get(outputConfig)
	switch {
	case tokens == 0 || d.forced || calling || how == notAtAll:
	case d.get("thinking") != nil || field(config, "effort") != nil:
	case how == byEffort:
		d.thinks = true
		// The newest models hide their thoughts unless asked; a stream that
		// shows none looks dead for as long as it thinks.
		d.set("thinking", json.RawMessage(`{"type":"adaptive","display":"summarized"}`))
		d.set(outputConfig, withEffort(config, effort))
	case tokens < d.limit:
		d.thinks = true
		d.set("thinking", append(strconv.AppendInt([]byte(`{"type":"enabled","budget_tokens":`), tokens, 10), '}'))
	}
}

// withEffort adds an effort to an output_config, which may be nothing.
func withEffort(config json.RawMessage, effort string) json.RawMessage {
	b := []byte(`{"effort":"` + effort + `"`)
	for name, value := range llm.RawFields(config) {
		if string(name) != "effort" {
			b = appendField(b, name, value)
		}
	}
	return append(b, '}')
}
