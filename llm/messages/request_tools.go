package messages

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tribunebot/tribune/llm"
)

// tool is a tool of Anthropic's, kept as it is too: one that Anthropic runs
// itself has no counterpart, and its provider shall say so if it is another.
type tool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"input_schema"`
	Strict      *bool           `json:"strict"`

	raw json.RawMessage
}

// UnmarshalJSON reads a tool and keeps it.
func (t *tool) UnmarshalJSON(raw []byte) error {
	type plain tool
	if err := json.Unmarshal(raw, (*plain)(t)); err != nil {
		return err
	}
	t.raw = append(json.RawMessage(nil), raw...)
	return nil
}

type chatTool struct {
	Type     string       `json:"type"`
	Function chatFunction `json:"function"`
}

type chatFunction struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters"`
	Strict      *bool           `json:"strict,omitempty"`
}

// tooling translates tools, and which of them the model may or must call.
func (r request) tooling(fields map[string]any) error {
	list := make([]any, 0, len(r.Tools))
	for i, t := range r.Tools {
		translated, err := t.chat()
		if err != nil {
			return invalid("tools.%d: %w", i, err)
		}
		list = append(list, translated)
	}
	if len(list) > 0 {
		fields["tools"] = list
	}
	if r.ToolChoice == nil || len(list) == 0 { // OpenAI refuses a choice among nothing
		return nil
	}
	choice, err := r.ToolChoice.chat()
	if err != nil {
		return invalid("tool_choice: %w", err)
	}
	fields["tool_choice"] = choice
	if r.ToolChoice.Single {
		fields["parallel_tool_calls"] = false
	}
	return nil
}

func (t tool) chat() (any, error) {
	if t.Type != "" && t.Type != "custom" {
		return t.raw, nil
	}
	if t.Name == "" {
		return nil, errors.New("name: Field required")
	}
	schema := t.Schema
	if llm.Field(schema, "type") == nil && len(schema) == 0 {
		schema = json.RawMessage(`{"type":"object","properties":{}}`)
	}
	return chatTool{Type: "function", Function: chatFunction{Name: t.Name, Description: t.Description, Parameters: schema, Strict: t.Strict}}, nil
}

func (c toolChoice) chat() (any, error) {
	switch c.Type {
	case "auto", "none":
		return c.Type, nil
	case "any":
		return "required", nil
	case "tool":
		if c.Name == "" {
			return nil, errors.New("name: Field required")
		}
		return map[string]any{"type": "function", "function": map[string]string{"name": c.Name}}, nil
	}
	return nil, fmt.Errorf("type: %.40q is not known, it is auto, any, tool or none", c.Type)
}
