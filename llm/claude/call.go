package claude

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/tribunebot/tribune/llm/edge"
)

// maxRefusal is how much of an error's body is read.
const maxRefusal = 64 << 10

// call carries one request between the SDK and the network, bounds what comes
// back, and keeps what the SDK's errors would blur: the raw refusal, and whether
// it was the connection that failed.
type call struct {
	client *http.Client
	limit  int64
	stream bool
	extra  http.Header // of the caller's, for the provider

	sent    bool
	status  int
	header  http.Header
	refusal []byte // the body of an answer other than 2xx
	answer  []byte // a whole message
	err     error  // the connection's
}

// Do implements option.HTTPClient.
func (c *call) Do(req *http.Request) (*http.Response, error) {
	c.sent = true
	req.Header = edge.Merged(req.Header, c.extra)
	resp, err := c.client.Do(req)
	if err != nil {
		c.err = err
		return nil, err
	}
	c.status, c.header = resp.StatusCode, resp.Header
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal)) // a part is a refusal too
		c.refusal = append([]byte{}, body...)
		replace(resp, nil)
		return resp, nil
	}
	bounded := edge.Bounded(resp.Body, c.limit)
	if c.stream {
		resp.Body = &observed{ReadCloser: bounded, call: c}
		return resp, nil
	}
	body, err := io.ReadAll(bounded)
	if err != nil {
		resp.Body.Close()
		c.err = err
		return nil, err
	}
	c.answer = append([]byte{}, body...)
	replace(resp, body)
	return resp, nil
}

// replace gives the SDK a body that has already been read.
func replace(resp *http.Response, body []byte) {
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
}

// refusesSampling tells that the model takes no temperature or top_p, or not
// both of them.
func (c *call) refusesSampling() bool {
	text := string(c.refusal)
	return c.status == http.StatusBadRequest && (strings.Contains(text, "temperature") || strings.Contains(text, "top_p"))
}

// observed notes why a stream's body ended, which the SDK does not tell apart
// from an event that it could not read.
type observed struct {
	io.ReadCloser

	call *call
}

// Read implements io.Reader.
func (o *observed) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		o.call.err = err
	}
	return n, err
}
