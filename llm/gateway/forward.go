package gateway

import (
	"net/http"
	"slices"
	"strings"
)

// forwarded are the headers of a client that go on to the provider; nil where
// there is none.
func (g *Gateway) forwarded(from http.Header) http.Header {
	var to http.Header
	for name, values := range from {
		if name == g.KeyHeader || !forwardable(name) || len(values) == 0 || len(values[0]) > maxPassedValue {
			continue
		}
		if to == nil {
			to = http.Header{}
		}
		if to[name] = values[:1:1]; len(to) == maxPassed {
			break
		}
	}
	return to
}

// forwardable tells whether a header, by its canonical name, is for the provider.
func forwardable(name string) bool {
	rest, ok := strings.CutPrefix(name, "X-")
	begins := func(prefix string) bool { return strings.HasPrefix(rest, prefix) }
	return ok && !slices.ContainsFunc(notForwarded(), begins) && !credential(rest)
}

// notForwarded are beginnings of headers that are for a gateway, say how the
// client got here or what it is written in (LiteLLM leaves out x-stainless-, too),
// or are part of a signature that the deployment makes itself.
func notForwarded() []string {
	return []string{
		"Litellm-", "Tribune-", "Stainless-", "Forwarded-", "Real-Ip", "Original-", "Envoy-", "Accel-", "Client-Ip", "Remote-",
		"Amz-", "Amzn-", "Goog-", "Http-Method", "Ratelimit-",
	}
}

// credential tells whether a header looks as if it held one: of the gateway, or
// put there by a proxy that signs people in.
func credential(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{
		"key", "token", "auth", "secret", "cookie", "password", "principal", "assertion", "jwt", "credential", "session", "csrf",
	}, func(word string) bool { return strings.Contains(name, word) })
}
