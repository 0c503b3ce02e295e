package llmtest

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Server is a provider on a free loopback port. It answers OpenAI's protocol at
// /v1/chat/completions, /v1/completions and /v1/embeddings (also without /v1,
// and below the paths that Azure gives its deployments) and Anthropic's at
// /v1/messages.
// Every call takes the next step of the script; the last step is repeated, and
// an empty script echoes.
type Server struct {
	*record

	URL string // "http://127.0.0.1:port", without /v1

	http *httptest.Server
	stop chan struct{}
}

// NewServer starts a server that lives until the test ends.
func NewServer(tb testing.TB, steps ...Step) *Server {
	tb.Helper()
	s := &Server{record: newRecord(steps), stop: make(chan struct{})}
	mux := http.NewServeMux()
	for _, base := range []string{"", "/v1", "/openai/v1", "/openai/deployments/{name}"} {
		for _, path := range []string{"/chat/completions", "/completions", "/embeddings"} {
			mux.Handle("POST "+base+path, s.handler(shapeOf))
		}
	}
	mux.Handle("POST /v1/messages", s.handler(func(Request) shape { return anthropicShape{} }))
	s.http = httptest.NewServer(mux)
	s.URL = s.http.URL
	tb.Cleanup(func() {
		close(s.stop)
		s.http.CloseClientConnections()
		s.http.Close()
	})
	return s
}

// Client returns a client whose idle connections are closed with the server.
func (s *Server) Client() *http.Client { return s.http.Client() }

// maxBody bounds what a test sends.
const maxBody = 64 << 20

func (s *Server) handler(proto func(Request) shape) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return
		}
		req := Request{Path: r.URL.Path, Query: r.URL.Query(), Endpoint: endpointOf(r.URL.Path), Header: r.Header.Clone(), Body: body}
		n, step := s.take(req)
		c := &conversation{
			w: w, left: r.Context().Done(), stop: s.stop, shape: proto(req),
			step: step.resolve(req), id: callID(n), model: req.model(),
		}
		c.stream, c.usage = req.streams()
		whole := false
		defer func() { s.leave(!whole && r.Context().Err() != nil) }()
		whole = c.answer()
	})
}

// conversation is one call being answered.
type conversation struct {
	w             http.ResponseWriter
	left, stop    <-chan struct{}
	shape         shape
	step          Step
	id, model     string
	stream, usage bool
}

// answer tells whether the caller got all of it.
func (c *conversation) answer() bool {
	if !c.step.gate(AtStart).pass(c.left, c.stop) {
		return false
	}
	maps.Copy(c.w.Header(), c.step.Header)
	switch {
	case c.step.Status != 0:
		return c.refuse()
	case c.step.Fault == Silent:
		return c.hang()
	case c.stream:
		return c.streamed()
	}
	return c.whole()
}

func (c *conversation) refuse() bool {
	body := []byte(c.step.Body)
	if len(body) == 0 {
		c.w.Header().Set("Content-Type", "application/json")
		body = mustJSON(c.shape.refusal(c.step))
	}
	c.w.WriteHeader(c.step.Status)
	return c.send(string(body))
}

func (c *conversation) hang() bool {
	select {
	case <-c.left:
	case <-c.stop:
	}
	return false
}

func (c *conversation) whole() bool {
	c.w.Header().Set("Content-Type", "application/json")
	if !c.step.sleep(c.left, c.stop) {
		return false
	}
	for _, p := range slices.Concat(c.step.Pieces, []string{AtFinish}) {
		if !c.step.gate(p).pass(c.left, c.stop) {
			return false
		}
	}
	body := string(mustJSON(c.shape.whole(c.step, c.id, c.model)))
	switch c.step.Fault {
	case Cut:
		c.send(body[:len(body)/2])
		panic(http.ErrAbortHandler)
	case Garbage:
		return c.send("\x00\xff<<< this is not the answer you are looking for >>>")
	case Empty:
		return c.send("{}")
	case ErrorEvent:
		return c.send(string(mustJSON(c.shape.refusal(c.step))))
	case Endless:
		for c.send(strings.Repeat(" ", 1<<10)) {
			continue
		}
		return false
	default:
		return c.send(body)
	}
}

func (c *conversation) streamed() bool {
	c.w.Header().Set("Content-Type", "text/event-stream")
	switch c.step.Fault {
	case Garbage:
		return c.send("data: {\"choices\": [<<<\n\n\x00\xff\n\n")
	case Empty:
		return c.send("{}")
	default:
	}
	pieces := 0
	for _, e := range c.shape.events(c.step, c.id, c.model, c.usage) {
		if (e.piece || e.at == AtFinish) && pieces >= c.step.After && c.broken() {
			return false
		}
		if e.piece && pieces == 0 && !c.step.sleep(c.left, c.stop) {
			return false
		}
		if e.piece {
			pieces++
		}
		if !c.step.gate(e.at).pass(c.left, c.stop) || !c.send(sse(e)) {
			return false
		}
	}
	return c.send(c.shape.closing())
}

// broken does the step's fault in the middle of a stream, if it has one.
func (c *conversation) broken() bool {
	switch c.step.Fault {
	case Cut:
		panic(http.ErrAbortHandler)
	case ErrorEvent:
		c.send(sse(event{name: "error", data: c.shape.refusal(c.step)}))
		return true
	case Endless:
		for c.send(sse(c.shape.endless(c.id, c.model))) {
			continue
		}
		return true
	default:
		return false
	}
}

func sse(e event) string {
	data := "data: " + string(mustJSON(e.data)) + "\n\n"
	if e.name == "" {
		return data
	}
	return "event: " + e.name + "\n" + data
}

// send writes and flushes; false when the caller is gone.
func (c *conversation) send(text string) bool {
	select {
	case <-c.left:
		return false
	case <-c.stop:
		return false
	default:
	}
	if _, err := io.WriteString(c.w, text); err != nil {
		return false
	}
	return http.NewResponseController(c.w).Flush() == nil
}
