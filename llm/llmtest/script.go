package llmtest

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// Script is an llm.Model in memory that follows the same steps as a Server. It
// needs no network, so it may be used inside of a testing/synctest bubble.
type Script struct {
	*record

	// Name is the deployment that it says it is; default "script".
	Name string
}

// NewScript returns a model that takes one step for each call; the last step is
// repeated, and an empty script echoes.
func NewScript(steps ...Step) *Script {
	return &Script{record: newRecord(steps), Name: "script"}
}

// endlessChunks is how many chunks of an endless answer a Script gives before
// it says what an adapter says once its limit of bytes is reached.
const endlessChunks = 10_000

// Complete implements llm.Model.
func (s *Script) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	n, step, req := s.begin(r)
	whole := false
	defer func() { s.leave(!whole && ctx.Err() != nil) }()
	if err := s.start(ctx, step, req, false); err != nil {
		return llm.Response{}, err
	}
	if !step.sleep(ctx.Done(), nil) {
		return llm.Response{}, s.left(ctx)
	}
	for _, p := range slices.Concat(step.Pieces, []string{AtFinish}) {
		if !step.gate(p).pass(ctx.Done(), nil) {
			return llm.Response{}, s.left(ctx)
		}
	}
	if err := s.fault(step); err != nil {
		return llm.Response{}, err
	}
	whole = true
	body := mustJSON(shapeOf(req).whole(step, callID(n), req.model()))
	return llm.Response{Served: s.served(step, req), Body: body}, nil
}

// Stream implements llm.Model.
func (s *Script) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		n, step, req := s.begin(r)
		left := true
		defer func() { s.leave(left) }()
		if err := s.start(ctx, step, req, true); err != nil {
			left = ctx.Err() != nil
			yield(llm.Chunk{}, err)
			return
		}
		err := s.stream(ctx, step, callID(n), req, func(c llm.Chunk) bool { return yield(c, nil) })
		if errors.Is(err, edge.ErrLeft) {
			return
		}
		left = ctx.Err() != nil
		if err != nil {
			yield(llm.Chunk{}, err)
			return
		}
		served := s.served(step, req)
		yield(llm.Chunk{Served: &served}, nil)
	}
}

func (s *Script) stream(ctx context.Context, step Step, id string, req Request, yield func(llm.Chunk) bool) error {
	pieces := 0
	_, asked := req.streams()
	for _, e := range shapeOf(req).events(step, id, req.model(), true) {
		if (e.piece || e.at == AtFinish) && pieces >= step.After && step.Fault != NoFault {
			return s.breakOff(step, id, req, yield)
		}
		if e.piece && pieces == 0 && !step.sleep(ctx.Done(), nil) {
			return s.left(ctx)
		}
		if e.piece {
			pieces++
		}
		switch {
		case !step.gate(e.at).pass(ctx.Done(), nil) || ctx.Err() != nil:
			return s.left(ctx)
		case !yield(llm.Chunk{Body: mustJSON(e.data), UsageOnly: e.usage && !asked}):
			return edge.ErrLeft
		}
	}
	return nil
}

func (s *Script) breakOff(step Step, id string, req Request, yield func(llm.Chunk) bool) error {
	if step.Fault == Endless {
		more := llm.Chunk{Body: mustJSON(shapeOf(req).endless(id, req.model()).data)}
		for range endlessChunks {
			if !yield(more) {
				return edge.ErrLeft
			}
		}
	}
	return s.fault(step)
}

func (s *Script) begin(r llm.Request) (int, Step, Request) {
	req := Request{Endpoint: r.Endpoint, Header: http.Header{}, Body: r.Body, Group: r.Group, Labels: r.Labels}
	n, step := s.take(req)
	return n, step.resolve(req), req
}

// start is what happens before the first byte of an answer.
func (s *Script) start(ctx context.Context, step Step, req Request, stream bool) error {
	switch {
	case req.Endpoint == llm.Embeddings && stream:
		return s.fail(llm.BadRequest, errors.New("embeddings are never streamed"))
	case !step.gate(AtStart).pass(ctx.Done(), nil) || ctx.Err() != nil:
		return s.left(ctx)
	case step.Err != nil:
		return step.Err
	case step.Status != 0:
		return s.refused(step, step.Status)
	case step.Fault == Silent:
		<-ctx.Done()
		return s.left(ctx)
	case step.Fault == Garbage || step.Fault == Empty:
		return s.fault(step)
	}
	return nil
}

// fault is the error that an adapter makes of the step's fault.
func (s *Script) fault(step Step) error {
	switch step.Fault {
	case Cut:
		return s.fail(llm.Unreachable, errors.New("the stream was cut"))
	case Garbage, Empty:
		return s.fail(llm.BadResponse, errors.New("what came was no completion"))
	case Endless:
		return s.fail(llm.BadResponse, edge.ErrTooLong)
	case ErrorEvent:
		return s.refused(step, http.StatusOK)
	default:
		return nil
	}
}

func (s *Script) refused(step Step, status int) error {
	body := []byte(step.Body)
	if len(body) == 0 {
		body = mustJSON(openaiShape{}.refusal(step))
	}
	refusal := edge.Refusal{Status: status, Header: step.Header, Body: body, Now: time.Now()}
	return edge.Edge{Provider: s.Name}.Refused(refusal, nil)
}

func (s *Script) left(ctx context.Context) error {
	return edge.Edge{Provider: s.Name}.Broke(ctx, ctx, ctx.Err(), nil)
}

func (s *Script) fail(kind llm.Kind, err error) error {
	return &llm.Error{Kind: kind, Provider: s.Name, Err: err}
}

func (s *Script) served(step Step, req Request) llm.Served {
	return llm.Served{
		Deployment: s.Name, Provider: s.Name, Model: req.model(), APIBase: "memory://" + s.Name,
		Attempts: 1, Usage: step.Usage, Header: step.Header,
	}
}
