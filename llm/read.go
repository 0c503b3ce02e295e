package llm

import (
	"encoding/json"
	"errors"
	"strings"
)

// Text is what the first choice says, without its reasoning; empty when the
// model called a tool instead.
func (r Response) Text() string {
	var body struct {
		Choices []struct {
			Message struct {
				Content json.RawMessage `json:"content"`
			} `json:"message"`
		} `json:"choices"`
	}
	if decode(r.Body, &body) != nil || len(body.Choices) == 0 {
		return ""
	}
	return contentText(body.Choices[0].Message.Content)
}

// Text is what this chunk adds to the first choice's text; empty for chunks
// that carry a role, reasoning, a tool call or usage only.
func (c Chunk) Text() string {
	for _, choice := range c.choices() {
		if choice.Index == 0 {
			return contentText(choice.Delta.Content)
		}
	}
	return ""
}

// Speaks tells whether the chunk adds something of the answer itself: text, a
// refusal or a tool call, in any choice. Roles, reasoning and usage are not.
func (c Chunk) Speaks() bool {
	for _, choice := range c.choices() {
		d := choice.Delta
		if contentText(d.Content) != "" || contentText(d.Refusal) != "" ||
			len(d.ToolCalls) > 0 || d.FunctionCall != nil {
			return true
		}
	}
	return false
}

// Finish is the chunk's finish reason ("stop", "length", "tool_calls"), empty
// in all chunks but the last with a choice.
func (c Chunk) Finish() string {
	for _, choice := range c.choices() {
		if choice.FinishReason != "" {
			return choice.FinishReason
		}
	}
	return ""
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
	if len(raw) == 0 {
		return ""
	}
	var s string
	if raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
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
