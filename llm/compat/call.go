package compat

import (
	"bytes"
	"io"
	"maps"
	"net/http"

	"github.com/tribunebot/tribune/llm/edge"
)

// maxRefusal is how much of an error's body is read.
const maxRefusal = 64 << 10

// call carries one request. It stands between go-openai's client and the
// network: the client's typed body is replaced with the caller's own, and what
// comes back is kept raw.
type call struct {
	client *http.Client
	header http.Header
	body   []byte
	limit  int64
	stream bool

	sent         bool
	status       int
	answerHeader http.Header
	refusal      []byte  // the body of an answer other than 2xx
	answer       []byte  // a whole completion
	events       *events // a stream
}

// Do implements openai.HTTPDoer.
func (c *call) Do(req *http.Request) (*http.Response, error) {
	c.sent = true
	maps.Copy(req.Header, c.header)
	req.ContentLength = int64(len(c.body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
	req.Body = io.NopCloser(bytes.NewReader(c.body))
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	c.status, c.answerHeader = resp.StatusCode, resp.Header
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		c.keepRefusal(resp)
		return resp, nil
	case c.stream:
		c.events = newEvents(edge.Bounded(resp.Body, c.limit))
		resp.Body = c.events
		return resp, nil
	}
	return resp, c.keepAnswer(resp)
}

// keepRefusal reads an error's body here, because go-openai's stream call would
// neither bound nor close it. A body that breaks off is still a refusal.
func (c *call) keepRefusal(resp *http.Response) {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	resp.Body.Close()
	c.refusal = append([]byte{}, body...)
	resp.Body = io.NopCloser(bytes.NewReader(nil))
}

// keepAnswer reads a completion and leaves the client an empty object: decoding
// it into go-openai's type would only drop what that type does not know.
func (c *call) keepAnswer(resp *http.Response) error {
	defer resp.Body.Close()
	body, err := io.ReadAll(edge.Bounded(resp.Body, c.limit))
	if err != nil {
		return err
	}
	c.answer = body
	resp.Body = io.NopCloser(bytes.NewReader([]byte("{}")))
	return nil
}
