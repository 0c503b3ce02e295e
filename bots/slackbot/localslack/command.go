package localslack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A response URL works 5 times within 30 minutes (docs.slack.dev, handling
// user interaction, "Message responses").
const (
	responseUses   = 5
	responseLife   = 30 * time.Minute
	responseMethod = "response_url" // its name in Fault.Method and Calls
)

// responseURL answers one command, also where the bot is no member.
type responseURL struct {
	channel, user string
	uses          int
	until         time.Time
}

// Command is a slash command that somebody gives.
type Command struct {
	Channel, User, Name, Text string
}

// Give delivers a command and returns its trigger id.
func (s *Server) Give(c Command) (string, error) {
	s.mu.Lock()
	channel, user := s.state.channels[c.Channel], s.state.users[c.User]
	if channel == nil || user.ID == "" {
		s.mu.Unlock()
		return "", ErrUnknown
	}
	s.serial++
	id := strconv.Itoa(s.serial)
	s.responses[id] = &responseURL{channel: c.Channel, user: c.User, until: s.o.Now().Add(responseLife)}
	fields := map[string]string{
		"token": "unused", "team_id": Team, "team_domain": "local", "api_app_id": App,
		"channel_id": channel.ID, "channel_name": channel.Name, "user_id": user.ID, "user_name": user.Name,
		"command": c.Name, "text": c.Text, "response_url": s.base + "/commands/" + id,
		"trigger_id": fmt.Sprintf("%d.%s.0123456789abcdef", s.o.Now().UnixMilli(), id), "is_enterprise_install": "false",
	}
	payload, err := json.Marshal(fields)
	if err != nil {
		s.mu.Unlock()
		return "", fmt.Errorf("command: %w", err)
	}
	form := url.Values{}
	for k, v := range fields {
		form.Set(k, v)
	}
	d := &delivery{kind: slashCommands, payload: payload, form: form, onAck: s.acknowledged(c)}
	s.last = []*delivery{d}
	s.mu.Unlock()
	s.send(d)
	return fields["trigger_id"], nil
}

// acknowledged shows what an acknowledgement's payload says, to the person who
// gave the command.
func (s *Server) acknowledged(c Command) func(payload json.RawMessage) {
	return func(payload json.RawMessage) {
		if len(payload) == 0 || string(payload) == "null" {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.show(&responseURL{channel: c.Channel, user: c.User}, payload); err != nil {
			s.o.Log.Warn("a command's answer cannot be shown", "error", err)
		}
	}
}

// respond is a response URL. Errors are words with a status, as at Slack.
func (s *Server) respond(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.calls[responseMethod]++
	fault, struck := s.takeFault(responseMethod)
	if struck && !fault.Lost {
		s.mu.Unlock()
		fault.write(w)
		return
	}
	err = s.use(r.PathValue("id"), body)
	s.mu.Unlock()
	if fault.Lost {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		status := http.StatusBadRequest
		if errors.Is(err, ErrUnknown) || errors.Is(err, apiError("expired_url")) || errors.Is(err, apiError("used_url")) {
			status = http.StatusNotFound
		}
		http.Error(w, err.Error(), status)
		return
	}
	w.Write([]byte("ok"))
}

func (s *Server) use(id string, body []byte) error {
	u := s.responses[id]
	switch {
	case u == nil:
		return ErrUnknown
	case s.o.Now().After(u.until):
		return apiError("expired_url")
	case u.uses >= responseUses:
		return apiError("used_url")
	}
	if err := s.show(u, body); err != nil {
		return err
	}
	u.uses++
	return nil
}

// show adds the message of a payload. A command's own answers are never
// replaced by replace_original: there is no original message, and Slack shows
// one more (slackapi/bolt-python issue 1268, slackapi/bolt-js issue 2287).
func (s *Server) show(u *responseURL, body []byte) error {
	var payload struct {
		Text         string          `json:"text"`
		Blocks       json.RawMessage `json:"blocks"`
		ResponseType string          `json:"response_type"`
	}
	if json.Unmarshal(body, &payload) != nil {
		return apiError("invalid_payload")
	}
	form := url.Values{"text": {payload.Text}}
	if len(payload.Blocks) > 0 && string(payload.Blocks) != "null" {
		form.Set("blocks", string(payload.Blocks))
	}
	m := &Message{Channel: u.channel, User: BotUser, BotID: BotID, Only: u.user}
	if payload.ResponseType == "in_channel" {
		m.Only = ""
	}
	if err := s.fill(m, form, maxText); err != nil {
		return err
	}
	m.TS = s.state.stamp(s.o.Now())
	s.state.add(m)
	return nil
}
