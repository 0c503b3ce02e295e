package slackbot

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/tribunebot/tribune/bots"
)

// slackbotUser is Slack's own bot, whose messages carry no bot_id.
const slackbotUser = "USLACKBOT"

// callback is an event as Slack delivers it, with only the fields that decide
// something here. slack-go's own types read everything, blocks and files too,
// and fail as a whole when one of these has a new form: a question would be lost
// for a field that nobody asked for.
type callback struct {
	Type           string `json:"type"`
	Challenge      string `json:"challenge"`
	TeamID         string `json:"team_id"`
	IsShared       bool   `json:"is_ext_shared_channel"`
	Authorizations []struct {
		TeamID string `json:"team_id"`
	} `json:"authorizations"`
	Event message `json:"event"`
}

// message is an app_mention, a message or a reaction event.
type message struct {
	Type        string          `json:"type"`
	SubType     string          `json:"subtype"`
	User        string          `json:"user"`
	BotID       string          `json:"bot_id"`
	Text        string          `json:"text"`
	TS          string          `json:"ts"`
	Thread      string          `json:"thread_ts"`
	Channel     string          `json:"channel"`
	ChannelType string          `json:"channel_type"`
	Edited      json.RawMessage `json:"edited"`

	// Of a reaction alone.
	Reaction string `json:"reaction"`
	EventTS  string `json:"event_ts"`
	Item     struct {
		Type    string `json:"type"`
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	} `json:"item"`
}

// question makes a question of an event, if it is one.
//
// One post can come as app_mention, as message, or as both, depending on what
// the app subscribes to. Both kinds are judged by the same rule (a new message
// of a person, in a direct conversation or naming the bot) and give the same ID
// from team, channel and ts, so that every set of subscriptions hears a question
// and none hears it twice. An event_id differs between the two, and an envelope
// id between deliveries: neither is part of the ID.
func (b *Bot) question(me self, c callback) (bots.Question, bool) {
	m := c.Event
	if c.Type != "event_callback" || !m.new() || !m.fromPerson(me) {
		return bots.Question{}, false
	}
	direct := m.direct()
	if !direct && m.Type != "app_mention" && !mentions(m.Text, me.User) {
		return bots.Question{}, false
	}
	at, ok := stampTime(m.TS)
	if !ok || m.Channel == "" {
		return bots.Question{}, false
	}
	team := c.team(me)
	root := m.Thread
	if root == "" {
		root = m.TS
	}
	return bots.Question{
		ID:         strings.Join([]string{b.Name(), team, m.Channel, m.TS}, ":"),
		Thread:     bots.Thread{Platform: b.Name(), Team: team, Channel: m.Channel, Root: root},
		Message:    m.TS,
		Asker:      m.User,
		Text:       plain(m.Text, me.User),
		AskedAt:    at,
		Visibility: b.visibility(c, direct),
		InThread:   root != m.TS,
	}, true
}

// new tells whether m is a new message: no edit, join or other subtype. Text
// beside a file, and a reply that is also sent to the channel, are messages.
func (m message) new() bool {
	if m.Type != "app_mention" && m.Type != "message" || len(m.Edited) > 0 && string(m.Edited) != "null" {
		return false
	}
	switch m.SubType {
	case "", slack.MsgSubTypeFileShare, slack.MsgSubTypeThreadBroadcast:
		return true
	default:
		return false
	}
}

// fromPerson keeps the bot from talking to itself and to other bots.
func (m message) fromPerson(me self) bool {
	return m.User != "" && m.BotID == "" && m.User != me.User && m.User != slackbotUser
}

// direct tells whether only the bot and one person are there. Group
// conversations (mpim) are channels: the bot is addressed by name there.
func (m message) direct() bool {
	return m.ChannelType == "im" || m.ChannelType == "" && strings.HasPrefix(m.Channel, "D")
}

// team returns the workspace for whose installation the event was delivered.
// In a shared channel team_id may be the workspace of the other side, and
// differ between the events of one post.
func (c callback) team(me self) string {
	if len(c.Authorizations) > 0 && c.Authorizations[0].TeamID != "" {
		return c.Authorizations[0].TeamID
	}
	if c.TeamID != "" {
		return c.TeamID
	}
	return me.Team
}

// visibility says who reads along. Only what the event itself says for sure is
// believed at once: that outsiders are there, and the kind of channel, which
// message events carry. An app_mention carries none, and an id that starts with
// C may be a private channel's. Then what is known of the channel counts; of an
// unknown one nothing is said, and it is looked up: see Visibility.
func (b *Bot) visibility(c callback, direct bool) bots.Visibility {
	channel := c.Event.Channel
	if c.IsShared {
		b.places.learn(channel, bots.Shared, b.o.Now())
		return bots.Shared
	}
	if direct {
		return bots.Direct
	}
	if c.Event.ChannelType == "group" || c.Event.ChannelType == "mpim" {
		return bots.Private
	}
	if known := b.places.of(channel, b.o.Now()); known != "" {
		return known
	}
	if c.Event.ChannelType == "channel" {
		b.places.learn(channel, bots.Public, b.o.Now())
		return bots.Public
	}
	return ""
}

// asked makes a question of an /ask. It leaves no message, so that its trigger
// stands in the ID for the message: the same in every delivery of the command.
func (b *Bot) asked(me self, c slack.SlashCommand) (bots.Question, bool) {
	if c.ChannelID == "" || c.TriggerID == "" || c.UserID == "" || c.ResponseURL == "" {
		return bots.Question{}, false
	}
	team := c.TeamID
	if team == "" {
		team = me.Team
	}
	// A command does not say whether outsiders read along in its channel, and
	// its channel's name does not tell for sure whether that is private.
	visibility := b.places.of(c.ChannelID, b.o.Now())
	if strings.HasPrefix(c.ChannelID, "D") {
		visibility = bots.Direct
	}
	return bots.Question{
		ID:         strings.Join([]string{b.Name(), team, c.ChannelID, c.TriggerID}, ":"),
		Thread:     bots.Thread{Platform: b.Name(), Team: team, Channel: c.ChannelID},
		Asker:      c.UserID,
		Text:       plain(c.Text, me.User),
		AskedAt:    b.o.Now(),
		Visibility: visibility,
		Via:        c.ResponseURL,
	}, true
}

// stampTime reads a message id, which is seconds and microseconds.
func stampTime(ts string) (time.Time, bool) {
	whole, fraction, found := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}, false
	}
	micros, err := strconv.ParseUint((fraction + "000000")[:6], 10, 32)
	if found && err != nil {
		return time.Time{}, false
	}
	return time.UnixMicro(seconds*1_000_000 + int64(micros)).UTC(), true
}

// parseCallback reads an event's payload.
func parseCallback(payload []byte) (callback, error) {
	var c callback
	if err := json.Unmarshal(payload, &c); err != nil {
		return callback{}, fmt.Errorf("slack event: %w", err)
	}
	return c, nil
}
