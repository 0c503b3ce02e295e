package llm

import (
	"context"
	"errors"
)

// AsError returns err as the *Error that it is or wraps. An error that no
// provider's edge has classified becomes one: Cancelled or Timeout when it is a
// context's, else Unreachable. It returns nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	kind := Unreachable
	switch {
	case errors.Is(err, context.Canceled):
		kind = Cancelled
	case errors.Is(err, context.DeadlineExceeded):
		kind = Timeout
	}
	return &Error{Kind: kind, Provider: "model", Err: err}
}

// KindOf is the kind of the failure that err is; empty for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	return AsError(err).Kind
}
