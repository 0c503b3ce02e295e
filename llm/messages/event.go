package messages

import "encoding/json"

// Event is one event of a stream in Anthropic's protocol.
type Event struct {
	Type string // message_start, content_block_delta ...
	Data json.RawMessage
}

// Append adds the event as it is written to a text/event-stream.
func (e Event) Append(b []byte) []byte {
	b = append(b, "event: "...)
	b = append(b, e.Type...)
	b = append(b, "\ndata: "...)
	b = append(b, e.Data...)
	return append(b, "\n\n"...)
}

// The bodies of events. Each begins with the event's type.

type messageStart struct {
	Type    string `json:"type"`
	Message reply  `json:"message"`
}

type blockStart struct {
	Type  string `json:"type"`
	Index int    `json:"index"`
	Block any    `json:"content_block"`
}

type blockDelta struct {
	Type  string `json:"type"`
	Index int    `json:"index"`
	Delta any    `json:"delta"`
}

type blockStop struct {
	Type  string `json:"type"`
	Index int    `json:"index"`
}

type textDelta struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type thinkingDelta struct {
	Type     string `json:"type"`
	Thinking string `json:"thinking"`
}

type signatureDelta struct {
	Type      string `json:"type"`
	Signature string `json:"signature"`
}

type inputDelta struct {
	Type string `json:"type"`
	JSON string `json:"partial_json"`
}

type messageDelta struct {
	Type  string      `json:"type"`
	Delta stopped     `json:"delta"`
	Usage tokensSpent `json:"usage"`
}

type stopped struct {
	Reason   string  `json:"stop_reason"`
	Sequence *string `json:"stop_sequence"`
}

type bare struct {
	Type string `json:"type"`
}
