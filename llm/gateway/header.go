package gateway

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
		if len(values) == 0 || len(values[0]) > maxPassedValue || private(name) {
			continue
		}
		if passed++; passed > maxPassed {
			return
		}
		to["Llm_provider-"+name] = values[:1]
		if strings.HasPrefix(name, "X-Ratelimit-") {
			to[name] = values[:1]
		}
	}
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
