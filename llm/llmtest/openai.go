package llmtest

import (
	"encoding/json"
	"maps"

	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm"
)

// event is one event of a stream.
type event struct {
	name  string // of the SSE event; OpenAI's have none
	at    string // where a gate may stand before it
	piece bool   // a piece of the text
	usage bool   // nothing but the usage
	data  any
}

// shape is a provider's protocol.
type shape interface {
	events(s Step, id, model string, usage bool) []event
	whole(s Step, id, model string) any
	refusal(s Step) any
	// endless is an event that can be repeated for ever.
	endless(id, model string) event
	closing() string // what ends a stream
}

// openaiShape gives the same answer so many times (n).
type openaiShape struct{ choices int }

func (o openaiShape) events(s Step, id, model string, usage bool) []event {
	chunk := func(delta map[string]any, finish any) map[string]any {
		maps.Copy(delta, s.Extra)
		return openaiChunk(id, model, delta, finish)
	}
	events := []event{{data: chunk(map[string]any{"role": "assistant", "content": ""}, nil)}}
	if s.Reasoning != "" {
		events = append(events, event{at: s.Reasoning, data: chunk(map[string]any{"reasoning_content": s.Reasoning}, nil)})
	}
	for _, p := range s.Pieces {
		events = append(events, event{at: p, piece: true, data: chunk(map[string]any{"content": p}, nil)})
	}
	for i, t := range s.Tools {
		head := openai.ToolCall{Index: &i, ID: t.ID, Type: t.Type, Function: openai.FunctionCall{Name: t.Function.Name}}
		events = append(events, event{data: chunk(map[string]any{"tool_calls": []openai.ToolCall{head}}, nil)})
		for _, half := range halves(t.Function.Arguments) {
			part := map[string]any{"index": i, "function": map[string]any{"arguments": half}}
			events = append(events, event{data: chunk(map[string]any{"tool_calls": []any{part}}, nil)})
		}
	}
	events = o.each(append(events, event{at: AtFinish, data: chunk(map[string]any{}, s.Finish)}))
	if usage && s.Usage != nil {
		last := openaiChunk(id, model, nil, nil)
		last["choices"] = []any{}
		last["usage"] = openaiUsage(*s.Usage)
		events = append(events, event{usage: true, data: last})
	}
	return events
}

// each says every event once for each choice, in turn.
func (o openaiShape) each(events []event) []event {
	if o.choices <= 1 {
		return events
	}
	var all []event
	for _, e := range events {
		all = append(all, e)
		data, ok := e.data.(map[string]any)
		for i := 1; ok && i < o.choices; i++ {
			all = append(all, event{data: numbered(data, i)})
		}
	}
	return all
}

// numbered is a body whose one choice has another index.
func numbered(body map[string]any, index int) map[string]any {
	other := maps.Clone(body)
	if list, ok := body["choices"].([]any); ok && len(list) == 1 {
		if choice, ok := list[0].(map[string]any); ok {
			choice = maps.Clone(choice)
			choice["index"] = index
			other["choices"] = []any{choice}
		}
	}
	return other
}

func openaiChunk(id, model string, delta map[string]any, finish any) map[string]any {
	return map[string]any{
		"id": id, "object": "chat.completion.chunk", "created": 1700000000, "model": model,
		"choices": []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}},
	}
}

func (o openaiShape) whole(s Step, id, model string) any {
	message := map[string]any{"role": "assistant", "content": s.text()}
	if s.Reasoning != "" {
		message["reasoning_content"] = s.Reasoning
	}
	if len(s.Tools) > 0 {
		message["tool_calls"] = s.Tools
	}
	var choices []any
	for i := range max(o.choices, 1) {
		choices = append(choices, map[string]any{"index": i, "message": message, "finish_reason": s.Finish})
	}
	body := map[string]any{
		"id": id, "object": "chat.completion", "created": 1700000000, "model": model, "choices": choices,
	}
	if s.Usage != nil {
		body["usage"] = openaiUsage(*s.Usage)
	}
	maps.Copy(body, s.Extra)
	return body
}

func openaiUsage(u llm.Usage) map[string]any {
	return map[string]any{
		"prompt_tokens": u.Prompt, "completion_tokens": u.Completion, "total_tokens": u.Prompt + u.Completion,
		"prompt_tokens_details":     map[string]any{"cached_tokens": u.Cached},
		"completion_tokens_details": map[string]any{"reasoning_tokens": u.Reasoning},
	}
}

func (openaiShape) refusal(s Step) any {
	return map[string]any{"error": map[string]any{"message": s.Message, "type": nil, "code": s.Code, "param": nil}}
}

func (openaiShape) endless(id, model string) event {
	return event{data: openaiChunk(id, model, map[string]any{"content": "and on and on "}, nil)}
}

func (openaiShape) closing() string { return "data: [DONE]\n\n" }

func halves(s string) []string { return []string{s[:len(s)/2], s[len(s)/2:]} }

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("llmtest: a step cannot be written as JSON: " + err.Error())
	}
	return b
}
