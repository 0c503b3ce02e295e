package claude

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tribunebot/tribune/llm"
	"github.com/tribunebot/tribune/llm/edge"
)

// apiVersion is the version of the protocol that is spoken here, the only one
// that is not outdated (platform.claude.com/docs/en/api/versioning).
const apiVersion = "2023-06-01"

// wire is what all requests of a deployment have in common, made once.
type wire struct {
	client        *http.Client
	url           *url.URL
	whole, stream http.Header // of requests for a whole answer and for a stream
	base          string      // the address without secrets
}

func newWire(o Options) (wire, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		return wire{}, fmt.Errorf("claude: the base address of %s: %w", o.ID, err)
	}
	u := base.JoinPath("v1/messages")
	u.Path = "/" + strings.TrimPrefix(u.Path, "/") // JoinPath leaves it out below a bare host
	return wire{
		client: o.HTTPClient, url: u, base: edge.APIBase(base),
		whole: headers(o, "application/json"), stream: headers(o, "text/event-stream"),
	}, nil
}

func headers(o Options, accept string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}, "Accept": {accept}}
	h.Set("Anthropic-Version", apiVersion)
	if o.Key != "" {
		h.Set("X-Api-Key", o.Key)
	}
	for name, values := range o.Header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	return h
}

// call is one request on its way, and what came back.
type call struct {
	model  *Model
	parent context.Context //nolint:containedctx // of this one call: it tells later whether the caller left
	body   []byte
	header http.Header // of the caller's, for the provider
	resp   *http.Response
}

// post makes the request and returns once the head of an answer is there.
func (c *call) post(ctx context.Context, stream bool) *llm.Error {
	resp, err := c.model.wire.client.Do(c.request(ctx, stream)) //nolint:bodyclose // whoever called open reads and closes it
	if err != nil {
		return c.broke(ctx, err)
	}
	c.resp = resp
	return nil
}

// request shares its address and headers with all others, which net/http does
// not change.
func (c *call) request(ctx context.Context, stream bool) *http.Request {
	w := &c.model.wire
	header := w.whole
	if stream {
		header = w.stream
	}
	header = edge.Merged(header, c.header)
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
	body, _ := open()
	return (&http.Request{
		Method: http.MethodPost, URL: w.url, Host: w.url.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: body, GetBody: open, ContentLength: int64(len(c.body)),
	}).WithContext(ctx)
}

func (c *call) refused(status int, body []byte) *llm.Error {
	return c.model.edge.Refused(edge.Refusal{Status: status, Header: c.resp.Header, Body: body, Now: c.model.Now()}, c.body)
}

func (c *call) broke(ctx context.Context, err error) *llm.Error {
	return c.model.edge.Broke(c.parent, ctx, err, c.body)
}

func (c *call) bad(err error) *llm.Error { return c.model.edge.Bad(err, c.body) }

func (c *call) served(model string, usage *llm.Usage) llm.Served {
	m := c.model
	return llm.Served{
		Deployment: m.ID, Provider: m.Provider, Model: cmp.Or(model, m.Model), APIBase: m.wire.base, Attempts: 1,
		Usage: usage, Header: c.resp.Header,
	}
}
