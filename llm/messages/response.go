package messages

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// completion is what a chat completion, or a chunk of one, says that has a
// counterpart.
type completion struct {
	ID      string   `json:"id"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage"`
}

type choice struct {
	Index   int    `json:"index"`
	Message spoken `json:"message"`
	Delta   spoken `json:"delta"`
	Finish  string `json:"finish_reason"`
}

// spoken is a whole message, or a part of one.
type spoken struct {
	Content          json.RawMessage `json:"content"`
	Refusal          string          `json:"refusal"`
	ReasoningContent string          `json:"reasoning_content"`
	Reasoning        json.RawMessage `json:"reasoning"` // text, where it is a provider's other name for it
	Thinking         []thought       `json:"thinking_blocks"`
	ToolCalls        []struct {
		Index    *int     `json:"index"`
		ID       string   `json:"id"`
		Function function `json:"function"`
	} `json:"tool_calls"`
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Details    struct {
		Cached  int `json:"cached_tokens"`
		Created int `json:"cache_creation_tokens"`
	} `json:"prompt_tokens_details"`
}

// text is the message's text, refusals included.
func (s spoken) text() string {
	var text string
	if len(s.Content) == 0 || json.Unmarshal(s.Content, &text) == nil {
		return text + s.Refusal
	}
	var parts []struct {
		Text    string `json:"text"`
		Refusal string `json:"refusal"`
	}
	if json.Unmarshal(s.Content, &parts) != nil {
		return s.Refusal
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
		b.WriteString(p.Refusal)
	}
	return b.String() + s.Refusal
}

func (s spoken) reasoning() string {
	if s.ReasoningContent != "" {
		return s.ReasoningContent
	}
	var text string
	if len(s.Reasoning) == 0 || json.Unmarshal(s.Reasoning, &text) != nil {
		return ""
	}
	return text
}

// reply is a message as Anthropic answers it. All fields but the usage's
// details are always there.
type reply struct {
	ID           string      `json:"id"`
	Type         string      `json:"type"`
	Role         string      `json:"role"`
	Model        string      `json:"model"`
	Content      []any       `json:"content"`
	StopReason   *string     `json:"stop_reason"`
	StopSequence *string     `json:"stop_sequence"`
	Usage        tokensSpent `json:"usage"`
}

// tokensSpent counts as Anthropic does: what the cache gave is no part of the
// input's tokens.
type tokensSpent struct {
	Input   int `json:"input_tokens"`
	Created int `json:"cache_creation_input_tokens"`
	Read    int `json:"cache_read_input_tokens"`
	Output  int `json:"output_tokens"`
}

type textBlock struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type thinkingBlock struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking"`
	Signature string `json:"signature"`
}

type redactedBlock struct {
	Type string `json:"type"`
	Data string `json:"data"`
}

type toolBlock struct {
	Type  string          `json:"type"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

// Response translates a chat completion into a message. Of several choices it
// takes the first. Its error is an *llm.Error of the kind BadResponse.
func Response(chat json.RawMessage) (json.RawMessage, error) {
	var c completion
	if err := json.Unmarshal(chat, &c); err != nil {
		return nil, garbled(err)
	}
	if len(c.Choices) == 0 {
		return nil, garbled(errNoChoice)
	}
	said := c.Choices[0].Message
	reason := stopReason(c.Choices[0].Finish, len(said.ToolCalls) > 0)
	body, err := json.Marshal(reply{
		ID: messageID(c.ID), Type: "message", Role: "assistant", Model: c.Model,
		Content: said.blocks(), StopReason: &reason, Usage: spent(c.Usage),
	})
	if err != nil {
		return nil, garbled(err)
	}
	return body, nil
}

func (s spoken) blocks() []any {
	blocks := []any{}
	if len(s.Thinking) == 0 && s.reasoning() != "" {
		blocks = append(blocks, thinkingBlock{Type: "thinking", Thinking: s.reasoning()})
	}
	for _, t := range s.Thinking {
		blocks = append(blocks, t.block())
	}
	if text := s.text(); text != "" {
		blocks = append(blocks, textBlock{Type: "text", Text: text})
	}
	for i, call := range s.ToolCalls {
		blocks = append(blocks, toolBlock{
			Type: "tool_use", ID: toolID(call.ID, i), Name: call.Function.Name, Input: input(call.Function.Arguments),
		})
	}
	return blocks
}

func (t thought) block() any {
	if t.Type == "redacted_thinking" {
		return redactedBlock{Type: t.Type, Data: t.Data}
	}
	return thinkingBlock{Type: "thinking", Thinking: t.Thinking, Signature: t.Signature}
}

// input is a call's arguments, which have to be an object there: a model that
// wrote something else is quoted.
func input(arguments string) json.RawMessage {
	var object map[string]json.RawMessage
	switch {
	case strings.TrimSpace(arguments) == "":
		return json.RawMessage("{}")
	case json.Unmarshal([]byte(arguments), &object) == nil && object != nil:
		return json.RawMessage(arguments)
	}
	quoted, err := json.Marshal(map[string]string{"arguments": arguments})
	if err != nil { // strings always marshal
		return json.RawMessage("{}")
	}
	return quoted
}

// stopReason is why the model stopped. That it met a stop sequence cannot be
// told from its end.
func stopReason(finish string, tools bool) string {
	switch finish {
	case "length":
		return "max_tokens"
	case "tool_calls", "function_call":
		return "tool_use"
	case "content_filter":
		return "refusal"
	}
	if tools { // some providers say "stop", or nothing
		return "tool_use"
	}
	return "end_turn"
}

func spent(u *usage) tokensSpent {
	if u == nil {
		return tokensSpent{}
	}
	return tokensSpent{
		Input:   max(u.Prompt-u.Details.Cached-u.Details.Created, 0),
		Created: u.Details.Created, Read: u.Details.Cached, Output: u.Completion,
	}
}

// counted is the same of a count that a deployment gives.
func counted(u *llm.Usage) tokensSpent {
	if u == nil {
		return tokensSpent{}
	}
	return tokensSpent{Input: max(u.Prompt-u.Cached, 0), Read: u.Cached, Output: u.Completion}
}

// messageID makes an id look like Anthropic's, which clients may check.
func messageID(id string) string {
	if strings.HasPrefix(id, "msg_") {
		return id
	}
	return "msg_" + id
}

// toolID gives a call an id where the provider gave none: a result has to name it.
func toolID(id string, place int) string {
	if id == "" {
		return "toolu_" + strconv.Itoa(place)
	}
	return id
}
