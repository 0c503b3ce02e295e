package claude

import (
	"encoding/json"
	"slices"

	"github.com/tribunebot/tribune/llm"
)

// translation turns the events of one stream into OpenAI's chunks.
type translation struct {
	created int64
	asked   bool // the caller wants the usage in the stream

	head    []byte // what every chunk opens with
	slab    []byte // chunks are cut from it
	waiting []llm.Chunk

	id, model json.RawMessage
	usage     usage
	tools     int             // tool calls begun
	inTool    bool            // the block under way is one of them
	input     json.RawMessage // its input, until a part of its arguments comes

	started  bool // the message began
	said     bool // it has text or a tool call
	finished bool // its stop reason came
	stopped  bool // its last event came
}

// event is one event of a stream, found where it lies.
type event struct {
	kind                         []byte
	message, block, delta, usage json.RawMessage
	failure                      json.RawMessage
}

// readEvent reads an event that is valid JSON.
func readEvent(raw json.RawMessage) event {
	var e event
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "type":
			e.kind = inner(value)
		case "message":
			e.message = value
		case "content_block":
			e.block = value
		case "delta":
			e.delta = value
		case "usage":
			e.usage = value
		case "error":
			e.failure = value
		}
	}
	return e
}

// take adds the chunks that an event makes to those that wait.
func (t *translation) take(e event) error {
	switch string(e.kind) {
	case "message_start":
		t.start(e.message)
	case "content_block_start":
		t.blockStart(readBlock(e.block))
	case "content_block_delta":
		t.delta(readBlock(e.delta))
	case "content_block_stop":
		t.blockStop()
	case "message_delta":
		t.usage.add(e.usage)
		return t.finish(readBlock(e.delta).stop)
	case "message_stop":
		t.stopped = true
	}
	return nil
}

func (t *translation) start(raw json.RawMessage) {
	m := readMessage(raw)
	t.started = true
	t.id, t.model, t.usage = m.id, m.model, m.usage
	t.emit(`{"role":"assistant","content":""}`)
}

func (t *translation) blockStart(b block) {
	t.inTool = string(b.kind) == "tool_use"
	switch string(b.kind) {
	case "tool_use":
		t.tools++
		t.said = true
		t.input = b.input
		body := append(t.call(), `"id":`...)
		body = append(append(body, orEmpty(b.id)...), `,"type":"function","function":{"name":`...)
		body = append(append(body, orEmpty(b.name)...), `,"arguments":""}}]}`...)
		t.end(body, "")
	case blockText:
		if len(inner(b.text)) > 0 {
			t.text(b.text)
		}
	case blockThinking:
		if len(inner(b.thinking)) > 0 || len(inner(b.signature)) > 0 {
			t.thought(b)
		}
	case blockRedacted:
		body := append(t.begin(), `{"thinking_blocks":[{"type":"redacted_thinking","data":`...)
		t.end(append(append(body, orEmpty(b.data)...), "}]}"...), "")
	}
}

func (t *translation) delta(d block) {
	switch string(d.kind) {
	case "text_delta":
		t.text(orEmpty(d.text))
	case "thinking_delta", "signature_delta":
		t.thought(d)
	case "input_json_delta":
		if t.inTool && len(inner(d.partial)) > 0 { // a tool that the provider runs itself is none of ours
			t.arguments(d.partial)
		}
	}
}

// text has nothing to decode: Anthropic's JSON string is OpenAI's.
func (t *translation) text(raw json.RawMessage) {
	t.said = t.said || len(inner(raw)) > 0
	body := append(t.begin(), `{"content":`...)
	t.end(append(append(body, raw...), '}'), "")
}

// thought tells a part of the thinking twice, as LiteLLM does: as text for those
// who show it, and as a part of a block for those who send it back.
func (t *translation) thought(d block) {
	body := append(t.begin(), '{')
	if len(inner(d.thinking)) > 0 {
		body = append(append(append(body, `"reasoning_content":`...), d.thinking...), ',')
	}
	body = append(append(body, `"thinking_blocks":[{"type":"thinking","thinking":`...), orEmpty(d.thinking)...)
	body = append(append(body, `,"signature":`...), orEmpty(d.signature)...)
	t.end(append(body, "}]}"...), "")
}

// call opens the part of a tool call.
func (t *translation) call() []byte {
	return append(appendInt(append(t.begin(), `{"tool_calls":[{"index":`...), t.tools-1), ',')
}

func (t *translation) arguments(raw json.RawMessage) {
	t.input = nil
	body := append(append(t.call(), `"function":{"arguments":`...), raw...)
	t.end(append(body, "}}]}"...), "")
}

// blockStop gives a call of which no arguments came those that it began with:
// an empty object as a rule, but some servers have all of them there.
func (t *translation) blockStop() {
	if t.inTool && len(t.input) > 0 {
		t.arguments(appendQuoted(nil, t.input))
	}
	t.inTool = false
}

// finish gives the chunk with the finish reason, and the one with the usage.
func (t *translation) finish(stop string) error {
	if stop == "" {
		return nil
	}
	if err := withheld(stop, t.said); err != nil {
		return err
	}
	t.finished = true
	t.end(append(t.begin(), "{}"...), finishReason(stop))
	if t.usage.count() == nil {
		return nil
	}
	body := t.begin()
	body = append(body[:len(body)-len(`{"index":0,"delta":`)], `],"usage":`...)
	t.keep(append(t.usage.appendJSON(body), '}'), !t.asked)
	return nil
}

// emit gives a chunk with this delta.
func (t *translation) emit(delta string) { t.end(append(t.begin(), delta...), "") }

const (
	// slabSize is how much room is made for chunks at a time: some twenty of them.
	slabSize = 4 << 10
	// slabRoom is what must be left of it for one more chunk of the usual size.
	slabRoom = 256
)

// begin opens a chunk, up to its delta.
func (t *translation) begin() []byte {
	if t.head == nil {
		t.head = append(appendHead(nil, "chat.completion.chunk", orEmpty(t.id), orEmpty(t.model), t.created), `"delta":`...)
	}
	if cap(t.slab)-len(t.slab) < slabRoom+len(t.head) {
		t.slab = make([]byte, 0, slabSize)
	}
	return append(t.slab[len(t.slab):], t.head...)
}

// end closes a chunk with its finish reason; empty for none yet.
func (t *translation) end(body []byte, finish string) {
	if finish == "" {
		t.keep(append(body, `,"finish_reason":null}]}`...), false)
		return
	}
	t.keep(append(append(append(body, `,"finish_reason":"`...), finish...), `"}]}`...), false)
}

// keep lets a chunk wait. One that fitted into the slab takes its place there.
func (t *translation) keep(body []byte, usageOnly bool) {
	if used := len(t.slab) + len(body); used <= cap(t.slab) {
		t.slab = t.slab[:used]
	}
	t.waiting = append(t.waiting, llm.Chunk{Body: slices.Clip(body), UsageOnly: usageOnly})
}

// next returns the first chunk that waits.
func (t *translation) next() (llm.Chunk, bool) {
	if len(t.waiting) == 0 {
		return llm.Chunk{}, false
	}
	chunk := t.waiting[0]
	t.waiting = append(t.waiting[:0], t.waiting[1:]...) // two at most
	return chunk, true
}
