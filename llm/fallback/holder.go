package fallback

import (
	"errors"
	"iter"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// maxHeld is how many bytes of roles and reasoning are held back, waiting for
// the answer itself. A model that thinks longer is committed to.
const maxHeld = 256 << 10

// holder passes a stream on, but for what comes before its first word: that is
// held back, because a stream that breaks there can still be replaced by
// another model's.
type holder struct {
	trail *trail
	yield func(llm.Chunk) bool

	held  []llm.Chunk
	bytes int
	open  bool // something was passed on: no other model can take over
}

// read reads one attempt. Its error is final once the reader has seen anything.
func (h *holder) read(chunks iter.Seq2[llm.Chunk, error]) error {
	h.held, h.bytes = nil, 0
	served := false
	for chunk, err := range chunks {
		if err != nil {
			return h.broke(err)
		}
		if chunk.Served != nil {
			served = true
			s := *chunk.Served
			h.trail.describe(&s)
			chunk.Served = &s
		}
		if !h.pass(chunk) {
			return final{edge.ErrLeft}
		}
	}
	if !served {
		return h.broke(&llm.Error{
			Kind: llm.BadResponse, Provider: h.trail.name, Err: errors.New("the stream ended without saying who served it"),
		})
	}
	return nil
}

func (h *holder) broke(err error) error {
	if h.open {
		return final{err}
	}
	return err
}

// pass hands a chunk on or holds it back; false when the reader has left.
func (h *holder) pass(chunk llm.Chunk) bool {
	if h.open {
		return h.yield(chunk)
	}
	h.held = append(h.held, chunk)
	h.bytes += len(chunk.Body)
	if chunk.Served == nil && !chunk.Speaks() && h.bytes <= maxHeld {
		return true
	}
	h.open = true
	for _, c := range h.held {
		if !h.yield(c) {
			return false
		}
	}
	h.held = nil
	return true
}
