package price

import (
	"bytes"
	"encoding/json"

	"github.com/tribunebot/tribune/llm"
)

// gathered is what a request gives a model to read: its text, and the tokens of
// what is no text.
type gathered struct {
	texts []string
	fixed int
}

// gather reads a request's prompt: the messages and tools of a chat, the prompt
// of a completion, the input of an embedding.
func gather(req llm.Request) *gathered {
	g := &gathered{}
	var body struct {
		Messages       []json.RawMessage `json:"messages"`
		Tools          json.RawMessage   `json:"tools"`
		Functions      json.RawMessage   `json:"functions"`
		ResponseFormat json.RawMessage   `json:"response_format"`
		Prompt         json.RawMessage   `json:"prompt"`
		Input          json.RawMessage   `json:"input"`
	}
	if json.Unmarshal(req.Body, &body) != nil {
		g.fixed = int(Estimate(req.Body))
		return g
	}
	for _, m := range body.Messages {
		g.message(m)
	}
	if len(body.Messages) > 0 {
		g.fixed += perReply
	}
	for _, raw := range []json.RawMessage{body.Tools, body.Functions} {
		g.json(raw)
	}
	if bytes.Contains(body.ResponseFormat, []byte("json_schema")) {
		g.json(body.ResponseFormat)
	}
	g.input(body.Prompt, lists)
	g.input(body.Input, lists)
	return g
}

// message adds one message: its words, its images and the tools it calls.
func (g *gathered) message(raw json.RawMessage) {
	var m struct {
		Name      string          `json:"name"`
		Content   json.RawMessage `json:"content"`
		Reasoning string          `json:"reasoning_content"`
		ToolCalls json.RawMessage `json:"tool_calls"`
	}
	g.fixed += perMessage
	if json.Unmarshal(raw, &m) != nil {
		g.fixed += int(Estimate(raw))
		return
	}
	g.add(m.Name)
	g.add(m.Reasoning)
	g.content(m.Content)
	g.json(m.ToolCalls)
}

// content adds a string, or a list of parts.
func (g *gathered) content(raw json.RawMessage) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		g.add(text)
		return
	}
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil {
		return
	}
	for _, raw := range parts {
		var p struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}
		if json.Unmarshal(raw, &p) != nil {
			continue
		}
		if p.Text == "" && p.Type != "" && p.Type != "text" {
			g.fixed += int(Estimate(raw)) - perReply
		}
		g.add(p.Text)
	}
}

// lists is how deep prompts and inputs may be nested: lists of token numbers.
const lists = 2

// input adds a prompt: a text, texts, token numbers, or lists of those.
func (g *gathered) input(raw json.RawMessage, depth int) {
	if len(raw) == 0 || depth < 0 {
		return
	}
	var text string
	var several []json.RawMessage
	switch {
	case raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
		g.add(text)
	case raw[0] == '[' && json.Unmarshal(raw, &several) == nil:
		for _, one := range several {
			g.input(one, depth-1)
		}
	case raw[0] >= '0' && raw[0] <= '9':
		g.fixed++
	}
}

// json adds what a model gets to read about its tools as the JSON that it came
// in: providers write it in forms of their own, which are about as long.
func (g *gathered) json(raw json.RawMessage) {
	if len(raw) > 0 && !bytes.Equal(raw, []byte("null")) {
		g.add(string(raw))
	}
}

func (g *gathered) add(text string) {
	if text != "" {
		g.texts = append(g.texts, text)
	}
}
