package price

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"github.com/tribunebot/tribune/llm"
)

// MaxTokens returns how many tokens a request allows its answer to have:
// max_completion_tokens, or max_tokens as it was called before (reasoning
// models ignore the old name, so the new one wins), for each of n choices.
// False where the request sets no limit that makes sense.
func MaxTokens(body json.RawMessage) (tokens int64, ok bool) {
	if !bytes.Contains(body, []byte(`"max_`)) {
		return 0, false // saves reading most bodies
	}
	var limit, older, choices int64
	for name, value := range llm.Fields(body) {
		switch name {
		case "max_completion_tokens":
			limit = positive(value)
		case "max_tokens":
			older = positive(value)
		case "n":
			choices = positive(value)
		}
	}
	if limit == 0 {
		limit = older
	}
	if choices = max(choices, 1); limit > math.MaxInt64/choices {
		return math.MaxInt64, true
	}
	return limit * choices, limit > 0
}

// positive reads a whole number above 0; 0 for anything else.
func positive(raw json.RawMessage) int64 {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0
	}
	return max(n, 0)
}
