package router

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// mode is how an answer is taken: whole or as a stream.
type mode interface {
	streams() bool
	// take makes one call. It tells the attempt when the first word came and
	// lets it complete what the model says of itself. Once anything has reached
	// the caller, its error is final.
	take(ctx context.Context, a *attempt) error
	// committed tells that something has reached the caller.
	committed() bool
	// said is what the model said in the call that was last made, reasoning
	// and all, as far as it is kept, and how many bytes of text it said beside
	// that.
	said() (text string, more int)
	// answer is what observers are told: a completion, or a stream's bodies.
	answer() (whole json.RawMessage, chunks []json.RawMessage)
}

// whole takes an answer in one piece.
type whole struct{ resp llm.Response }

func (w *whole) streams() bool   { return false }
func (w *whole) committed() bool { return false }

func (w *whole) answer() (whole json.RawMessage, chunks []json.RawMessage) { return w.resp.Body, nil }

func (w *whole) said() (text string, more int) {
	var b strings.Builder
	addSaid(&b, w.resp.Body)
	return b.String(), 0
}

func (w *whole) take(ctx context.Context, a *attempt) error {
	var err error
	if w.resp, err = a.node.Model.Complete(ctx, a.run.req); err != nil {
		return err
	}
	a.complete(&w.resp.Served)
	return a.spoke()
}
