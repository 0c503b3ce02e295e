package claude

import (
	"encoding/json"

	"github.com/anthropics/anthropic-sdk-go"

	"github.com/tribunebot/tribune/llm"
)

// translation turns the events of one stream into OpenAI's chunks.
type translation struct {
	id, model string
	created   int64
	usage     anthropic.Usage
	asked     bool // the caller wants the usage in the stream
	tools     int  // tool calls begun
	inTool    bool // the block under way is one of them

	started  bool // the message began
	said     bool // it has text or a tool call
	finished bool // its stop reason came
	stopped  bool // its last event came
}

// event translates one event into no, one or two chunks.
func (t *translation) event(e anthropic.MessageStreamEventUnion) ([]llm.Chunk, error) {
	switch e.Type {
	case "message_start":
		t.started = true
		t.id, t.model, t.usage = e.Message.ID, e.Message.Model, e.Message.Usage
		return t.chunk(messageBody{Role: "assistant", Content: new(string)}, nil)
	case "content_block_start":
		return t.blockStart(e.ContentBlock)
	case "content_block_delta":
		return t.delta(e.Delta)
	case "message_delta":
		return t.finish(e)
	case "message_stop":
		t.stopped = true
	}
	return nil, nil
}

func (t *translation) blockStart(b anthropic.ContentBlockStartEventContentBlockUnion) ([]llm.Chunk, error) {
	t.inTool = b.Type == "tool_use"
	switch {
	case t.inTool:
		index := t.tools
		t.tools++
		t.said = true
		call := toolCallBody{Index: &index, ID: b.ID, Type: "function", Function: functionBody{Name: b.Name}}
		return t.chunk(messageBody{ToolCalls: []toolCallBody{call}}, nil)
	case b.Type == "text" && b.Text != "":
		return t.text(b.Text)
	}
	return nil, nil
}

func (t *translation) delta(d anthropic.MessageStreamEventUnionDelta) ([]llm.Chunk, error) {
	switch d.Type {
	case "text_delta":
		return t.text(d.Text)
	case "thinking_delta":
		return t.chunk(messageBody{Reasoning: d.Thinking}, nil)
	case "input_json_delta":
		if !t.inTool { // a tool that the provider runs itself
			return nil, nil
		}
		index := t.tools - 1
		call := toolCallBody{Index: &index, Function: functionBody{Arguments: d.PartialJSON}}
		return t.chunk(messageBody{ToolCalls: []toolCallBody{call}}, nil)
	}
	return nil, nil
}

func (t *translation) text(text string) ([]llm.Chunk, error) {
	t.said = t.said || text != ""
	return t.chunk(messageBody{Content: &text}, nil)
}

// finish gives the chunk with the finish reason, and the one with the usage.
// The counts at the end are totals; those that an end leaves out stay as the
// start told them.
func (t *translation) finish(e anthropic.MessageStreamEventUnion) ([]llm.Chunk, error) {
	u := e.Usage
	t.usage.OutputTokens = u.OutputTokens
	t.usage.OutputTokensDetails = u.OutputTokensDetails
	t.usage.InputTokens = max(t.usage.InputTokens, u.InputTokens)
	t.usage.CacheReadInputTokens = max(t.usage.CacheReadInputTokens, u.CacheReadInputTokens)
	t.usage.CacheCreationInputTokens = max(t.usage.CacheCreationInputTokens, u.CacheCreationInputTokens)
	if e.Delta.StopReason == "" {
		return nil, nil
	}
	if err := withheld(e.Delta.StopReason, t.said); err != nil {
		return nil, err
	}
	t.finished = true
	reason := finishReason(e.Delta.StopReason)
	chunks, err := t.chunk(messageBody{}, &reason)
	counted := usageJSON(countUsage(t.usage))
	if err != nil || counted == nil {
		return chunks, err
	}
	last, err := json.Marshal(t.body([]completionChoice{}, counted))
	chunks[0].More = true
	return append(chunks, llm.Chunk{Body: last, UsageOnly: !t.asked}), err
}

func (t *translation) chunk(delta messageBody, finish *string) ([]llm.Chunk, error) {
	raw, err := json.Marshal(t.body([]completionChoice{{Delta: &delta, Finish: finish}}, nil))
	if err != nil {
		return nil, err
	}
	return []llm.Chunk{{Body: raw}}, nil
}

func (t *translation) body(choices []completionChoice, usage *usageBody) completionBody {
	return completionBody{
		ID: t.id, Object: "chat.completion.chunk", Created: t.created, Model: t.model, Choices: choices, Usage: usage,
	}
}
