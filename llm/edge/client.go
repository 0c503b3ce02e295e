package edge

import (
	"net"
	"net/http"
	"time"
)

// minHeaderSecret is the length from which a header's value is taken for a
// secret: shorter ones are flags and versions.
const minHeaderSecret = 8

// NewClient returns an HTTP client for one provider. It has no time limit of
// its own, because a Watch says better which one passed, and keeps more idle
// connections to its one host than net/http does by default.
func NewClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   10 * time.Second,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}}
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
