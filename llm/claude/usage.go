package claude

import (
	"encoding/json"
	"strconv"

	"github.com/tribunebot/tribune/llm"
)

// usage is what Anthropic tells of the tokens it counted. It counts what its
// cache gave, and what it was given to keep, beside the input.
type usage struct {
	input, read, created, output, thought int
}

// add notes a usage object. A stream tells one at its start and one at its end:
// the counts are totals, and those that the end leaves out stay as they were.
func (u *usage) add(raw json.RawMessage) {
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "input_tokens":
			u.input = max(u.input, tokens(value))
		case "cache_read_input_tokens":
			u.read = max(u.read, tokens(value))
		case "cache_creation_input_tokens":
			u.created = max(u.created, tokens(value))
		case "output_tokens":
			u.output = tokens(value)
		case "output_tokens_details":
			for detail, n := range llm.RawFields(value) {
				if string(detail) == "thinking_tokens" {
					u.thought = tokens(n)
				}
			}
		}
	}
}

// tokens reads a count; anything else is none.
func tokens(raw json.RawMessage) int {
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

func (u usage) prompt() int { return u.input + u.read + u.created }

// count is usage as the port counts it; nil when nothing was told.
func (u usage) count() *llm.Usage {
	if u.prompt() == 0 && u.output == 0 {
		return nil
	}
	return &llm.Usage{Prompt: u.prompt(), Completion: u.output, Cached: u.read, Reasoning: u.thought}
}

// appendJSON writes usage in OpenAI's shape. The count of what the cache was
// given to keep has LiteLLM's name: OpenAI has none.
func (u usage) appendJSON(b []byte) []byte {
	for _, f := range []struct {
		name  string
		count int
	}{
		{`{"prompt_tokens":`, u.prompt()},
		{`,"completion_tokens":`, u.output},
		{`,"total_tokens":`, u.prompt() + u.output},
		{`,"prompt_tokens_details":{"cached_tokens":`, u.read},
		{`,"cache_creation_tokens":`, u.created},
		{`},"completion_tokens_details":{"reasoning_tokens":`, u.thought},
	} {
		b = strconv.AppendInt(append(b, f.name...), int64(f.count), 10)
	}
	return append(b, "}}"...)
}
