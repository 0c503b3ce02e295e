package router

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// maxHeld is how many bytes of roles and reasoning are held back, waiting for
// the answer itself. A model that thinks longer is committed to. perHeld is what
// a chunk takes beside its body.
const (
	maxHeld = 256 << 10
	perHeld = 64
)

// stream passes an answer on chunk by chunk, but for what comes before its first
// word: that is held back, because a stream that breaks there can still be
// replaced by another deployment's.
type stream struct {
	yield         func(llm.Chunk) bool
	holdReasoning bool

	held  []llm.Chunk
	bytes int
	open  bool // something was passed on: no other deployment can take over
	kept  kept
}

func (s *stream) streams() bool   { return true }
func (s *stream) committed() bool { return s.open }

func (s *stream) said() (text string, more int) { return s.kept.said() }

// take reads one attempt.
func (s *stream) take(ctx context.Context, a *attempt) error {
	s.held, s.bytes, s.kept = s.held[:0], 0, kept{}
	served := false
	for chunk, err := range a.node.Model.Stream(ctx, a.run.req) {
		if err != nil {
			return err
		}
		copied := s.kept.add(chunk.Body)
		if !s.open {
			chunk.Body = copied // it may be held for long
		}
		if chunk.Served != nil {
			served = true
			known := *chunk.Served
			a.complete(&known)
			chunk.Served = &known
		}
		switch err := s.pass(a, chunk); {
		case served && errors.Is(err, edge.ErrLeft):
			return nil // the answer is whole, and nothing was to come
		case err != nil:
			return err
		}
	}
	if !served {
		return errUnserved()
	}
	return nil
}

func errUnserved() error {
	return &llm.Error{
		Kind: llm.BadResponse, Provider: "router", Err: errors.New("the stream ended without saying who served it"),
	}
}

// pass hands a chunk on or holds it back. The error is edge.ErrLeft, or that the
// first word came too late.
func (s *stream) pass(a *attempt, chunk llm.Chunk) error {
	if s.open {
		return s.give(chunk)
	}
	s.held = append(s.held, chunk)
	s.bytes += len(chunk.Body) + perHeld
	if chunk.Served == nil && s.bytes <= maxHeld && !speaks(chunk, s.holdReasoning) {
		if s.holdReasoning && thinks(chunk.Body) {
			return a.hears()
		}
		return nil
	}
	if err := a.spoke(); err != nil {
		return err
	}
	s.open = true
	s.held[0].From = a.from(s.held[0].From)
	for i, c := range s.held {
		c.More = c.More || i < len(s.held)-1
		if err := s.give(c); err != nil {
			return err
		}
	}
	s.held = nil
	return nil
}

func (s *stream) give(chunk llm.Chunk) error {
	if !s.yield(chunk) {
		return edge.ErrLeft
	}
	return nil
}

func (s *stream) answer() (whole json.RawMessage, chunks []json.RawMessage) {
	return nil, s.kept.bodies
}
