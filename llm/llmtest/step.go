// Package llmtest is what models are tested with, and what everything above
// them is tested against: Server, a scripted provider over HTTP that speaks
// OpenAI's and Anthropic's protocols; Script, the same script as an llm.Model in
// memory; and TestModel, the conformance kit that every provider's adapter
// passes.
//
// Nothing here sleeps. A script stops at a Gate until the test opens it.
package llmtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm"
)

// Fault is a way in which a provider fails in the middle of things.
type Fault int

// The faults.
const (
	NoFault    Fault = iota
	Cut              // the connection breaks after Step.After pieces
	Garbage          // bytes that are no JSON and no event stream
	Empty            // an empty JSON object, with status 200
	Endless          // an answer that never ends
	Silent           // nothing comes, not even a status
	ErrorEvent       // after Step.After pieces, an error object inside of the stream
)

// Step is what the provider does with one call.
type Step struct {
	Pieces    []string          // the answer's text, streamed piece by piece
	Echo      bool              // answer with the prompt, see Request.Prompt
	Reasoning string            // said before the text
	Tools     []openai.ToolCall // tools to call
	Finish    string            // finish reason; default "stop" or "tool_calls"

	Usage   *llm.Usage     // default DefaultUsage
	NoUsage bool           // say nothing of usage
	Extra   map[string]any // fields nobody knows, in the completion and in every chunk's delta

	Fault   Fault
	After   int         // pieces before the fault
	Message string      // an error's text
	Code    string      // an error's code or type
	Status  int         // other than 0: refuse with this status
	Header  http.Header // answer headers
	Body    string      // a refusal's raw body; default one with Message and Code

	// Err makes a Script fail with this error at once; a Server ignores it.
	Err error
	// Do, if set, gives the step to take for a request.
	Do func(Request) Step

	gates []*Gate
	delay time.Duration
}

// DefaultUsage is what steps use up unless they say otherwise.
func DefaultUsage() llm.Usage { return llm.Usage{Prompt: 11, Completion: 7, Cached: 3} }

// Say answers with a text in these pieces.
func Say(pieces ...string) Step { return Step{Pieces: pieces} }

// EchoPrompt answers with the prompt that came.
func EchoPrompt() Step { return Step{Echo: true} }

// Refuse answers with an error status.
func Refuse(status int, message string) Step { return Step{Status: status, Message: message} }

// TooMany answers 429 with a Retry-After header.
func TooMany(after string) Step {
	return Step{
		Status: http.StatusTooManyRequests, Message: "slow down", Code: "rate_limit_exceeded",
		Header: http.Header{"Retry-After": {after}},
	}
}

// CutAfter breaks the connection after n of the pieces.
func CutAfter(n int, pieces ...string) Step { return Step{Pieces: pieces, Fault: Cut, After: n} }

// Fail does one of the faults from the start.
func Fail(f Fault) Step { return Step{Fault: f} }

// Call calls a tool.
func Call(id, name, arguments string) Step {
	return Step{Tools: []openai.ToolCall{{
		ID: id, Type: openai.ToolTypeFunction, Function: openai.FunctionCall{Name: name, Arguments: arguments},
	}}}
}

// Respond takes the step that the function gives for the request.
func Respond(do func(Request) Step) Step { return Step{Do: do} }

// Hold makes the step stop at the gate.
func (s Step) Hold(g *Gate) Step {
	s.gates = append(slices.Clone(s.gates), g)
	return s
}

// resolve settles what the step says for this request.
func (s Step) resolve(r Request) Step {
	if s.Do != nil {
		gates := s.gates
		s = s.Do(r)
		s.gates = append(slices.Clone(s.gates), gates...)
	}
	if s.Echo {
		s.Pieces = []string{r.Prompt()}
	}
	if s.Finish == "" {
		s.Finish = "stop"
		if len(s.Tools) > 0 {
			s.Finish = "tool_calls"
		}
	}
	if s.Usage == nil && !s.NoUsage {
		u := DefaultUsage()
		s.Usage = &u
	}
	if s.NoUsage {
		s.Usage = nil
	}
	return s
}

func (s Step) text() string { return strings.Join(s.Pieces, "") }

func (s Step) gate(at string) *Gate {
	for _, g := range s.gates {
		if g.before == at {
			return g
		}
	}
	return nil
}

// Places at which a gate can stand beside the pieces themselves.
const (
	AtStart  = "\x00start"  // before anything is answered
	AtFinish = "\x00finish" // after the last piece, before the finish reason
)

// Gate holds a step until it is opened.
type Gate struct {
	before  string
	reached chan struct{}
	opened  chan struct{}
	reach   sync.Once
	open    sync.Once
}

// NewGate returns a gate that stands before the piece with this text, or at
// AtStart or AtFinish.
func NewGate(before string) *Gate {
	return &Gate{before: before, reached: make(chan struct{}), opened: make(chan struct{})}
}

// Reached is closed when a call stands before the gate.
func (g *Gate) Reached() <-chan struct{} { return g.reached }

// Open lets every call pass, now and later.
func (g *Gate) Open() { g.open.Do(func() { close(g.opened) }) }

// pass waits until the gate is open; false when one of the others came first.
func (g *Gate) pass(left, stop <-chan struct{}) bool {
	if g == nil {
		return true
	}
	g.reach.Do(func() { close(g.reached) })
	select {
	case <-g.opened:
		return true
	case <-left:
	case <-stop:
	}
	return false
}

// Request is one call that came.
type Request struct {
	Path     string
	Query    url.Values
	Endpoint llm.Endpoint
	Header   http.Header
	Body     json.RawMessage
	// Group and Labels are known to a Script only.
	Group  string
	Labels map[string]string
}

// Prompt is the text of all messages, the system's among them, each on lines of
// its own, in the order in which they came; of other endpoints the prompt or the
// inputs.
func (r Request) Prompt() string {
	var body struct {
		Prompt   string          `json:"prompt"`
		System   json.RawMessage `json:"system"`
		Messages []struct {
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return ""
	}
	texts := slices.Concat(contentTexts(body.System), r.inputs())
	if body.Prompt != "" {
		texts = append(texts, body.Prompt)
	}
	for _, m := range body.Messages {
		texts = append(texts, contentTexts(m.Content)...)
	}
	return strings.Join(texts, "\n")
}

func contentTexts(raw json.RawMessage) []string {
	var s string
	if len(raw) == 0 || json.Unmarshal(raw, &s) == nil && s == "" {
		return nil
	}
	if s != "" {
		return []string{s}
	}
	var parts []struct {
		Text    string          `json:"text"`
		Content json.RawMessage `json:"content"` // of a tool's result
	}
	if json.Unmarshal(raw, &parts) != nil {
		return nil
	}
	var texts []string
	for _, p := range parts {
		if p.Text != "" {
			texts = append(texts, p.Text)
		}
		texts = append(texts, contentTexts(p.Content)...)
	}
	return texts
}

// streams tells whether the caller wants a stream, and whether it wants to
// know the usage of it.
func (r Request) streams() (stream, usage bool) {
	var body struct {
		Stream  bool `json:"stream"`
		Options struct {
			Usage bool `json:"include_usage"`
		} `json:"stream_options"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return false, false
	}
	return body.Stream, body.Options.Usage
}

func (r Request) model() string {
	var body struct {
		Model string `json:"model"`
	}
	if json.Unmarshal(r.Body, &body) != nil || body.Model == "" {
		return "scripted"
	}
	return body.Model
}

func callID(n int) string { return "call-" + strconv.Itoa(n) }
