package messages

import (
	"encoding/json"

	"github.com/tribunebot/tribune/llm"
)

// request is what a request says that goes by another name, or has another
// shape, in OpenAI's words.
type request struct {
	Messages      []turn          `json:"messages"`
	System        json.RawMessage `json:"system"`
	MaxTokens     *int64          `json:"max_tokens"`
	StopSequences []string        `json:"stop_sequences"`
	Tools         []tool          `json:"tools"`
	ToolChoice    *toolChoice     `json:"tool_choice"`
	Thinking      *thinking       `json:"thinking"`
	Metadata      *struct {
		UserID string `json:"user_id"`
	} `json:"metadata"`
	OutputConfig *struct {
		Effort string  `json:"effort"`
		Format *format `json:"format"`
	} `json:"output_config"`
}

type turn struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

type toolChoice struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Single bool   `json:"disable_parallel_tool_use"`
}

type thinking struct {
	Type   string `json:"type"`
	Budget int64  `json:"budget_tokens"`
}

type format struct {
	Type   string          `json:"type"`
	Schema json.RawMessage `json:"schema"`
}

// Request translates a request for /v1/messages into one for
// /v1/chat/completions. Its error is an *llm.Error of the kind BadRequest that
// says which part of the request is wrong.
func Request(body json.RawMessage) (chat json.RawMessage, err error) {
	var r request
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, invalid("the request is no Messages API request: %w", err)
	}
	switch {
	case r.MaxTokens == nil:
		return nil, invalid("max_tokens: Field required")
	case *r.MaxTokens < 1:
		return nil, invalid("max_tokens: it must be at least 1")
	case len(r.Messages) == 0:
		return nil, invalid("messages: at least one message is required")
	}
	fields := map[string]any{
		"system": nil, "stop_sequences": nil, "metadata": nil, "tool_choice": nil, "tools": nil,
	}
	if fields["messages"], err = r.chat(); err != nil {
		return nil, err
	}
	r.options(fields)
	if err := r.tooling(fields); err != nil {
		return nil, err
	}
	chat, err = llm.SetFields(body, fields)
	if err != nil {
		return nil, invalid("%w", err)
	}
	return chat, nil
}

// options translates what is no message and no tool.
func (r request) options(fields map[string]any) {
	if len(r.StopSequences) > 0 {
		fields["stop"] = r.StopSequences
	}
	if r.Metadata != nil && r.Metadata.UserID != "" {
		fields["user"] = r.Metadata.UserID
	}
	if effort := r.effort(); effort != "" {
		fields["reasoning_effort"] = effort
	}
	if c := r.OutputConfig; c != nil && c.Format != nil && c.Format.Type == "json_schema" {
		fields["response_format"] = map[string]any{
			"type":        "json_schema",
			"json_schema": map[string]any{"name": "output", "schema": c.Format.Schema},
		}
	}
}

// The budgets of thinking from which an effort is the next higher one, as
// LiteLLM has them (docs.litellm.ai, reasoning_content: low 1024, medium 2048,
// high 4096 tokens).
const (
	mediumBudget = 2048
	highBudget   = 4096
)

// effort is how much a model shall think, in OpenAI's words; empty: as it likes.
func (r request) effort() string {
	if r.OutputConfig != nil && r.OutputConfig.Effort != "" {
		if r.OutputConfig.Effort == "max" { // OpenAI has no word above high that all its models know
			return "high"
		}
		return r.OutputConfig.Effort
	}
	switch t := r.Thinking; {
	case t == nil || t.Type != "enabled":
		return ""
	case t.Budget >= highBudget:
		return "high"
	case t.Budget >= mediumBudget:
		return "medium"
	}
	return "low"
}

// part is a part of a message in OpenAI's shape.
type part struct {
	Type  string    `json:"type"`
	Text  string    `json:"text,omitempty"`
	Image *imageURL `json:"image_url,omitempty"`
	File  *file     `json:"file,omitempty"`
}

type imageURL struct {
	URL string `json:"url"`
}

type file struct {
	Name string `json:"filename,omitempty"`
	Data string `json:"file_data,omitempty"`
}

// message is a message in OpenAI's shape.
type message struct {
	Role       string     `json:"role"`
	Content    any        `json:"content"` // string, []part or nil
	Reasoning  string     `json:"reasoning_content,omitempty"`
	Thinking   []thought  `json:"thinking_blocks,omitempty"`
	ToolCalls  []toolCall `json:"tool_calls,omitempty"`
	ToolCallID string     `json:"tool_call_id,omitempty"`
}

type toolCall struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	Function function `json:"function"`
}

type function struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// thought is a block of thinking that only the model which signed it can read
// again. The field's name is LiteLLM's.
type thought struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking,omitempty"`
	Signature string `json:"signature,omitempty"`
	Data      string `json:"data,omitempty"`
}

// chat translates the system's words and the turns.
func (r request) chat() ([]message, error) {
	var out []message
	system, err := items(r.System)
	if err != nil {
		return nil, invalid("system: %w", err)
	}
	if parts, err := said(system); err != nil {
		return nil, invalid("system: %w", err)
	} else if len(parts) > 0 {
		out = append(out, message{Role: "system", Content: content(parts)})
	}
	for i, t := range r.Messages {
		list, err := t.chat()
		if err != nil {
			return nil, invalid("messages.%d: %w", i, err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// content is one text as a string, which every provider takes, and anything
// else as a list.
func content(parts []part) any {
	switch {
	case len(parts) == 0:
		return ""
	case len(parts) == 1 && parts[0].Type == "text":
		return parts[0].Text
	}
	return parts
}
