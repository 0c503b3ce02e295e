package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/sashabaranov/go-openai"
)

// Chat makes a request body from go-openai's type. The model's name in it is a
// wish only: the deployment that serves the request writes its own.
func Chat(req openai.ChatCompletionRequest) (json.RawMessage, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("write the chat request: %w", err)
	}
	return body, nil
}

// SetFields returns a copy of a JSON object in which the given top-level fields
// have new values: those that exist are replaced where they stand, new ones are
// appended in alphabetical order, and a nil value removes the field. The bytes
// of all other values stay as they are, known or not, large numbers included.
func SetFields(body json.RawMessage, fields map[string]any) (json.RawMessage, error) {
	values, err := marshalAll(fields)
	if err != nil {
		return nil, err
	}
	if err := checkObject(body); err != nil {
		return nil, err
	}
	out := make([]byte, 1, len(body)+64*len(fields)+1)
	out[0] = '{'
	written := make(map[string]bool, len(fields))
	for rawKey, value := range members(body) {
		key := unquote(rawKey)
		if _, ours := fields[key]; ours {
			if value = values[key]; value == nil || written[key] {
				continue
			}
			written[key] = true
		}
		out = appendMember(out, rawKey, value)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !written[key] {
			out = appendMember(out, quote(key), values[key])
		}
	}
	return append(out, '}'), nil
}

// Field returns the raw value of a top-level field of a JSON object, or nil
// when there is none. Of several with one name the last counts, as in most
// decoders.
func Field(body json.RawMessage, name string) json.RawMessage {
	if checkObject(body) != nil {
		return nil
	}
	var found json.RawMessage
	for key, value := range members(body) {
		if unquote(key) == name {
			found = value
		}
	}
	return found
}

// Fields yields the names and raw values of a JSON object's top-level fields in
// their order; nothing for anything else.
func Fields(body json.RawMessage) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		if checkObject(body) != nil {
			return
		}
		for key, value := range members(body) {
			if !yield(unquote(key), value) {
				return
			}
		}
	}
}

func marshalAll(fields map[string]any) (map[string]json.RawMessage, error) {
	values := make(map[string]json.RawMessage, len(fields))
	for name, v := range fields {
		if v == nil {
			continue
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("write the field %s: %w", name, err)
		}
		values[name] = raw
	}
	return values, nil
}

func checkObject(body []byte) error {
	if t := bytes.TrimLeft(body, " \t\r\n"); len(t) == 0 || t[0] != '{' {
		return errors.New("the request is not a JSON object")
	}
	if !json.Valid(body) {
		return errors.New("the request is not valid JSON")
	}
	return nil
}

func appendMember(out, key, value []byte) []byte {
	if len(out) > 1 {
		out = append(out, ',')
	}
	out = append(out, key...)
	out = append(out, ':')
	return append(out, value...)
}

func quote(key string) []byte {
	b, err := json.Marshal(key)
	if err != nil { // a string always marshals
		return []byte(`""`)
	}
	return b
}

func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

// members yields the raw keys and values of an object that is known to be valid
// JSON, which is why it may skip from one delimiter to the next.
func members(body []byte) iter.Seq2[[]byte, json.RawMessage] {
	return func(yield func([]byte, json.RawMessage) bool) {
		i := bytes.IndexByte(body, '{') + 1
		for {
			if i = skipAny(body, i, " \t\r\n,"); body[i] == '}' {
				return
			}
			keyEnd := skipString(body, i)
			key := body[i:keyEnd]
			start := skipAny(body, keyEnd, " \t\r\n:")
			i = skipValue(body, start)
			if !yield(key, json.RawMessage(body[start:i])) {
				return
			}
		}
	}
}

func skipAny(b []byte, i int, set string) int {
	for strings.IndexByte(set, b[i]) >= 0 {
		i++
	}
	return i
}

// skipString returns the index after the string that starts at i.
func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the index after the value that starts at i.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	for i < len(b) && strings.IndexByte(",}] \t\r\n", b[i]) < 0 {
		i++
	}
	return i
}

func skipNested(b []byte, i int) int {
	depth := 0
	for {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if i++; depth == 0 {
			return i
		}
	}
}
