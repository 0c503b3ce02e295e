// Package claude is the llm.Model of Anthropic's Messages API. Requests and
// answers keep OpenAI's shape on our side: requests are translated on their way
// out and answers on their way back.
//
// What has no counterpart is left out (seed, logprobs, penalties); fields that
// OpenAI does not know (thinking, top_k, mcp_servers, and cache_control on a
// message, a part or a tool) pass through as they are, and so do blocks and tools
// of Anthropic's own types. response_format becomes an instruction, and
// reasoning_effort a budget for thinking. Signed thinking comes and goes back as
// thinking_blocks, which is LiteLLM's name for it. Only chats are answered: for
// completions and embeddings there is no counterpart.
//
// Texts are not decoded on their way: a JSON string of one side is one of the
// other, byte for byte.
//
// Sources: platform.claude.com/docs/en/api/messages and its page on streaming;
// docs.litellm.ai, providers/anthropic and reasoning_content.
package claude

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// Model is one deployment of Claude.
type Model struct {
	Options

	edge     edge.Edge
	limits   edge.Limits
	wire     wire
	defaults []llm.Member // Options.Fields
	name     []byte       // Options.Model as JSON

	// noSampling is set once the model has refused temperature or top_p, as
	// some do: it will not be sent them again.
	noSampling atomic.Bool
	// effort is how the model was found to take a reasoning_effort.
	effort atomic.Int32
}

// New checks the options and fills in their defaults; it makes no call.
func New(o Options) (*Model, error) {
	o, err := o.orDefault()
	if err != nil {
		return nil, err
	}
	m := &Model{
		Options: o,
		edge:    edge.Edge{Provider: o.Provider, Secrets: edge.Secrets(o.Key, o.Header)},
		limits:  edge.Limits{Total: o.Timeout, First: o.FirstToken, Idle: o.Idle, Bytes: o.MaxBytes, Room: o.Room}.OrDefault(),
	}
	if m.wire, err = newWire(o); err != nil {
		return nil, err
	}
	if m.name, m.defaults, err = o.fixed(); err != nil {
		return nil, err
	}
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
	callCtx, watch := m.limits.Start(ctx, m.ID)
	defer watch.Stop()
	c, err := m.open(ctx, callCtx, r, false)
	if err != nil {
		return llm.Response{}, err
	}
	answer, err := m.limits.ReadAnswer(callCtx, c.resp)
	if err != nil {
		return llm.Response{}, c.broke(callCtx, err)
	}
	return c.read(answer)
}

// open asks, and asks again in other words where the model has refused some of
// ours. Whoever called it reads and closes the answer's body.
func (m *Model) open(parent, ctx context.Context, r llm.Request, stream bool) (*call, error) {
	for h := m.habits(stream); ; {
		d, err := m.translate(r, h)
		if err != nil {
			return nil, m.edge.Unsent(err, r.Body)
		}
		c := &call{model: m, parent: parent, body: llm.Object(d.out), header: r.Header}
		if err := c.post(ctx, stream); err != nil {
			return nil, err
		}
		status := c.resp.StatusCode
		if status >= 200 && status <= 299 {
			return c, nil
		}
		refusal := edge.ReadRefusal(c.resp)
		again := false
		if status == http.StatusBadRequest {
			h, again = m.adapt(h, d, string(refusal))
		}
		if !again {
			return nil, c.refused(status, refusal)
		}
	}
}

// read checks that what came is a message, and translates it.
func (c *call) read(answer []byte) (llm.Response, error) {
	if !llm.Valid(answer) {
		return llm.Response{}, c.bad(edge.Instead("no message", answer))
	}
	m := readMessage(answer)
	switch {
	case m.failure != nil:
		return llm.Response{}, c.refused(http.StatusOK, answer)
	case m.kind != "message" || m.role != "assistant":
		return llm.Response{}, c.bad(edge.Instead("no message", answer))
	}
	body, err := m.completion(c.model.Now())
	if err != nil {
		return llm.Response{}, c.broken(err)
	}
	return llm.Response{Served: c.served(llm.Unquote(m.model), m.usage.count()), Body: body}, nil
}

// broken is an answer that its stop reason says is none.
func (c *call) broken(err error) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		e.Provider = c.model.Provider
		return e
	}
	return c.bad(err)
}

func (m *Model) report(ctx context.Context, began time.Time, err error) {
	edge.Report(ctx, m.Log, m.ID, m.Now().Sub(began), err)
}
