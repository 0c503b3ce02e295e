package gateway

import (
	"bytes"
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
	control := http.NewResponseController(e.w)
	// A writer without deadlines has none to pass: a test's, for example.
	limited := control.SetReadDeadline(time.Now().Add(e.gateway.BodyTimeout)) == nil
	body, err := readAll(http.MaxBytesReader(e.w, e.r.Body, limit), e.r.ContentLength)
	if limited && err == nil {
		// The server goes on reading, to see whether the client is still
		// there; that may take as long as the answer does.
		err = control.SetReadDeadline(time.Time{})
	}
	return body, unread(err, limit)
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
