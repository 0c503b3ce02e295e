package claude

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"

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
	c, err := m.open(ctx, callCtx, r, true)
	if err != nil {
		return err
	}
	defer c.resp.Body.Close()
	body := edge.Bounded(c.resp.Body, m.limits.Bytes)
	s := &reading{call: c, ctx: callCtx, watch: watch, body: body, events: edge.NewEvents(body)}
	s.translation.created = m.Now().Unix()
	s.translation.asked = string(llm.Field(llm.Field(r.Body, "stream_options"), "include_usage")) == "true"
	yield = llm.Introduced(c.speaker(), yield)
	return s.finish(edge.Ahead(s.next, s.poll, yield), yield)
}

// speaker is who answers, as far as it is known at the start.
func (c *call) speaker() llm.Served {
	m := c.model
	return llm.Served{Deployment: m.ID, Provider: m.Provider, Model: m.Model, APIBase: m.wire.base, Header: c.resp.Header}
}

// reading is a stream under way.
type reading struct {
	call        *call
	ctx         context.Context //nolint:containedctx // of this one stream
	watch       *edge.Watch
	body        io.Reader
	events      *edge.Events
	translation translation
}

// next returns the next chunk, or io.EOF when the stream ended well.
func (s *reading) next() (llm.Chunk, error) {
	for {
		if chunk, found, err := s.poll(); found || err != nil {
			return chunk, err
		}
		s.watch.Await()
		event, err := s.events.Next()
		if err != nil {
			return llm.Chunk{}, s.ended(err)
		}
		if err := s.take(event); err != nil {
			return llm.Chunk{}, err
		}
	}
}

// poll returns the next chunk if it is here already.
func (s *reading) poll() (chunk llm.Chunk, found bool, err error) {
	for {
		if chunk, found := s.translation.next(); found {
			return chunk, true, nil
		}
		event, ok := s.events.Poll()
		if !ok {
			return llm.Chunk{}, false, nil
		}
		if err := s.take(event); err != nil {
			return llm.Chunk{}, false, err
		}
	}
}

// take reads an event; io.EOF when it ends the stream well.
func (s *reading) take(event edge.Event) error {
	switch {
	case event.Done:
		return s.ended(io.EOF)
	case event.Failed:
		return s.call.refused(http.StatusOK, event.Data)
	case !llm.Valid(event.Data):
		return s.call.bad(edge.Instead("no JSON", event.Data))
	}
	e := readEvent(event.Data)
	if string(e.kind) == "error" || len(e.kind) == 0 && e.failure != nil {
		return s.call.refused(http.StatusOK, event.Data)
	}
	if err := s.translation.take(e); err != nil {
		return s.call.broken(err)
	}
	switch {
	case s.translation.stopped:
		return s.ended(io.EOF)
	case s.translation.finished:
		s.watch.Whole()
	case string(e.kind) == "content_block_delta":
		s.watch.Got()
	}
	return nil
}

// ended judges how a stream ended: io.EOF for well. Once the stop reason has
// come the answer is whole, whatever happens to the connection then.
func (s *reading) ended(err error) error {
	switch {
	case s.call.parent.Err() != nil:
		return s.call.broke(s.ctx, err)
	case s.translation.finished:
		return io.EOF
	case !errors.Is(err, io.EOF):
		return s.call.broke(s.ctx, err)
	case s.translation.started:
		return s.call.broke(s.ctx, errors.New("the stream was cut before its end"))
	}
	return s.nothing()
}

// nothing explains a stream without an answer in it.
func (s *reading) nothing() error {
	junk := s.events.Junk
	if llm.Valid(junk) && readEvent(junk).failure != nil {
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
	t := &s.translation
	served := s.call.served(llm.Unquote(t.model), t.usage.count())
	if !yield(llm.Chunk{Served: &served}) {
		return edge.ErrLeft
	}
	s.watch.Ended()
	s.watch.Await()
	_, _ = io.Copy(io.Discard, s.body) // the answer is whole; at worst the connection is lost
	return nil
}
