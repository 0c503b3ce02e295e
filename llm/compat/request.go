package compat

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tribunebot/tribune/llm"
)

// fixed is what is the same in every body: the model's name, and the fields
// that the deployment sets where a request does not.
func fixed(o Options) (name []byte, defaults []llm.Member, err error) {
	for _, field := range slices.Sorted(maps.Keys(o.Fields)) {
		value, err := json.Marshal(o.Fields[field])
		if err != nil {
			return nil, nil, fmt.Errorf("compat: the field %s of %s cannot be written as JSON: %w", field, o.ID, err)
		}
		defaults = append(defaults, llm.Member{Name: field, Value: value})
	}
	name, err = json.Marshal(o.Model)
	return name, defaults, err
}

// wholeBody is the body of a request for a whole answer.
func (m *Model) wholeBody(r llm.Request) (json.RawMessage, error) {
	d, err := m.draft(r)
	if err != nil {
		return nil, err
	}
	d.set("stream_options", nil)
	if r.Endpoint == llm.Embeddings {
		d.set("stream", nil)
	} else {
		d.set("stream", json.RawMessage("false"))
	}
	return d.body(m.Drop), nil
}

// wish is what a stream was asked for.
type wish struct {
	usage   bool // by the caller: in the stream
	choices int
}

// streamBody is the body of a request for a stream. It asks for usage, and
// keeps the caller's other stream options.
func (m *Model) streamBody(r llm.Request, usage bool) (body json.RawMessage, want wish, err error) {
	if r.Endpoint == llm.Embeddings {
		return nil, want, errors.New("embeddings are never streamed: ask for them whole")
	}
	d, err := m.draft(r)
	if err != nil {
		return nil, want, err
	}
	options := d.get("stream_options")
	want.usage = string(llm.Field(options, "include_usage")) == "true"
	switch {
	case !usage:
		options = nil
	case want.usage:
	case len(options) == 0 || options[0] != '{':
		options = json.RawMessage(`{"include_usage":true}`)
	default:
		if options, err = llm.SetFields(options, map[string]any{"include_usage": true}); err != nil {
			return nil, want, err
		}
	}
	d.set("stream", json.RawMessage("true"))
	d.set("stream_options", options)
	body = d.body(m.Drop)
	want.choices = d.choices(r.Endpoint)
	return body, want, nil
}

// maxWanted bounds n before it is multiplied; nobody gives so many choices.
const maxWanted = 1 << 20

// choices is how many choices the body asks for: n, and in completions n for
// each prompt. best_of is not among it: of so many the provider returns the n
// best (OpenAI, API reference of completions).
func (d *draft) choices(e llm.Endpoint) int {
	n := min(max(tokens(d.get("n")), 1), maxWanted)
	if e == llm.Completions {
		n *= prompts(d.get("prompt"))
	}
	return n
}

// prompts is how many prompts there are: a list of numbers is one, in tokens.
func prompts(prompt json.RawMessage) int {
	n := 0
	for item := range llm.RawItems(prompt) {
		if item[0] != '"' && item[0] != '[' {
			return 1
		}
		n++
	}
	return max(n, 1)
}

// draft is a body that is being changed, field by field.
type draft struct {
	members []llm.Member
}

// draft reads the caller's body, and makes it one for this deployment.
func (m *Model) draft(r llm.Request) (*draft, error) {
	if _, known := m.wire.urls[r.Endpoint]; !known {
		return nil, fmt.Errorf("there is no endpoint %q here", r.Endpoint)
	}
	members, err := llm.Members(r.Body)
	if err != nil {
		return nil, err
	}
	d := &draft{members}
	for _, f := range m.defaults {
		if d.get(f.Name) == nil && d.get(otherLimit(f.Name)) == nil {
			d.set(f.Name, f.Value)
		}
	}
	if r.Endpoint == llm.ChatCompletions {
		m.Quirks.apply(d)
	}
	d.set("model", m.name)
	return d, nil
}

// The two names of the limit of an answer.
const (
	oldLimit = "max_tokens"
	newLimit = "max_completion_tokens"
)

// otherLimit is the second name of a field that has two; empty for the rest.
func otherLimit(name string) string {
	switch name {
	case oldLimit:
		return newLimit
	case newLimit:
		return oldLimit
	}
	return ""
}

// get returns a field's value, or nil. Of several with one name the last
// counts.
func (d *draft) get(name string) json.RawMessage {
	var value json.RawMessage
	for i := range d.members {
		if d.members[i].Name == name {
			value = d.members[i].Value
		}
	}
	return value
}

// set gives a field a value where it stands, or at the end; nil takes it out.
// Afterwards there is one of that name, or none.
func (d *draft) set(name string, value json.RawMessage) {
	written := value == nil
	kept := d.members[:0]
	for _, m := range d.members {
		if m.Name == name {
			if written {
				continue
			}
			m.Value, written = value, true
		}
		kept = append(kept, m)
	}
	if !written {
		kept = append(kept, llm.Member{Name: name, Value: value})
	}
	d.members = kept
}

// rename gives a field another name, unless that is taken already.
func (d *draft) rename(from, to string) {
	value := d.get(from)
	if value == nil {
		return
	}
	if d.get(to) == nil {
		d.set(to, value)
	}
	d.set(from, nil)
}

func (d *draft) body(drop []string) json.RawMessage {
	for _, name := range drop {
		d.set(name, nil)
	}
	return llm.Object(d.members)
}
