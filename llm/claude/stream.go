package claude

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/anthropics/anthropic-sdk-go/packages/ssestream"

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
	s := &reading{model: m, raw: raw, call: c, watch: watch, request: r.Body}
	s.translation.created = m.Now().Unix()
	s.translation.asked = string(llm.Field(llm.Field(r.Body, "stream_options"), "include_usage")) == "true"
	for {
		chunks, err := s.next(ctx, callCtx)
		switch {
		case errors.Is(err, io.EOF):
			return s.end(yield)
		case err != nil:
			return err
		}
		for _, chunk := range chunks {
			if !yield(chunk) {
				return edge.ErrLeft
			}
		}
	}
}

type eventStream = ssestream.Stream[anthropic.MessageStreamEventUnion]

// open starts the stream; a model that refuses temperature or top_p is asked
// again without.
func (m *Model) open(parent, ctx context.Context, r llm.Request) (*eventStream, *call, error) {
	for {
		sampling := !m.noSampling.Load()
		params, err := m.params(r, sampling)
		if err != nil {
			return nil, nil, m.edge.Unsent(err, r.Body)
		}
		c := &call{client: m.HTTPClient, limit: m.limits.Bytes, stream: true, extra: r.Header}
		raw := m.client.Messages.NewStreaming(ctx, params, option.WithHTTPClient(c))
		switch {
		case sampling && c.refusesSampling():
			m.noSampling.Store(true)
		case c.refusal != nil:
			return nil, nil, m.refused(c, c.status, c.refusal, r.Body)
		case raw.Err() != nil:
			return nil, nil, m.failed(parent, ctx, c, raw.Err(), r.Body)
		default:
			return raw, c, nil
		}
	}
}

// reading is a stream under way.
type reading struct {
	model       *Model
	raw         *eventStream
	call        *call
	watch       *edge.Watch
	request     []byte
	translation translation
}

// next returns the chunks of the next event, or io.EOF when the stream ended
// well.
func (s *reading) next(parent, ctx context.Context) ([]llm.Chunk, error) {
	s.watch.Await()
	if s.translation.stopped || !s.raw.Next() {
		return nil, s.ended(parent, ctx)
	}
	event := s.raw.Current()
	chunks, err := s.translation.event(event)
	if err != nil {
		return nil, s.model.explain(err, s.request)
	}
	switch {
	case s.translation.finished:
		s.watch.Whole()
	case event.Type == "content_block_delta":
		s.watch.Got()
	}
	return chunks, nil
}

// ended judges how a stream ended: io.EOF for well. Once the stop reason has
// come the answer is whole, whatever happens to the connection then.
func (s *reading) ended(parent, ctx context.Context) error {
	err := s.raw.Err()
	switch {
	case parent.Err() != nil:
		return s.model.edge.Broke(parent, ctx, errors.New("the caller left"), s.request)
	case s.translation.finished:
		return io.EOF
	case s.call.err != nil || ctx.Err() != nil:
		return s.model.failed(parent, ctx, s.call, err, s.request)
	case err != nil:
		return s.unreadable(err)
	case s.translation.started:
		return s.model.edge.Broke(parent, ctx, errors.New("the stream was cut before its end"), s.request)
	}
	return s.model.edge.Bad(errors.New("the stream ended without an answer"), s.request)
}

// unreadable is an error event, or an event that is no JSON.
func (s *reading) unreadable(err error) error {
	if e, ok := errors.AsType[*anthropic.Error](err); ok {
		return s.model.refused(s.call, http.StatusOK, []byte(e.RawJSON()), s.request)
	}
	return s.model.edge.Bad(fmt.Errorf("an event cannot be read: %w", err), s.request)
}

// end tells the reader who served, and then reads the body to its end: that
// lets the connection be used again.
func (s *reading) end(yield func(llm.Chunk) bool) error {
	t := &s.translation
	served := s.model.served(s.call, t.model, countUsage(t.usage))
	if !yield(llm.Chunk{Served: &served}) {
		return edge.ErrLeft
	}
	s.watch.Ended()
	s.watch.Await()
	for s.raw.Next() {
		continue
	}
	return nil
}
