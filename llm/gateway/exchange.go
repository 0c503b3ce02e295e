package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// exchange is one request and its answer.
type exchange struct {
	gateway *Gateway
	w       http.ResponseWriter
	r       *http.Request
	began   time.Time
	id      string
	path    string // of the route
	shape   shape
	caller  caller
	model   string // as it was asked for, once it is known to exist
	asked   bool   // a model was asked: what goes wrong now is reported by it
	sent    bool   // the status is out
	room    int64  // taken of the gateway's, for a large body

	values [24]string // of headers: in one piece with the rest
	used   int        // of values
}

// newID is a random UUID (version 4): what LiteLLM's clients expect of a call's id.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // it never fails: it ends the program rather
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// setHeader sets a header whose name is in canonical form already; nothing for
// an empty value.
func (e *exchange) setHeader(canonical, value string) {
	if value != "" {
		e.w.Header()[canonical] = e.alone(value)
	}
}

// alone is a list of one value.
func (e *exchange) alone(value string) []string {
	if e.used == len(e.values) {
		return []string{value}
	}
	e.values[e.used] = value
	e.used++
	return e.values[e.used-1 : e.used : e.used]
}

func (e *exchange) context() context.Context { return e.r.Context() }

// fail answers with an error. A client that is gone gets one too: whether it
// is gone or this process is being stopped looks the same from here, and no
// answer at all would be an empty one with status 200.
func (e *exchange) fail(ctx context.Context, err error) {
	e.refuse(ctx, e.gateway.problem(ctx, e.id, err))
}

// refuse answers with a problem.
func (e *exchange) refuse(ctx context.Context, p *problem) {
	if p.after > 0 {
		e.setHeader("Retry-After", strconv.FormatInt(int64(math.Ceil(p.after.Seconds())), 10))
	}
	status, body := e.shape.problem(p)
	e.write(status, body)
	if !e.asked && e.gateway.Refused != nil {
		e.gateway.Refused(ctx, Refusal{
			Path: e.path, Model: e.model, Status: status, Type: p.kind, Code: p.code, Class: classOf(status),
			Key: e.caller.key.Alias, KeyHash: e.caller.key.Hash,
		})
	}
}

// write answers with a JSON body. Its length is told, so that it goes out with
// the headers and in no chunks.
func (e *exchange) write(status int, body []byte) {
	e.setHeader("Content-Type", "application/json")
	e.setHeader("Content-Length", strconv.Itoa(len(body)))
	e.sent = true
	e.w.WriteHeader(status)
	e.w.Write(body)
}

// recover turns a panic into status 500. What was panicked with is logged only
// where it is the runtime's own: anything else may hold a question's text.
func (e *exchange) recover(ctx context.Context) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	what := fmt.Sprintf("%T", v)
	if err, ok := v.(runtime.Error); ok {
		what = err.Error()
	}
	e.gateway.Log.ErrorContext(ctx, "a request made the gateway panic",
		"call_id", e.id, "panic", what, "stack", string(debug.Stack()))
	if e.sent {
		panic(http.ErrAbortHandler) // a cut answer must not look whole
	}
	e.refuse(ctx, internal(e.id))
}
