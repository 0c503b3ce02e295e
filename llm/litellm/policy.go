package litellm

import (
	"fmt"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// kindOf is LiteLLM's name of a class of errors in ours. The three for 5xx are
// one kind here.
func kindOf(class string) (llm.Kind, bool) {
	kind, ok := map[string]llm.Kind{
		"BadRequestError":             llm.BadRequest,
		"AuthenticationError":         llm.Unauthorised,
		"PermissionDeniedError":       llm.Unauthorised,
		"NotFoundError":               llm.NoSuchModel,
		"TimeoutError":                llm.Timeout,
		"RateLimitError":              llm.RateLimited,
		"ContentPolicyViolationError": llm.ContentPolicy,
		"ContextWindowExceededError":  llm.ContextWindow,
		"InternalServerError":         llm.Overloaded,
		"ServiceUnavailableError":     llm.Overloaded,
		"BadGatewayError":             llm.Overloaded,
		"APIConnectionError":          llm.Unreachable,
	}[class]
	return kind, ok
}

// classes are the names that kindOf knows, as LiteLLM's documents list them.
func classes() []string {
	return []string{
		"BadRequestError", "AuthenticationError", "TimeoutError", "RateLimitError", "ContentPolicyViolationError",
		"InternalServerError", "ServiceUnavailableError", "BadGatewayError", "NotFoundError", "PermissionDeniedError",
		"ContextWindowExceededError", "APIConnectionError",
	}
}

// policy reads a number for each class of errors: RateLimitErrorRetries: 3.
func (r *reader) policy(f field, suffix string) map[llm.Kind]int {
	numbers := map[llm.Kind]int{}
	from := map[llm.Kind]string{}
	keys := make([]key, 0, len(classes())+1)
	for _, class := range classes() {
		keys = append(keys, key{name: class + suffix, read: func(f field) {
			n, ok := r.whole(f)
			kind, _ := kindOf(strings.TrimSuffix(f.key, suffix))
			if other, twice := from[kind]; twice && ok && numbers[kind] != n {
				r.warn(f.at, fmt.Sprintf("%s: %s counts for this class too, with another number; the higher one holds", f.path, other), "write the same number")
			}
			if ok {
				numbers[kind], from[kind] = max(n, numbers[kind]), f.key
			}
		}})
	}
	keys = append(keys, key{name: "Default" + suffix, note: "num_retries and allowed_fails are for all other errors"})
	r.mapping(f, keys, nil)
	if len(numbers) == 0 {
		return nil
	}
	return numbers
}
