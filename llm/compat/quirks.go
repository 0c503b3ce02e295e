package compat

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// Quirks are what an OpenAI-shaped endpoint does otherwise than OpenAI's own.
// The zero value changes nothing. They hold for chat completions only.
type Quirks struct {
	// NewLimit sends max_tokens as max_completion_tokens: OpenAI's own models
	// refuse the older name.
	NewLimit bool
	// OldLimit sends max_completion_tokens as max_tokens, for endpoints that
	// know, or heed, the older name only.
	OldLimit bool
	// FlatText are the roles whose content is sent as one string where it came
	// as a list of text parts; "*" for all roles. A list with a picture or
	// anything else in it is never touched.
	FlatText []string
	// NoRequired sends a tool_choice of "required" as "auto".
	NoRequired bool
	// MaxTemperature is what a higher temperature is cut to; 0: none.
	MaxTemperature float64
	// BlankReasoning gives an assistant's message that calls tools a blank
	// reasoning_content where it has none: thinking models of Moonshot refuse
	// a conversation without it, and most clients do not send it back.
	BlankReasoning bool
	// EmptyFinish gives a choice with tool calls and an empty finish_reason
	// the one that it lacks, "tool_calls".
	EmptyFinish bool
}

// QuirksOf is what is known of a provider by its prefix. Sources: LiteLLM's
// transformations of dashscope, zai, moonshot, xai, mistral, deepinfra and
// fireworks_ai and its list of providers that are OpenAI-like
// (llms/openai_like/providers.json, param_mappings); api-docs.deepseek.com;
// docs.ollama.com, OpenAI compatibility.
func QuirksOf(provider string) Quirks {
	switch strings.ToLower(provider) {
	case "openai":
		return Quirks{NewLimit: true}
	case "dashscope":
		return Quirks{OldLimit: true, FlatText: []string{"*"}}
	case "zai", "zhipu":
		return Quirks{OldLimit: true, FlatText: []string{"tool", "assistant"}}
	case "moonshot":
		return Quirks{OldLimit: true, FlatText: []string{"*"}, NoRequired: true, MaxTemperature: 1, BlankReasoning: true}
	case "xai":
		return Quirks{EmptyFinish: true}
	case "deepseek", "mistral", "codestral", "deepinfra", "fireworks_ai", "volcengine", "ollama",
		"publicai", "helicone", "veniceai", "xiaomi_mimo", "scaleway", "synthetic", "apertis", "nano-gpt", "poe",
		"chutes", "abliteration", "llamagate", "gmi", "sarvam", "assemblyai", "charity_engine", "aihubmix",
		"salad_cloud", "crusoe":
		return Quirks{OldLimit: true}
	}
	return Quirks{}
}

// apply changes a chat's body as the endpoint wants it.
func (q *Quirks) apply(d *draft) {
	switch {
	case q.NewLimit:
		d.rename(oldLimit, newLimit)
	case q.OldLimit:
		d.rename(newLimit, oldLimit)
	}
	if q.NoRequired && string(d.get("tool_choice")) == `"required"` {
		d.set("tool_choice", json.RawMessage(`"auto"`))
	}
	if q.MaxTemperature > 0 {
		if t, err := strconv.ParseFloat(string(d.get("temperature")), 64); err == nil && t > q.MaxTemperature {
			d.set("temperature", strconv.AppendFloat(nil, q.MaxTemperature, 'g', -1, 64))
		}
	}
	if len(q.FlatText) > 0 || q.BlankReasoning {
		if list, changed := q.messages(d.get("messages")); changed {
			d.set("messages", list)
		}
	}
}

// messages changes those of a conversation's messages that have to be.
func (q *Quirks) messages(from json.RawMessage) (to json.RawMessage, changed bool) {
	list := []json.RawMessage{}
	for message := range llm.RawItems(from) {
		fields := map[string]any{}
		if text, ok := q.flatText(message); ok {
			fields["content"] = text
		}
		if q.BlankReasoning && lacksReasoning(message) {
			fields["reasoning_content"] = " "
		}
		if len(fields) > 0 {
			if m, err := llm.SetFields(message, fields); err == nil {
				message, changed = m, true
			}
		}
		list = append(list, message)
	}
	return jsonList(list), changed
}

func lacksReasoning(message json.RawMessage) bool {
	var role, tools, reasoning json.RawMessage
	for name, value := range llm.RawFields(message) {
		switch string(name) {
		case "role":
			role = value
		case toolCalls:
			tools = value
		case "reasoning_content":
			reasoning = value
		}
	}
	empty := len(reasoning) == 0 || string(reasoning) == "null" || string(reasoning) == `""`
	return empty && string(role) == `"assistant"` && hasItems(tools)
}

func hasItems(list json.RawMessage) bool {
	for range llm.RawItems(list) {
		return true
	}
	return false
}

// flatText is the text of a message whose content is a list of nothing else.
func (q *Quirks) flatText(message json.RawMessage) (text string, ok bool) {
	var m struct {
		Role    string `json:"role"`
		Content []struct {
			Type string  `json:"type"`
			Text *string `json:"text"`
		} `json:"content"`
	}
	if json.Unmarshal(message, &m) != nil || m.Content == nil {
		return "", false // most have a string already
	}
	if !slices.Contains(q.FlatText, "*") && !slices.Contains(q.FlatText, m.Role) {
		return "", false
	}
	var b strings.Builder
	for _, part := range m.Content {
		if part.Type != "text" || part.Text == nil {
			return "", false
		}
		b.WriteString(*part.Text)
	}
	return b.String(), true
}

// fillFinish gives the choices with tool calls and an empty finish reason the
// one that they lack.
func fillFinish(answer []byte) []byte {
	choices, changed := []json.RawMessage{}, false
	for choice := range llm.RawItems(llm.Field(answer, "choices")) {
		if lacksFinish(choice) {
			if c, err := llm.SetFields(choice, map[string]any{"finish_reason": toolCalls}); err == nil {
				choice, changed = c, true
			}
		}
		choices = append(choices, choice)
	}
	if !changed {
		return answer
	}
	filled, err := llm.SetFields(answer, map[string]any{"choices": jsonList(choices)})
	if err != nil {
		return answer
	}
	return filled
}

// toolCalls is the finish reason of an answer that calls tools.
const toolCalls = "tool_calls"

func lacksFinish(choice json.RawMessage) bool {
	if string(llm.Field(choice, "finish_reason")) != `""` {
		return false
	}
	return hasItems(llm.Field(llm.Field(choice, "message"), toolCalls))
}

// jsonList writes a JSON list.
func jsonList(items []json.RawMessage) json.RawMessage {
	out := []byte{'['}
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	return append(out, ']')
}
