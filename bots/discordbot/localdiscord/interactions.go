package localdiscord

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Lifetimes of an interaction (interactions/receiving-and-responding).
const (
	firstAnswer = 3 * time.Second
	tokenLife   = 15 * time.Minute
)

// Ask is a command that somebody gives.
type Ask struct {
	Channel string
	User    string
	Command string            // the command's name
	Options map[string]string // string options by name
	Locale  string            // the person's language, "en-US" when empty
}

// Interaction is a command that was given, and what became of it.
type Interaction struct {
	Ask

	ID    string
	Token string
	At    time.Time
	// Reply is the id of the message that answers; empty until there is one.
	Reply   string
	payload []byte
}

// Ask gives a command and delivers it to the application.
func (s *Server) Ask(a Ask) Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.Locale == "" {
		a.Locale = "en-US"
	}
	i := &Interaction{Ask: a, ID: s.snowflake(), Token: "interaction-" + rand.Text(), At: s.o.Now()}
	payload, err := json.Marshal(s.payload(i))
	if err != nil {
		panic("localdiscord: an interaction that JSON cannot hold: " + err.Error())
	}
	i.payload = payload
	s.asked[i.ID], s.lastAsk = i, i
	s.deliver(i)
	s.touch()
	return *i
}

// Again delivers the last interaction once more.
func (s *Server) Again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lastAsk != nil {
		s.deliver(s.lastAsk)
	}
}

func (s *Server) payload(i *Interaction) map[string]any {
	c := s.channels[i.Channel]
	options := make([]map[string]any, 0, len(i.Options))
	for name, value := range i.Options {
		options = append(options, map[string]any{"name": name, "type": 3, "value": value})
	}
	p := map[string]any{
		"id": i.ID, "application_id": s.app, "type": 2, "token": i.Token, "version": 1, "locale": i.Locale,
		"channel_id": c.ID, "channel": *c, "entitlements": []any{},
		"data": map[string]any{"id": s.app, "name": i.Command, "type": 1, "options": options},
	}
	if c.GuildID == "" {
		p["user"], p["context"], p["app_permissions"] = s.users[i.User], 1, "0"
		return p
	}
	p["guild_id"], p["context"], p["guild_locale"] = c.GuildID, 0, "en-US"
	p["member"] = Member{User: s.users[i.User], Roles: []string{}}
	have := int64(0)
	for bit := range 50 {
		if need := int64(1) << bit; s.may(c, need) {
			have |= need
		}
	}
	p["app_permissions"] = strconv.FormatInt(have, 10)
	return p
}

// deliver hands an interaction over, by HTTP where an address is known.
func (s *Server) deliver(i *Interaction) {
	if s.o.InteractionURL == "" {
		s.dispatch("INTERACTION_CREATE", 0, json.RawMessage(i.payload))
		return
	}
	id, payload, url := i.ID, i.payload, s.o.InteractionURL
	s.running.Go(func() {
		answer, err := s.post(url, payload)
		if err != nil {
			return // Discord shows "the application did not respond"
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = s.respond(s.asked[id], answer)
	})
}

// SetInteractionURL changes where interactions go; empty means the gateway.
func (s *Server) SetInteractionURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.InteractionURL = url
}

// Sign signs a request body as Discord does: Ed25519 over timestamp and body.
func (s *Server) Sign(timestamp string, body []byte) string {
	return hex.EncodeToString(ed25519.Sign(s.key, append([]byte(timestamp), body...)))
}

// post sends a signed request and returns the answer's body.
func (s *Server) post(url string, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), firstAnswer)
	defer cancel()
	s.running.Go(func() {
		select {
		case <-s.done:
			cancel()
		case <-ctx.Done():
		}
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	stamp := strconv.FormatInt(s.o.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Signature-Timestamp", stamp)
	req.Header.Set("X-Signature-Ed25519", s.Sign(stamp, payload))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, refuse(resp.StatusCode, 0, resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxBody))
}

func (s *Server) callback(r *http.Request) (any, *apiError) {
	i := s.asked[r.PathValue("interaction")]
	if i == nil || i.Token != r.PathValue("token") {
		return nil, refuse(http.StatusNotFound, 10062, "Unknown interaction")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, invalidForm("body", err.Error())
	}
	return nil, s.respond(i, body)
}

// respond is the first answer to an interaction: a message (4) or the promise of
// one (5). There is one per interaction, within three seconds.
func (s *Server) respond(i *Interaction, body []byte) *apiError {
	var in struct {
		Type int   `json:"type"`
		Data draft `json:"data"`
	}
	switch {
	case json.Unmarshal(body, &in) != nil:
		return invalidForm("body", "not JSON")
	case i.Reply != "":
		return refuse(http.StatusBadRequest, 40060, "Interaction has already been acknowledged.")
	case s.o.Now().Sub(i.At) > firstAnswer:
		return refuse(http.StatusNotFound, 10062, "Unknown interaction")
	case in.Type != 4 && in.Type != 5:
		return invalidForm("type", "Value must be one of {4, 5}.")
	}
	m := s.reply(i, in.Data.Flags&FlagEphemeral)
	if in.Type == 5 {
		m.Flags |= FlagLoading
	} else if refusal := s.fill(m, in.Data); refusal != nil {
		return refusal
	}
	i.Reply = m.ID
	s.keep(m)
	return nil
}

func (s *Server) fill(m *Message, d draft) *apiError {
	if refusal := d.check(); refusal != nil {
		return refusal
	}
	if d.Content == nil || *d.Content == "" {
		return refuse(http.StatusBadRequest, 50006, "Cannot send an empty message")
	}
	m.Content = *d.Content
	m.Flags |= d.Flags & FlagSuppressEmbeds
	s.mention(m, onlyUsers(d.Allowed))
	return nil
}

// reply is a message of an interaction, still empty.
func (s *Server) reply(i *Interaction, flags int) *Message {
	m := s.blank(s.channels[i.Channel], &s.me)
	m.Type, m.Flags, m.ApplicationID, m.WebhookID = typeChatCommand, flags, s.app, s.app
	m.Interaction = &Metadata{ID: i.ID, Type: 2, User: s.users[i.User]}
	return m
}

// holder finds the interaction that a webhook path's token belongs to.
func (s *Server) holder(r *http.Request) (*Interaction, *apiError) {
	for _, i := range s.asked {
		if i.Token != r.PathValue("token") || r.PathValue("app") != s.app {
			continue
		}
		switch {
		case s.o.Now().Sub(i.At) > tokenLife:
			return nil, refuse(http.StatusUnauthorized, 50027, "Invalid Webhook Token")
		case i.Reply == "":
			return nil, unknownWebhook()
		}
		return i, nil
	}
	return nil, unknownWebhook()
}

func (s *Server) replied(r *http.Request) (*Interaction, *Message, *apiError) {
	i, refusal := s.holder(r)
	if refusal != nil {
		return nil, nil, refusal
	}
	id := r.PathValue("message")
	if id == "@original" {
		id = i.Reply
	}
	m := s.find(i.Channel, id)
	if m == nil || m.Interaction == nil || m.Interaction.ID != i.ID {
		return nil, nil, unknownMessage()
	}
	return i, m, nil
}

func (s *Server) getReply(r *http.Request) (any, *apiError) {
	_, m, refusal := s.replied(r)
	if refusal != nil {
		return nil, refusal
	}
	return s.export(m), nil
}

func (s *Server) editReply(r *http.Request) (any, *apiError) {
	_, m, refusal := s.replied(r)
	if refusal != nil {
		return nil, refusal
	}
	d, refusal := decodeDraft(r)
	if refusal != nil {
		return nil, refusal
	}
	return s.change(m, d, onlyUsers(d.Allowed))
}

func (s *Server) deleteReply(r *http.Request) (any, *apiError) {
	i, m, refusal := s.replied(r)
	if refusal != nil {
		return nil, refusal
	}
	s.remove(i.Channel, m.ID)
	return nil, nil
}

// followUp adds a message to an interaction; the first one after a deferred
// answer takes the place of the promise instead.
func (s *Server) followUp(r *http.Request) (any, *apiError) {
	i, refusal := s.holder(r)
	if refusal != nil {
		return nil, refusal
	}
	d, refusal := decodeDraft(r)
	if refusal != nil {
		return nil, refusal
	}
	if first := s.find(i.Channel, i.Reply); first != nil && first.Flags&FlagLoading != 0 {
		return s.change(first, d, onlyUsers(d.Allowed))
	}
	m := s.reply(i, d.Flags&FlagEphemeral)
	m.Type, m.Reference = typeReply, &Reference{MessageID: i.Reply, ChannelID: i.Channel}
	if refusal := s.fill(m, d); refusal != nil {
		return nil, refusal
	}
	s.keep(m)
	return s.export(m), nil
}
