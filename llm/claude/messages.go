package claude

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tribunebot/tribune/llm"
)

// chatMessage is one of OpenAI's messages, found where it lies.
type chatMessage struct {
	role, callID, content, calls json.RawMessage
	thoughts                     json.RawMessage // thinking_blocks
	mark                         json.RawMessage // cache_control
	failed                       bool            // is_error, of a tool's result
}

func readChatMessage(raw json.RawMessage) chatMessage {
	var m chatMessage
	for name, value := range llm.RawFields(raw) {
		switch string(name) {
		case "role":
			m.role = value
		case "content":
			m.content = value
		case "tool_calls":
			m.calls = value
		case "tool_call_id":
			m.callID = value
		case "thinking_blocks":
			m.thoughts = value
		case cacheControl:
			m.mark = value
		case "is_error":
			m.failed = string(value) == "true"
		}
	}
	return m
}

// conversation splits messages into the system's words and the turns.
type conversation struct {
	system, turns blocks
	role          string // of the last turn, which is still open
	calling       bool   // the last turn of the assistant calls tools, and has no thoughts
	now           blocks // the blocks of the message under way, without a bracket
}

// addSystem takes the system's words as Anthropic has them, beside the messages:
// a text or a list of blocks.
func (c *conversation) addSystem(raw json.RawMessage) {
	if isString(raw) && !isBlank(raw) {
		c.system.text(raw, nil)
	}
	for block := range llm.RawItems(raw) {
		c.system.said(readPart(block))
	}
}

// add translates messages. Neighbours of the same role become one turn: the
// results of several tool calls must stand together.
func (c *conversation) add(messages json.RawMessage) error {
	i := 0
	for raw := range llm.RawItems(messages) {
		i++
		c.now.b = c.now.b[:0]
		m := readChatMessage(raw)
		role, err := c.message(m)
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		if m.mark != nil {
			c.now.mark(m.mark)
		}
		c.put(role)
	}
	return nil
}

// put adds the blocks of the message under way to a turn of this role; an empty
// one is the system's.
func (c *conversation) put(role string) {
	to := &c.turns
	switch {
	case len(c.now.b) == 0:
		return
	case role == "":
		to = &c.system
	case role != c.role:
		c.close()
		c.role = role
		to.b = append(append(append(comma(to.b), `{"role":"`...), role...), `","content":[`...)
	}
	to.b = append(comma(to.b), c.now.b...)
}

// close ends the turn that is open.
func (c *conversation) close() {
	if c.role != "" {
		c.turns.b = append(c.turns.b, "]}"...)
	}
}

// closed is the list of all turns.
func (c *conversation) closed() json.RawMessage {
	c.close()
	return c.turns.closed()
}

// message translates one message, and tells whose turn it belongs to.
func (c *conversation) message(m chatMessage) (role string, err error) {
	if err := checkContent(m.content); err != nil {
		return "", err
	}
	switch word(m.role) {
	case "system", "developer":
		c.words(m.content)
		return "", nil
	case "user":
		c.calling = false
		return "user", c.now.shown(m.content)
	case "assistant":
		c.assistant(m)
		return "assistant", nil
	case "tool":
		if len(inner(m.callID)) == 0 {
			return "", errors.New("a tool's result names no tool_call_id")
		}
		return "user", c.now.result(m)
	}
	return "", fmt.Errorf("claude knows no role %.40q", llm.Unquote(m.role))
}

// checkContent wants null, a text or a list.
func checkContent(raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" || isString(raw) || raw[0] == '[' {
		return nil
	}
	return errors.New("its content is neither text nor a list of parts")
}

// words are a message's texts; whatever else is in it has no place there.
func (c *conversation) words(content json.RawMessage) {
	if isString(content) && !isBlank(content) {
		c.now.text(content, nil)
	}
	for raw := range llm.RawItems(content) {
		c.now.said(readPart(raw))
	}
}

// assistant translates what the model thought, said and called: in this order,
// because Anthropic wants thoughts before all else.
func (c *conversation) assistant(m chatMessage) {
	for raw := range llm.RawItems(m.thoughts) {
		c.now.thought(raw)
	}
	for raw := range llm.RawItems(m.content) {
		c.now.thought(raw)
	}
	thoughtless := len(c.now.b) == 0
	c.words(m.content)
	said := len(c.now.b)
	for raw := range llm.RawItems(m.calls) {
		c.now.call(raw)
	}
	c.calling = thoughtless && len(c.now.b) > said
}
