package claude

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/anthropics/anthropic-sdk-go"

	"github.com/tribunebot/tribune/llm"
)

// The JSON below is OpenAI's, as its clients read it.

type completionBody struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"`
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	Choices []completionChoice `json:"choices"`
	Usage   *usageBody         `json:"usage,omitempty"`
}

type completionChoice struct {
	Index   int          `json:"index"`
	Message *messageBody `json:"message,omitempty"`
	Delta   *messageBody `json:"delta,omitempty"`
	Finish  *string      `json:"finish_reason"`
}

type messageBody struct {
	Role      string         `json:"role,omitempty"`
	Content   *string        `json:"content,omitempty"`
	Reasoning string         `json:"reasoning_content,omitempty"`
	ToolCalls []toolCallBody `json:"tool_calls,omitempty"`
}

type toolCallBody struct {
	Index    *int         `json:"index,omitempty"`
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function functionBody `json:"function"`
}

type functionBody struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type usageBody struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
	Details    struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// completion translates a whole message.
func completion(m *anthropic.Message, now time.Time) (json.RawMessage, error) {
	message := messageBody{Role: "assistant"}
	var text, thought strings.Builder
	for _, block := range m.Content {
		switch block.Type {
		case "text":
			text.WriteString(block.Text)
		case "thinking":
			thought.WriteString(block.Thinking)
		case "tool_use":
			message.ToolCalls = append(message.ToolCalls, toolCallBody{
				ID: block.ID, Type: "function",
				Function: functionBody{Name: block.Name, Arguments: cmp.Or(string(block.Input), "{}")},
			})
		}
	}
	said := text.String()
	message.Content, message.Reasoning = &said, thought.String()
	if err := withheld(m.StopReason, said != "" || len(message.ToolCalls) > 0); err != nil {
		return nil, err
	}
	finish := finishReason(m.StopReason)
	return json.Marshal(completionBody{
		ID: m.ID, Object: "chat.completion", Created: now.Unix(), Model: m.Model,
		Choices: []completionChoice{{Message: &message, Finish: &finish}},
		Usage:   usageJSON(countUsage(m.Usage)),
	})
}

// withheld tells a refusal that let nothing through: another model may answer.
func withheld(stop anthropic.StopReason, said bool) error {
	if stop != anthropic.StopReasonRefusal || said {
		return nil
	}
	return &llm.Error{Kind: llm.ContentPolicy, Err: errors.New("the answer was withheld: refusal")}
}

func finishReason(stop anthropic.StopReason) string {
	switch stop {
	case anthropic.StopReasonMaxTokens, anthropic.StopReasonModelContextWindowExceeded:
		return "length"
	case anthropic.StopReasonToolUse:
		return "tool_calls"
	case anthropic.StopReasonRefusal:
		return "content_filter"
	default:
		return "stop"
	}
}

// countUsage adds up the prompt, of which Anthropic tells the cached parts
// apart. It returns nil when nothing was told.
func countUsage(u anthropic.Usage) *llm.Usage {
	prompt := u.InputTokens + u.CacheReadInputTokens + u.CacheCreationInputTokens
	if prompt == 0 && u.OutputTokens == 0 {
		return nil
	}
	return &llm.Usage{
		Prompt:     int(prompt),
		Completion: int(u.OutputTokens),
		Cached:     int(u.CacheReadInputTokens),
		Reasoning:  int(u.OutputTokensDetails.ThinkingTokens),
	}
}

func usageJSON(u *llm.Usage) *usageBody {
	if u == nil {
		return nil
	}
	body := &usageBody{Prompt: u.Prompt, Completion: u.Completion, Total: u.Prompt + u.Completion}
	body.Details.Cached = u.Cached
	body.CompletionDetails.Reasoning = u.Reasoning
	return body
}
