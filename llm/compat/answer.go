package compat

import (
	"encoding/json"
	"errors"
	"math/bits"
	"strconv"

	"github.com/tribunebot/tribune/llm"
)

// sight is what has to be known of an answer or a chunk, found where it lies.
// Everything else passes through unread, and a field of an unexpected type is
// as good as none: providers differ, and only what is missing matters.
type sight struct {
	model, choices, usage  json.RawMessage
	failure, code, message json.RawMessage
	chosen                 bool // there is a choice
	vectors                bool // there is a list of embeddings
}

// look reads an answer; false where it is no JSON.
func look(raw []byte) (s sight, ok bool) {
	if !llm.Valid(raw) {
		return s, false
	}
	for first := range llm.RawItems(raw) {
		raw = first // Gemini puts its errors into a list
		break
	}
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "model":
			s.model = value
		case "choices":
			s.choices = value
		case "usage":
			s.usage = value
		case "error":
			s.failure = value
		case "code":
			s.code = value
		case "message":
			s.message = value
		case "data":
			s.vectors = value[0] == '['
		}
	}
	for choice := range llm.RawItems(s.choices) {
		s.chosen = s.chosen || choice[0] == '{'
	}
	return s, true
}

// isError tells an error that came with status 200: in an error field, or flat
// with a code and a message, as DashScope does.
func (s *sight) isError() bool {
	if s.chosen {
		return false
	}
	return s.failed() || len(s.code) > 0 && len(s.message) > 0
}

// failed tells whether there is an error field with something in it.
func (s *sight) failed() bool { return len(s.failure) > 0 && string(s.failure) != "null" }

// counts tells whether there is a usage.
func (s *sight) counts() bool { return len(s.usage) > 0 && s.usage[0] == '{' }

// isChunk tells a chunk of an answer from an object of no meaning.
func (s *sight) isChunk() bool {
	return len(s.choices) > 0 && s.choices[0] == '[' || s.counts()
}

// maxChoices is more than OpenAI allows (n, at most 128); what is beyond counts
// as one choice.
const maxChoices = 192

// tally is what an answer has shown of itself so far.
type tally struct {
	model string
	named string // the model's name as it came, to know it again
	usage *usage
	said  bool
	tools bool
	wants int                     // choices that were asked for
	begun [maxChoices / 64]uint64 // choices, a bit for each
	ended [maxChoices / 64]uint64
}

// add notes an answer or a chunk. The error is one that a finish reason tells:
// DeepSeek's insufficient_system_resource, OpenRouter's error and Zhipu's
// network_error broke off; a filter that let nothing through refused.
func (t *tally) add(s sight) error {
	if string(s.model) != t.named && len(s.model) > 2 && s.model[0] == '"' {
		t.named = string(s.model)
		t.model = llm.Unquote(s.model)
	}
	if u := parseUsage(s.usage); u != nil {
		t.usage = u
	}
	for choice := range llm.RawItems(s.choices) {
		if err := t.choice(choice); err != nil {
			return err
		}
	}
	return nil
}

// choice notes one choice of an answer or a chunk.
func (t *tally) choice(raw json.RawMessage) error {
	index, finish := 0, ""
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "index":
			index = number(value)
		case "finish_reason":
			finish = word(value)
		case "delta", "message":
			t.part(value)
		case "text":
			t.said = t.said || word(value) != ""
		case "usage": // Moonshot's streams carry it here
			if u := parseUsage(value); u != nil {
				t.usage = u
			}
		}
	}
	bit := uint64(1) << (index % 64)
	t.begun[index/64] |= bit
	if finish != "" {
		t.ended[index/64] |= bit
	}
	return t.judge(finish)
}

// part notes what a message or a delta carries: anything but a role is said.
func (t *tally) part(raw json.RawMessage) {
	for name, value := range llm.RawFields(raw) {
		switch string(value) {
		case "null", `""`, "[]", "{}":
			continue
		}
		if string(name) != "role" {
			t.said = true
			t.tools = t.tools || string(name) == toolCalls
		}
	}
}

// word is a short string; empty for any other value.
func word(raw json.RawMessage) string {
	if len(raw) <= 2 || raw[0] != '"' {
		return ""
	}
	return string(raw[1 : len(raw)-1])
}

// number is a choice's index.
func number(raw json.RawMessage) int {
	if len(raw) == 1 && '0' <= raw[0] && raw[0] <= '9' {
		return int(raw[0] - '0')
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		return 0
	}
	return min(max(n, 0), maxChoices-1)
}

func (t *tally) judge(finish string) error {
	switch finish {
	case "insufficient_system_resource", "network_error", "error":
		return &llm.Error{Kind: llm.Overloaded, Err: errors.New("the model broke off: " + finish)}
	case "content_filter", "sensitive":
		if !t.said {
			return &llm.Error{Kind: llm.ContentPolicy, Err: errors.New("the answer was withheld: " + finish)}
		}
	}
	return nil
}

// any tells whether a choice was begun.
func (t *tally) any() bool { return t.begun != [maxChoices / 64]uint64{} }

// settled tells whether every choice that was begun has ended. Others may be
// still to come, so that does not make an answer whole.
func (t *tally) settled() bool { return t.any() && t.begun == t.ended }

// whole tells whether every choice that was asked for has ended. Where more
// were asked for than can be told apart that is never known.
func (t *tally) whole() bool {
	if !t.settled() {
		return false
	}
	ended := 0
	for _, word := range t.ended {
		ended += bits.OnesCount64(word)
	}
	return ended >= t.wants
}
