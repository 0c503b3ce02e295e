// Package messages lets clients of Anthropic's Messages API be answered by any
// provider: it translates their requests into OpenAI's chat completions, which
// is what an llm.Model takes, and the answers, streams and errors back. It is
// the other direction of llm/claude.
//
// It is pure: it calls nobody and keeps nothing but a stream's own state.
// Fields of a request that it does not know stay under their names, so that a
// Claude deployment behind the router gets thinking, top_k and whatever is new.
// What is inside of messages is in OpenAI's words only, because providers refuse
// what they do not know there: marks for caching (cache_control) and citations
// are left out, and so are the tools that Anthropic runs itself where a
// conversation already holds their results.
//
// Sources: platform.claude.com/docs/en/api/messages and its page on streaming;
// platform.openai.com/docs/api-reference/chat.
package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tribunebot/tribune/llm"
)

// provider is who errors of a translation come from.
const provider = "messages"

// invalid is a request that no provider would take.
func invalid(format string, args ...any) *llm.Error {
	return &llm.Error{Kind: llm.BadRequest, Status: http.StatusBadRequest, Provider: provider, Err: fmt.Errorf(format, args...)}
}

// garbled is an answer that cannot be translated.
func garbled(err error) *llm.Error {
	return &llm.Error{Kind: llm.BadResponse, Provider: provider, Err: err}
}

var errNoChoice = errors.New("the completion has no choices")

// items reads a list of objects, or a string as one block of text. Null and
// nothing are no blocks.
func items(raw json.RawMessage) ([]block, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []block{{Type: "text", Text: text}}, nil
	}
	var list []block
	if json.Unmarshal(raw, &list) != nil {
		return nil, errors.New("content is neither text nor a list of blocks")
	}
	return list, nil
}

// block is a content block of Anthropic's, of any type.
type block struct {
	Type string `json:"type"`
	Text string `json:"text"`

	Thinking  string `json:"thinking"`
	Signature string `json:"signature"`
	Data      string `json:"data"` // redacted_thinking

	ID    string          `json:"id"` // tool_use
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`

	ToolUseID string          `json:"tool_use_id"` // tool_result
	IsError   bool            `json:"is_error"`
	Content   json.RawMessage `json:"content"`

	// Source of an image or a document; search_result has a string there.
	Source json.RawMessage `json:"source"`
	Title  string          `json:"title"`
}

// source is where an image or a document comes from.
type source struct {
	Type      string          `json:"type"`
	MediaType string          `json:"media_type"`
	Data      string          `json:"data"`
	URL       string          `json:"url"`
	Content   json.RawMessage `json:"content"`
}
