package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tribunebot/tribune/knowledge/source/guard"
)

// agent is how we name ourselves to servers, and product what robots.txt knows
// us by (RFC 9309).
const (
	product = "TribuneBot"
	agent   = product + "/1.0 (+https://github.com/tribunebot/tribune)"
)

// accept asks for what is read best.
const accept = "text/html,application/xhtml+xml,text/markdown;q=0.9,application/pdf;q=0.8,*/*;q=0.5"

// answer is what a server gave.
type answer struct {
	url    *url.URL // after redirects
	header http.Header
	body   []byte
}

// kind is the type of an answer, without parameters.
func (a answer) kind() string {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		kind, _, _ = strings.Cut(a.header.Get("Content-Type"), ";")
	}
	return strings.ToLower(strings.TrimSpace(kind))
}

// verdict is what became of a request that gave nothing.
type verdict uint8

const (
	down    verdict = iota // the host is down or busy: another time
	barred                 // one has to sign in
	heavy                  // too large
	missing                // there is no such page any more
	outside                // it leads to another host, or is no document
	refused                // it may not be asked for
)

// unread is why a page could not be read.
type unread struct {
	verdict verdict
	status  int // of HTTP; 0: no answer
	reason  string
	err     error         // may be nil
	after   time.Duration // when to come again, as the server says; 0: it does not
}

func (e *unread) Error() string { return e.reason }
func (e *unread) Unwrap() error { return e.err }

// Tries of a page whose host is down or busy, and the longest wait between
// them: a server that asks for more is left for the next run.
const (
	maxTries = 3
	maxAfter = time.Minute
)

// fetch gets a page, slowly, and again where the host was busy. Up to limit
// bytes of it are read.
func (r *run) fetch(ctx context.Context, at *site, u *url.URL, limit int64) (answer, error) {
	for try := 1; ; try++ {
		if err := at.turn(ctx, r.o); err != nil {
			return answer{}, err
		}
		got, err := r.get(ctx, at, u, limit)
		bad, ok := errors.AsType[*unread](err)
		if !ok || bad.verdict != down || ctx.Err() != nil {
			at.answered()
			return got, err
		}
		if try == maxTries || bad.after > maxAfter {
			at.failed(bad.after > maxAfter)
			return answer{}, err
		}
		backoff := time.Second << (2 * (try - 1)) // 1 s, 4 s
		at.rest(r.o.Now().Add(max(bad.after, backoff)))
	}
}

// get asks once.
func (r *run) get(parent context.Context, at *site, u *url.URL, limit int64) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(parent, r.o.Timeout, fmt.Errorf("it did not come within %s", r.o.Timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return answer{}, &unread{verdict: refused, reason: "not an address of a web page", err: err}
	}
	if err := r.guard.Check(u); err != nil {
		return answer{}, because(err)
	}
	req.Header.Set("User-Agent", agent)
	req.Header.Set("Accept", accept)
	client := *r.client
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error { return r.redirect(at, next, via) }
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, lost(parent, ctx, err)
	}
	defer resp.Body.Close()
	if err := refusal(resp, r.o.Now()); err != nil {
		return answer{}, err
	}
	if got := (answer{url: resp.Request.URL, header: resp.Header}); isMedia(got.kind()) {
		return answer{}, &unread{verdict: outside, reason: noText + shownType(got)}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return answer{}, lost(parent, ctx, err)
	}
	if int64(len(body)) > limit {
		return answer{}, &unread{verdict: heavy, reason: fmt.Sprintf("it has more than %d MB", limit>>20)}
	}
	return answer{url: normal(resp.Request.URL), header: resp.Header, body: body}, nil
}

// redirect says why a redirect is not followed.
func (r *run) redirect(at *site, next *http.Request, via []*http.Request) error {
	if err := r.guard.Redirect(next, via); err != nil {
		return err
	}
	switch from := via[0].URL; {
	case isSignIn(next.URL) && !isSignIn(from):
		return &unread{verdict: barred, reason: "it leads to a sign-in: only what everybody may read is read"}
	case !sameHost(from, next.URL):
		return &unread{verdict: outside, reason: "it leads to another host, " + next.URL.Host + ": name that address if it is to be read"}
	case !at.allows(next.URL):
		return &unread{verdict: refused, reason: byRobots}
	}
	return nil
}

// isSignIn reports whether an address is that of a page to sign in at.
func isSignIn(u *url.URL) bool {
	words := []string{"login", "log-in", "signin", "sign-in", "sign_in", "sso", "saml", "saml2", "oauth", "oauth2"}
	for part := range strings.SplitSeq(strings.ToLower(u.Path), "/") {
		name, _, _ := strings.Cut(part, ".")
		if slices.Contains(words, name) {
			return true
		}
	}
	return false
}

// lost says why no answer came, or none to its end.
func lost(parent, ctx context.Context, err error) error {
	if parent.Err() != nil {
		return parent.Err()
	}
	if cause := context.Cause(ctx); cause != nil {
		return &unread{verdict: down, reason: cause.Error(), err: err}
	}
	return because(err)
}

// because makes a failure of the guard's or of the network's one of ours.
func because(err error) error {
	if bad, ok := errors.AsType[*unread](err); ok {
		return bad
	}
	for _, no := range []error{guard.ErrPrivate, guard.ErrPort, guard.ErrAddress} {
		if errors.Is(err, no) {
			return &unread{verdict: refused, reason: "it leads where no page is read from: " + no.Error(), err: err}
		}
	}
	if errors.Is(err, guard.ErrRedirects) {
		return &unread{verdict: missing, reason: guard.ErrRedirects.Error() + ", one to the next", err: err}
	}
	return &unread{verdict: down, reason: "its host can't be reached: " + cause(err).Error(), err: err}
}

// cause is what lies below the address that net/http puts before it.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// refusal is what a status says, nil for a page.
func refusal(resp *http.Response, now time.Time) error {
	bad := &unread{status: resp.StatusCode, after: retryAfter(resp.Header, now)}
	switch status := resp.StatusCode; {
	case status >= 200 && status < 300 && status != http.StatusNoContent:
		return nil
	case status == http.StatusNotFound || status == http.StatusGone:
		bad.verdict, bad.reason = missing, "there is no such page"
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusProxyAuthRequired:
		bad.verdict, bad.reason = barred, "it asks for a sign-in: only what everybody may read is read"
	case status == http.StatusTooManyRequests:
		bad.verdict, bad.reason = down, "its host says that it is asked too often"
	case status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooEarly:
		bad.verdict, bad.reason = down, "its host can't give it now"
	default:
		bad.verdict, bad.reason = outside, "its host gives no page there"
	}
	bad.reason += " (" + strconv.Itoa(resp.StatusCode) + ")"
	return bad
}

// retryAfter is how long a server asks to be left alone (RFC 9110, 10.2.3): in
// seconds or until a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), 1<<20)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
