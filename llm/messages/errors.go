package messages

import (
	"encoding/json"
	"net/http"

	"github.com/tribunebot/tribune/llm"
)

// statusOverloaded is Anthropic's own status for too much work
// (platform.claude.com/docs/en/api/errors, as all that follows).
const statusOverloaded = 529

type failure struct {
	Type  string `json:"type"`
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`
}

// Error is the answer that tells an error in Anthropic's shape, and its status.
func Error(e *llm.Error) (status int, body json.RawMessage) {
	status, kind := verdict(e)
	f := failure{Type: "error"}
	f.Error.Type, f.Error.Message = kind, e.Error()
	if e.Provider == provider && e.Err != nil { // ours: what is wrong with the request, and no more
		f.Error.Message = e.Err.Error()
	}
	body, err := json.Marshal(f)
	if err != nil { // strings always marshal
		body = json.RawMessage(`{"type":"error","error":{"type":"api_error","message":"internal error"}}`)
	}
	return status, body
}

func verdict(e *llm.Error) (status int, kind string) {
	switch e.Kind {
	case llm.BadRequest, llm.ContextWindow, llm.ContentPolicy:
		if e.Status == http.StatusRequestEntityTooLarge {
			return e.Status, "request_too_large"
		}
		return http.StatusBadRequest, "invalid_request_error"
	case llm.Unauthorised:
		if e.Status == http.StatusForbidden {
			return e.Status, "permission_error"
		}
		return http.StatusUnauthorized, "authentication_error"
	case llm.NoFunds:
		return http.StatusPaymentRequired, "billing_error"
	case llm.NoSuchModel:
		return http.StatusNotFound, "not_found_error"
	case llm.RateLimited, llm.OverBudget, llm.NoDeployment:
		return http.StatusTooManyRequests, "rate_limit_error"
	case llm.Timeout:
		return http.StatusGatewayTimeout, "timeout_error"
	case llm.Overloaded:
		if e.Status == http.StatusInternalServerError {
			return e.Status, "api_error"
		}
		return statusOverloaded, "overloaded_error"
	case llm.Unreachable, llm.BadResponse:
		return http.StatusBadGateway, "api_error"
	case llm.Cancelled:
		return http.StatusServiceUnavailable, "api_error"
	}
	return http.StatusInternalServerError, "api_error"
}
