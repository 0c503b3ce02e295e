package gateway

import (
	"bytes"
	"encoding/json"

	"github.com/tribunebot/tribune/llm"
)

// shape is a protocol that clients speak.
type shape interface {
	// problem is the status and the body that tell an error.
	problem(p *problem) (int, []byte)
	// request is a client's request in OpenAI's shape.
	request(body json.RawMessage) (json.RawMessage, error)
	// answer is a completion in the client's shape.
	answer(body json.RawMessage) (json.RawMessage, error)
	// stream begins a stream; hideUsage leaves out chunks of usage that the
	// client did not ask for.
	stream(hideUsage bool) writer
}

// writer writes one stream's events into a buffer.
type writer interface {
	chunk(b *bytes.Buffer, c llm.Chunk) error
	// end ends a stream whose last chunk has come.
	end(b *bytes.Buffer)
	// fail ends a stream that broke.
	fail(b *bytes.Buffer, p *problem)
	// ping is what is sent while there is nothing to say.
	ping(b *bytes.Buffer)
}

// openaiShape is OpenAI's protocol: what llm speaks too.
type openaiShape struct{}

func (openaiShape) request(body json.RawMessage) (json.RawMessage, error) { return body, nil }
func (openaiShape) answer(body json.RawMessage) (json.RawMessage, error)  { return body, nil }
func (openaiShape) stream(hideUsage bool) writer                          { return openaiWriter{hideUsage} }

// openaiError is {"error":{"message","type","param","code"}}.
type openaiError struct {
	Error struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	} `json:"error"`
}

func (openaiShape) problem(p *problem) (int, []byte) {
	var o openaiError
	o.Error.Message = oneLine(p.message)
	o.Error.Type = p.kind
	o.Error.Param = orNull(p.param)
	o.Error.Code = orNull(p.code)
	return p.status, encode(o)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// encode writes what is made of strings and numbers only.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"error":{"message":"the answer cannot be written","type":"server_error","param":null,"code":null}}`)
	}
	return b
}

// openaiWriter writes "data: CHUNK" and, at the end, "data: [DONE]".
type openaiWriter struct{ hideUsage bool }

func (w openaiWriter) chunk(b *bytes.Buffer, c llm.Chunk) error {
	if len(c.Body) > 0 && (!w.hideUsage || !c.UsageOnly) {
		writeData(b, c.Body)
	}
	return nil
}

func (openaiWriter) end(b *bytes.Buffer)  { b.WriteString("data: [DONE]\n\n") }
func (openaiWriter) ping(b *bytes.Buffer) { b.WriteString(": ping\n\n") }

func (openaiWriter) fail(b *bytes.Buffer, p *problem) {
	_, body := openaiShape{}.problem(p)
	writeData(b, body)
}

// writeData adds an event. JSON may be written with line breaks, which would
// end the event; in JSON they mean no more than a space does.
func writeData(b *bytes.Buffer, body []byte) {
	b.WriteString("data: ")
	start := b.Len()
	b.Write(body)
	if bytes.IndexByte(body, '\n') >= 0 || bytes.IndexByte(body, '\r') >= 0 {
		written := b.Bytes()[start:]
		for i, c := range written {
			if c == '\n' || c == '\r' {
				written[i] = ' '
			}
		}
	}
	b.WriteString("\n\n")
}
