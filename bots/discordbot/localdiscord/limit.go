package localdiscord

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// bucket counts the calls of one route in one window.
type bucket struct {
	left  int
	reset time.Time
}

// window is how long a bucket of this server lasts.
const window = 5 * time.Second

// Fault is a way in which calls go wrong.
type Fault struct {
	Call   *regexp.Regexp // matched against "METHOD /path", without /api and the version; nil: any call
	Status int            // the answer; 0: the connection is cut instead
	Effect bool           // the call takes effect first
	After  time.Duration  // for 429: when to come again
	Global bool           // for 429: the limit of all routes
	Code   int            // Discord's own code
	Times  int            // how many calls; 0 is one
}

// Fail makes the next calls that match go wrong.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Times = max(f.Times, 1)
	s.faults = append(s.faults, &f)
}

func (s *Server) fault(method, path string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times > 0 && (f.Call == nil || f.Call.MatchString(method+" "+path)) {
			f.Times--
			return f
		}
	}
	return nil
}

// maxBody is Discord's limit of a request without files, far above what is sent here.
const maxBody = 8 << 20

// middle is what every call goes through: scripted faults, then the rate limit,
// then the route itself; and everything is written down.
func (s *Server) middle(w http.ResponseWriter, r *http.Request, api http.Handler) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, refuse(http.StatusRequestEntityTooLarge, 40005, "Request entity too large"))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call := Call{Method: r.Method, Path: r.URL.Path, Body: string(body), At: s.o.Now()}
	answer := httptest.NewRecorder()
	f := s.fault(r.Method, r.URL.Path)
	if f == nil || f.Effect {
		s.limited(answer, r, api)
	}
	if f != nil {
		if f.Status == 0 {
			s.record(call)
			hangUp(w)
			return
		}
		answer = f.answer()
	}
	call.Status = answer.Code
	s.record(call)
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func hangUp(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			_ = c.Close()
		}
	}
}

// answer is what the scripted fault says.
func (f *Fault) answer() *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	if f.Status == http.StatusTooManyRequests {
		tooMany(w, f.After, f.Global)
		return w
	}
	writeError(w, refuse(f.Status, f.Code, strconv.Itoa(f.Status)+": "+http.StatusText(f.Status)))
	return w
}

// tooMany writes a 429 (topics/rate-limits, "Exceeding a Rate Limit").
func tooMany(w http.ResponseWriter, after time.Duration, global bool) {
	seconds := strconv.FormatFloat(after.Seconds(), 'f', 3, 64)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Retry-After", strconv.Itoa(int(after.Seconds()+0.999)))
	h.Set("X-RateLimit-Scope", "user")
	if global {
		h.Set("X-RateLimit-Global", "true")
		h.Set("X-RateLimit-Scope", "global")
	}
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = fmt.Fprintf(w, `{"message":"You are being rate limited.","retry_after":%s,"global":%t}`, seconds, global)
}

// limited lets a call through if its bucket has room.
func (s *Server) limited(w http.ResponseWriter, r *http.Request, api http.Handler) {
	key, limit := s.route(r)
	if limit == 0 {
		api.ServeHTTP(w, r)
		return
	}
	left, after := s.take(key, limit)
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(left, 0)))
	h.Set("X-RateLimit-Reset-After", strconv.FormatFloat(after.Seconds(), 'f', 3, 64))
	h.Set("X-RateLimit-Bucket", strings.NewReplacer("/", "-", " ", "-").Replace(key))
	if left < 0 {
		tooMany(w, after, false)
		return
	}
	api.ServeHTTP(w, r)
}

// route names a call's bucket, per channel or per interaction token. Routes of
// no interest here have none.
func (s *Server) route(r *http.Request) (key string, limit int) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	message := len(parts) >= 3 && parts[0] == "channels" && parts[2] == "messages"
	reply := len(parts) >= 3 && parts[0] == "webhooks"
	switch {
	case message && r.Method == http.MethodPost && len(parts) == 3, message && r.Method == http.MethodPatch:
		return r.Method + " channel " + parts[1], s.o.MessageLimit
	case reply && r.Method != http.MethodGet:
		return "webhook " + parts[2], s.o.MessageLimit
	default:
		return "", 0
	}
}

// take counts one call against a bucket; left is negative when it was full.
func (s *Server) take(key string, limit int) (left int, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now() // clients wait by the real clock, whatever the server's says
	b := s.buckets[key]
	if b == nil || !now.Before(b.reset) {
		b = &bucket{left: limit, reset: now.Add(window)}
		s.buckets[key] = b
	}
	if b.left == 0 {
		return -1, b.reset.Sub(now)
	}
	b.left--
	return b.left, b.reset.Sub(now)
}
