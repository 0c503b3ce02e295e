// Package compat is the llm.Model of every endpoint that speaks OpenAI's chat
// completion protocol: OpenAI itself, DeepSeek, DashScope, Zhipu, Ollama and
// other local servers, or an external LiteLLM proxy.
//
// The caller's body goes out as it came, but for the model's name and the
// fields that say whether to stream; what comes back is handed on byte for
// byte. So fields that nobody here knows (reasoning_content, enable_thinking)
// survive both ways. go-openai's client makes the calls.
package compat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// Model is one deployment behind an OpenAI-shaped endpoint.
type Model struct {
	Options

	edge   edge.Edge
	limits edge.Limits
	config openai.ClientConfig
	// noUsage is set once the endpoint has refused stream_options: it will
	// not be asked for usage again.
	noUsage atomic.Bool
}

// New checks the options and fills in their defaults; it makes no call.
func New(o Options) (*Model, error) {
	o, err := o.orDefault()
	if err != nil {
		return nil, err
	}
	m := &Model{
		Options: o,
		edge:    edge.Edge{Provider: o.Provider, Secrets: o.secrets()},
		limits:  edge.Limits{Total: o.Timeout, First: o.FirstToken, Idle: o.Idle, Bytes: o.MaxBytes}.OrDefault(),
		config:  openai.DefaultConfig(o.Key),
	}
	m.config.BaseURL = o.BaseURL
	// Comments and blank lines count as empty messages; what bounds a stream
	// here is its length and its time limits.
	m.config.EmptyMessagesLimit = ^uint(0)
	return m, nil
}

// Complete implements llm.Model.
func (m *Model) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	began := m.Now()
	resp, err := m.complete(ctx, r)
	m.report(ctx, began, err)
	return resp, err
}

func (m *Model) complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	body, err := m.body(r.Body, map[string]any{"stream": false, "stream_options": nil})
	if err != nil {
		return llm.Response{}, m.edge.Unsent(err, r.Body)
	}
	c := &call{client: m.HTTPClient, header: m.Header, body: body, limit: m.limits.Bytes}
	callCtx, watch := m.limits.Start(ctx, m.ID)
	defer watch.Stop()
	_, err = m.client(c).CreateChatCompletion(callCtx, openai.ChatCompletionRequest{Model: m.Model})
	switch {
	case c.refusal != nil:
		return llm.Response{}, m.refused(c, c.status, c.refusal)
	case err != nil:
		return llm.Response{}, m.failed(ctx, callCtx, c, err)
	}
	return m.read(c)
}

// body is the caller's body for this deployment. OpenAI's own models refuse the
// older name of the answer's limit, and others do not know the newer one.
func (m *Model) body(body json.RawMessage, fields map[string]any) (json.RawMessage, error) {
	fields["model"] = m.Model
	limit := llm.Field(body, "max_tokens")
	if m.Quirks.NewLimit && limit != nil && llm.Field(body, "max_completion_tokens") == nil {
		fields["max_tokens"], fields["max_completion_tokens"] = nil, limit
	}
	return llm.SetFields(body, fields)
}

// read checks that what came is a completion.
func (m *Model) read(c *call) (llm.Response, error) {
	a, err := parseAnswer(c.answer)
	switch {
	case err != nil:
		return llm.Response{}, m.edge.Bad(fmt.Errorf("no JSON came, but %q", edge.Plain(c.answer)), c.body)
	case a.isError():
		return llm.Response{}, m.refused(c, http.StatusOK, c.answer)
	case len(a.Choices) == 0:
		return llm.Response{}, m.edge.Bad(errors.New("the answer has no choices"), c.body)
	}
	t := &tally{}
	if err := t.add(a); err != nil {
		return llm.Response{}, m.broken(err, c)
	}
	return llm.Response{Served: m.served(c, t), Body: c.answer}, nil
}

// client is go-openai's, for this one call.
func (m *Model) client(c *call) *openai.Client {
	config := m.config
	config.HTTPClient = c
	return openai.NewClientWithConfig(config)
}

func (m *Model) refused(c *call, status int, body []byte) *llm.Error {
	return m.edge.Refused(edge.Refusal{Status: status, Header: c.answerHeader, Body: body, Now: m.Now()}, c.body)
}

// failed explains an error of the client: before anything was sent it is the
// request's fault, afterwards the connection's.
func (m *Model) failed(parent, ctx context.Context, c *call, err error) *llm.Error {
	if !c.sent && ctx.Err() == nil {
		return m.edge.Unsent(err, c.body)
	}
	return m.edge.Broke(parent, ctx, err, c.body)
}

// broken is an answer that its finish reason says is none.
func (m *Model) broken(err error, c *call) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		e.Provider = m.Provider
		return e
	}
	return m.edge.Bad(err, c.body)
}

func (m *Model) report(ctx context.Context, began time.Time, err error) {
	edge.Report(ctx, m.Log, m.ID, m.Now().Sub(began), err)
}
