package llmtest

import (
	"encoding/json"
	"hash/fnv"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// shapeOf is OpenAI's protocol at an endpoint.
func shapeOf(r Request) shape {
	switch r.Endpoint {
	case llm.Completions:
		return completionsShape{}
	case llm.Embeddings:
		return embeddingsShape{inputs: r.inputs()}
	default:
		return openaiShape{choices: r.choices()}
	}
}

// completionsShape is OpenAI's older protocol: a prompt that is continued.
type completionsShape struct{ openaiShape }

func (completionsShape) events(s Step, id, model string, usage bool) []event {
	var events []event
	for _, p := range s.Pieces {
		events = append(events, event{at: p, piece: true, data: textBody(id, model, p, nil)})
	}
	events = append(events, event{at: AtFinish, data: textBody(id, model, "", s.Finish)})
	if usage && s.Usage != nil {
		last := textBody(id, model, "", nil)
		last["choices"] = []any{}
		last["usage"] = openaiUsage(*s.Usage)
		events = append(events, event{usage: true, data: last})
	}
	return events
}

func textBody(id, model, text string, finish any) map[string]any {
	return map[string]any{
		"id": id, "object": "text_completion", "created": 1700000000, "model": model,
		"choices": []any{map[string]any{"index": 0, "text": text, "logprobs": nil, "finish_reason": finish}},
	}
}

func (completionsShape) whole(s Step, id, model string) any {
	body := textBody(id, model, s.text(), s.Finish)
	if s.Usage != nil {
		body["usage"] = openaiUsage(*s.Usage)
	}
	return body
}

func (completionsShape) endless(id, model string) event {
	return event{data: textBody(id, model, "and on and on ", nil)}
}

// embeddingsShape answers each text with the same vector every time.
type embeddingsShape struct {
	openaiShape

	inputs []string
}

func (e embeddingsShape) whole(s Step, _, model string) any {
	data := []any{}
	for i, text := range e.inputs {
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": vector(text)})
	}
	body := map[string]any{"object": "list", "model": model, "data": data}
	if s.Usage != nil {
		body["usage"] = map[string]any{"prompt_tokens": s.Usage.Prompt, "total_tokens": s.Usage.Prompt}
	}
	return body
}

// dimensions is how long a scripted vector is.
const dimensions = 8

// vector makes a vector out of a text's hash.
func vector(text string) []float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // a hash takes everything
	sum := h.Sum64()
	out := make([]float64, dimensions)
	for i := range out {
		out[i] = float64(sum>>(8*i)&0xff)/255 - 0.5
	}
	return out
}

// inputs are the texts of an embeddings request: one, or several, or the tokens
// of either.
func (r Request) inputs() []string {
	var body struct {
		Input json.RawMessage `json:"input"`
	}
	if json.Unmarshal(r.Body, &body) != nil || len(body.Input) == 0 {
		return nil
	}
	var many []json.RawMessage
	if json.Unmarshal(body.Input, &many) != nil {
		many = []json.RawMessage{body.Input}
	}
	if len(many) > 0 && isNumber(many[0]) { // one text, as tokens
		many = []json.RawMessage{body.Input}
	}
	var texts []string
	for _, raw := range many {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw) // tokens stand for themselves
		}
		texts = append(texts, text)
	}
	return texts
}

func isNumber(raw json.RawMessage) bool {
	var n float64
	return json.Unmarshal(raw, &n) == nil
}

// maxChoices is the most that OpenAI gives for one request.
const maxChoices = 128

// choices is how many answers a request asks for.
func (r Request) choices() int {
	var body struct {
		N int `json:"n"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return 1
	}
	return min(max(body.N, 1), maxChoices)
}

// endpointOf reads the endpoint from a path.
func endpointOf(path string) llm.Endpoint {
	switch {
	case strings.HasSuffix(path, "/embeddings"):
		return llm.Embeddings
	case strings.HasSuffix(path, "/completions") && !strings.HasSuffix(path, "/chat/completions"):
		return llm.Completions
	}
	return llm.ChatCompletions
}
