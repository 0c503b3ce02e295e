package localslack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAttempts is how many attempts are remembered for Attempts.
const maxAttempts = 10_000

// The kinds of envelope, as Socket Mode names them.
const (
	eventsAPI     = "events_api"
	slashCommands = "slash_commands"
)

// noRetry is the failure of a delivery that the app wants no repeat of.
const noRetry = "no_retry"

// delivery is one thing that the app has to be told.
type delivery struct {
	envelope string
	kind     string
	payload  json.RawMessage
	form     url.Values // a command's form over HTTP
	acked    chan json.RawMessage
	onAck    func(payload json.RawMessage)
}

// Attempt is one try to deliver something.
type Attempt struct {
	Envelope string
	Kind     string
	Number   int    // 0: the first
	Failure  string // empty: acknowledged
}

// Attempts lists all finished attempts, in the order in which they ended.
func (s *Server) Attempts() []Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.attempts)
}

// send starts a delivery. It is called without mu.
func (s *Server) send(d *delivery) {
	d.acked = make(chan json.RawMessage, 1)
	s.mu.Lock()
	s.serial++
	d.envelope = fmt.Sprintf("envelope-%d", s.serial)
	s.pending[d.envelope] = d
	s.mu.Unlock()
	s.background(func(ctx context.Context) {
		s.try(ctx, d)
		s.mu.Lock()
		delete(s.pending, d.envelope)
		s.mu.Unlock()
	})
}

// try delivers d until it is acknowledged or the retries are used up.
func (s *Server) try(ctx context.Context, d *delivery) {
	failure := ""
	for number := 0; ; number++ {
		if failure = s.attempt(ctx, d, number, failure); failure == "" || number >= len(s.o.Retries) {
			return
		}
		if failure == noRetry || d.kind == slashCommands && s.request() != "" { // people repeat commands, Slack does not
			return
		}
		if !wait(ctx, s.o.Retries[number]) {
			return
		}
	}
}

func (s *Server) request() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requestURL
}

// attempt returns what went wrong, in Slack's words for a retry's reason.
func (s *Server) attempt(ctx context.Context, d *delivery, number int, reason string) string {
	ctx, cancel := context.WithTimeout(ctx, s.o.AckWait)
	defer cancel()
	var failure string
	if address := s.request(); address != "" {
		failure = s.post(ctx, address, d, number, reason)
	} else {
		failure = s.emit(ctx, d, number, reason)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.attempts) < maxAttempts {
		s.attempts = append(s.attempts, Attempt{Envelope: d.envelope, Kind: d.kind, Number: number, Failure: failure})
	}
	return failure
}

// post delivers over HTTP.
func (s *Server) post(ctx context.Context, address string, d *delivery, number int, reason string) string {
	path, kind, body := "/slack/events", "application/json", []byte(d.payload)
	if d.kind == slashCommands {
		path, kind, body = "/slack/commands", "application/x-www-form-urlencoded", []byte(d.form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(address, "/")+path, bytes.NewReader(body))
	if err != nil {
		return "connection_failed"
	}
	s.Sign(req.Header, body, s.o.Now())
	req.Header.Set("Content-Type", kind)
	if number > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(number))
		req.Header.Set("X-Slack-Retry-Reason", reason)
	}
	resp, err := s.client.Do(req)
	if ctx.Err() != nil {
		return "http_timeout"
	}
	if err != nil {
		return "connection_failed"
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		if resp.Header.Get("X-Slack-No-Retry") == "1" {
			return noRetry
		}
		return "http_error"
	}
	// An answer that is too long to read counts as no payload.
	payload, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err == nil && d.onAck != nil {
		d.onAck(payload)
	}
	return ""
}

// Sign sets the headers that prove a request to be ours: v0 is an HMAC-SHA256
// of "v0:timestamp:body" (docs.slack.dev, verifying requests from Slack).
func (s *Server) Sign(header http.Header, body []byte, at time.Time) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(s.o.SigningSecret))
	mac.Write([]byte("v0:" + timestamp + ":"))
	mac.Write(body)
	header.Set("X-Slack-Request-Timestamp", timestamp)
	header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

// Redeliver sends what the last thing said caused once more, under new
// envelopes, the way Slack does after an acknowledgement was lost.
func (s *Server) Redeliver() {
	s.mu.Lock()
	again := slices.Clone(s.last)
	s.mu.Unlock()
	for _, d := range again {
		s.send(&delivery{kind: d.kind, payload: d.payload, form: d.form, onAck: d.onAck})
	}
}
