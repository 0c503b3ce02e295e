package localslack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody caps every request body (1 MiB: 25 times the longest text).
const maxBody = 1 << 20

// reply is a method's answer; "ok" is added.
type reply map[string]any

// method does one Web API method. It is called with Server.mu held; an error
// of type apiError becomes Slack's "error" field.
type method func(form url.Values) (reply, error)

// apiError is an error under Slack's own name.
type apiError string

func (e apiError) Error() string { return string(e) }

func (s *Server) table() map[string]method {
	return map[string]method{
		"auth.test":                   s.authTest,
		"apps.connections.open":       s.connectionsOpen,
		"chat.postMessage":            s.postMessage,
		"chat.postEphemeral":          s.postEphemeral,
		"chat.update":                 s.updateMessage,
		"chat.delete":                 s.deleteMessage,
		"conversations.replies":       s.replies,
		"conversations.history":       s.history,
		"conversations.info":          s.channelInfo,
		"conversations.list":          s.listChannels,
		"users.conversations":         s.listChannels,
		"users.info":                  s.userInfo,
		"reactions.add":               s.addReaction,
		"reactions.remove":            s.removeReaction,
		"assistant.threads.setStatus": s.setStatus,
	}
}

// Fault makes calls fail. The zero value of a field means "not this".
type Fault struct {
	Method     string // empty: any method that opens or writes a message
	Times      int    // how many calls it strikes; 0: one; negative: all
	Status     int    // HTTP status, without effect
	RetryAfter time.Duration
	Error      string // Slack's error name, without effect
	Lost       bool   // the effect happens, but the connection breaks before the answer
}

// Fail adds a fault. Faults strike in the order in which they were added.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, f)
}

// Heal takes all faults away.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault is called with mu held.
func (s *Server) takeFault(name string) (Fault, bool) {
	for i := range s.faults {
		f := &s.faults[i]
		if f.Method != name && (f.Method != "" || !writes(name)) {
			continue
		}
		struck := *f
		if f.Times--; f.Times == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return struck, true
	}
	return Fault{}, false
}

// writes tells whether a method (or "response_url") shows a message.
func writes(name string) bool {
	return name == "chat.postMessage" || name == "chat.update" || name == responseMethod
}

func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	form, err := readForm(w, r)
	if err != nil {
		http.Error(w, "cannot read the request", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.calls[name]++
	if err := s.authorised(name, r, form); err != nil {
		s.mu.Unlock()
		answer(w, nil, err)
		return
	}
	fault, struck := s.takeFault(name)
	if struck && !fault.Lost {
		s.mu.Unlock()
		fault.write(w)
		return
	}
	if after := s.limited(name, form.Get("channel")); after > 0 {
		s.mu.Unlock()
		Fault{Status: http.StatusTooManyRequests, RetryAfter: after}.write(w)
		return
	}
	out, err := s.do(name, form)
	s.mu.Unlock()
	if fault.Lost {
		panic(http.ErrAbortHandler) // the documented way to break the connection
	}
	if s.o.Scopes != nil {
		w.Header().Set("X-OAuth-Scopes", strings.Join(s.o.Scopes, ","))
	}
	answer(w, out, err)
}

func (s *Server) do(name string, form url.Values) (reply, error) {
	do, ok := s.methods[name]
	if !ok {
		return nil, apiError("unknown_method")
	}
	return do(form)
}

func (f Fault) write(w http.ResponseWriter) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
		if f.Status == 0 {
			f.Status = http.StatusTooManyRequests
		}
	}
	if f.Status != 0 {
		http.Error(w, http.StatusText(f.Status), f.Status)
		return
	}
	answer(w, nil, apiError(f.Error))
}

func answer(w http.ResponseWriter, out reply, err error) {
	body := reply{"ok": true}
	maps.Copy(body, out)
	if err != nil {
		body = reply{"ok": false, "error": err.Error()}
		if err.Error() == "missing_scope" {
			body["needed"], body["provided"] = "the one that is missing", "app_mentions:read,chat:write"
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	//nolint:errcheck,errchkjson // the caller went away: nothing is left to tell it
	json.NewEncoder(w).Encode(body)
}

// readForm reads a form or a flat JSON object, both of which Slack takes.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := r.ParseForm(); err != nil {
			return nil, fmt.Errorf("form: %w", err)
		}
		return r.Form, nil
	}
	var fields map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("json: %w", err)
	}
	form := url.Values{}
	for k, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		form.Set(k, text)
	}
	return form, nil
}

func (s *Server) authorised(name string, r *http.Request, form url.Values) error {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = form.Get("token")
	}
	want, other := s.o.BotToken, s.o.AppToken
	if name == "apps.connections.open" {
		want, other = other, want
	}
	switch token {
	case want:
		return nil
	case "":
		return apiError("not_authed")
	case other:
		return apiError("not_allowed_token_type")
	default:
		return apiError("invalid_auth")
	}
}

// bucket is a token bucket: how many calls are left, and since when.
type bucket struct {
	left float64
	at   time.Time
}

// limited returns how long chat.postMessage must wait in this channel.
func (s *Server) limited(name, channel string) time.Duration {
	if name != "chat.postMessage" || s.o.PostEvery <= 0 {
		return 0
	}
	now := s.o.Now()
	b, ok := s.posted[channel]
	if !ok {
		b = bucket{left: float64(s.o.PostBurst), at: now}
	}
	b.left = min(float64(s.o.PostBurst), b.left+float64(now.Sub(b.at))/float64(s.o.PostEvery))
	b.at = now
	if b.left < 1 {
		s.posted[channel] = b
		return time.Duration((1 - b.left) * float64(s.o.PostEvery))
	}
	b.left--
	s.posted[channel] = b
	return 0
}

func (s *Server) authTest(url.Values) (reply, error) {
	return reply{
		"url": s.base, "team": "Local", "user": s.state.users[BotUser].Name,
		"team_id": Team, "user_id": BotUser, "bot_id": BotID,
	}, nil
}
