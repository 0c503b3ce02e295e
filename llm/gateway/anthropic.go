package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/messages"
)

// anthropicShape is the protocol of Anthropic's Messages API. Statuses and
// types are those of platform.claude.com/docs/en/api/errors.
type anthropicShape struct{}

func (anthropicShape) request(body json.RawMessage) (json.RawMessage, error) {
	if err := checkObject(body); err != nil {
		return nil, err
	}
	chat, err := messages.Request(body)
	if f, ok := errors.AsType[*llm.Error](err); ok && f.Err != nil {
		return nil, invalid("", "%s", f.Err.Error()) // in the words that Anthropic's own server has
	}
	return chat, err
}

func (anthropicShape) answer(body json.RawMessage) (json.RawMessage, error) {
	return messages.Response(body)
}

func (anthropicShape) stream(bool) writer { return &anthropicWriter{stream: messages.NewStream()} }

// anthropicError is {"type":"error","error":{"type","message"}}.
type anthropicError struct {
	Type  string `json:"type"`
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`
}

func (anthropicShape) problem(p *problem) (int, []byte) {
	status := p.status
	if p.failure != nil {
		status, _ = messages.Error(p.failure)
	}
	o := anthropicError{Type: "error"}
	o.Error.Type, o.Error.Message = anthropicType(status), oneLine(p.message)
	return status, encode(o)
}

// anthropicType is the type of error that goes with a status.
func anthropicType(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "authentication_error"
	case http.StatusPaymentRequired:
		return "billing_error"
	case http.StatusForbidden:
		return "permission_error"
	case http.StatusNotFound:
		return "not_found_error"
	case http.StatusRequestEntityTooLarge:
		return "request_too_large"
	case http.StatusTooManyRequests:
		return "rate_limit_error"
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return "timeout_error"
	case 529: // Anthropic's own
		return "overloaded_error"
	}
	if status < http.StatusInternalServerError {
		return typeInvalid
	}
	return "api_error"
}

// anthropicWriter translates a stream's chunks.
type anthropicWriter struct{ stream *messages.Stream }

func (w *anthropicWriter) chunk(b *bytes.Buffer, c llm.Chunk) error {
	events, err := w.stream.Chunk(c)
	for _, e := range events {
		b.Write(e.Append(b.AvailableBuffer()))
	}
	return err
}

// end has nothing to do: the last chunk ended the message.
func (*anthropicWriter) end(*bytes.Buffer) {}

func (*anthropicWriter) ping(b *bytes.Buffer) {
	b.WriteString("event: ping\ndata: {\"type\":\"ping\"}\n\n")
}

func (*anthropicWriter) fail(b *bytes.Buffer, p *problem) {
	_, body := anthropicShape{}.problem(p)
	b.Write(messages.Event{Type: "error", Data: body}.Append(b.AvailableBuffer()))
}
