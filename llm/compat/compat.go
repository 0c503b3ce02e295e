// Package compat is the llm.Model of every endpoint that speaks OpenAI's
// protocol: OpenAI itself, DeepSeek, DashScope, Zhipu, Azure, Vertex AI, Ollama
// and other local servers, or an external LiteLLM proxy. It completes chats,
// continues prompts (completions) and makes embeddings.
//
// The caller's body goes out as it came, but for the model's name, the fields
// that say whether to stream, and what the Options change; what comes back is
// handed on byte for byte. So fields that nobody here knows (reasoning_content,
// enable_thinking) survive both ways. Only a few fields of an answer are looked
// at where they lie: whether it is an answer at all, its usage, and how it ended.
package compat

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// Model is one deployment behind an OpenAI-shaped endpoint.
type Model struct {
	Options

	edge     edge.Edge
	limits   edge.Limits
	wire     wire
	defaults []llm.Member // Options.Fields
	name     []byte       // Options.Model as JSON
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
		limits:  edge.Limits{Total: o.Timeout, First: o.FirstToken, Idle: o.Idle, Bytes: o.MaxBytes, Room: o.Room}.OrDefault(),
	}
	if m.wire, err = newWire(o); err != nil {
		return nil, err
	}
	if m.name, m.defaults, err = fixed(o); err != nil {
		return nil, err
	}
	return m, nil
}

// Complete implements llm.Model. It knows all endpoints.
func (m *Model) Complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	began := m.Now()
	resp, err := m.complete(ctx, r)
	m.report(ctx, began, err)
	return resp, err
}

func (m *Model) complete(ctx context.Context, r llm.Request) (llm.Response, error) {
	body, err := m.wholeBody(r)
	if err != nil {
		return llm.Response{}, m.edge.Unsent(err, r.Body)
	}
	callCtx, watch := m.limits.Start(ctx, m.ID)
	defer watch.Stop()
	c := &call{model: m, edge: m.edge, parent: ctx, body: body, header: r.Header}
	if err := c.send(callCtx, r.Endpoint, false); err != nil {
		return llm.Response{}, err
	}
	answer, err := m.limits.ReadAnswer(callCtx, c.resp)
	if err != nil {
		return llm.Response{}, c.broke(callCtx, err)
	}
	return c.read(answer, r.Endpoint)
}

// read checks that what came is what was asked for.
func (c *call) read(answer []byte, e llm.Endpoint) (llm.Response, error) {
	s, ok := look(answer)
	switch {
	case !ok:
		return llm.Response{}, c.bad(edge.Instead("no JSON", answer))
	case s.isError():
		return llm.Response{}, c.refused(http.StatusOK, answer)
	case e == llm.Embeddings && !s.vectors:
		return llm.Response{}, c.bad(errors.New("the answer has no data"))
	case e != llm.Embeddings && !s.chosen:
		return llm.Response{}, c.bad(errors.New("the answer has no choices"))
	}
	t := &tally{}
	if err := t.add(s); err != nil {
		return llm.Response{}, c.broken(err)
	}
	if c.model.Quirks.EmptyFinish {
		answer = fillFinish(answer)
	}
	return llm.Response{Served: c.served(t), Body: answer}, nil
}

func (m *Model) report(ctx context.Context, began time.Time, err error) {
	edge.Report(ctx, m.Log, m.ID, m.Now().Sub(began), err)
}
