package embed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/sashabaranov/go-openai"

	"github.com/tribunebot/tribune/knowledge"
)

const (
	// defaultTimeout bounds one call: a full one takes a second or two, a local
	// server without a graphics card many more.
	defaultTimeout = time.Minute
	// maxAnswer bounds an answer, in bytes: 64 vectors of 16,384 numbers of 20
	// characters are 21 MB.
	maxAnswer = 32 << 20
	// maxRefusal is how much of an error's body is read.
	maxRefusal = 16 << 10
)

var errSlow = errors.New("the endpoint did not answer in time")

// call embeds texts with one call, made again as often as that may help. A single
// text is a question's: it does not wait for an endpoint that was away just now.
func (c *Client) call(ctx context.Context, texts []string, out []knowledge.Vector) error {
	body, err := c.request(texts)
	if err != nil {
		return err
	}
	if err := c.contact.lost(c.o.Now()); err != nil && len(texts) == 1 && ctx.Err() == nil {
		return err
	}
	for try := 0; ; try++ {
		if err := c.turn(ctx, len(texts) == 1); err != nil {
			return err
		}
		err := c.once(ctx, body, out)
		c.contact.note(ctx, c.o.Now(), err)
		if err == nil {
			c.worked.Store(true)
			return nil
		}
		wait, again := c.again(err, try)
		if !again || ctx.Err() != nil {
			return err
		}
		if err := c.wait(ctx, wait, err); err != nil {
			return err
		}
	}
}

// request is the body of a call.
func (c *Client) request(texts []string) ([]byte, error) {
	request := openai.EmbeddingRequest{
		Input: c.cleaned(texts), Model: openai.EmbeddingModel(c.o.Model),
		EncodingFormat: openai.EmbeddingEncodingFormatFloat,
	}
	if !c.plain.Load() {
		request.Dimensions = c.o.Dimensions
	}
	body, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	return body, nil
}

func (c *Client) cleaned(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = c.clean(t)
	}
	return out
}

// once makes one call.
func (c *Client) once(ctx context.Context, body []byte, out []knowledge.Vector) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.Timeout, errSlow)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, bytes.NewReader(body))
	if err != nil {
		return &Error{Reason: "the address of the API is not usable", final: true}
	}
	req.Header.Set("Content-Type", "application/json")
	if c.o.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.o.Key)
	}
	resp, err := c.o.Client.Do(req)
	if err != nil {
		return c.unreached(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		return c.refusal(resp, said)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return c.unreached(ctx, err)
	case len(answer) > maxAnswer:
		return &Error{Reason: fmt.Sprintf("the answer has more than %d bytes: is this an embedding endpoint?", maxAnswer), final: true}
	}
	return c.read(answer, out)
}

// unreached is a call without an answer. What net/http says names the address,
// which may have a secret in it.
func (c *Client) unreached(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return &Error{Reason: "the endpoint is not reached (check EMBEDDING_API_BASE): " + c.scrub(err.Error()), err: err, away: true}
}

// straight is a client that takes a redirect for an answer: net/http would send
// the texts to wherever it is told.
func straight(client *http.Client) *http.Client {
	own := http.Client{Transport: http.DefaultTransport}
	if client != nil {
		own = *client
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.MaxIdleConnsPerHost = 2 * defaultParallel // none of the calls at a time begins with a handshake
		own.Transport = t
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}
