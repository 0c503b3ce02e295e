package weaviate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A host that fails is left alone for a while, twice as long each time.
const (
	firstRest = time.Second
	longRest  = 30 * time.Second
)

// readyWait is how long a node has to say that it is ready.
const readyWait = 2 * time.Second

// maxAnswer bounds the body of one answer, in bytes: ten thousand passages of
// some kilobytes.
const maxAnswer = 64 << 20

var (
	// ErrUnavailable says that no host of the cluster answered.
	ErrUnavailable = errors.New("no Weaviate host answers")
	// ErrKey says that the cluster refuses the key.
	ErrKey = errors.New("weaviate refuses the key: check WEAVIATE_API_KEY and the role that it has")
)

// request is one call of the REST API.
type request struct {
	method  string
	path    string // from /v1 on
	body    any
	timeout time.Duration // of one attempt at one host
}

// refused is an answer that another host would give as well.
type refused struct {
	status int
	reason string
}

// Error says what the server said, shortened.
func (r *refused) Error() string { return fmt.Sprintf("weaviate answered %d: %s", r.status, r.reason) }

// isStatus reports whether an error is an answer of this status.
func isStatus(err error, status int) bool {
	var r *refused
	return errors.As(err, &r) && r.status == status
}

// cluster sends requests to the first host that is well.
type cluster struct {
	hosts  []*host
	key    string
	client *http.Client
	now    func() time.Time
	log    *slog.Logger
	turn   atomic.Uint64
	insist bool // nobody else could answer: hosts that rest are asked rather than none
}

// host is one address of the cluster. All of them have all data or know where
// it is.
type host struct {
	base string // scheme, address and path, without a slash at its end
	name string // without anything that is secret

	mu     sync.Mutex
	rests  time.Time // not asked before
	pause  time.Duration
	reason string // why it rests
}

// parseHosts reads addresses such as https://10.0.0.1:8080.
func parseHosts(addresses []string) ([]*host, error) {
	var out []*host
	for _, a := range addresses {
		a = strings.TrimSpace(a)
		if a == "" {
			continue
		}
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, errors.New("weaviate: an address is no URL: write WEAVIATE_URL as https://host:port, several with commas")
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("weaviate: the address of %s has more than host, port and path: put the key into WEAVIATE_API_KEY", u.Host)
		}
		base := strings.TrimSuffix(strings.TrimSuffix(u.String(), "/"), "/v1")
		out = append(out, &host{base: base, name: u.Host})
	}
	if len(out) == 0 {
		return nil, errors.New("weaviate: no address: set WEAVIATE_URL")
	}
	return out, nil
}

// newClient returns a client that follows no redirect: the key is for the host
// that it was given for.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 32, // as many questions at once as a worker takes
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 5 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// do sends a request to one host after another until one answers, and decodes
// the answer into out, nil to leave it. Requests must bear being sent twice: a
// host that did not answer may have done what was asked.
func (c *cluster) do(ctx context.Context, r request, out any) error {
	var failed []error
	for _, h := range c.order() {
		err := c.once(ctx, h, r, out)
		var answer *refused
		if err == nil || errors.As(err, &answer) || errors.Is(err, ErrKey) {
			h.well()
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("weaviate: %w", context.Cause(ctx))
		}
		h.fail(c.now(), err)
		failed = append(failed, err)
	}
	if len(failed) == 0 {
		return fmt.Errorf("%w: all of them failed just now", ErrUnavailable)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, errors.Join(failed...))
}

// order returns the hosts that may be asked: those that are well, each time
// beginning with another so that all have the same work, then those that have
// rested. Run looks after the latter, so that no question waits for them.
func (c *cluster) order() []*host {
	var (
		first        = int(c.turn.Add(1) % uint64(len(c.hosts)))
		now          = c.now()
		well, rested []*host
		resting      []*host
	)
	for i := range c.hosts {
		h := c.hosts[(first+i)%len(c.hosts)]
		switch {
		case h.trouble() == "":
			well = append(well, h)
		case h.rested(now):
			rested = append(rested, h)
		default:
			resting = append(resting, h)
		}
	}
	if out := append(well, rested...); len(out) > 0 || !c.insist {
		return out
	}
	return resting
}

// readyPath answers 200 where a node says of itself that it is ready.
const readyPath = "/v1/.well-known/ready"

// visit asks the hosts that have rested whether they are well again.
func (c *cluster) visit(ctx context.Context) {
	for _, h := range c.hosts {
		if h.trouble() == "" || !h.rested(c.now()) {
			continue
		}
		err := c.once(ctx, h, request{method: http.MethodGet, path: readyPath, timeout: readyWait}, nil)
		switch {
		case err == nil:
			h.well()
			c.log.InfoContext(ctx, "weaviate host is back", "host", h.name)
		case ctx.Err() == nil:
			h.fail(c.now(), err)
		}
	}
}

// once sends a request to one host. An error that is neither a *refused nor
// ErrKey is the host's.
func (c *cluster) once(ctx context.Context, h *host, r request, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, fmt.Errorf("no answer within %s", r.timeout))
	defer cancel()
	req, err := c.request(ctx, h, r)
	if err != nil {
		return err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", h.name, reason(ctx, err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("%s: %w", h.name, reason(ctx, err))
	}
	if len(body) > maxAnswer {
		return &refused{resp.StatusCode, fmt.Sprintf("more than %d MB", maxAnswer>>20)}
	}
	if err := status(h, resp.StatusCode, body); err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil { // a proxy's page, as a rule
		return fmt.Errorf("%s: the answer is not Weaviate's: %w", h.name, err)
	}
	return nil
}

// reason leaves out of a client's error what is no news: method and address.
func reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func (c *cluster) request(ctx context.Context, h *host, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return nil, &refused{0, err.Error()}
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, h.base+r.path, body)
	if err != nil {
		return nil, &refused{0, "the address of " + h.name + " can't be used"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	return req, nil
}

// status tells apart what is the key's, the host's and the request's fault.
func status(h *host, code int, body []byte) error {
	switch {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return fmt.Errorf("%w (status %d)", ErrKey, code)
	case code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code < 400:
		return fmt.Errorf("%s: status %d: %s", h.name, code, said(body))
	}
	return &refused{code, said(body)}
}

// said is the server's message: one short line.
func said(body []byte) string {
	var answer struct {
		Error []struct{ Message string }
	}
	if json.Unmarshal(body, &answer) == nil && len(answer.Error) > 0 {
		return line(answer.Error[0].Message)
	}
	return "no message"
}

// line makes one short line of a foreign text.
func line(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	runes := []rune(strings.Map(printable, text))
	return string(runes[:min(len(runes), 160)])
}

// rested reports whether a host that failed has been left alone long enough.
func (h *host) rested(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !now.Before(h.rests)
}

func (h *host) well() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pause, h.reason = 0, ""
}

func (h *host) fail(now time.Time, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pause = min(max(2*h.pause, firstRest), longRest)
	h.rests = now.Add(h.pause)
	h.reason = line(err.Error())
}

// trouble says why a host rests; "" for one that is well.
func (h *host) trouble() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reason
}
