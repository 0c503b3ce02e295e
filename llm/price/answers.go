package price

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// maxAsked bounds what Answers reads out of a request: more tokens, or more
// answers, than any model gives, and far below what a product of two overflows.
const maxAsked = 1_000_000_000

// Answers returns how much a request lets its model write: the tokens of each
// answer, 0 where it sets no limit that makes sense, and how many answers, 1 at
// least. Both fields that limit tokens reach the provider, and which of them it
// heeds is its own affair, so the larger one counts. There are as many answers
// as n says, or best_of, all of which are paid for, to each of a completion's
// prompts.
func Answers(body json.RawMessage) (each, number int64) {
	if !mayAsk(body) {
		return 0, 1
	}
	var n, prompts int64
	for name, value := range llm.CheckedFields(body) {
		if bytes.IndexByte(name, '\\') >= 0 {
			name = []byte(llm.Unquote(slices.Concat([]byte{'"'}, name, []byte{'"'})))
		}
		switch string(name) {
		case "max_tokens", "max_completion_tokens":
			each = max(each, positive(value))
		case "n", "best_of":
			n = max(n, positive(value))
		case "prompt":
			prompts = several(value)
		}
	}
	return each, min(max(n, 1)*max(prompts, 1), maxAsked)
}

// mayAsk saves reading most bodies: it looks for the names of the fields, or for
// an escape that may stand for a letter of one.
func mayAsk(body []byte) bool {
	for _, name := range []string{`"max_`, `"n"`, `"best_of"`, `"prompt"`, `\u`} {
		if bytes.Contains(body, []byte(name)) {
			return true
		}
	}
	return false
}

// several counts the prompts of a list of texts or of token lists. A list of
// tokens is one prompt.
func several(prompt json.RawMessage) (n int64) {
	for item := range llm.RawItems(prompt) {
		if item[0] != '"' && item[0] != '[' {
			return 1
		}
		n++
	}
	return n
}

// positive reads a number above 0, at most maxAsked; 0 for anything else. Some
// servers also take 1e3, 1000.0 and "1000" for 1000.
func positive(raw json.RawMessage) int64 {
	x, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if !(x > 0) || err != nil && !math.IsInf(x, 1) { // NaN too
		return 0
	}
	return int64(math.Ceil(min(x, maxAsked)))
}
