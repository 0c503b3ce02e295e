package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxReply bounds what is read of a callback's answer.
const maxReply = 64 << 10

// poster sends bodies to one address. Its errors name the host and the path, and
// nothing else: no key, no query, nothing of what the server said.
type poster struct {
	client *http.Client
	url    *url.URL
	header http.Header
	now    func() time.Time
}

// newPoster reads the address and takes a name and password out of it, which
// become a header.
func newPoster(client *http.Client, address string, header http.Header, now func() time.Time) (*poster, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the address of a callback must start with http:// or https:// and name a host")
	}
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if u.User != nil && header.Get("Authorization") == "" {
		header.Set("Authorization", basic(u.User))
	}
	u.User = nil
	return &poster{client: noRedirects(client), url: u, header: header, now: now}, nil
}

func basic(user *url.Userinfo) string {
	password, _ := user.Password()
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user.Username(), password)
	return r.Header.Get("Authorization")
}

// noRedirects returns a client that stays where it is sent: a redirect would
// carry keys in headers of their own to another host.
func noRedirects(client *http.Client) *http.Client {
	var still http.Client
	if client != nil {
		still = *client
	}
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &still
}

// post sends a body and returns the answer to it. An error is a *SendError.
func (p *poster) post(ctx context.Context, query url.Values, header http.Header, body []byte) ([]byte, error) {
	u := *p.url
	if len(query) > 0 {
		u.RawQuery = query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, p.failed("make a request for", err)
	}
	for _, h := range []http.Header{p.header, header} {
		maps.Copy(req.Header, h)
	}
	// Sending twice does no harm, and net/http may do it where the server had just
	// closed the connection; an empty list is not sent itself (http.Transport).
	req.Header["Idempotency-Key"] = []string{}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, p.failed("reach", unwrapURL(ctx, err))
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if resp.StatusCode/100 != 2 {
		return reply, p.refused(resp)
	}
	if err != nil {
		return nil, p.failed("read the answer of", unwrapURL(ctx, err))
	}
	return reply, nil
}

func (p *poster) shown() string { return p.url.Scheme + "://" + p.url.Host + p.url.Path }

func (p *poster) failed(what string, err error) *SendError {
	return &SendError{Retry: true, Err: fmt.Errorf("%s %s: %w", what, p.shown(), err)}
}

// unwrapURL drops the address that net/http puts before its errors, because its
// query may hold a key, and prefers the name of the timeout that fired.
func unwrapURL(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// refused makes an error of a status. What a server's fault is or too many
// requests is tried again; what is wrong with the body is sent in smaller parts;
// a wrong key or address will not change.
func (p *poster) refused(resp *http.Response) *SendError {
	e := &SendError{Err: fmt.Errorf("%s answered with status %d", p.shown(), resp.StatusCode)}
	switch code := resp.StatusCode; {
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		e.Retry = true
		e.After = p.after(resp.Header.Get("Retry-After"))
	case code == http.StatusBadRequest, code == http.StatusConflict,
		code == http.StatusRequestEntityTooLarge, code == http.StatusUnprocessableEntity:
		e.Split = true
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.Err = fmt.Errorf("%w: look at its keys", e.Err)
	}
	return e
}

// after reads Retry-After: seconds, or a date (RFC 9110, section 10.2.3).
func (p *poster) after(value string) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int(maxAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(p.now()), 0)
	}
	return 0
}
