package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/tribunebot/tribune/llm"
)

// The types of errors, in LiteLLM's and OpenAI's words.
const (
	typeInvalid   = "invalid_request_error"
	typeAuth      = "auth_error"
	typeRateLimit = "rate_limit_error"
	typeServer    = "server_error"
	typeTimeout   = "timeout_error"
	typeBudget    = "budget_exceeded"
)

// maxMessage bounds an error's text, in bytes.
const maxMessage = 1000

// problem is an answer that says no.
type problem struct {
	status  int
	kind    string // "type" of the error
	code    string // empty: null
	param   string // empty: null
	message string
	after   time.Duration // for Retry-After
	failure *llm.Error    // of a model; nil: the gateway's own
}

// Error is the message.
func (p *problem) Error() string { return p.message }

// internal is a mistake of ours, of which a client learns nothing but where to
// look for it.
func internal(id string) *problem {
	return &problem{
		status: http.StatusInternalServerError, kind: typeServer, code: "internal_error",
		message: "the gateway made a mistake; its log says more under the call id " + id,
	}
}

func invalid(param, format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, kind: typeInvalid, param: param, message: fmt.Sprintf(format, args...)}
}

// problem finds the answer to an error.
func (g *Gateway) problem(ctx context.Context, id string, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	_, classified := errors.AsType[*llm.Error](err)
	f := llm.AsError(err)
	if !classified && f.Kind != llm.Cancelled && f.Kind != llm.Timeout {
		g.Log.ErrorContext(ctx, "a request failed in an unforeseen way", "call_id", id, "error", err)
		return internal(id)
	}
	return failed(f)
}

// verdict is how one kind of failure is told.
type verdict struct {
	status int
	kind   string
	code   string
}

// verdictOf is the table of failures. Statuses are LiteLLM's (its exception
// mapping and proxy error types), but for these: no connection and no proper
// answer are 502 rather than 500, because it is the provider's side that broke,
// and a used-up budget is 429, as in its newer versions.
func verdictOf(k llm.Kind) verdict {
	switch k {
	case llm.BadRequest:
		return verdict{http.StatusBadRequest, typeInvalid, ""}
	case llm.ContextWindow:
		return verdict{http.StatusBadRequest, typeInvalid, "context_length_exceeded"}
	case llm.ContentPolicy:
		return verdict{http.StatusBadRequest, typeInvalid, "content_policy_violation"}
	case llm.NoSuchModel:
		return verdict{http.StatusBadRequest, typeInvalid, "model_not_found"}
	case llm.Unauthorised:
		return verdict{http.StatusUnauthorized, "authentication_error", "provider_authentication_error"}
	case llm.RateLimited:
		return verdict{http.StatusTooManyRequests, typeRateLimit, "rate_limit_exceeded"}
	case llm.NoDeployment:
		return verdict{http.StatusTooManyRequests, typeRateLimit, "no_deployment_available"}
	case llm.NoFunds:
		return verdict{http.StatusTooManyRequests, "insufficient_quota", "insufficient_quota"}
	case llm.OverBudget:
		return verdict{http.StatusTooManyRequests, typeBudget, typeBudget}
	case llm.Timeout:
		return verdict{http.StatusRequestTimeout, typeTimeout, "timeout"}
	case llm.Unreachable:
		return verdict{http.StatusBadGateway, typeServer, "provider_unreachable"}
	case llm.BadResponse:
		return verdict{http.StatusBadGateway, typeServer, "bad_provider_response"}
	case llm.Overloaded, llm.Cancelled:
		return verdict{http.StatusServiceUnavailable, typeServer, "service_unavailable"}
	}
	return verdict{http.StatusInternalServerError, typeServer, "internal_error"}
}

// failed tells a model's failure.
func failed(f *llm.Error) *problem {
	v := verdictOf(f.Kind)
	p := &problem{status: v.status, kind: v.kind, code: v.code, message: f.Error(), after: f.After, failure: f}
	if keepsStatus(f.Kind, f.Status) {
		p.status = f.Status
	}
	if f.Kind == llm.NoDeployment && f.Status == http.StatusBadRequest {
		p.kind = typeInvalid // no deployment will ever do, so that asking again is no use
	}
	switch f.Kind {
	case llm.Unauthorised:
		p.message = "the provider refused the key that this gateway has for it (your own key is all right): " + p.message
	case llm.NoSuchModel:
		p.param = "model"
	default:
	}
	return p
}

// keepsStatus tells whether the provider's own status says more than the
// table's.
func keepsStatus(k llm.Kind, status int) bool {
	switch k {
	case llm.BadRequest:
		return status == http.StatusUnprocessableEntity
	case llm.Unauthorised:
		return status == http.StatusForbidden
	case llm.NoSuchModel:
		return status == http.StatusNotFound
	case llm.NoDeployment:
		return status == http.StatusBadRequest
	case llm.Overloaded:
		return status >= 500 && status <= http.StatusGatewayTimeout
	default:
		return false
	}
}

// classOf is the exception that LiteLLM has for a status
// (docs.litellm.ai/docs/exception_mapping).
func classOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "AuthenticationError"
	case http.StatusForbidden:
		return "PermissionDeniedError"
	case http.StatusNotFound:
		return "NotFoundError"
	case http.StatusRequestTimeout:
		return "Timeout"
	case http.StatusTooManyRequests:
		return "RateLimitError"
	case http.StatusServiceUnavailable:
		return "ServiceUnavailableError"
	}
	if status < http.StatusInternalServerError {
		return "BadRequestError"
	}
	return "InternalServerError"
}

// oneLine keeps a text short and free of what could break a line or a terminal.
func oneLine(s string) string {
	if len(s) > maxMessage {
		s = s[:maxMessage] + "..."
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
