package messages

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// Stream translates the chunks of one stream into Anthropic's events: one
// message_start, the blocks in order of their index, one message_delta and one
// message_stop. The zero value is ready to use; it is for one goroutine.
type Stream struct {
	events []Event // of the chunk under way
	err    error   // of writing one of them

	id, model string
	started   bool
	pinged    bool
	closed    bool

	next   int    // index of the block after the last
	open   string // type of the block that is being written: text, thinking or none
	tools  []callUnderWay
	finish string
	usage  *usage
}

// callUnderWay is a call of a tool whose block is open.
type callUnderWay struct {
	key       int // its index among the provider's calls
	id        string
	block     int
	arguments []byte // what came of them
	done      bool   // its block is closed
}

// NewStream returns a Stream for one answer.
func NewStream() *Stream { return &Stream{} }

// Chunk translates the next chunk; the one whose Served is set ends the message.
// The events are good until the next call. Its error is an *llm.Error of the
// kind BadResponse.
func (s *Stream) Chunk(c llm.Chunk) ([]Event, error) {
	s.events = s.events[:0]
	if s.closed {
		return nil, garbled(errors.New("a chunk came after the end"))
	}
	if len(c.Body) > 0 {
		var body completion
		if err := json.Unmarshal(c.Body, &body); err != nil {
			return nil, garbled(err)
		}
		s.add(body)
	}
	if c.Served != nil {
		s.end(c.Served)
	}
	if s.err != nil {
		return nil, garbled(s.err)
	}
	return s.events, nil
}

// Close ends the message where no last chunk did, because the caller wants no
// more; it gives nothing once the message has ended.
func (s *Stream) Close() ([]Event, error) {
	s.events = s.events[:0]
	if !s.closed {
		s.end(&llm.Served{})
	}
	if s.err != nil {
		return nil, garbled(s.err)
	}
	return s.events, nil
}

func (s *Stream) emit(name string, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		s.err = err
		return
	}
	s.events = append(s.events, Event{Type: name, Data: data})
}

func (s *Stream) add(c completion) {
	if s.id == "" {
		s.id = c.ID
	}
	if s.model == "" {
		s.model = c.Model
	}
	if c.Usage != nil {
		s.usage = c.Usage
	}
	for _, choice := range c.Choices {
		if choice.Index == 0 {
			s.start()
			s.delta(choice.Delta)
			if choice.Finish != "" {
				s.finish = choice.Finish
			}
		}
	}
}

// start begins the message.
func (s *Stream) start() {
	if s.started {
		return
	}
	s.started = true
	s.emit("message_start", messageStart{Type: "message_start", Message: reply{
		ID: messageID(s.id), Type: "message", Role: "assistant", Model: s.model, Content: []any{}, Usage: spent(s.usage),
	}})
}

func (s *Stream) delta(d spoken) {
	if len(d.Thinking) > 0 {
		s.thoughts(d.Thinking)
	} else if text := d.reasoning(); text != "" {
		s.thought(text)
	}
	if text := d.text(); text != "" {
		s.text(text)
	}
	for i, call := range d.ToolCalls {
		key := i
		if call.Index != nil {
			key = *call.Index
		}
		s.tool(key, call.ID, call.Function)
	}
}

func (s *Stream) text(text string) {
	if s.open != "text" {
		s.begin("text", textBlock{Type: "text"})
	}
	s.write(s.next-1, textDelta{Type: "text_delta", Text: text})
}

func (s *Stream) thought(text string) {
	if s.open != "thinking" {
		s.begin("thinking", thinkingBlock{Type: "thinking"})
	}
	s.write(s.next-1, thinkingDelta{Type: "thinking_delta", Thinking: text})
}

// thoughts are parts of thinking that the model signs.
func (s *Stream) thoughts(list []thought) {
	for _, t := range list {
		if t.Type == "redacted_thinking" {
			s.begin("", t.block())
			s.emit("content_block_stop", blockStop{"content_block_stop", s.next - 1})
			continue
		}
		if t.Thinking != "" || s.open != "thinking" {
			s.thought(t.Thinking)
		}
		if t.Signature != "" {
			s.write(s.next-1, signatureDelta{Type: "signature_delta", Signature: t.Signature})
		}
	}
}

// begin closes the block that is being written and opens the next one.
func (s *Stream) begin(kind string, block any) {
	s.closeOpen(false)
	s.emit("content_block_start", blockStart{"content_block_start", s.next, block})
	s.open = kind
	s.next++
	if !s.pinged {
		s.pinged = true
		s.emit("ping", bare{Type: "ping"})
	}
}

func (s *Stream) write(index int, delta any) {
	s.emit("content_block_delta", blockDelta{"content_block_delta", index, delta})
}

// tool adds to the call with this key. Calls that come one after the other are
// written so; where a provider mixes them, their blocks are open side by side,
// which Anthropic's clients read too. A provider that counts no calls gives each
// an id of its own.
func (s *Stream) tool(key int, id string, f function) {
	at := slices.IndexFunc(s.tools, func(c callUnderWay) bool {
		return c.key == key && !c.done && (id == "" || c.id == "" || c.id == id)
	})
	switch {
	case at < 0 && f.Name == "":
		if strings.TrimSpace(f.Arguments) != "" {
			s.err = errors.New("the arguments of a call came without its name, or after its end")
		}
		return
	case at < 0:
		s.begin("", toolBlock{Type: "tool_use", ID: toolID(id, s.next), Name: f.Name, Input: json.RawMessage("{}")})
		s.tools = append(s.tools, callUnderWay{key: key, id: id, block: s.next - 1})
		at = len(s.tools) - 1
	}
	if f.Arguments != "" {
		c := &s.tools[at]
		c.arguments = append(c.arguments, f.Arguments...)
		s.write(c.block, inputDelta{Type: "input_json_delta", JSON: f.Arguments})
	}
}

// closeOpen closes the block of text, and those of calls whose arguments are
// whole; at the end all.
func (s *Stream) closeOpen(all bool) {
	if s.open != "" {
		s.emit("content_block_stop", blockStop{"content_block_stop", s.next - 1})
		s.open = ""
	}
	for i := range s.tools {
		if c := &s.tools[i]; !c.done && (all || json.Valid(c.arguments)) {
			c.done, c.arguments = true, nil
			s.emit("content_block_stop", blockStop{"content_block_stop", c.block})
		}
	}
}

// end writes what ends a message.
func (s *Stream) end(served *llm.Served) {
	s.closed = true
	if s.model == "" {
		s.model = served.Model
	}
	s.start()
	s.closeOpen(true)
	total := spent(s.usage)
	if s.usage == nil {
		total = counted(served.Usage)
	}
	s.emit("message_delta", messageDelta{
		Type: "message_delta", Delta: stopped{Reason: stopReason(s.finish, len(s.tools) > 0)}, Usage: total,
	})
	s.emit("message_stop", bare{Type: "message_stop"})
}

// Error is the event that ends a stream which failed: no message_stop follows.
func (s *Stream) Error(e *llm.Error) Event {
	s.closed = true
	_, body := Error(e)
	return Event{Type: "error", Data: body}
}
