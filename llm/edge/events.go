package edge

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tribunebot/tribune/llm"
)

const (
	// block is how much of a stream is read at a time, and room is what must
	// be left of it for one more read.
	block = 8 << 10
	room  = 1 << 10
	// shared is how much room is made at a time for small events, those of at
	// most a quarter of it: to keep one keeps that much, whatever else came.
	shared = 1 << 10
	// maxEvent bounds one event: enough for a picture of some megabytes, which
	// image models send inline, and a bound on what a stream can hold here.
	maxEvent = 8 << 20
	// maxJunk is how much of a body that is no event stream is kept to be quoted.
	maxJunk = 64 << 10
)

// Event is one event of a stream.
type Event struct {
	// Data is the event's data: as a rule JSON, but that is not checked. It is
	// the caller's own: nothing writes to it later, and to keep it keeps at
	// most 1 KiB more than itself, whatever came around it.
	Data []byte
	// Failed says that the event's name is "error".
	Failed bool
	// Done says that this is the closing [DONE].
	Done bool
}

// Events reads a stream of server-sent events (WHATWG HTML, section 9.2) as
// models send it. It passes over comments, of which DeepSeek and OpenRouter send
// many while a request waits, over names, ids and empty data, and over a byte
// order mark; lines end in LF or CR LF. An event ends with a blank line, but one
// whose data is whole JSON already is not held back until that comes, so that
// servers that leave blank lines out are understood too.
type Events struct {
	// Junk is what came outside of any event, at most 64 KiB of it.
	Junk []byte

	body    io.Reader
	room    []byte // for small events
	buf     []byte // read, and not yet taken from at on
	at      int
	seen    int // up to here there is no line break after at
	begun   bool
	failed  bool   // the event under way is named "error"
	pending []byte // data lines of an event that is not whole
	err     error
}

// NewEvents reads events from a body.
func NewEvents(body io.Reader) *Events { return &Events{body: body} }

// Next returns the next event, and reads until it is there. At the end of the
// body it returns io.EOF.
func (e *Events) Next() (Event, error) {
	for {
		if event, ok := e.Poll(); ok {
			return event, nil
		}
		if e.err != nil {
			return Event{}, e.err
		}
		e.read()
	}
}

// Poll returns the next event if it is here already; it never blocks.
func (e *Events) Poll() (Event, bool) {
	for {
		line, ok := e.line()
		if !ok {
			return e.rest()
		}
		if event, ok := e.take(line); ok {
			return event, true
		}
	}
}

// rest is the event that the end of the body completes.
func (e *Events) rest() (Event, bool) {
	if !errors.Is(e.err, io.EOF) || e.pending == nil {
		return Event{}, false
	}
	return e.whole(), true
}

// line returns the next line, without its break. At the end of the body the
// last line needs none.
func (e *Events) line() ([]byte, bool) {
	rest := e.buf[e.at:]
	skip := e.seen - e.at
	n := bytes.IndexByte(rest[skip:], '\n')
	switch {
	case n >= 0:
		n += skip
		e.at += n + 1
		e.seen = e.at
	case errors.Is(e.err, io.EOF) && len(rest) > 0:
		n = len(rest)
		e.at, e.seen = len(e.buf), len(e.buf)
	default:
		e.seen = len(e.buf)
		return nil, false
	}
	line := rest[:n:n]
	if n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if !e.begun {
		e.begun = true
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return line, true
}

// take reads one line, and tells whether that makes an event whole.
func (e *Events) take(line []byte) (Event, bool) {
	if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
		return e.data(bytes.TrimSpace(data))
	}
	line = bytes.TrimSpace(line)
	name, value, found := bytes.Cut(line, []byte(":"))
	switch {
	case len(line) == 0:
		if e.pending != nil {
			return e.whole(), true
		}
		e.failed = false
	case found && string(name) == "event":
		e.failed = string(bytes.TrimSpace(value)) == "error"
	case found && string(name) == "data":
		return e.data(bytes.TrimSpace(value))
	case found && (len(name) == 0 || string(name) == "id" || string(name) == "retry"):
	case len(e.Junk)+len(line) < maxJunk:
		e.Junk = append(append(e.Junk, line...), '\n')
	}
	return Event{}, false
}

// data reads the data of one line.
func (e *Events) data(data []byte) (Event, bool) {
	switch {
	case len(data) == 0:
		return Event{}, false
	case e.pending != nil:
		e.pending = append(append(e.pending, '\n'), data...)
		if len(e.pending) > maxEvent {
			e.fail(tooLong())
		}
		return Event{}, false
	case string(data) == "[DONE]":
		return Event{Data: e.own(data), Done: true}, true
	case e.atBlank() || llm.Valid(data):
		return Event{Data: e.own(data), Failed: e.failed}, true
	}
	e.pending = bytes.Clone(data)
	return Event{}, false
}

// own copies an event out of the buffer. Events that follow one another share
// what is made for them, because most are small and many.
func (e *Events) own(data []byte) []byte {
	if len(data) > shared/4 {
		return bytes.Clone(data)
	}
	if cap(e.room)-len(e.room) < len(data) {
		e.room = make([]byte, 0, shared)
	}
	start := len(e.room)
	e.room = append(e.room, data...)
	return e.room[start:len(e.room):len(e.room)]
}

// atBlank tells whether a blank line is known to follow.
func (e *Events) atBlank() bool {
	rest := e.buf[e.at:]
	return len(rest) > 0 && rest[0] == '\n' || len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n'
}

// whole is the event under way, which a blank line has ended.
func (e *Events) whole() Event {
	event := Event{Data: e.pending, Failed: e.failed}
	e.pending, e.failed = nil, false
	return event
}

// read reads more of the body.
func (e *Events) read() {
	if cap(e.buf)-len(e.buf) < room {
		if len(e.buf)-e.at > maxEvent {
			e.fail(tooLong())
			return
		}
		e.makeRoom()
	}
	n, err := e.body.Read(e.buf[len(e.buf):cap(e.buf)])
	e.buf = e.buf[:len(e.buf)+n]
	if err != nil {
		e.fail(err)
	}
}

// makeRoom moves what is left to the front of a buffer that is twice as long,
// or of the same one where that is so already.
func (e *Events) makeRoom() {
	rest := e.buf[e.at:]
	into := e.buf[:0]
	if size := max(block, 2*len(rest)); size != cap(e.buf) {
		into = make([]byte, 0, size)
	}
	e.buf = append(into, rest...)
	e.seen -= e.at
	e.at = 0
}

func (e *Events) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

func tooLong() error { return fmt.Errorf("one event of %d MiB: %w", maxEvent>>20, ErrTooLong) }
