package report

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tribunebot/tribune/llm"
)

const (
	// redacted stands for texts that must not leave.
	redacted = "redacted-by-tribune"
	// maxText bounds a question or an answer in a report, in bytes.
	maxText = 256 << 10
	cutMark = "...(cut)"
	// callSize is about what a call takes beside its texts, in bytes.
	callSize = 1 << 10
	trySize  = 256
)

// callBytes is about what a call takes in memory.
func callBytes(c llm.Call) int {
	size := callSize + len(c.Body) + len(c.Answer) + trySize*len(c.Tries)
	for _, chunk := range c.Chunks {
		size += len(chunk)
	}
	for name, value := range c.Labels {
		size += len(name) + len(value)
	}
	return size
}

// slim returns the call without what reports never need, and without its texts
// where it is larger than most bytes: one picture must not keep a thousand calls
// out of a queue.
func slim(c llm.Call, most int) llm.Call {
	c.Served.Header = nil
	if callBytes(c) > most {
		c.Body, c.Answer, c.Chunks = nil, nil, nil
	}
	return c
}

// asked is what a report needs of a request's body.
type asked struct {
	Messages json.RawMessage `json:"messages"`
	Prompt   json.RawMessage `json:"prompt"` // of llm.Completions
	Input    json.RawMessage `json:"input"`  // of llm.Embeddings
	Metadata json.RawMessage `json:"metadata"`
	// LiteLLM takes this one where "metadata" is the provider's.
	LiteLLMMetadata json.RawMessage `json:"litellm_metadata"`

	Temperature         json.RawMessage `json:"temperature"`
	TopP                json.RawMessage `json:"top_p"`
	MaxTokens           json.RawMessage `json:"max_tokens"`
	MaxCompletionTokens json.RawMessage `json:"max_completion_tokens"`
	FrequencyPenalty    json.RawMessage `json:"frequency_penalty"`
	PresencePenalty     json.RawMessage `json:"presence_penalty"`
	Seed                json.RawMessage `json:"seed"`
}

func readAsked(c llm.Call) asked {
	var a asked
	lenient(c.Body, &a)
	return a
}

// question is what was asked, as JSON.
func (a asked) question() json.RawMessage {
	switch {
	case len(a.Messages) > 0:
		return a.Messages
	case len(a.Prompt) > 0:
		return a.Prompt
	default:
		return a.Input
	}
}

// params are the parameters of the model that the request set, by OpenAI's names.
func (a asked) params() map[string]json.RawMessage {
	all := map[string]json.RawMessage{
		"temperature": a.Temperature, "top_p": a.TopP, "seed": a.Seed,
		"max_tokens": a.MaxTokens, "max_completion_tokens": a.MaxCompletionTokens,
		"frequency_penalty": a.FrequencyPenalty, "presence_penalty": a.PresencePenalty,
	}
	if len(a.MaxCompletionTokens) > 0 {
		delete(all, "max_tokens") // the newer name of the same
	}
	for name, value := range all {
		if len(value) == 0 || len(value) > 64 || string(value) == "null" {
			delete(all, name)
		}
	}
	return all
}

// said is what a report needs of an answer.
type said struct {
	ID      string   `json:"id"`
	Choices []choice `json:"choices"`
}

type choice struct {
	Finish  string          `json:"finish_reason"`
	Message json.RawMessage `json:"message"`
	Text    json.RawMessage `json:"text"` // of llm.Completions
}

// readSaid reads a whole answer, or joins what there is of a stream.
func readSaid(c llm.Call) said {
	var s said
	if c.Answer != nil {
		lenient(c.Answer, &s)
		return s
	}
	if len(c.Chunks) > 0 {
		// A cut stream is no error here: the call's own Err tells of it.
		joined, _ := llm.Collect(func(yield func(llm.Chunk, error) bool) {
			for _, body := range c.Chunks {
				if !yield(llm.Chunk{Body: body}, nil) {
					return
				}
			}
			yield(llm.Chunk{Served: &c.Served}, nil)
		})
		lenient(joined.Body, &s)
	}
	return s
}

// answer is the first choice's message, as JSON.
func (s said) answer() json.RawMessage {
	if len(s.Choices) == 0 {
		return nil
	}
	first := s.Choices[0]
	if len(first.Message) > 0 {
		return first.Message
	}
	return first.Text
}

func (s said) finishes() []string {
	var reasons []string
	for _, c := range s.Choices {
		if c.Finish != "" && len(reasons) < 16 {
			reasons = append(reasons, clean(c.Finish, 64))
		}
	}
	return reasons
}

// lenient reads what it can: what is missing or of an unexpected type stays
// empty, because a report of a part is better than none.
func lenient(body json.RawMessage, into any) {
	if len(body) == 0 {
		return
	}
	_ = json.Unmarshal(body, into)
}

// why is an error for a report. Providers quote requests in theirs, so that
// without leave to send texts only its kind and status are told.
func why(e *llm.Error, texts bool) string {
	if texts {
		return clean(e.Error(), 1<<10)
	}
	text := cmp.Or(e.Provider, "model") + ": " + string(e.Kind)
	if e.Status != 0 {
		text += " (HTTP " + strconv.Itoa(e.Status) + ")"
	}
	return text
}

// clean makes text from outside safe to send and to show: valid UTF-8 without
// control characters, at most so many bytes.
func clean(text string, most int) string {
	text = cut(text, most)
	if utf8.ValidString(text) && strings.IndexFunc(text, control) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		if control(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

func control(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }

// cut keeps the first bytes of a text, whole characters only.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// shown is a text of a question or an answer as a report holds it.
func shown(raw json.RawMessage) string {
	text := strings.ToValidUTF8(string(raw), "\uFFFD")
	if len(text) <= maxText {
		return text
	}
	return cut(text, maxText-len(cutMark)) + cutMark
}
