package compat

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// wire is what all requests of a deployment have in common, made once.
type wire struct {
	client        *http.Client
	urls          map[llm.Endpoint]*url.URL
	whole, stream http.Header // of requests for a whole answer and for a stream
	base          string      // the address without secrets
}

// paths are the endpoints' own, below the base address.
func paths() map[llm.Endpoint]string {
	return map[llm.Endpoint]string{
		llm.ChatCompletions: "chat/completions", llm.Completions: "completions", llm.Embeddings: "embeddings",
	}
}

func newWire(o Options) (wire, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		return wire{}, fmt.Errorf("compat: the base address of %s: %w", o.ID, err)
	}
	w := wire{client: o.HTTPClient, urls: map[llm.Endpoint]*url.URL{}, base: edge.APIBase(base)}
	query := base.Query()
	maps.Copy(query, o.Query)
	for endpoint, path := range paths() {
		u := base.JoinPath(path)
		u.Path = "/" + strings.TrimPrefix(u.Path, "/") // JoinPath leaves it out below a bare host
		u.RawQuery = query.Encode()
		w.urls[endpoint] = u
	}
	w.whole = headers(o, "application/json")
	w.stream = headers(o, "text/event-stream")
	return w, nil
}

func headers(o Options, accept string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}, "Accept": {accept}}
	switch {
	case o.Key == "":
	case o.KeyHeader != "":
		h.Set(o.KeyHeader, o.Key)
	default:
		h.Set("Authorization", "Bearer "+o.Key)
	}
	for name, values := range o.Header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	return h
}

// call is one request on its way, and what came back.
type call struct {
	model  *Model
	edge   edge.Edge
	parent context.Context //nolint:containedctx // of this one call: it tells later whether the caller left
	body   []byte
	header http.Header // of the caller's, for the provider
	resp   *http.Response
}

// send makes the request. An answer other than 2xx is an error.
func (c *call) send(ctx context.Context, e llm.Endpoint, stream bool) *llm.Error {
	if err := c.post(ctx, e, stream); err != nil {
		return err
	}
	if c.resp.StatusCode < 200 || c.resp.StatusCode > 299 {
		return c.refused(c.resp.StatusCode, edge.ReadRefusal(c.resp))
	}
	return nil
}

// post makes the request and returns once the head of an answer is there.
func (c *call) post(ctx context.Context, e llm.Endpoint, stream bool) *llm.Error {
	req := c.request(ctx, e, stream)
	if sign := c.model.Sign; sign != nil {
		if err := c.sign(ctx, req, sign); err != nil {
			return err
		}
	}
	resp, err := c.model.wire.client.Do(req) //nolint:bodyclose // whoever called send reads and closes it
	if err != nil {
		return c.broke(ctx, err)
	}
	c.resp = resp
	return nil
}

// request shares its address and headers with all others, which net/http does
// not change.
func (c *call) request(ctx context.Context, e llm.Endpoint, stream bool) *http.Request {
	w := &c.model.wire
	header := w.whole
	if stream {
		header = w.stream
	}
	header = edge.Merged(header, c.header)
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
	body, _ := open()
	u := w.urls[e]
	return (&http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, GetBody: open, ContentLength: int64(len(c.body)),
	}).WithContext(ctx)
}

// sign lets the vendor's own sign-in have its way with a request.
func (c *call) sign(ctx context.Context, req *http.Request, sign func(context.Context, *http.Request) error) *llm.Error {
	u := *req.URL
	req.URL, req.Header = &u, req.Header.Clone()
	err := sign(ctx, req)
	for _, name := range []string{"Authorization", "Api-Key", "X-Amz-Security-Token", "X-Goog-Api-Key"} {
		c.edge.Secrets = append(slices.Clip(c.edge.Secrets), req.Header.Values(name)...)
	}
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*llm.Error](err); ok {
		return known
	}
	if ctx.Err() != nil {
		return c.broke(ctx, err)
	}
	failed := c.edge.Bad(fmt.Errorf("sign in: %w", err), c.body)
	failed.Kind = llm.Unauthorised
	return failed
}

func (c *call) refused(status int, body []byte) *llm.Error {
	return c.edge.Refused(edge.Refusal{Status: status, Header: c.resp.Header, Body: body, Now: c.model.Now()}, c.body)
}

func (c *call) broke(ctx context.Context, err error) *llm.Error {
	return c.edge.Broke(c.parent, ctx, err, c.body)
}

func (c *call) bad(err error) *llm.Error { return c.edge.Bad(err, c.body) }

// broken is an answer that its finish reason says is none.
func (c *call) broken(err error) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		e.Provider = c.model.Provider
		return e
	}
	return c.bad(err)
}

// served describes a call that ended well. A LiteLLM proxy tells in its headers
// which of its deployments answered, after how many tries and for how much.
func (c *call) served(t *tally) llm.Served {
	m, h := c.model, c.resp.Header
	s := llm.Served{
		Deployment: m.ID,
		Provider:   m.Provider,
		Model:      cmp.Or(t.model, m.Model),
		APIBase:    m.wire.base,
		Attempts:   1 + count(h, "X-Litellm-Attempted-Retries") + count(h, "X-Litellm-Attempted-Fallbacks"),
		Usage:      t.usage.count(),
		CostUSD:    cost(h.Get("X-Litellm-Response-Cost")),
		Route:      route(h),
		Header:     h,
	}
	if s.CostUSD == nil && t.usage != nil && m.Provider == "openrouter" {
		s.CostUSD = t.usage.cost
	}
	return s
}
