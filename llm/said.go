package llm

import "encoding/json"

// Message is one message of a chat request, as far as its words go.
type Message struct {
	Role string // "system", "user", "assistant", "tool" ...
	Text string // the text parts, joined
}

// Messages returns the messages of a chat request; nil for a body that has none.
func Messages(body json.RawMessage) []Message {
	var chat struct {
		Messages []struct {
			Role    string          `json:"role"`
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
	}
	if decode(body, &chat) != nil {
		return nil
	}
	var list []Message
	for _, m := range chat.Messages {
		list = append(list, Message{Role: m.Role, Text: contentText(m.Content)})
	}
	return list
}
