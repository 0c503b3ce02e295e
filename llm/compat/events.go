package compat

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxJunk is how much of a body that is no event stream is kept to be quoted.
const maxJunk = 64 << 10

// events hands a stream to go-openai's reader one data line at a time. It
// leaves out what that reader trips over: comments (DeepSeek and OpenRouter send
// many while a request waits), other fields, and empty data; and it keeps what
// the reader would lose: errors told inside of the stream, text that is no event
// stream, and whether the closing [DONE] came.
type events struct {
	body io.ReadCloser
	in   *bufio.Reader
	rest []byte // of a line that did not fit into the reader's buffer

	atError bool   // the last event field said "error"
	failure []byte // an error's payload; the stream ends there
	junk    []byte // what came outside of any event
	done    bool   // [DONE] came
	err     error
}

func newEvents(body io.ReadCloser) *events {
	return &events{body: body, in: bufio.NewReader(body)}
}

// Read implements io.Reader; it returns at most one line at a time, so that
// what is known here never runs ahead of what the reader has seen.
func (e *events) Read(p []byte) (int, error) {
	for len(e.rest) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		line, err := e.in.ReadBytes('\n')
		e.err = err
		if errors.Is(err, io.EOF) || err == nil {
			e.rest = e.take(line)
		}
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (e *events) Close() error { return e.body.Close() }

// take returns the line to hand on, if any.
func (e *events) take(line []byte) []byte {
	text := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
	name, value, found := bytes.Cut(text, []byte(":"))
	value = bytes.TrimSpace(value)
	switch {
	case len(text) == 0:
		e.atError = false
	case found && string(name) == "data":
		return e.takeData(value)
	case found && string(name) == "event":
		e.atError = string(value) == "error"
	case found && (len(name) == 0 || string(name) == "id" || string(name) == "retry"):
	case len(e.junk)+len(line) <= maxJunk:
		e.junk = append(e.junk, line...)
	}
	return nil
}

func (e *events) takeData(value []byte) []byte {
	switch {
	case len(value) == 0:
		return nil
	case e.atError || bytes.HasPrefix(value, []byte(`{"error":`)) && !bytes.HasPrefix(value, []byte(`{"error":null`)):
		e.failure = bytes.Clone(value)
		e.err = io.EOF
		return nil
	case string(value) == "[DONE]":
		e.done = true
	}
	out := make([]byte, 0, len(value)+8)
	out = append(out, "data: "...)
	if bytes.HasPrefix(value, []byte(`{"error":null`)) {
		// go-openai takes every event that opens so for a failure.
		out = append(out, "{ "...)
		value = value[1:]
	}
	out = append(out, value...)
	return append(out, '\n')
}
