package slackbot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

const (
	// maxBody caps a delivery (4 MiB; Slack's own are far smaller).
	maxBody = 4 << 20
	// maxAge is how far a delivery's clock may be from ours, either way
	// (docs.slack.dev, verifying requests from Slack).
	maxAge = 5 * time.Minute
)

// errUnsigned is all that a caller learns about a bad signature.
var errUnsigned = errors.New("not signed by Slack")

// Routes implements bots.Router. Without a signing secret there are none.
func (b *Bot) Routes(in bots.Inbox) map[string]http.Handler {
	if b.o.SigningSecret == "" {
		return nil
	}
	return map[string]http.Handler{
		"POST /slack/events":   b.signed(func(w http.ResponseWriter, r *http.Request, body []byte) { b.serveEvent(w, r, in, body) }),
		"POST /slack/commands": b.signed(func(w http.ResponseWriter, r *http.Request, body []byte) { b.serveCommand(w, r, in, body) }),
		// Buttons and menus: none are posted yet, so that there is nothing to do.
		"POST /slack/interactions": b.signed(func(http.ResponseWriter, *http.Request, []byte) {}),
	}
}

// signed lets only Slack through, and bounds body and time.
func (b *Bot) signed(next func(w http.ResponseWriter, r *http.Request, body []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "the body is too long or was cut off", http.StatusRequestEntityTooLarge)
			return
		}
		if err := verify(r.Header, body, b.o.SigningSecret, b.o.Now()); err != nil {
			b.o.Log.WarnContext(r.Context(), "a call that Slack did not sign was refused", "path", r.URL.Path)
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		ctx, cancel := context.WithTimeoutCause(r.Context(), b.o.HearWait, fmt.Errorf("the question was not kept within %s", b.o.HearWait))
		defer cancel()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next(w, r.WithContext(ctx), body)
	})
}

// verify checks Slack's signature v0 over the raw body. It is not slack-go's
// verifier, because that reads the wall clock and takes the first of two
// contradicting headers.
func verify(header http.Header, body []byte, secret string, now time.Time) error {
	timestamps, signatures := header.Values("X-Slack-Request-Timestamp"), header.Values("X-Slack-Signature")
	if len(timestamps) != 1 || len(signatures) != 1 {
		return errUnsigned
	}
	seconds, err := strconv.ParseInt(timestamps[0], 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > maxAge {
		return errUnsigned
	}
	given, found := strings.CutPrefix(signatures[0], "v0=")
	signature, err := hex.DecodeString(given)
	if !found || err != nil {
		return errUnsigned
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + timestamps[0] + ":"))
	mac.Write(body)
	if !hmac.Equal(signature, mac.Sum(nil)) {
		return errUnsigned
	}
	return nil
}

// serveEvent answers 200 only when the event needs no further delivery, and
// 503 where it does: Slack sends it again at once, after one minute and after
// five. A retry (X-Slack-Retry-Num) is an event like any other: its ID tells
// the queue what it is.
func (b *Bot) serveEvent(w http.ResponseWriter, r *http.Request, in bots.Inbox, body []byte) {
	c, err := parseCallback(body)
	if err != nil {
		http.Error(w, "cannot be read", http.StatusBadRequest)
		return
	}
	switch c.Type {
	case "url_verification":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte(c.Challenge))
	case "app_rate_limited":
		b.o.Log.WarnContext(r.Context(), "slack holds events back: the app gets more than 30,000 an hour")
	case "event_callback":
		me, err := b.self(r.Context())
		if err == nil {
			err = b.takeEvent(r.Context(), in, me, body)
		}
		if err != nil {
			http.Error(w, "not kept: send it again", http.StatusServiceUnavailable)
		}
	}
}

func (b *Bot) serveCommand(w http.ResponseWriter, r *http.Request, in bots.Inbox, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, "cannot be read", http.StatusBadRequest)
		return
	}
	if form.Get("ssl_check") == "1" {
		return
	}
	var answer any
	me, err := b.self(r.Context())
	if err == nil {
		answer, err = b.takeCommand(r.Context(), in, me, commandOf(form))
	}
	if err != nil {
		http.Error(w, "not kept: try again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		b.o.Log.WarnContext(r.Context(), "a command's acknowledgement was not sent", "error", err)
	}
}

func commandOf(form url.Values) slack.SlashCommand {
	return slack.SlashCommand{
		TeamID: form.Get("team_id"), ChannelID: form.Get("channel_id"), ChannelName: form.Get("channel_name"),
		UserID: form.Get("user_id"), Command: form.Get("command"), Text: form.Get("text"),
		ResponseURL: form.Get("response_url"), TriggerID: form.Get("trigger_id"),
	}
}
