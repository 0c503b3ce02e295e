package compat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// Stream implements llm.Model.
func (m *Model) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	began := m.Now()
	return edge.Stream(
		func(yield func(llm.Chunk) bool) error { return m.stream(ctx, r, yield) },
		func(err error) { m.report(ctx, began, err) },
	)
}

func (m *Model) stream(ctx context.Context, r llm.Request, yield func(llm.Chunk) bool) error {
	callCtx, watch := m.limits.Start(ctx, m.ID)
	defer watch.Stop()
	watch.Await()
	raw, c, err := m.open(ctx, callCtx, r)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }() // a body that was read has nothing more to say
	s := &reading{model: m, raw: raw, call: c, watch: watch, tally: &tally{}}
	for {
		chunk, err := s.next(ctx, callCtx)
		switch {
		case errors.Is(err, io.EOF):
			return s.end(yield)
		case err != nil:
			return err
		case !yield(chunk):
			return edge.ErrLeft
		}
	}
}

// open starts the stream. An endpoint that knows no stream_options is asked
// again without them, and never with them after that.
func (m *Model) open(parent, ctx context.Context, r llm.Request) (*openai.ChatCompletionStream, *call, error) {
	for {
		usage := !m.noUsage.Load()
		body, err := m.streamBody(r.Body, usage)
		if err != nil {
			return nil, nil, m.edge.Unsent(err, r.Body)
		}
		c := &call{client: m.HTTPClient, header: m.Header, body: body, limit: m.limits.Bytes, stream: true}
		raw, err := m.client(c).CreateChatCompletionStream(ctx, openai.ChatCompletionRequest{Model: m.Model})
		switch {
		case c.refusal != nil && usage && refusesOptions(c):
			m.noUsage.Store(true)
		case c.refusal != nil:
			return nil, nil, m.refused(c, c.status, c.refusal)
		case err != nil:
			return nil, nil, m.failed(parent, ctx, c, err)
		default:
			return raw, c, nil
		}
	}
}

func refusesOptions(c *call) bool {
	return (c.status == http.StatusBadRequest || c.status == http.StatusUnprocessableEntity) &&
		strings.Contains(string(c.refusal), "stream_options")
}

// streamBody asks for usage, and keeps the caller's other stream options.
func (m *Model) streamBody(body json.RawMessage, usage bool) (json.RawMessage, error) {
	fields := map[string]any{"stream": true, "stream_options": nil}
	if usage {
		options := llm.Field(body, "stream_options")
		if len(options) == 0 || options[0] != '{' {
			options = json.RawMessage("{}")
		}
		merged, err := llm.SetFields(options, map[string]any{"include_usage": true})
		if err != nil {
			return nil, err
		}
		fields["stream_options"] = merged
	}
	return m.body(body, fields)
}

// reading is a stream under way.
type reading struct {
	model *Model
	raw   *openai.ChatCompletionStream
	call  *call
	watch *edge.Watch
	tally *tally
}

// next returns the next chunk, or io.EOF when the stream ended well.
func (s *reading) next(parent, ctx context.Context) (llm.Chunk, error) {
	for {
		s.watch.Await()
		raw, err := s.raw.RecvRaw()
		if failure := s.call.events.failure; failure != nil {
			return llm.Chunk{}, s.model.refused(s.call, http.StatusOK, failure)
		}
		if err != nil {
			return llm.Chunk{}, s.ended(parent, ctx, err)
		}
		known, err := s.note(raw)
		if err != nil {
			return llm.Chunk{}, err
		}
		if known {
			return llm.Chunk{Body: raw}, nil
		}
	}
}

// note reads what has to be known of an event. An object that is no chunk at
// all is passed over: it neither counts as a token nor ends the wait for one.
func (s *reading) note(raw []byte) (known bool, err error) {
	a, err := parseAnswer(raw)
	switch {
	case err != nil:
		return false, s.model.edge.Bad(fmt.Errorf("an event is no JSON: %q", edge.Plain(raw)), s.call.body)
	case a.isError():
		return false, s.model.refused(s.call, http.StatusOK, raw)
	case a.Choices == nil && a.Usage == nil:
		return false, nil
	}
	if err := s.tally.add(a); err != nil {
		return false, s.model.broken(err, s.call)
	}
	switch {
	case s.tally.whole():
		s.watch.Whole()
	case len(a.Choices) > 0 && s.tally.said:
		s.watch.Got()
	}
	return true, nil
}

// ended judges how a stream ended: io.EOF for well. Once every choice has its
// finish reason the answer is whole, whatever happens to the connection then.
func (s *reading) ended(parent, ctx context.Context, err error) error {
	e := s.call.events
	switch {
	case parent.Err() != nil:
		return s.model.edge.Broke(parent, ctx, err, s.call.body)
	case s.tally.whole() || e.done && s.tally.said:
		return io.EOF
	case !errors.Is(err, io.EOF):
		return s.model.edge.Broke(parent, ctx, err, s.call.body)
	case len(s.tally.finished) > 0 && !e.done:
		return s.model.edge.Broke(parent, ctx, errors.New("the stream was cut before its end"), s.call.body)
	}
	return s.nothing()
}

// nothing explains a stream without an answer in it.
func (s *reading) nothing() error {
	junk := s.call.events.junk
	if a, err := parseAnswer(junk); err == nil && a.isError() {
		return s.model.refused(s.call, http.StatusOK, junk)
	}
	if len(junk) > 0 {
		return s.model.edge.Bad(fmt.Errorf("no event stream came, but %q", edge.Plain(junk)), s.call.body)
	}
	return s.model.edge.Bad(errors.New("the stream ended without an answer"), s.call.body)
}

// end tells the reader who served, and then reads the body to its end: that
// lets the connection be used again.
func (s *reading) end(yield func(llm.Chunk) bool) error {
	served := s.model.served(s.call, s.tally)
	if !yield(llm.Chunk{Served: &served}) {
		return edge.ErrLeft
	}
	s.watch.Ended()
	s.watch.Await()
	if _, err := io.Copy(io.Discard, s.call.events.body); err != nil {
		return nil //nolint:nilerr // the answer is whole; only the connection is lost
	}
	return nil
}
