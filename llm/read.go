package llm

import (
	"encoding/json"
	"errors"
	"strings"
)

// Text is what the first choice says, without its reasoning; empty when the
// model called a tool instead. Of a completion of the older protocol it is the
// first choice's text.
func (r Response) Text() string {
	for choice := range RawItems(rawField(r.Body, "choices")) {
		if text := rawField(choice, "text"); text != nil {
			return contentText(text)
		}
		return contentText(rawField(rawField(choice, "message"), "content"))
	}
	return ""
}

// Text is what this chunk adds to the first choice's text; empty for chunks
// that carry a role, reasoning, a tool call or usage only.
func (c Chunk) Text() string {
	for choice := range RawItems(rawField(c.Body, "choices")) {
		if index := rawField(choice, "index"); !isNumber(index) || string(index) == "0" {
			return contentText(said(choice))
		}
	}
	return ""
}

// said is what a choice of a chunk adds: chat's delta or the older protocol's
// text.
func said(choice json.RawMessage) json.RawMessage {
	if text := rawField(choice, "text"); text != nil {
		return text
	}
	return rawField(rawField(choice, "delta"), "content")
}

// Speaks tells whether the chunk adds something of the answer itself: text, a
// refusal or a tool call, in any choice. Roles, reasoning and usage are not.
func (c Chunk) Speaks() bool {
	for choice := range RawItems(rawField(c.Body, "choices")) {
		for name, value := range RawFields(choice) {
			switch {
			case string(name) == "text" && saysText(value),
				string(name) == "delta" && deltaSpeaks(value):
				return true
			}
		}
	}
	return false
}

func deltaSpeaks(delta json.RawMessage) bool {
	for name, value := range RawFields(delta) {
		switch string(name) {
		case "content", "refusal":
			if saysText(value) {
				return true
			}
		case "tool_calls":
			for range RawItems(value) {
				return true
			}
		case "function_call":
			if len(value) > 0 && value[0] == '{' {
				return true
			}
		}
	}
	return false
}

// saysText tells whether contentText gives anything.
func saysText(raw json.RawMessage) bool {
	if len(raw) > 0 && raw[0] == '"' {
		return len(raw) > len(`""`)
	}
	return contentText(raw) != ""
}

// Finish is the chunk's finish reason ("stop", "length", "tool_calls"), empty
// in all chunks but the last with a choice.
func (c Chunk) Finish() string {
	for choice := range RawItems(rawField(c.Body, "choices")) {
		if reason := rawField(choice, "finish_reason"); len(reason) > 2 && reason[0] == '"' {
			return contentText(reason)
		}
	}
	return ""
}

// rawField is Field for a body that is valid already: the bodies that a Model
// gives are.
func rawField(body json.RawMessage, name string) json.RawMessage {
	var found json.RawMessage
	for key, value := range RawFields(body) {
		if isName(key, name) {
			found = value
		}
	}
	return found
}

func isNumber(raw json.RawMessage) bool {
	return len(raw) > 0 && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9')
}

func (c Chunk) choices() []chunkChoice {
	var body struct {
		Choices []chunkChoice `json:"choices"`
	}
	if len(c.Body) == 0 || decode(c.Body, &body) != nil {
		return nil
	}
	return body.Choices
}

type chunkChoice struct {
	Index        int    `json:"index"`
	Delta        delta  `json:"delta"`
	FinishReason string `json:"finish_reason"`
}

type delta struct {
	Role             string          `json:"role"`
	Content          json.RawMessage `json:"content"`
	Reasoning        string          `json:"reasoning"` // OpenRouter's and vLLM's name for it
	ReasoningContent string          `json:"reasoning_content"`
	Refusal          json.RawMessage `json:"refusal"`
	ToolCalls        []toolPart      `json:"tool_calls"`
	FunctionCall     *functionPart   `json:"function_call"`
}

type toolPart struct {
	Index    int          `json:"index"`
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function functionPart `json:"function"`
}

type functionPart struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// decode reads what it can: a field of an unexpected type (providers differ)
// is left empty and does not spoil the rest.
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	if _, odd := errors.AsType[*json.UnmarshalTypeError](err); odd {
		return nil
	}
	return err
}

// contentText reads a content field: a string, or a list of parts of which the
// text parts count.
func contentText(raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] == '"' {
		return Unquote(raw)
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if raw[0] != '[' || decode(raw, &parts) != nil {
		return ""
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}
