package report

import (
	"net/http"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// statusClientGone is nginx's status for a client that left: there is none of
// HTTP's own.
const statusClientGone = 499

// exceptionClass is LiteLLM's name for a failure: the exception's class, after
// the provider where one is to blame ("Openai.RateLimitError").
func exceptionClass(e *llm.Error) string {
	class := className(e)
	switch e.Kind {
	case llm.NoDeployment, llm.OverBudget, llm.Cancelled:
		return class // our own, of no provider
	default:
	}
	provider := clean(e.Provider, 64)
	if provider == "" {
		return class
	}
	return strings.ToUpper(provider[:1]) + provider[1:] + "." + class
}

func className(e *llm.Error) string {
	switch e.Kind {
	case llm.Unreachable:
		return "APIConnectionError"
	case llm.Timeout:
		return "Timeout"
	case llm.RateLimited:
		return "RateLimitError"
	case llm.Unauthorised:
		if e.Status == http.StatusForbidden {
			return "PermissionDeniedError"
		}
		return "AuthenticationError"
	case llm.NoSuchModel:
		return "NotFoundError"
	case llm.BadRequest:
		if e.Status == http.StatusUnprocessableEntity {
			return "UnprocessableEntityError"
		}
		return "BadRequestError"
	case llm.ContextWindow:
		return "ContextWindowExceededError"
	case llm.ContentPolicy:
		return "ContentPolicyViolationError"
	case llm.BadResponse:
		return "APIResponseValidationError"
	case llm.NoFunds:
		return "APIError"
	case llm.Cancelled:
		return "CancelledError"
	case llm.OverBudget:
		return "BudgetExceededError"
	case llm.NoDeployment:
		return "RouterRateLimitError"
	case llm.Overloaded:
		if e.Status == http.StatusServiceUnavailable {
			return "ServiceUnavailableError"
		}
		return "InternalServerError"
	default:
		return "InternalServerError"
	}
}

// exceptionStatus is the status of a failure: the provider's, or the one that
// LiteLLM's class stands for where no answer came.
func exceptionStatus(e *llm.Error) int {
	if e.Status != 0 {
		return e.Status
	}
	switch e.Kind {
	case llm.Timeout:
		return http.StatusRequestTimeout
	case llm.RateLimited, llm.OverBudget, llm.NoDeployment:
		return http.StatusTooManyRequests
	case llm.Unauthorised:
		return http.StatusUnauthorized
	case llm.NoSuchModel:
		return http.StatusNotFound
	case llm.BadRequest, llm.ContextWindow, llm.ContentPolicy:
		return http.StatusBadRequest
	case llm.BadResponse, llm.Unreachable: // as clients get them; LiteLLM says 500 to the latter
		return http.StatusBadGateway
	case llm.NoFunds:
		return http.StatusPaymentRequired
	case llm.Cancelled:
		return statusClientGone
	default:
		return http.StatusInternalServerError
	}
}
