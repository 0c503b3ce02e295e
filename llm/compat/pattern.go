package compat

import (
	"bytes"
	"encoding/json"

	"github.com/tribunebot/tribune/llm"
)

// pattern is what the ordinary chunks of a stream have in common: all bytes but
// those of one text. A chunk that fits it says what the last one said in other
// words: it holds no usage, no error and no finish reason, and need not be read.
type pattern struct {
	before, after []byte // with the text's quotes
	padded        bool   // what comes after them is padding, see unpad
	learnt        int
}

// maxLearnt is how often a pattern is learnt anew before a stream counts as one
// whose chunks differ in more than a text, as OpenAI's do where they are padded.
const maxLearnt = 8

// padding opens the last field of OpenAI's chunks: random text, so that their
// length does not tell what is said (stream_options.include_obfuscation).
const padding = `,"obfuscation":"`

// unpad cuts a chunk off before its padding.
func unpad(raw []byte) (head []byte, padded bool) {
	i := bytes.LastIndex(raw, []byte(padding))
	if i < 0 || raw[len(raw)-1] != '}' || !llm.Valid(raw[i+len(padding)-1:len(raw)-1]) {
		return raw, false
	}
	return raw[:i], true
}

// matches tells whether a chunk differs from the one that was learnt in nothing
// but its text and its padding. What stands between the quotes must be one JSON
// string, or else it could hide another field.
func (p *pattern) matches(raw []byte) bool {
	if p.before == nil {
		return false
	}
	if p.padded {
		var padded bool
		if raw, padded = unpad(raw); !padded {
			return false
		}
	}
	return len(raw) >= len(p.before)+len(p.after) &&
		bytes.HasPrefix(raw, p.before) && bytes.HasSuffix(raw, p.after) &&
		llm.Valid(raw[len(p.before)-1:len(raw)-len(p.after)+1])
}

// learn makes a pattern of a chunk, if it is an ordinary one: something has been
// said before or in it, it has one choice with a text, and it neither ends
// anything nor counts. Nothing is learnt of others, and nothing is forgotten.
func (p *pattern) learn(raw []byte, s sight) {
	if p.learnt == maxLearnt || s.failed() || s.counts() {
		return
	}
	text, choices := json.RawMessage(nil), 0
	for choice := range llm.RawItems(s.choices) {
		choices++
		for name, value := range llm.RawFields(choice) {
			switch string(name) {
			case "finish_reason", "usage":
				if string(value) != "null" && string(value) != `""` {
					return
				}
			case "text":
				text = value
			case "delta":
				text = textOf(value)
			}
		}
	}
	if choices != 1 || len(text) < 2 || text[0] != '"' {
		return
	}
	// A part of a slice ends where its capacity does, so capacities tell where
	// it begins.
	start := cap(raw) - cap(text)
	end := start + len(text)
	p.learnt++
	full := len(raw)
	if raw, p.padded = unpad(raw); len(raw) < end { // what looks like padding is in the text
		raw, p.padded = raw[:full], false
	}
	p.before, p.after = raw[:start+1], raw[end-1:]
}

// textOf is the text of a delta, or its reasoning; nil where there is neither,
// or more than that and a role.
func textOf(delta json.RawMessage) json.RawMessage {
	var text json.RawMessage
	for name, value := range llm.RawFields(delta) {
		switch string(name) {
		case "content", "reasoning_content", "reasoning":
			if len(value) > 2 {
				text = value
			}
		}
	}
	return text
}
