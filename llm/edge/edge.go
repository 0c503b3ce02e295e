// Package edge is what every provider's edge does the same way: it bounds a
// call in time and in bytes, reads streams of events, and turns whatever went
// wrong into one *llm.Error whose kind says what to do next and whose text holds
// no secret and nothing of what was asked.
//
// llm/compat and llm/claude are built on it; anything above them only reads
// llm.Error.Kind.
package edge

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// Refusal is a provider's answer that is no completion.
type Refusal struct {
	// Status is the HTTP status; 200 for an error told inside of a completion
	// or a stream that began well.
	Status int
	Header http.Header
	Body   []byte
	// Now is what a Retry-After date is compared with when the answer carries
	// no date of its own.
	Now time.Time
}

// Edge belongs to one deployment and explains its failures.
type Edge struct {
	// Provider opens the text of every error.
	Provider string
	// Secrets never appear in an error, not even in part.
	Secrets []string
}

// Refused classifies a provider's refusal. The request is what was sent: what
// the provider repeats of it is left out of the error's text.
func (e Edge) Refused(r Refusal, request []byte) *llm.Error {
	if r.Status >= 300 && r.Status <= 399 {
		return e.redirected(r.Status)
	}
	said := parse(r.Body)
	kind, status := said.kind(r.Status), r.Status
	if status == http.StatusOK {
		status = said.status()
	}
	text := cmp.Or(e.scrub(said.text(), request), http.StatusText(r.Status), "no reason given")
	return &llm.Error{
		Kind:     kind,
		Status:   status,
		After:    RetryAfter(r.Header, r.Now),
		Provider: e.Provider,
		Err:      errors.New(text),
	}
}

// redirected is an answer that sends us elsewhere. Nothing of it is repeated: it
// does not come from whoever was meant to be asked.
func (e Edge) redirected(status int) *llm.Error {
	return &llm.Error{
		Kind: llm.BadResponse, Status: status, Provider: e.Provider,
		Err: fmt.Errorf("a redirect (HTTP %d) came, which is never followed: set the address where the API itself is", status),
	}
}

// Broke explains a call that ended without an answer or in the middle of one.
// Parent is the caller's context and ctx the one that the call ran in (see
// Limits.Start): the first tells whether the caller left, the second which of
// our own time limits passed.
func (e Edge) Broke(parent, ctx context.Context, err error, request []byte) *llm.Error {
	if known, ok := errors.AsType[*llm.Error](err); ok {
		return known
	}
	kind, cause := llm.Unreachable, err
	switch {
	case parent.Err() != nil:
		cause = context.Cause(parent)
		kind = llm.Cancelled
		if errors.Is(parent.Err(), context.DeadlineExceeded) {
			kind = llm.Timeout
		}
	case ctx.Err() != nil:
		kind, cause = llm.Timeout, context.Cause(ctx)
	case errors.Is(err, ErrTooLong):
		kind = llm.BadResponse
	case timedOut(err):
		kind = llm.Timeout
	}
	return &llm.Error{Kind: kind, Provider: e.Provider, Err: e.clean(cause, request)}
}

// Bad is an answer that came whole and is no completion.
func (e Edge) Bad(err error, request []byte) *llm.Error {
	return &llm.Error{Kind: llm.BadResponse, Provider: e.Provider, Err: e.clean(err, request)}
}

// Instead says what came instead of what was expected. Of a text with the
// beginning of an object in it nothing is quoted: that is a part of an answer.
func Instead(expected string, body []byte) error {
	if bytes.Contains(body, []byte(`{"`)) {
		return fmt.Errorf("%s came, but %d bytes of an answer that is broken", expected, len(body))
	}
	return fmt.Errorf("%s came, but %q", expected, Plain(body))
}

// Unsent is a request that cannot be sent to anybody.
func (e Edge) Unsent(err error, request []byte) *llm.Error {
	return &llm.Error{Kind: llm.BadRequest, Provider: e.Provider, Err: e.clean(err, request)}
}

// clean keeps err itself, so that errors.Is still sees through it, unless its
// text had to be changed. The address of a request is dropped: it may carry a
// key.
func (e Edge) clean(err error, request []byte) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	text := err.Error()
	if safe := e.scrub(text, request); safe != text {
		return errors.New(safe)
	}
	return err
}

func timedOut(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout() || errors.Is(err, os.ErrDeadlineExceeded)
}
