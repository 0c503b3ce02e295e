package claude

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// message is a whole message of Anthropic's, found where it lies.
type message struct {
	kind, role string
	id, model  json.RawMessage
	stop       string
	content    json.RawMessage
	failure    json.RawMessage
	usage      usage
}

// readMessage reads an answer that is valid JSON.
func readMessage(raw json.RawMessage) message {
	m := message{id: empty(), model: empty()}
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "type":
			m.kind = word(value)
		case "role":
			m.role = word(value)
		case "id":
			m.id = orEmpty(value)
		case "model":
			m.model = orEmpty(value)
		case "stop_reason":
			m.stop = word(value)
		case "content":
			m.content = value
		case "usage":
			m.usage.add(value)
		case "error":
			m.failure = value
		}
	}
	return m
}

// answer is what the blocks of a message say, as OpenAI's message says it. The
// texts are parts of JSON strings, without their quotes.
type answer struct {
	text, thought   []byte
	thoughts, calls []byte // items of lists
}

func (a *answer) add(block json.RawMessage) {
	b := readBlock(block)
	switch string(b.kind) {
	case blockText:
		a.text = append(a.text, inner(b.text)...)
	case blockThinking:
		a.thought = append(a.thought, inner(b.thinking)...)
		a.thoughts = append(comma(a.thoughts), block...)
	case blockRedacted:
		a.thoughts = append(comma(a.thoughts), block...)
	case "tool_use":
		if len(b.input) == 0 {
			b.input = json.RawMessage("{}")
		}
		a.calls = append(comma(a.calls), `{"id":`...)
		a.calls = append(a.calls, orEmpty(b.id)...)
		a.calls = append(append(a.calls, `,"type":"function","function":{"name":`...), orEmpty(b.name)...)
		a.calls = append(appendQuoted(append(a.calls, `,"arguments":`...), b.input), "}}"...)
	}
}

// completion translates a whole message.
func (m *message) completion(now time.Time) (json.RawMessage, error) {
	var a answer
	for block := range llm.RawItems(m.content) {
		a.add(block)
	}
	if err := withheld(m.stop, len(a.text) > 0 || len(a.calls) > 0); err != nil {
		return nil, err
	}
	const room = 512 // for everything but the texts
	b := make([]byte, 0, room+len(a.text)+len(a.thought)+len(a.thoughts)+len(a.calls))
	b = appendHead(b, "chat.completion", m.id, m.model, now.Unix())
	b = append(append(append(b, `"message":{"role":"assistant","content":"`...), a.text...), '"')
	if len(a.thought) > 0 {
		b = append(append(append(b, `,"reasoning_content":"`...), a.thought...), '"')
	}
	if len(a.thoughts) > 0 {
		b = append(append(append(b, `,"thinking_blocks":[`...), a.thoughts...), ']')
	}
	if len(a.calls) > 0 {
		b = append(append(append(b, `,"tool_calls":[`...), a.calls...), ']')
	}
	b = append(append(append(b, `},"finish_reason":"`...), finishReason(m.stop)...), `"}]`...)
	if m.usage.count() != nil {
		b = m.usage.appendJSON(append(b, `,"usage":`...))
	}
	return append(b, '}'), nil
}

// appendHead opens a completion or a chunk, up to what its one choice says.
func appendHead(b []byte, object string, id, model json.RawMessage, created int64) []byte {
	b = append(append(b, `{"id":`...), id...)
	b = append(append(append(b, `,"object":"`...), object...), `","created":`...)
	b = strconv.AppendInt(b, created, 10)
	return append(append(append(b, `,"model":`...), model...), `,"choices":[{"index":0,`...)
}

// block is one block of a message, or a delta of one.
type block struct {
	kind            []byte
	id, name, input json.RawMessage
	text, thinking  json.RawMessage
	signature, data json.RawMessage
	partial         json.RawMessage // partial_json
	stop            string          // stop_reason of a message_delta
}

// The types of blocks that are known in both directions.
const (
	blockText     = "text"
	blockThinking = "thinking"
	blockRedacted = "redacted_thinking"
)

func readBlock(raw json.RawMessage) block {
	var b block
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "type":
			b.kind = inner(value)
		case "id":
			b.id = value
		case "name":
			b.name = value
		case "input":
			b.input = value
		case "text":
			b.text = value
		case "thinking":
			b.thinking = value
		case "signature":
			b.signature = value
		case "data":
			b.data = value
		case "partial_json":
			b.partial = value
		case "stop_reason":
			b.stop = word(value)
		}
	}
	return b
}

// withheld tells a refusal that let nothing through: another model may answer.
func withheld(stop string, said bool) error {
	if stop != "refusal" || said {
		return nil
	}
	return &llm.Error{Kind: llm.ContentPolicy, Err: errors.New("the answer was withheld: refusal")}
}

// finishReason is OpenAI's word for a stop reason.
func finishReason(stop string) string {
	switch stop {
	case "max_tokens", "model_context_window_exceeded":
		return "length"
	case "tool_use":
		return "tool_calls"
	case "refusal":
		return "content_filter"
	}
	return "stop"
}
