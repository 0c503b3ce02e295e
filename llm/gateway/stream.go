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
// of them, so that a failure before it has a status of its own and a client can
// tell that it may try again; after it a failure is an event, and nothing
// follows: what ends a stream that ended well is not sent.
func (e *exchange) stream(model llm.Model, request llm.Request, hideUsage bool) error {
	s := newEvents(e, e.shape.stream(hideUsage))
	defer s.close()
	ended := false
	for chunk, err := range model.Stream(e.context(), request) {
		if err == nil {
			if chunk.From != nil {
				e.tell(chunk.From)
			}
			err = s.chunk(chunk)
		}
		if err != nil {
			return s.fail(err)
		}
		if ended = chunk.Served != nil; ended || chunk.More && s.unflushed() < maxUnflushed {
			continue // what is on its way goes out with it
		}
		if s.flush() != nil {
			return nil // the client is gone; leaving the loop cancels the call
		}
	}
	if !ended {
		return s.fail(&llm.Error{Kind: llm.BadResponse, Provider: "gateway", Err: errors.New("the stream ended too early")})
	}
	s.end()
	return nil
}

// events sends server-sent events, and pings while there are none.
type events struct {
	exchange *exchange
	control  *http.ResponseController

	mu       sync.Mutex // the timer writes pings
	writer   writer
	buffer   bytes.Buffer
	begun    bool // the status is out
	closed   bool
	extended time.Time // when the write deadline was last moved
	limited  bool      // the connection has a deadline
	timer    *time.Timer
}

func newEvents(e *exchange, w writer) *events {
	return &events{exchange: e, writer: w, control: http.NewResponseController(e.w)}
}

// chunk adds what a chunk says.
func (s *events) chunk(c llm.Chunk) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writer.chunk(&s.buffer, c)
}

// unflushed is how much was added since the last flush, in bytes.
func (s *events) unflushed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Len()
}

// flush sends what was added; the status before it, if it is not out.
func (s *events) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.send()
}

// end sends what says that the stream ended well.
func (s *events) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer.end(&s.buffer)
	s.send() //nolint:errcheck // a client that is gone needs no end
}

// fail tells an error: as an answer of its own before anything was said, and
// as the stream's last event after that.
func (s *events) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun && s.buffer.Len() == 0 {
		return err
	}
	s.writer.fail(&s.buffer, s.exchange.gateway.problem(s.exchange.context(), s.exchange.id, err))
	s.send() //nolint:errcheck // nobody is left to be told
	return nil
}

// The methods below are called under the lock.

func (s *events) begin() {
	s.exchange.tellKey()
	s.exchange.setHeader("Content-Type", "text/event-stream")
	s.exchange.setHeader("Cache-Control", "no-cache")
	s.exchange.setHeader("X-Accel-Buffering", "no") // nginx would save the events up
	s.begun, s.exchange.sent = true, true
	s.exchange.w.WriteHeader(http.StatusOK)
	s.timer = time.AfterFunc(s.exchange.gateway.Ping, s.ping)
}

// send writes the buffer out, within the time that a client has for reading.
func (s *events) send() error {
	if s.buffer.Len() == 0 {
		return nil
	}
	if !s.begun {
		s.begin()
	}
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

// ping keeps a silent connection alive. It takes the lock itself.
func (s *events) ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.writer.ping(&s.buffer)
	if s.send() != nil {
		s.closed = true // the request's own context ends the call
	}
}

// close ends the pings, and gives the connection back without a deadline.
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
