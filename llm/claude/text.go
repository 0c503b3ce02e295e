package claude

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// empty is an empty JSON string.
func empty() json.RawMessage { return json.RawMessage(`""`) }

// isString tells whether a value is a JSON string.
func isString(raw json.RawMessage) bool { return len(raw) > 1 && raw[0] == '"' }

// orEmpty is a JSON string, or an empty one for any other value.
func orEmpty(raw json.RawMessage) json.RawMessage {
	if !isString(raw) {
		return empty()
	}
	return raw
}

// inner is what stands between the quotes of a JSON string, as it was written;
// nothing for any other value. Two of them joined are one again.
func inner(raw json.RawMessage) []byte {
	if !isString(raw) {
		return nil
	}
	return raw[1 : len(raw)-1]
}

// word is a short JSON string that is written without escapes.
func word(raw json.RawMessage) string { return string(inner(raw)) }

// plain is the text of a JSON string in bytes, without a copy in the usual case.
func plain(raw json.RawMessage) []byte {
	if text := inner(raw); bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	return []byte(llm.Unquote(raw))
}

// isBlank tells whether a JSON string holds nothing but white space, which is
// seen without decoding it but for the first few characters.
func isBlank(raw json.RawMessage) bool {
	text := inner(raw)
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	switch {
	case len(text) == 0:
		return true
	case text[0] != '\\' && text[0] < 0x80:
		return false
	}
	return strings.TrimSpace(llm.Unquote(raw)) == ""
}

// appendQuoted writes a text as a JSON string.
func appendQuoted(b, text []byte) []byte {
	quoted, err := json.Marshal(string(text))
	if err != nil { // a string always marshals
		return append(b, `""`...)
	}
	return append(b, quoted...)
}

// comma makes room for one more item of a list or object; nothing where it is
// the first.
func comma(b []byte) []byte {
	if len(b) == 0 || b[len(b)-1] == '[' || b[len(b)-1] == '{' {
		return b
	}
	return append(b, ',')
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// field is a field of an object that is valid JSON; nil where it is not there or
// null.
func field(object json.RawMessage, name string) json.RawMessage {
	var found json.RawMessage
	for key, value := range llm.RawFields(object) {
		if string(key) == name {
			found = value
		}
	}
	if string(found) == "null" {
		return nil
	}
	return found
}

// appendField adds a field to an object that is being written. One that is null
// is left out: Anthropic takes no null where OpenAI's clients write it.
func appendField(b, name []byte, value json.RawMessage) []byte {
	if string(value) == "null" {
		return b
	}
	b = append(append(append(comma(b), '"'), name...), `":`...)
	return append(b, value...)
}
