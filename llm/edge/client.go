package edge

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// minHeaderSecret is the length from which a header's value is taken for a
// secret: shorter ones are flags and versions.
const minHeaderSecret = 8

// NewClient returns an HTTP client for one provider or for all of them. It has
// no time limit of its own, because a Watch says better which one passed. Where
// net/http keeps two idle connections to a host, this one keeps as many as calls
// are likely to run at once, so that none of them begins with a handshake; each
// takes some 8 KiB of buffers. A connection that many calls share (HTTP/2) is
// tried with a ping when it has been silent, so that a dead one is noticed.
// It follows no redirects, see Straight, and sends a request again where a server
// has just closed its connection, see Resending.
func NewClient() *http.Client {
	return Straight(&http.Client{Transport: Resending(newTransport())})
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   10 * time.Second,
		MaxIdleConns:          512,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// Straight returns a client that takes a redirect for an answer, unless it has a
// policy of its own: net/http would send the prompt on to wherever it is told,
// and with it all headers but Authorization. No provider redirects these calls.
// Connections are shared with the client that it was made from.
func Straight(client *http.Client) *http.Client {
	if client.CheckRedirect != nil {
		return client
	}
	straight := *client
	straight.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &straight
}

// Secrets lists what must not appear in errors: the key, and the values of the
// headers that are sent with it.
func Secrets(key string, h http.Header) []string {
	secrets := []string{key}
	for _, values := range h {
		for _, v := range values {
			if len(v) >= minHeaderSecret {
				secrets = append(secrets, v)
			}
		}
	}
	return secrets
}

// APIBase is a provider's address as reports show it: without a user, a query
// or a fragment, where secrets may be.
func APIBase(u *url.URL) string {
	bare := *u
	bare.User, bare.RawQuery, bare.ForceQuery, bare.Fragment = nil, "", false, ""
	return strings.TrimRight(bare.String(), "/")
}
