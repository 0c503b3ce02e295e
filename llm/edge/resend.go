package edge

import (
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// staleWithin is how soon a connection that the server had closed already shows
// that: after one round trip. A server that took longer may have worked on the
// request, and have been paid for it; whether to ask again is not decided here.
const staleWithin = 2 * time.Second

// Resending returns a transport that sends a request once more where the
// connection was one that had been used before, and was lost before a byte of an
// answer came: servers close connections that are idle, and may do so while the
// next request is on its way. net/http does the same for requests that may be
// repeated, but does not count a POST among them, nor one whose body had begun
// to go out; and it would do it however late. The body is made anew by GetBody.
func Resending(base http.RoundTripper) http.RoundTripper { return &resending{base} }

type resending struct {
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *resending) RoundTrip(r *http.Request) (*http.Response, error) {
	var first trip
	resp, err := t.base.RoundTrip(first.watched(r))
	if err == nil || !first.lost() || r.Context().Err() != nil || r.GetBody == nil {
		return resp, err
	}
	body, failed := r.GetBody()
	if failed != nil {
		return nil, err // the connection is what went wrong
	}
	again := r.WithContext(r.Context())
	again.Body = body
	return t.base.RoundTrip(again)
}

// CloseIdleConnections does what http.Client's method of that name asks for.
func (t *resending) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// trip is what is seen of a request on its way.
type trip struct {
	reused   bool
	began    time.Time // when it had its connection
	answered atomic.Bool
}

func (t *trip) watched(r *http.Request) *http.Request {
	return r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn:              func(c httptrace.GotConnInfo) { t.reused, t.began = c.Reused, time.Now() },
		GotFirstResponseByte: func() { t.answered.Store(true) },
	}))
}

// lost tells whether the connection was closed before the request came.
func (t *trip) lost() bool {
	return t.reused && !t.answered.Load() && time.Since(t.began) < staleWithin
}
