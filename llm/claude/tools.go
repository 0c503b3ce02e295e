package claude

import (
	"encoding/json"
	"strconv"

	"github.com/tribunebot/tribune/llm"
)

// tools translates the tools, and which of them the model may or must call.
func (d *draft) tools() {
	var list []byte
	for raw := range llm.RawItems(d.get("tools")) {
		if tool := translateTool(raw); tool != nil {
			list = append(comma(list), tool...)
		}
	}
	if len(list) == 0 {
		return
	}
	d.set("tools", append(append([]byte{'['}, list...), ']'))
	d.set("tool_choice", d.toolChoice())
}

// translateTool translates a function. Tools of Anthropic's own types go as they
// are; OpenAI's custom ones, which take no JSON, have no counterpart.
func translateTool(raw json.RawMessage) json.RawMessage {
	kind, function := word(field(raw, "type")), field(raw, "function")
	switch {
	case kind == "function" || kind == "" && function != nil:
	case kind == "custom" && field(raw, "input_schema") == nil, raw[0] != '{':
		return nil
	default:
		return raw
	}
	b := append([]byte(`{"name":`), orEmpty(field(function, "name"))...)
	if text := field(function, "description"); len(inner(text)) > 0 {
		b = append(append(b, `,"description":`...), text...)
	}
	b = append(append(b, `,"input_schema":`...), schema(field(function, "parameters"))...)
	if mark := field(function, cacheControl); mark != nil && field(raw, cacheControl) == nil {
		b = appendField(b, []byte(cacheControl), mark)
	}
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "type", "function":
			continue
		}
		b = appendField(b, name, value)
	}
	return append(b, '}')
}

// schema is what a function takes. Anthropic wants to be told that it is an
// object; OpenAI's functions without parameters do not say so.
func schema(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || raw[0] != '{' {
		return json.RawMessage(`{"type":"object"}`)
	}
	if field(raw, "type") != nil {
		return raw
	}
	b := []byte(`{"type":"object"`)
	for name, value := range llm.RawFields(raw) {
		b = appendField(b, name, value)
	}
	return append(b, '}')
}

// toolChoice reads "auto", "none", "required" or the function to call.
func (d *draft) toolChoice() json.RawMessage {
	choice := d.get("tool_choice")
	b := []byte(`{"type":"auto"`)
	name := field(field(choice, "function"), "name")
	switch {
	case word(choice) == "none":
		return json.RawMessage(`{"type":"none"}`)
	case word(choice) == "required":
		b = []byte(`{"type":"any"`)
	case len(inner(name)) > 0:
		b = append([]byte(`{"type":"tool","name":`), name...)
	}
	d.forced = string(b) != `{"type":"auto"`
	switch parallel := string(d.get("parallel_tool_calls")); parallel {
	case "true", "false":
		b = strconv.AppendBool(append(b, `,"disable_parallel_tool_use":`...), parallel == "false")
	}
	return append(b, '}')
}
