package compat

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/tribunebot/tribune/llm"
)

// usage is what providers tell of the tokens they counted.
type usage struct {
	prompt, completion, total, cached, reasoning int
	cost                                         *float64 // OpenRouter
}

// parseUsage reads a usage object; nil where it tells nothing. A field that is
// no number counts as none.
func parseUsage(raw json.RawMessage) *usage {
	var u usage
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "prompt_tokens":
			u.prompt = tokens(value)
		case "completion_tokens":
			u.completion = tokens(value)
		case "total_tokens":
			u.total = tokens(value)
		case "cached_tokens", "prompt_cache_hit_tokens": // Moonshot; DeepSeek
			u.cached = max(u.cached, tokens(value))
		case "prompt_tokens_details":
			u.cached = max(u.cached, detail(value, "cached_tokens"))
		case "completion_tokens_details":
			u.reasoning = detail(value, "reasoning_tokens")
		case "cost":
			u.cost = cost(string(value))
		}
	}
	if u.prompt == 0 && u.completion == 0 {
		return nil
	}
	return &u
}

func detail(raw json.RawMessage, name string) int {
	for field, value := range llm.RawFields(raw) {
		if string(field) == name {
			return tokens(value)
		}
	}
	return 0
}

// tokens reads a count. Some write whole numbers as 10.0; nobody sends 2^53.
func tokens(raw json.RawMessage) int {
	if n, err := strconv.Atoi(string(raw)); err == nil {
		return max(n, 0)
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || f < 0 || f > 1<<53 {
		return 0
	}
	return int(f)
}

// count is usage as the port counts it.
func (u *usage) count() *llm.Usage {
	if u == nil {
		return nil
	}
	completion := u.completion
	// xAI counts reasoning beside the completion; its total tells.
	if u.reasoning > 0 && u.total == u.prompt+u.completion+u.reasoning {
		completion += u.reasoning
	}
	return &llm.Usage{Prompt: u.prompt, Completion: completion, Cached: u.cached, Reasoning: u.reasoning}
}
