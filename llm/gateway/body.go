package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// firstRead is how much memory a body gets before any of it has come: what a
// client says of its length is no reason to believe it.
const firstRead = 64 << 10

// read reads the request's body, once, up to a limit in bytes.
func (e *exchange) read(limit int64) (json.RawMessage, error) {
	if c := e.r.Header.Get("Content-Encoding"); c != "" && c != "identity" {
		return nil, &problem{
			status: http.StatusUnsupportedMediaType, kind: typeInvalid, code: "unsupported_encoding",
			message: "send the body without a content encoding",
		}
	}
	if e.r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	if err := e.takeRoom(limit); err != nil {
		return nil, err
	}
	control := http.NewResponseController(e.w)
	// A writer without deadlines has none to pass: a test's, for example.
	limited := control.SetReadDeadline(time.Now().Add(e.gateway.BodyTimeout)) == nil
	from := e.r.Body
	if e.r.ContentLength < 0 { // otherwise net/http reads no more than was said
		from = http.MaxBytesReader(e.w, from, limit)
	}
	body, err := readAll(from, e.r.ContentLength)
	if limited && err == nil {
		// The server goes on reading, to see whether the client is still
		// there; that may take as long as the answer does.
		err = control.SetReadDeadline(time.Time{})
	}
	e.keepRoom(int64(len(body)))
	return body, unread(err, limit)
}

// smallBody is as large as a body may be without counting: what bounds those is
// how many connections there are.
const smallBody = 1 << 20

// takeRoom waits until a large body fits beside those that are here already,
// so that a few clients with much to say cannot fill the memory.
func (e *exchange) takeRoom(limit int64) error {
	size := e.r.ContentLength
	if size < 0 {
		size = limit
	}
	if size <= smallBody {
		return nil
	}
	size = min(size, e.gateway.MaxBodies)
	ctx, stop := context.WithTimeout(e.context(), e.gateway.BodyTimeout)
	defer stop()
	if e.gateway.room.Acquire(ctx, size) != nil {
		return &problem{
			status: http.StatusServiceUnavailable, kind: typeServer, code: "too_many_large_requests", after: time.Second,
			message: "too many large requests are under way: try again",
		}
	}
	e.room = size
	return nil
}

// keepRoom gives back what a body did not need of its room. The rest is given
// back at the end of the request, which holds the body for as long.
func (e *exchange) keepRoom(needed int64) {
	if needed <= smallBody {
		needed = 0
	}
	if spare := e.room - needed; spare > 0 {
		e.gateway.room.Release(spare)
		e.room -= spare
	}
}

func readAll(r io.Reader, length int64) ([]byte, error) {
	size := int64(firstRead)
	if length >= 0 && length < size {
		size = length + 1 // room to see the end without growing
	}
	b := make([]byte, 0, max(size, 512))
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}

func unread(err error, limit int64) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &problem{
			status: http.StatusRequestTimeout, kind: typeTimeout, code: "timeout",
			message: "the request's body did not come in time",
		}
	}
	return invalid("", "the request's body could not be read")
}

func tooLarge(limit int64) *problem {
	p := invalid("", "the request is larger than the %d bytes that are allowed", limit)
	p.status, p.code = http.StatusRequestEntityTooLarge, "request_too_large"
	return p
}

// checkObject says where a text stops being a JSON object.
func checkObject(body []byte) error {
	if llm.Valid(body) {
		if bytes.TrimLeft(body, " \t\r\n")[0] == '{' {
			return nil
		}
		return invalid("", "the request's body must be a JSON object")
	}
	var v json.RawMessage
	if s, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(body, &v)); ok {
		return invalid("", "the request's body is not JSON: at byte %d: %s", s.Offset, s.Error())
	}
	return invalid("", "the request's body is not JSON")
}
