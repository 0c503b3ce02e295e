package llmtest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/tribunebot/tribune/llm"
)

type anthropicShape struct{}

func (anthropicShape) events(s Step, id, model string, _ bool) []event {
	start := map[string]any{
		"id": id, "type": "message", "role": "assistant", "model": model, "content": []any{},
		"stop_reason": nil, "stop_sequence": nil, "usage": anthropicUsage(s.Usage, 1),
	}
	events := []event{named("message_start", map[string]any{"message": start}), named("ping", nil)}
	index := 0
	block := func(first map[string]any, deltas ...event) {
		events = append(events, named("content_block_start", map[string]any{"index": index, "content_block": first}))
		for _, d := range deltas {
			d.name = "content_block_delta"
			d.data = map[string]any{"type": d.name, "index": index, "delta": d.data}
			events = append(events, d)
		}
		events = append(events, named("content_block_stop", map[string]any{"index": index}))
		index++
	}
	if s.Reasoning != "" {
		block(map[string]any{"type": "thinking", "thinking": "", "signature": ""},
			event{at: s.Reasoning, data: map[string]any{"type": "thinking_delta", "thinking": s.Reasoning}},
			event{data: map[string]any{"type": "signature_delta", "signature": "signed"}})
	}
	if len(s.Pieces) > 0 {
		block(map[string]any{"type": "text", "text": ""}, textDeltas(s.Pieces)...)
	}
	for _, t := range s.Tools {
		var deltas []event
		for _, half := range halves(t.Function.Arguments) {
			deltas = append(deltas, event{data: map[string]any{"type": "input_json_delta", "partial_json": half}})
		}
		block(map[string]any{"type": "tool_use", "id": t.ID, "name": t.Function.Name, "input": map[string]any{}}, deltas...)
	}
	end := named("message_delta", map[string]any{
		"delta": map[string]any{"stop_reason": stopReason(s.Finish), "stop_sequence": nil},
		"usage": map[string]any{"output_tokens": anthropicUsage(s.Usage, 0)["output_tokens"]},
	})
	end.at = AtFinish
	return append(events, end, named("message_stop", nil))
}

func named(name string, data map[string]any) event {
	if data == nil {
		data = map[string]any{}
	}
	data["type"] = name
	return event{name: name, data: data}
}

func textDeltas(pieces []string) []event {
	events := make([]event, len(pieces))
	for i, p := range pieces {
		events[i] = event{at: p, piece: true, data: map[string]any{"type": "text_delta", "text": p}}
	}
	return events
}

func (anthropicShape) whole(s Step, id, model string) any {
	content := []any{}
	if s.Reasoning != "" {
		content = append(content, map[string]any{"type": "thinking", "thinking": s.Reasoning, "signature": "signed"})
	}
	if text := s.text(); text != "" {
		content = append(content, map[string]any{"type": "text", "text": text})
	}
	for _, t := range s.Tools {
		content = append(content, map[string]any{
			"type": "tool_use", "id": t.ID, "name": t.Function.Name, "input": json.RawMessage(t.Function.Arguments),
		})
	}
	body := map[string]any{
		"id": id, "type": "message", "role": "assistant", "model": model, "content": content,
		"stop_reason": stopReason(s.Finish), "stop_sequence": nil, "usage": anthropicUsage(s.Usage, 0),
	}
	maps.Copy(body, s.Extra)
	return body
}

// anthropicUsage counts as Anthropic does: cached tokens beside the input. What
// a stream says at its start knows only the first token of the output.
func anthropicUsage(u *llm.Usage, output int) map[string]any {
	if u == nil {
		return map[string]any{"input_tokens": 0, "output_tokens": 0}
	}
	return map[string]any{
		"input_tokens": u.Prompt - u.Cached, "cache_read_input_tokens": u.Cached, "cache_creation_input_tokens": 0,
		"output_tokens": cmp.Or(output, u.Completion),
	}
}

func stopReason(finish string) string {
	switch finish {
	case "stop":
		return "end_turn"
	case "length":
		return "max_tokens"
	case "tool_calls":
		return "tool_use"
	case "content_filter":
		return "refusal"
	}
	return finish
}

func (anthropicShape) refusal(s Step) any {
	return map[string]any{"type": "error", "error": map[string]any{
		"type": cmp.Or(errorType(s.Status), s.Code, "api_error"), "message": s.Message,
	}}
}

// errorType is the type that Anthropic gives with a status; inside of a stream
// there is none, and the step's own code stands.
func errorType(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "invalid_request_error"
	case http.StatusUnauthorized:
		return "authentication_error"
	case http.StatusPaymentRequired:
		return "billing_error"
	case http.StatusForbidden:
		return "permission_error"
	case http.StatusNotFound:
		return "not_found_error"
	case http.StatusTooManyRequests:
		return "rate_limit_error"
	case 529:
		return "overloaded_error"
	}
	return ""
}

func (anthropicShape) endless(string, string) event {
	return named("content_block_delta", map[string]any{
		"index": 0, "delta": map[string]any{"type": "text_delta", "text": "and on and on "},
	})
}

func (anthropicShape) closing() string { return "" }
