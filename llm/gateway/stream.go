package gateway

import (
	"bytes"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// maxUnflushed bounds what is saved up while more is said to be on its way.
const maxUnflushed = 64 << 10

// stream answers with server-sent events. The status goes out with the first
// chunk, so that a failure before it has a status of its own and a client can
// tell that it may try again; after it a failure is an event, and nothing
// follows: the [DONE] of a stream that ended well is not sent.
func (e *exchange) stream(model llm.Model, request llm.Request, hideUsage bool) error {
	s := newEvents(e)
	defer s.close()
	ended := false
	for chunk, err := range model.Stream(e.context(), request) {
		if err != nil {
			return s.fail(err)
		}
		ended = chunk.Served != nil
		if chunk.From != nil {
			e.tell(chunk.From)
		}
		if len(chunk.Body) > 0 && (!hideUsage || !chunk.UsageOnly) {
			s.data(chunk.Body)
		}
		if chunk.More && s.unflushed() < maxUnflushed {
			continue
		}
		if s.flush() != nil {
			return nil // the client is gone; leaving the loop cancels the call
		}
	}
	if !ended {
		return s.fail(&llm.Error{Kind: llm.BadResponse, Provider: "gateway", Err: errors.New("the stream ended too early")})
	}
	s.text("data: [DONE]\n\n")
	s.flush() //nolint:errcheck // a client that is gone needs no end
	return nil
}

// events writes server-sent events, and comments while there are none.
type events struct {
	exchange *exchange
	control  *http.ResponseController

	mu       sync.Mutex // the timer writes comments
	buffer   bytes.Buffer
	begun    bool // the status is out
	closed   bool
	extended time.Time // when the write deadline was last moved
	limited  bool      // the writer has a deadline
	timer    *time.Timer
}

func newEvents(e *exchange) *events {
	return &events{exchange: e, control: http.NewResponseController(e.w)}
}

// data adds an event. JSON may be written with line breaks, which would end
// the event; in JSON they mean no more than a space does.
func (s *events) data(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buffer.WriteString("data: ")
	start := s.buffer.Len()
	s.buffer.Write(body)
	if bytes.IndexByte(body, '\n') >= 0 || bytes.IndexByte(body, '\r') >= 0 {
		written := s.buffer.Bytes()[start:]
		for i, c := range written {
			if c == '\n' || c == '\r' {
				written[i] = ' '
			}
		}
	}
	s.buffer.WriteString("\n\n")
}

// unflushed is how much was added since the last flush, in bytes.
func (s *events) unflushed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Len()
}

func (s *events) text(t string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buffer.WriteString(t)
}

// flush sends what was added; the status before it, if it is not out.
func (s *events) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buffer.Len() == 0 {
		return nil
	}
	if !s.begun {
		s.begin()
	}
	return s.send()
}

func (s *events) begin() {
	s.exchange.tellKey()
	h := s.exchange.w.Header()
	h["Content-Type"] = []string{"text/event-stream"}
	h["Cache-Control"] = []string{"no-cache"}
	h["X-Accel-Buffering"] = []string{"no"} // nginx would save the events up
	s.begun, s.exchange.sent = true, true
	s.exchange.w.WriteHeader(http.StatusOK)
	s.timer = time.AfterFunc(s.exchange.gateway.Ping, s.ping)
}

// send writes the buffer out, within the time that a client has for reading.
func (s *events) send() error {
	timeout := s.exchange.gateway.WriteTimeout
	if now := time.Now(); now.Sub(s.extended) > timeout/4 {
		s.extended = now
		s.limited = s.control.SetWriteDeadline(now.Add(timeout)) == nil
	}
	_, err := s.exchange.w.Write(s.buffer.Bytes())
	s.buffer.Reset()
	if err != nil {
		return err
	}
	s.timer.Reset(s.exchange.gateway.Ping)
	return s.control.Flush()
}

// ping keeps a silent connection alive with a comment, which clients ignore.
func (s *events) ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.buffer.WriteString(": ping\n\n")
	if s.send() != nil {
		s.closed = true // the request's own context ends the call
	}
}

// fail tells an error: as an answer of its own before anything was sent, and
// as the stream's last event after that.
func (s *events) fail(err error) error {
	if !s.begun && s.unflushed() == 0 {
		return err
	}
	p := s.exchange.gateway.problem(s.exchange.context(), s.exchange.id, err)
	s.data(s.exchange.shape.problem(p))
	s.flush() //nolint:errcheck // nobody is left to be told
	return nil
}

// close ends the comments, and gives the connection back without a deadline.
func (s *events) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.limited {
		s.control.SetWriteDeadline(time.Time{}) //nolint:errcheck // it was possible before
	}
}
