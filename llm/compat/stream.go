package compat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// streamShare is how much longer than a whole answer a stream may be unless its
// bound is set: 128,000 tokens, the longest answers there are, come in as many
// chunks of some 300 bytes.
const streamShare = 4

// Stream implements llm.Model, for chat completions and completions.
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
	c, want, err := m.open(ctx, callCtx, r)
	if err != nil {
		return err
	}
	defer c.resp.Body.Close()
	limit := m.limits.Bytes
	if m.MaxBytes == 0 {
		limit *= streamShare
	}
	body := edge.Bounded(c.resp.Body, limit)
	s := &reading{call: c, ctx: callCtx, watch: watch, body: body, events: edge.NewEvents(body), asked: want.usage}
	s.tally.wants = want.choices
	yield = llm.Introduced(c.served(&tally{}), yield)
	return s.finish(edge.Ahead(s.next, s.poll, yield), yield)
}

// open starts the stream. An endpoint that knows no stream_options is asked
// again without them, and never with them after that.
func (m *Model) open(parent, ctx context.Context, r llm.Request) (*call, wish, error) {
	for {
		usage := !m.noUsage.Load()
		body, want, err := m.streamBody(r, usage)
		if err != nil {
			return nil, want, m.edge.Unsent(err, r.Body)
		}
		c := &call{model: m, edge: m.edge, parent: parent, body: body, header: r.Header}
		if err := c.post(ctx, r.Endpoint, true); err != nil {
			return nil, want, err
		}
		if c.resp.StatusCode >= 200 && c.resp.StatusCode <= 299 {
			return c, want, nil
		}
		refusal := edge.ReadRefusal(c.resp)
		if !usage || !c.refusesOptions(refusal) {
			return nil, want, c.refused(c.resp.StatusCode, refusal)
		}
		m.noUsage.Store(true)
	}
}

func (c *call) refusesOptions(refusal []byte) bool {
	status := c.resp.StatusCode
	return (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity) &&
		strings.Contains(string(refusal), "stream_options")
}

// reading is a stream under way.
type reading struct {
	call   *call
	ctx    context.Context //nolint:containedctx // of this one stream
	watch  *edge.Watch
	body   io.Reader
	events *edge.Events
	asked  bool // the caller wants usage in the stream
	tally  tally
	like   pattern
	last   []byte // the last chunk with a choice
	done   bool   // [DONE] came
}

// next returns the next chunk, or io.EOF when the stream ended well.
func (s *reading) next() (llm.Chunk, error) {
	for {
		s.watch.Await()
		event, err := s.events.Next()
		if err != nil {
			return llm.Chunk{}, s.ended(err)
		}
		if chunk, ok, err := s.take(event); ok || err != nil {
			return chunk, err
		}
	}
}

// poll returns the next chunk if it is here already.
func (s *reading) poll() (chunk llm.Chunk, found bool, err error) {
	for {
		event, ok := s.events.Poll()
		if !ok {
			return llm.Chunk{}, false, nil
		}
		if chunk, ok, err := s.take(event); ok || err != nil {
			return chunk, ok, err
		}
	}
}

// take reads an event. An object that is no chunk at all is passed over: it
// neither counts as a token nor ends the wait for one.
func (s *reading) take(event edge.Event) (chunk llm.Chunk, ok bool, err error) {
	raw := event.Data
	switch {
	case event.Done:
		s.done = true
		return chunk, false, s.ended(io.EOF)
	case event.Failed:
		return chunk, false, s.call.refused(http.StatusOK, raw)
	case s.like.matches(raw):
		s.watch.Got()
		return llm.Chunk{Body: raw}, true, nil
	}
	seen, ok := look(raw)
	switch {
	case !ok:
		return chunk, false, s.call.bad(edge.Instead("no JSON", raw))
	case seen.isError():
		return chunk, false, s.call.refused(http.StatusOK, raw)
	case !seen.isChunk():
		return chunk, false, nil
	}
	if err := s.note(raw, seen); err != nil {
		if seen.failed() { // OpenRouter says in it what broke
			return chunk, false, s.call.refused(http.StatusOK, raw)
		}
		return chunk, false, err
	}
	return llm.Chunk{Body: raw, UsageOnly: !s.asked && !seen.chosen && seen.counts()}, true, nil
}

// note keeps count of what a chunk says.
func (s *reading) note(raw []byte, seen sight) error {
	if err := s.tally.add(seen); err != nil {
		return s.call.broken(err)
	}
	if seen.chosen {
		s.last = raw
	}
	switch {
	case s.tally.whole():
		s.watch.Whole()
	case seen.chosen && s.tally.said:
		s.watch.Got()
		s.like.learn(raw, seen)
	}
	return nil
}

// ended judges how a stream ended: io.EOF for well. Once every choice that was
// asked for has its finish reason the answer is whole, whatever happens to the
// connection then. With fewer of them only [DONE] says so: there are servers that
// give one choice whatever n is.
func (s *reading) ended(err error) error {
	switch {
	case s.call.parent.Err() != nil:
		return s.call.broke(s.ctx, err)
	case s.tally.whole() || s.done && (s.tally.said || s.tally.settled()):
		return io.EOF
	case !errors.Is(err, io.EOF):
		return s.call.broke(s.ctx, err)
	case s.tally.any() && !s.done:
		return s.call.broke(s.ctx, errors.New("the stream was cut before its end"))
	}
	return s.nothing()
}

// nothing explains a stream without an answer in it.
func (s *reading) nothing() error {
	junk := s.events.Junk
	if seen, ok := look(junk); ok && seen.isError() {
		return s.call.refused(http.StatusOK, junk)
	}
	if len(junk) > 0 {
		return s.call.bad(edge.Instead("no event stream", junk))
	}
	return s.call.bad(errors.New("the stream ended without an answer"))
}

// finish ends a stream. After a good end it tells the reader who served, and
// then reads the body to its end: that lets the connection be used again.
func (s *reading) finish(err error, yield func(llm.Chunk) bool) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	if s.call.model.Quirks.EmptyFinish && s.tally.tools && !s.tally.settled() {
		if !yield(llm.Chunk{Body: s.closing(), More: true}) {
			return edge.ErrLeft
		}
	}
	served := s.call.served(&s.tally)
	if !yield(llm.Chunk{Served: &served}) {
		return edge.ErrLeft
	}
	s.watch.Ended()
	s.watch.Await()
	_, _ = io.Copy(io.Discard, s.body) // the answer is whole; at worst the connection is lost
	return nil
}

// closing is the chunk with the finish reason that a stream of tool calls lacks.
func (s *reading) closing() json.RawMessage {
	const choices = `[{"index":0,"delta":{},"finish_reason":"` + toolCalls + `"}]`
	body, err := llm.SetFields(s.last, map[string]any{"choices": json.RawMessage(choices), "usage": nil})
	if err != nil { // it was read as an object before
		return json.RawMessage(`{"choices":` + choices + `}`)
	}
	return body
}
