package router

import (
	"encoding/json"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// speaks tells whether a chunk is the first of an answer: it has text, a
// refusal, a tool call, a finish reason, or, unless that is held back,
// reasoning.
func speaks(c llm.Chunk, holdReasoning bool) bool {
	return c.Speaks() || c.Finish() != "" || !holdReasoning && thinks(c.Body)
}

// thinks tells whether a chunk has reasoning in it.
func thinks(body json.RawMessage) bool {
	for delta := range messages(body) {
		for name, value := range llm.RawFields(delta) {
			switch string(name) {
			case "reasoning", "reasoning_content":
				if len(value) > len(`""`) && value[0] == '"' {
					return true
				}
			}
		}
	}
	return false
}

// messages yields what the choices of a completion or a chunk say: chat's
// message or delta, or the choice itself in the older protocol.
func messages(body json.RawMessage) func(func(json.RawMessage) bool) {
	return func(yield func(json.RawMessage) bool) {
		for name, choices := range llm.RawFields(body) {
			if string(name) != "choices" {
				continue
			}
			for choice := range llm.RawItems(choices) {
				if !yield(message(choice)) {
					return
				}
			}
		}
	}
}

func message(choice json.RawMessage) json.RawMessage {
	for name, value := range llm.RawFields(choice) {
		switch string(name) {
		case "message", "delta":
			return value
		}
	}
	return choice
}

// addSaid adds all that a completion or a chunk says, reasoning and calls of
// tools among it: what its tokens are counted from. Of two names of one
// provider for its reasoning the first one counts.
func addSaid(b *strings.Builder, body json.RawMessage) {
	for said := range messages(body) {
		thought := false
		for name, value := range llm.RawFields(said) {
			switch string(name) {
			case "content", "text", "refusal":
				addText(b, value)
			case "reasoning", "reasoning_content":
				if !thought {
					addText(b, value)
				}
				thought = true
			case "tool_calls":
				for call := range llm.RawItems(value) {
					addCall(b, call)
				}
			case "function_call":
				addFunction(b, value)
			}
		}
	}
}

// addCall adds what a model writes to call a tool: its name and its input. The
// JSON around them is written by the provider, anew in every chunk.
func addCall(b *strings.Builder, call json.RawMessage) {
	for name, value := range llm.RawFields(call) {
		switch string(name) {
		case "function", "custom":
			addFunction(b, value)
		}
	}
}

func addFunction(b *strings.Builder, function json.RawMessage) {
	for name, value := range llm.RawFields(function) {
		switch string(name) {
		case "name", "arguments", "input":
			addText(b, value)
		}
	}
}

// addText adds a string, or the texts of a list of parts.
func addText(b *strings.Builder, raw json.RawMessage) {
	var text string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		b.WriteString(text)
	}
	for part := range llm.RawItems(raw) {
		for name, value := range llm.RawFields(part) {
			if string(name) == "text" {
				addText(b, value)
			}
		}
	}
}
