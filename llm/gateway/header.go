package gateway

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tribunebot/tribune/llm"
)

// Bounds of what is passed on of a provider's headers.
const (
	maxPassed      = 40  // headers
	maxPassedValue = 512 // bytes of each
)

// tell writes the headers that say who served. A stream's are written with
// its first chunk: what is known only at its end is missing.
func (e *exchange) tell(s *llm.Served) {
	e.setHeader("X-Litellm-Model-Id", s.Deployment)
	e.setHeader("X-Litellm-Model-Group", s.Group)
	e.setHeader("X-Litellm-Model-Api-Base", s.APIBase)
	e.setHeader("X-Litellm-Model-Name", s.Model)
	e.setHeader("X-Tribune-Route", headerText(s.Route))
	if s.Attempts > 0 {
		e.setHeader("X-Litellm-Attempted-Retries", strconv.Itoa(s.Attempts-1))
	}
	e.setHeader("X-Litellm-Attempted-Fallbacks", strconv.Itoa(s.Fallbacks))
	if s.CostUSD != nil {
		e.setHeader("X-Litellm-Response-Cost", strconv.FormatFloat(*s.CostUSD, 'f', -1, 64))
	}
	took := e.gateway.Now().Sub(e.began)
	e.setHeader("X-Litellm-Response-Duration-Ms", milliseconds(took))
	if s.Took > 0 {
		e.setHeader("X-Litellm-Overhead-Duration-Ms", milliseconds(max(took-s.Took, 0)))
	}
	e.pass(s.Header)
}

// headerText keeps a text to what every client takes in a header: what is not
// printable ASCII is written as in an address.
func headerText(s string) string {
	s = oneLine(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) {
		return s
	}
	return strings.ReplaceAll(url.PathEscape(s), "%20", " ")
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', -1, 64)
}

// pass copies a provider's headers under names that say that they are its own,
// and its rate limits under their usual names too.
func (e *exchange) pass(from http.Header) {
	to := e.w.Header()
	passed := 0
	for name, values := range from {
		if len(values) == 0 || len(values[0]) > maxPassedValue {
			continue
		}
		prefixed := e.gateway.passed.name(name)
		if prefixed == "" {
			continue
		}
		if passed++; passed > maxPassed {
			return
		}
		to[prefixed] = values[:1:1]
		if strings.HasPrefix(name, "X-Ratelimit-") {
			to[name] = values[:1:1]
		}
	}
}

// passed remembers under which names providers' headers are passed on.
type passed struct {
	mu    sync.RWMutex
	names map[string]string // "": not at all
}

// maxNames bounds what is remembered: providers could make names up.
const maxNames = 500

// name is the name under which a header is passed on; empty: it is not.
func (p *passed) name(from string) string {
	p.mu.RLock()
	to, known := p.names[from]
	p.mu.RUnlock()
	if known {
		return to
	}
	if !private(from) && !idle(from) {
		to = "Llm_provider-" + from
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.names == nil {
		p.names = map[string]string{}
	}
	if len(p.names) < maxNames {
		p.names[from] = to
	}
	return to
}

// private knows the headers that belong to the connection with the provider,
// or to the account that the gateway has there.
func private(name string) bool {
	switch name {
	case "Set-Cookie", "Set-Cookie2", "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Content-Encoding", "Alt-Svc",
		"Authorization", "Www-Authenticate", "Strict-Transport-Security", "Openai-Organization", "Openai-Project",
		"Anthropic-Organization-Id", "Report-To", "Nel", "Location":
		return true
	}
	return strings.HasPrefix(name, "Access-Control-") || strings.HasPrefix(name, "Sec-")
}

// idle knows the headers that say nothing about the answer: of browsers, caches
// and proxies on the way. Each would cost every answer some 50 bytes.
func idle(name string) bool {
	switch name {
	case "Date", "Server", "Content-Type", "Content-Security-Policy", "Vary", "Via", "Age", "Cache-Control", "Pragma", "Expires", "Etag",
		"Last-Modified", "Accept-Ranges", "Link", "Referrer-Policy", "Permissions-Policy", "Server-Timing", "Timing-Allow-Origin",
		"Cross-Origin-Resource-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Cf-Cache-Status",
		"X-Content-Type-Options", "X-Frame-Options", "X-Xss-Protection", "X-Robots-Tag", "X-Powered-By", "X-Cache", "X-Accel-Buffering":
		return true
	}
	return strings.HasPrefix(name, "X-Envoy-")
}
