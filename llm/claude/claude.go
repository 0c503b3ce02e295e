// Package claude is the llm.Model of Anthropic's Messages API. Requests and
// answers keep OpenAI's shape on our side: requests are translated on their way
// out and answers on their way back.
//
// What has no counterpart is left out (seed, logprobs, penalties); fields that
// OpenAI does not know (thinking, top_k, cache_control) pass through as they
// are. response_format becomes an instruction. Only chats are answered: for
// completions and embeddings there is no counterpart. The SDK's own retries are off:
// whoever holds the model decides about those.
package claude

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

const (
	defaultBaseURL = "https://api.anthropic.com"
	// defaultMaxTokens is sent when the caller sets no limit, because the
	// Messages API requires one: some 6,000 English words, more than any
	// answer in a chat.
	defaultMaxTokens = 8192
)

// Options describe one deployment.
type Options struct {
	ID       string // the deployment's id; default Provider/Model
	Provider string // default "anthropic"
	Model    string // as Anthropic names it
	BaseURL  string // without /v1; default https://api.anthropic.com
	Key      string
	Header   http.Header

	// MaxTokens is the limit of an answer for callers that set none;
	// default 8192.
	MaxTokens int64

	// Fields go into every request that does not set them itself, in OpenAI's
	// words or Anthropic's: temperature, thinking ...
	Fields map[string]any
	// Drop are fields of a request that are never heeded, whoever set them.
	Drop []string

	// HTTPClient makes the calls; its Timeout should be 0. The default has a
	// connection pool of its own.
	HTTPClient *http.Client

	Timeout    time.Duration // for the whole call; default 10 minutes
	FirstToken time.Duration // until a stream's first token; default 60 seconds
	Idle       time.Duration // between two tokens; default 60 seconds
	MaxBytes   int64         // of an answer; default 32 MiB

	Log *slog.Logger     // default: none
	Now func() time.Time // for Retry-After dates and "created"; default time.Now
}

// Model is one deployment of Claude.
type Model struct {
	Options

	edge   edge.Edge
	limits edge.Limits
	client anthropic.Client
	base   string // the address without secrets
	// noSampling is set once the model has refused temperature or top_p, as
	// some do: it will not be sent them again.
	noSampling atomic.Bool
}

// New checks the options and fills in their defaults; it makes no call.
func New(o Options) (*Model, error) {
	if o.Model == "" {
		return nil, errors.New("claude: name the model to call")
	}
	o.BaseURL = strings.TrimSuffix(strings.TrimRight(cmp.Or(o.BaseURL, defaultBaseURL), "/"), "/v1")
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("claude: the base address of %s must be an http(s) URL", cmp.Or(o.ID, o.Model))
	}
	o.Provider = cmp.Or(o.Provider, "anthropic")
	o.ID = cmp.Or(o.ID, o.Provider+"/"+o.Model)
	o.MaxTokens = cmp.Or(o.MaxTokens, defaultMaxTokens)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HTTPClient == nil {
		o.HTTPClient = edge.NewClient()
	}
	limits := edge.Limits{Total: o.Timeout, First: o.FirstToken, Idle: o.Idle, Bytes: o.MaxBytes}.OrDefault()
	return &Model{
		Options: o,
		edge:    edge.Edge{Provider: o.Provider, Secrets: edge.Secrets(o.Key, o.Header)},
		limits:  limits,
		client:  anthropic.NewClient(clientOptions(o, limits)...),
		base:    edge.APIBase(u),
	}, nil
}

func clientOptions(o Options, limits edge.Limits) []option.RequestOption {
	options := []option.RequestOption{
		// Keys and profiles of the environment are not ours to use.
		option.WithoutEnvironmentDefaults(),
		option.WithoutOpenTelemetry(),
		option.WithBaseURL(o.BaseURL),
		option.WithAPIKey(o.Key),
		option.WithMaxRetries(0),
		// Ours passes first and says which one it was; without any the SDK
		// refuses long completions.
		option.WithRequestTimeout(limits.Total + time.Minute),
	}
	for name, values := range o.Header {
		for _, v := range values {
			options = append(options, option.WithHeader(name, v))
		}
	}
	return options
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
	for {
		sampling := !m.noSampling.Load()
		params, err := m.params(r, sampling)
		if err != nil {
			return llm.Response{}, m.edge.Unsent(err, r.Body)
		}
		c := &call{client: m.HTTPClient, limit: m.limits.Bytes, extra: r.Header}
		message, err := m.client.Messages.New(callCtx, params, option.WithHTTPClient(c))
		switch {
		case sampling && c.refusesSampling():
			m.noSampling.Store(true)
		case c.refusal != nil:
			return llm.Response{}, m.refused(c, c.status, c.refusal, r.Body)
		case c.answer != nil:
			return m.read(c, message, err, r.Body)
		default:
			return llm.Response{}, m.failed(ctx, callCtx, c, err, r.Body)
		}
	}
}

// read checks that what came is a message, and translates it.
func (m *Model) read(c *call, message *anthropic.Message, err error, request []byte) (llm.Response, error) {
	switch {
	case llm.Field(c.answer, "error") != nil:
		return llm.Response{}, m.refused(c, http.StatusOK, c.answer, request)
	case err != nil || message == nil || message.Type != "message" || message.Role != "assistant":
		return llm.Response{}, m.edge.Bad(edge.Instead("no message", c.answer), request)
	}
	body, err := completion(message, m.Now())
	if err != nil {
		return llm.Response{}, m.explain(err, request)
	}
	usage := countUsage(message.Usage)
	return llm.Response{Served: m.served(c, message.Model, usage), Body: body}, nil
}

func (m *Model) served(c *call, model string, usage *llm.Usage) llm.Served {
	return llm.Served{
		Deployment: m.ID, Provider: m.Provider, Model: cmp.Or(model, m.Model), APIBase: m.base, Attempts: 1, Usage: usage,
		Header: c.header,
	}
}

func (m *Model) refused(c *call, status int, body, request []byte) *llm.Error {
	return m.edge.Refused(edge.Refusal{Status: status, Header: c.header, Body: body, Now: m.Now()}, request)
}

// failed explains an error of the SDK: before anything was sent it is the
// request's fault, afterwards the connection's.
func (m *Model) failed(parent, ctx context.Context, c *call, err error, request []byte) *llm.Error {
	if !c.sent && ctx.Err() == nil {
		return m.edge.Unsent(err, request)
	}
	if c.err != nil {
		err = c.err
	}
	return m.edge.Broke(parent, ctx, err, request)
}

// explain fills in the provider of an error that already has its kind.
func (m *Model) explain(err error, request []byte) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		e.Provider = m.Provider
		return e
	}
	return m.edge.Bad(err, request)
}

func (m *Model) report(ctx context.Context, began time.Time, err error) {
	edge.Report(ctx, m.Log, m.ID, m.Now().Sub(began), err)
}
