package edge

import "net/http"

// TransportOf is what carries the calls of a client that NewClient made.
func TransportOf(c *http.Client) *http.Transport {
	return c.Transport.(*resending).base.(*http.Transport)
}
