package edge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// said is what a provider's error says, whatever shape it came in.
type said struct {
	codes   []string // most telling first: code, type, status name
	message string
}

// parse reads the shapes in use: OpenAI's {"error":{...}}, Gemini's list of it,
// Ollama's {"error":"text"}, DashScope's flat {"code","message"}, FastAPI's
// {"detail":...}, and as a last resort plain text or a web page. A body that is
// longer than any error is not read at all: it came as an answer.
func parse(body []byte) said {
	if len(body) > maxRefusal {
		return said{message: fmt.Sprintf("an error of %d bytes came", len(body))}
	}
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil && len(list) > 0 {
		body = list[0]
	}
	var outer map[string]json.RawMessage
	if json.Unmarshal(body, &outer) != nil {
		return said{message: Plain(body)}
	}
	inner := outer
	if raw, ok := outer["error"]; ok {
		var nested map[string]json.RawMessage
		if json.Unmarshal(raw, &nested) == nil && nested != nil {
			inner = nested
		}
	}
	var s said
	for _, name := range []string{"code", "type", "status", "error_type"} {
		if v := scalar(inner[name]); v != "" {
			s.codes = append(s.codes, v)
		}
	}
	for _, name := range []string{"message", "error", "detail", "error_msg", "msg"} {
		if v := scalar(inner[name]); v != "" && s.message == "" {
			s.message = v
		}
	}
	return s
}

// scalar is a JSON value as one line of text: a string's content, a number's
// digits, and anything else as it stands.
func scalar(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var s string
	if raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// kind weighs code, message and status, in this order.
func (s said) kind(status int) llm.Kind {
	for _, code := range s.codes {
		if k := codeKind(code); k != "" {
			return k
		}
	}
	message := strings.ToLower(s.message)
	for _, p := range phraseTable() {
		if slices.Contains(p.at, status) && slices.ContainsFunc(p.words, func(w string) bool {
			return strings.Contains(message, w)
		}) {
			return p.kind
		}
	}
	if status != http.StatusOK {
		return statusKind(status)
	}
	if inner := s.status(); inner != 0 {
		return statusKind(inner)
	}
	for _, code := range s.codes {
		if k := vagueKind(code); k != "" {
			return k
		}
	}
	return llm.BadResponse
}

// status is an HTTP status that the error itself names, as OpenRouter's and
// LiteLLM's do inside of streams; 0 for none.
func (s said) status() int {
	for _, code := range s.codes {
		if n, err := strconv.Atoi(code); err == nil && n >= 400 && n < 600 {
			return n
		}
	}
	return 0
}

// text is the message followed by its codes.
func (s said) text() string {
	if len(s.codes) == 0 {
		return s.message
	}
	return strings.TrimSpace(s.message + " (" + strings.Join(s.codes, ", ") + ")")
}
