package claude

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
)

type chatMessage struct {
	Role       string          `json:"role"`
	Content    json.RawMessage `json:"content"`
	ToolCalls  []chatToolCall  `json:"tool_calls"`
	ToolCallID string          `json:"tool_call_id"`
}

type chatToolCall struct {
	ID       string `json:"id"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type chatPart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Refusal  string `json:"refusal"`
	ImageURL struct {
		URL string `json:"url"`
	} `json:"image_url"`
}

// messages splits a conversation into the system's words and the turns.
// Neighbours of the same role become one turn: the results of several tool calls
// must stand together.
func messages(chat []chatMessage) (system []anthropic.TextBlockParam, turns []anthropic.MessageParam, err error) {
	for i, m := range chat {
		role, blocks, err := blocks(m)
		if err != nil {
			return nil, nil, fmt.Errorf("message %d: %w", i+1, err)
		}
		switch last := len(turns) - 1; {
		case role == "":
			for _, b := range blocks {
				system = append(system, *b.OfText)
			}
		case len(blocks) == 0:
		case last >= 0 && turns[last].Role == role:
			turns[last].Content = append(turns[last].Content, blocks...)
		default:
			turns = append(turns, anthropic.MessageParam{Role: role, Content: blocks})
		}
	}
	return system, turns, nil
}

// blocks translates one message; the role is empty for the system's.
func blocks(m chatMessage) (anthropic.MessageParamRole, []anthropic.ContentBlockParamUnion, error) {
	parts, err := parts(m.Content)
	if err != nil {
		return "", nil, err
	}
	switch m.Role {
	case "system", "developer":
		return "", textBlocks(parts), nil
	case "user":
		content, err := userBlocks(parts)
		return anthropic.MessageParamRoleUser, content, err
	case "assistant":
		return anthropic.MessageParamRoleAssistant, append(textBlocks(parts), toolUses(m.ToolCalls)...), nil
	case "tool":
		if m.ToolCallID == "" {
			return "", nil, errors.New("a tool's result names no tool_call_id")
		}
		content, err := userBlocks(parts)
		if err != nil {
			return "", nil, err
		}
		return anthropic.MessageParamRoleUser, []anthropic.ContentBlockParamUnion{toolResult(m.ToolCallID, content)}, nil
	}
	return "", nil, fmt.Errorf("claude knows no role %q", m.Role)
}

// parts reads a message's content: null, a string or a list.
func parts(raw json.RawMessage) ([]chatPart, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []chatPart{{Type: "text", Text: text}}, nil
	}
	var list []chatPart
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, errors.New("its content is neither text nor a list of parts")
	}
	return list, nil
}

// textBlocks keeps the text parts; empty blocks are refused there.
func textBlocks(parts []chatPart) []anthropic.ContentBlockParamUnion {
	var out []anthropic.ContentBlockParamUnion
	for _, p := range parts {
		if text := cmp.Or(p.Text, p.Refusal); strings.TrimSpace(text) != "" {
			out = append(out, anthropic.NewTextBlock(text))
		}
	}
	return out
}

func userBlocks(parts []chatPart) ([]anthropic.ContentBlockParamUnion, error) {
	var out []anthropic.ContentBlockParamUnion
	for _, p := range parts {
		switch p.Type {
		case "text", "":
			out = append(out, textBlocks([]chatPart{p})...)
		case "image_url":
			image, err := imageBlock(p.ImageURL.URL)
			if err != nil {
				return nil, err
			}
			out = append(out, image)
		default:
			return nil, fmt.Errorf("claude takes no part of type %q", p.Type)
		}
	}
	return out, nil
}

// imageBlock takes an address, or a data URL with the picture in it.
func imageBlock(address string) (anthropic.ContentBlockParamUnion, error) {
	data, inline := strings.CutPrefix(address, "data:")
	if !inline {
		return anthropic.NewImageBlock(anthropic.URLImageSourceParam{URL: address}), nil
	}
	kind, encoded, ok := strings.Cut(data, ";base64,")
	if !ok {
		return anthropic.ContentBlockParamUnion{}, errors.New("a picture's data URL is not base64")
	}
	return anthropic.NewImageBlockBase64(kind, encoded), nil
}

func toolUses(calls []chatToolCall) []anthropic.ContentBlockParamUnion {
	out := make([]anthropic.ContentBlockParamUnion, 0, len(calls))
	for _, c := range calls {
		input := json.RawMessage(c.Function.Arguments)
		if !json.Valid(input) {
			input = json.RawMessage("{}")
		}
		out = append(out, anthropic.NewToolUseBlock(c.ID, input, c.Function.Name))
	}
	return out
}

func toolResult(id string, content []anthropic.ContentBlockParamUnion) anthropic.ContentBlockParamUnion {
	result := &anthropic.ToolResultBlockParam{ToolUseID: id}
	for _, b := range content {
		result.Content = append(result.Content, anthropic.ToolResultBlockParamContentUnion{OfText: b.OfText, OfImage: b.OfImage})
	}
	return anthropic.ContentBlockParamUnion{OfToolResult: result}
}
