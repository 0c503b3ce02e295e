package edge

import (
	"net/http"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// statusKind is the kind that a status alone stands for. 409 and 425 are what
// LiteLLM and OpenAI's own clients retry; 413 is a body too large for this
// model's provider; 52x are Cloudflare's, 529 is Anthropic's.
func statusKind(status int) llm.Kind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return llm.Unauthorised
	case http.StatusPaymentRequired:
		return llm.NoFunds
	case http.StatusNotFound, http.StatusGone:
		return llm.NoSuchModel
	case http.StatusRequestTimeout, http.StatusGatewayTimeout, 522, 524:
		return llm.Timeout
	case http.StatusRequestEntityTooLarge:
		return llm.ContextWindow
	case http.StatusTooManyRequests:
		return llm.RateLimited
	case http.StatusConflict, http.StatusTooEarly:
		return llm.Overloaded
	case http.StatusUnavailableForLegalReasons:
		return llm.ContentPolicy
	}
	switch {
	case status >= 500:
		return llm.Overloaded
	case status >= 400:
		return llm.BadRequest
	}
	return llm.BadResponse
}

// codeKind knows the codes and types that say more than the status does, in
// lower case. Sources: OpenAI and Azure error codes; DeepSeek error codes;
// docs.z.ai/api-reference/api-code (the four-digit ones); Alibaba Cloud Model
// Studio error codes; Volcengine Ark error codes; Moonshot, Mistral, Groq,
// Anthropic and Gemini error types; LiteLLM exception mapping.
func codeKind(code string) llm.Kind {
	switch strings.ToLower(code) {
	case "context_length_exceeded", "string_above_max_length", "exceed_context_size_error",
		"contextwindowexceedederror", "context_window_exceeded", "tokens_limit_reached", "1261":
		return llm.ContextWindow
	case "content_filter", "content_policy_violation", "contentpolicyviolationerror", "responsibleaipolicyviolation",
		"data_inspection_failed", "datainspectionfailed", "sensitivecontentdetected",
		"inputtextsensitivecontentdetected", "outputtextsensitivecontentdetected", "moderation_blocked",
		"invalid_prompt", "prohibited_content", "safety", "1300", "1301":
		return llm.ContentPolicy
	case "insufficient_quota", "insufficient_balance", "insufficient_user_quota", "billing_hard_limit_reached",
		"billing_not_active", "billing_error", "exceeded_current_quota_error", "arrearage", "accountoverdueerror",
		"budget_exceeded", "budgetexceedederror", "allocationquota.freetieronly", "1113", "1304", "1308", "1309", "1310":
		return llm.NoFunds
	case "rate_limit_exceeded", "rate_limit_error", "rate_limit_reached_error", "ratelimiterror", "limit_requests",
		"limit_burst_rate", "throttling", "throttling.ratequota", "throttling.allocationquota", "throttling.burstrate",
		"resource_exhausted", "1302", "1303", "1305":
		return llm.RateLimited
	case "invalid_api_key", "invalidapikey", "incorrect_api_key_error", "authentication_error",
		"invalid_authentication_error", "permission_error", "permission_denied", "accessdenied",
		"accessdenied.unpurchased", "unauthenticated", "authenticationerror", "permissiondeniederror",
		"1000", "1001", "1002", "1003", "1004", "1110", "1111", "1112", "1121", "1220":
		return llm.Unauthorised
	case "model_not_found", "modelnotfound", "model_not_supported", "model_decommissioned", "resource_not_found_error",
		"invalidendpointormodel.notfound", "not_found_error", "notfounderror", "1211", "1221", "1222":
		return llm.NoSuchModel
	case "overloaded_error", "engine_overloaded_error", "1230", "1234", "1312":
		return llm.Overloaded
	case "timeout_error", "requesttimeout", "request_timeout":
		return llm.Timeout
	}
	return ""
}

// vagueKind knows the codes that count only where no status says more: inside
// of a stream.
func vagueKind(code string) llm.Kind {
	switch strings.ToLower(code) {
	case "server_error", "api_error", "internal_error", "internalerror", "internal_server_error",
		"service_unavailable", "serviceunavailable", "unavailable", "overloaded", "systemerror", "upstream_error":
		return llm.Overloaded
	case "invalid_request_error", "invalidparameter", "invalid_argument", "1210", "1213", "1214", "1215":
		return llm.BadRequest
	}
	return ""
}

// phrases tell kinds apart that share a status and have no code of their own.
type phrases struct {
	kind llm.Kind
	// at are the statuses that the phrases are believed at; 200 stands for an
	// error inside of a stream.
	at    []int
	words []string
}

func phraseTable() []phrases {
	unfit := []int{http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity}
	refused := []int{http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusUnprocessableEntity}
	unpaid := []int{http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusTooManyRequests}
	return []phrases{
		{llm.NoFunds, unpaid, []string{
			"insufficient balance", "insufficient credits", "credit balance is too low", "in arrears", "overdue payment",
			"budget has been exceeded", "exceeded budget", "out of credits", "余额不足", "欠费",
		}},
		{llm.ContextWindow, unfit, []string{
			"context length", "context window", "context limit", "prompt is too long", "too many tokens",
			"maximum prompt length", "exceeded model token limit", "exceeds the maximum number of tokens",
			"range of input length", "reduce the length", "input is too long", "contextwindowexceeded", "超长",
		}},
		{llm.ContentPolicy, refused, []string{
			"content management policy", "content policy", "content exists risk", "inappropriate content",
			"safety system", "sensitive content", "contentpolicyviolation", "usage policies", "敏感", "不安全",
		}},
		{llm.NoSuchModel, unfit, []string{
			"model not exist", "invalid model name", "not a valid model", "unknown model", "no such model",
			"model does not exist", "llm provider not provided",
		}},
		{llm.Unauthorised, unfit, []string{
			"api key not valid", "invalid api key", "incorrect api key", "api key expired", "invalid api-key",
		}},
		{llm.RateLimited, []int{http.StatusOK, http.StatusRequestEntityTooLarge}, []string{"rate limit", "tokens per minute"}},
		{llm.Overloaded, []int{http.StatusOK}, []string{"overloaded", "server error", "try again", "unavailable", "busy"}},
	}
}
