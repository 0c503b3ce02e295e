package compat

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/tribunebot/tribune/llm"
)

// answer is what has to be known of a completion or a chunk. Everything else
// in it passes through unread.
type answer struct {
	Model   string          `json:"model"`
	Choices []choice        `json:"choices"`
	Usage   *usage          `json:"usage"`
	Error   json.RawMessage `json:"error"`
	Code    json.RawMessage `json:"code"`
	Message json.RawMessage `json:"message"`
}

type choice struct {
	Index   int             `json:"index"`
	Delta   json.RawMessage `json:"delta"`
	Message json.RawMessage `json:"message"`
	Finish  string          `json:"finish_reason"`
	Usage   *usage          `json:"usage"` // Moonshot's streams carry it here
}

type usage struct {
	Prompt        int      `json:"prompt_tokens"`
	Completion    int      `json:"completion_tokens"`
	Total         int      `json:"total_tokens"`
	Cached        int      `json:"cached_tokens"`           // Moonshot
	CacheHit      int      `json:"prompt_cache_hit_tokens"` // DeepSeek
	CostUSD       *float64 `json:"cost"`                    // OpenRouter
	PromptDetails struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// parseAnswer forgives fields of an unexpected type: providers differ, and only
// what is missing matters.
func parseAnswer(raw []byte) (answer, error) {
	var a answer
	err := json.Unmarshal(raw, &a)
	if _, odd := errors.AsType[*json.UnmarshalTypeError](err); odd && len(raw) > 0 && raw[0] != '"' {
		err = nil
	}
	return a, err
}

// isError tells an error that came with status 200: in an error field, or flat
// with a code and a message, as DashScope does.
func (a answer) isError() bool {
	if len(a.Choices) > 0 {
		return false
	}
	return len(a.Error) > 0 && string(a.Error) != "null" || len(a.Code) > 0 && len(a.Message) > 0
}

// says tells whether a part carries anything but a role.
func (c choice) says() bool {
	for _, part := range []json.RawMessage{c.Delta, c.Message} {
		for name, value := range llm.Fields(part) {
			switch string(value) {
			case "null", `""`, "[]", "{}":
			default:
				if name != "role" {
					return true
				}
			}
		}
	}
	return false
}

// usage as the port counts it.
func (u *usage) count() *llm.Usage {
	if u == nil || u.Prompt == 0 && u.Completion == 0 {
		return nil
	}
	reasoning := u.CompletionDetails.Reasoning
	completion := u.Completion
	// xAI counts reasoning beside the completion; its total tells.
	if reasoning > 0 && u.Total == u.Prompt+u.Completion+reasoning {
		completion += reasoning
	}
	return &llm.Usage{
		Prompt:     u.Prompt,
		Completion: completion,
		Cached:     max(u.PromptDetails.Cached, u.CacheHit, u.Cached),
		Reasoning:  reasoning,
	}
}

// tally is what a completion has shown of itself so far.
type tally struct {
	model    string
	usage    *usage
	said     bool
	finished map[int]bool
}

// add notes a completion or a chunk. The error is one that a finish reason
// tells: DeepSeek's insufficient_system_resource, OpenRouter's error and
// Zhipu's network_error broke off; a filter that let nothing through refused.
func (t *tally) add(a answer) error {
	if a.Model != "" {
		t.model = a.Model
	}
	if a.Usage.count() != nil {
		t.usage = a.Usage
	}
	if t.finished == nil {
		t.finished = make(map[int]bool, 1)
	}
	for _, c := range a.Choices {
		if c.Usage.count() != nil {
			t.usage = c.Usage
		}
		t.said = t.said || c.says()
		t.finished[c.Index] = t.finished[c.Index] || c.Finish != ""
		if err := t.judge(c.Finish); err != nil {
			return err
		}
	}
	return nil
}

func (t *tally) judge(finish string) error {
	switch finish {
	case "insufficient_system_resource", "network_error", "error":
		return &llm.Error{Kind: llm.Overloaded, Err: errors.New("the model broke off: " + finish)}
	case "content_filter", "sensitive":
		if !t.said {
			return &llm.Error{Kind: llm.ContentPolicy, Err: errors.New("the answer was withheld: " + finish)}
		}
	}
	return nil
}

// whole tells whether every choice that was begun has ended.
func (t *tally) whole() bool {
	for _, ended := range t.finished {
		if !ended {
			return false
		}
	}
	return len(t.finished) > 0
}

// served describes a call that ended well. A LiteLLM proxy tells in its headers
// which of its deployments answered, after how many tries and for how much.
func (m *Model) served(c *call, t *tally) llm.Served {
	h := c.answerHeader
	s := llm.Served{
		Deployment: m.ID,
		Provider:   m.Provider,
		Model:      m.Model,
		Attempts:   1 + count(h, "X-Litellm-Attempted-Retries") + count(h, "X-Litellm-Attempted-Fallbacks"),
		Usage:      t.usage.count(),
		CostUSD:    cost(h.Get("X-Litellm-Response-Cost")),
		Route:      route(h),
	}
	if t.model != "" {
		s.Model = t.model
	}
	if s.CostUSD == nil && t.usage != nil && m.Provider == "openrouter" {
		s.CostUSD = t.usage.CostUSD
	}
	return s
}

func route(h http.Header) string {
	id := h.Get("X-Litellm-Model-Id")
	if id == "" {
		return ""
	}
	words := "the proxy chose its deployment " + short(id)
	if group := h.Get("X-Litellm-Model-Group"); group != "" {
		words += " of " + short(group)
	}
	if n := count(h, "X-Litellm-Attempted-Fallbacks"); n > 0 {
		words += " after " + strconv.Itoa(n) + " fallbacks"
	}
	return words
}

// short keeps a header's value fit for a line of text.
func short(s string) string {
	return strings.Join(strings.Fields(s[:min(len(s), 80)]), " ")
}

// count reads a small number; a proxy that claims more than 100 tries is not
// believed.
func count(h http.Header, name string) int {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil || n < 0 || n > 100 {
		return 0
	}
	return n
}

func cost(value string) *float64 {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return nil
	}
	return &f
}
