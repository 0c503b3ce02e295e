package claude

import (
	"encoding/json"

	"github.com/tribunebot/tribune/llm"
)

// call adds a call of a tool that the model made.
func (l *blocks) call(raw json.RawMessage) {
	function := field(raw, "function")
	input := field(function, "arguments")
	if isString(input) {
		input = plain(input)
	}
	if !isObject(input) { // half of one, or the words of another model
		input = json.RawMessage("{}")
	}
	l.b = appendID(append(comma(l.b), `{"type":"tool_use","id":"`...), field(raw, "id"))
	l.b = append(append(l.b, `","name":`...), orEmpty(field(function, "name"))...)
	l.b = append(append(append(l.b, `,"input":`...), input...), '}')
	l.fixed = false
}

func isObject(raw json.RawMessage) bool {
	if !llm.Valid(raw) {
		return false
	}
	for _, c := range raw {
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c == '{'
		}
	}
	return false
}

// result adds what a tool gave.
func (l *blocks) result(m chatMessage) error {
	l.b = appendID(append(l.b, `{"type":"tool_result","tool_use_id":"`...), m.callID)
	l.b = append(l.b, `","content":[`...)
	begun := len(l.b)
	if err := l.shown(m.content); err != nil {
		return err
	}
	if len(l.b) == begun {
		l.b = l.b[:begun-len(`,"content":[`)]
	} else {
		l.b = append(l.b, ']')
	}
	if m.failed {
		l.b = append(l.b, `,"is_error":true`...)
	}
	l.b = append(l.b, '}')
	l.fixed = false
	return nil
}

// appendID writes the id of a call without what Anthropic does not take in one:
// it wants ^[a-zA-Z0-9_-]+$, and other providers, whose calls may be in a
// conversation that goes on here, write "functions.name:0". A call and its
// result get the same.
func appendID(b []byte, raw json.RawMessage) []byte {
	for _, c := range inner(raw) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-':
			b = append(b, c)
		default:
			b = append(b, '_')
		}
	}
	return b
}
