package messages

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// chat translates one turn. A user's turn with the results of tools becomes
// several messages: each result is one of its own, before what the user says.
func (t turn) chat() ([]message, error) {
	blocks, err := items(t.Content)
	if err != nil {
		return nil, err
	}
	switch t.Role {
	case "user":
		return user(blocks)
	case "assistant":
		return assistant(blocks)
	case "system":
		parts, err := said(blocks)
		return []message{{Role: "system", Content: content(parts)}}, err
	}
	return nil, fmt.Errorf("role: %.40q is not known, it is user or assistant", t.Role)
}

func user(blocks []block) ([]message, error) {
	var results []message
	var rest []block
	for _, b := range blocks {
		if b.Type != "tool_result" {
			rest = append(rest, b)
			continue
		}
		result, pictures, err := b.result()
		if err != nil {
			return nil, err
		}
		results = append(results, result)
		rest = append(rest, pictures...)
	}
	parts, err := said(rest)
	if err != nil {
		return nil, err
	}
	if len(parts) > 0 || len(results) == 0 {
		results = append(results, message{Role: "user", Content: content(parts)})
	}
	return results, nil
}

// result translates what a tool gave. Pictures come back apart: a message of a
// tool holds text only, so the user has to show them.
func (b block) result() (message, []block, error) {
	if b.ToolUseID == "" {
		return message{}, nil, errors.New("tool_result: tool_use_id: Field required")
	}
	list, err := items(b.Content)
	if err != nil {
		return message{}, nil, fmt.Errorf("tool_result: %w", err)
	}
	var texts, shown []block
	for _, c := range list {
		switch c.Type {
		case "image", "document":
			shown = append(shown, c)
		case "tool_reference": // of Anthropic's own search for tools
		default:
			texts = append(texts, c)
		}
	}
	parts, err := said(texts)
	if err != nil {
		return message{}, nil, fmt.Errorf("tool_result: %w", err)
	}
	text := joined(parts)
	if b.IsError && !strings.HasPrefix(strings.ToLower(text), "error") {
		text = strings.TrimSpace("Error: " + text)
	}
	if text == "" && len(shown) > 0 {
		text = "(shown below)"
	}
	return message{Role: "tool", ToolCallID: b.ToolUseID, Content: text}, shown, nil
}

func joined(parts []part) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// assistant translates what the model said, thought and called. Blocks of types
// that only Anthropic's own tools make are left out.
func assistant(blocks []block) ([]message, error) {
	m := message{Role: "assistant"}
	var text, reasoning strings.Builder
	for _, b := range blocks {
		switch b.Type {
		case "text":
			text.WriteString(b.Text)
		case "thinking":
			if b.Signature == "" { // of a model that does not sign
				reasoning.WriteString(b.Thinking)
				continue
			}
			m.Thinking = append(m.Thinking, thought{Type: b.Type, Thinking: b.Thinking, Signature: b.Signature})
		case "redacted_thinking":
			m.Thinking = append(m.Thinking, thought{Type: b.Type, Data: b.Data})
		case "tool_use":
			call, err := b.call()
			if err != nil {
				return nil, err
			}
			m.ToolCalls = append(m.ToolCalls, call)
		}
	}
	m.Reasoning = reasoning.String()
	if text.Len() > 0 || len(m.ToolCalls) == 0 {
		m.Content = text.String()
	}
	return []message{m}, nil
}

func (b block) call() (toolCall, error) {
	if b.ID == "" || b.Name == "" {
		return toolCall{}, errors.New("tool_use: id and name: Field required")
	}
	input := b.Input
	if len(input) == 0 || string(input) == "null" {
		input = json.RawMessage("{}")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, input); err != nil {
		return toolCall{}, fmt.Errorf("tool_use: input: %w", err)
	}
	return toolCall{ID: b.ID, Type: "function", Function: function{Name: b.Name, Arguments: compact.String()}}, nil
}

// said translates blocks of text, pictures and documents.
func said(blocks []block) ([]part, error) {
	var parts []part
	for _, b := range blocks {
		list, err := b.parts()
		if err != nil {
			return nil, fmt.Errorf("%.40s: %w", b.Type, err)
		}
		parts = append(parts, list...)
	}
	return parts, nil
}

func (b block) parts() ([]part, error) {
	switch b.Type {
	case "text":
		if b.Text == "" {
			return nil, nil
		}
		return []part{{Type: "text", Text: b.Text}}, nil
	case "image":
		return b.image()
	case "document":
		return b.document()
	case "search_result":
		var from string
		_ = json.Unmarshal(b.Source, &from) // no source is no source
		list, err := items(b.Content)
		if err != nil {
			return nil, err
		}
		found, err := said(list)
		title := strings.TrimSpace(b.Title + "\n" + from)
		return append(titled(title), found...), err
	case "container_upload", "mid_conv_system":
		return nil, errors.New("no provider but Anthropic takes blocks of this type")
	}
	return nil, errors.New("a block of this type has no place here")
}

func titled(title string) []part {
	if title == "" {
		return nil
	}
	return []part{{Type: "text", Text: title}}
}

func (b block) image() ([]part, error) {
	var s source
	if json.Unmarshal(b.Source, &s) != nil {
		return nil, errors.New("source: Field required")
	}
	switch {
	case s.Type == "base64" && s.Data != "" && s.MediaType != "":
		return []part{{Type: "image_url", Image: &imageURL{URL: "data:" + s.MediaType + ";base64," + s.Data}}}, nil
	case s.Type == "url" && s.URL != "":
		return []part{{Type: "image_url", Image: &imageURL{URL: s.URL}}}, nil
	}
	return nil, fmt.Errorf("source: give its data in base64 with its media_type, or its url (it is %.40q)", s.Type)
}

// document translates a PDF into a file, which OpenAI's and some others' models
// read, and everything that is text into text.
func (b block) document() ([]part, error) {
	var s source
	if json.Unmarshal(b.Source, &s) != nil {
		return nil, errors.New("source: Field required")
	}
	switch s.Type {
	case "text":
		return append(titled(b.Title), part{Type: "text", Text: s.Data}), nil
	case "content":
		list, err := items(s.Content)
		if err != nil {
			return nil, err
		}
		parts, err := said(list)
		return append(titled(b.Title), parts...), err
	case "base64":
		name := b.Title
		if name == "" {
			name = "document.pdf"
		}
		return []part{{Type: "file", File: &file{Name: name, Data: "data:" + s.MediaType + ";base64," + s.Data}}}, nil
	}
	return nil, fmt.Errorf("source: give the document's data: a provider cannot fetch it by %.40q", s.Type)
}
