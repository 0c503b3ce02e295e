package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"unicode/utf8"

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
	members, err := Members(body)
	if err != nil {
		return nil, err
	}
	written := make(map[string]bool, len(fields))
	kept := members[:0]
	for _, m := range members {
		if _, ours := fields[m.Name]; ours {
			if m.Value = values[m.Name]; m.Value == nil || written[m.Name] {
				continue
			}
			written[m.Name] = true
		}
		kept = append(kept, m)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !written[name] {
			kept = append(kept, Member{Name: name, Value: values[name]})
		}
	}
	return Object(kept), nil
}

// Member is one field of a JSON object.
type Member struct {
	Name  string
	Value json.RawMessage

	key []byte // the name as it was written, between its quotes; nil: it is new
}

// Members reads the top-level fields of a JSON object in their order, repeated
// ones too. The whole text is checked; the values are parts of it.
func Members(body json.RawMessage) ([]Member, error) {
	i := skipSpace(body, 0)
	if i >= len(body) || body[i] != '{' {
		return nil, errors.New("the request is not a JSON object")
	}
	members := make([]Member, 0, 8)
	end := eachField(body, i, 1, func(name, nameEnd, start, end int) {
		raw := body[name+1 : nameEnd-1]
		members = append(members, Member{Name: unquote(raw), Value: body[start:end], key: raw})
	})
	if skipSpace(body, end) != len(body) {
		return nil, errors.New("the request is not valid JSON")
	}
	return members, nil
}

// Object writes a JSON object. Every value must be valid JSON.
func Object(members []Member) json.RawMessage {
	size := 2
	for _, m := range members {
		size += len(m.Name) + len(m.key) + len(m.Value) + len(`"":,`)
	}
	out := append(make([]byte, 0, size), '{')
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		if m.key != nil {
			out = append(append(append(out, '"'), m.key...), '"')
		} else {
			out = append(out, quote(m.Name)...)
		}
		out = append(append(out, ':'), m.Value...)
	}
	return append(out, '}')
}

// Field returns the raw value of a top-level field of a JSON object, or nil
// when there is none. Of several with one name the last counts, as in most
// decoders.
func Field(body json.RawMessage, name string) json.RawMessage {
	if !Valid(body) {
		return nil
	}
	var found json.RawMessage
	for key, value := range RawFields(body) {
		if isName(key, name) {
			found = value
		}
	}
	return found
}

// Fields yields the names and raw values of a JSON object's top-level fields in
// their order; nothing for anything else.
func Fields(body json.RawMessage) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		for key, value := range CheckedFields(body) {
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

func quote(key string) []byte {
	b, err := json.Marshal(key)
	if err != nil { // a string always marshals
		return []byte(`""`)
	}
	return b
}

// Unquote returns the text of a JSON string that is known to be Valid; empty
// for any other value.
func Unquote(raw json.RawMessage) string {
	if len(raw) < len(`""`) || raw[0] != '"' {
		return ""
	}
	if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// unquote reads a name as it stands between its quotes.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var s string
	if json.Unmarshal([]byte(`"`+string(raw)+`"`), &s) != nil {
		return string(raw)
	}
	return s
}

// isName is unquote and a comparison, without making a string in the usual case.
func isName(raw []byte, name string) bool {
	return string(raw) == name || bytes.IndexByte(raw, '\\') >= 0 && unquote(raw) == name
}
