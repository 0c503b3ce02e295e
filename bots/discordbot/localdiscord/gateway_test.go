package localdiscord_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

// usual are the intents for guilds, messages and direct messages.
const usual = "4609"

func TestLogin(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	c, _ := b.identify(t, usual)
	var g localdiscord.Guild
	if err := json.Unmarshal(c.event("GUILD_CREATE").Data, &g); err != nil {
		t.Fatal(err)
	}
	if g.ID != b.guild.ID || len(g.Channels) != 1 || g.Channels[0].ID != b.channel.ID || len(g.Roles) != 2 {
		t.Errorf("guild %+v", g)
	}
	if b.Connected() != 0 {
		t.Error("connected before a heartbeat")
	}
	c.send(`{"op":1,"d":2}`)
	if p := c.read(); p.Op != 11 {
		t.Errorf("a heartbeat was answered by %+v", p)
	}
	if b.Connected() != 1 || b.Sessions() != 1 {
		t.Errorf("%d connected, %d sessions", b.Connected(), b.Sessions())
	}
}

func TestCloseCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		send []string
		want int
	}{
		{"not JSON", []string{"{"}, 4002},
		{"nothing but presence", []string{`{"op":3,"d":{}}`}, 4003},
		{"wrong token", []string{`{"op":2,"d":{"token":"Bot no","intents":1}}`}, 4004},
		{"wrong token in a resume", []string{`{"op":6,"d":{"token":"no","session_id":"1","seq":1}}`}, 4004},
		{"twice", []string{`{"op":2,"d":{"token":"local-token","intents":1}}`, `{"op":2,"d":{"token":"local-token","intents":1}}`}, 4005},
		{"intents that do not exist", []string{`{"op":2,"d":{"token":"local-token","intents":1073741824}}`}, 4013},
		{"intents that were not granted", []string{`{"op":2,"d":{"token":"local-token","intents":32768}}`}, 4014},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, localdiscord.Options{}).dial(t)
			for _, s := range tt.send {
				c.send(s)
			}
			if code := c.closed(); code != tt.want {
				t.Errorf("closed with %d, want %d", code, tt.want)
			}
		})
	}
}

func TestGrantedIntent(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{Privileged: 1 << 15})
	c, _ := b.identify(t, "33281") // with the content
	b.Say(localdiscord.Say{Channel: b.channel.ID, Author: b.ada.ID, Content: "for everybody"})
	var m localdiscord.Message
	if err := json.Unmarshal(c.event("MESSAGE_CREATE").Data, &m); err != nil || m.Content != "for everybody" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestContentWithoutTheIntent(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	c, _ := b.identify(t, usual)
	me := "<@" + b.Me().ID + "> "
	for _, tt := range []struct{ channel, content, want string }{
		{b.channel.ID, "among people", ""},
		{b.channel.ID, me + "to the bot", me + "to the bot"},
		{b.Direct(b.ada.ID).ID, "in private", "in private"},
	} {
		b.Say(localdiscord.Say{Channel: tt.channel, Author: b.ada.ID, Content: tt.content})
		var m localdiscord.Message
		if err := json.Unmarshal(c.event("MESSAGE_CREATE").Data, &m); err != nil || m.Content != tt.want {
			t.Errorf("%q reads %q, %v", tt.content, m.Content, err)
		}
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	c, session := b.identify(t, usual)
	seq := c.event("GUILD_CREATE").Seq
	b.Drop(0)
	c.closed()
	for i := range 3 {
		b.Say(localdiscord.Say{Channel: b.channel.ID, Author: b.ada.ID, Content: strconv.Itoa(i)})
	}
	resume := func(seq int64) *client {
		c := b.dial(t)
		c.send(fmt.Sprintf(`{"op":6,"d":{"token":"local-token","session_id":%q,"seq":%d}}`, session, seq))
		return c
	}
	c = resume(seq)
	for want := seq + 1; want <= seq+3; want++ {
		if p := c.read(); p.Type != "MESSAGE_CREATE" || p.Seq != want {
			t.Errorf("replayed %+v, want sequence %d", p, want)
		}
	}
	if p := c.read(); p.Type != "RESUMED" {
		t.Errorf("after the replay: %+v", p)
	}
	if code := resume(1000).closed(); code != 4007 {
		t.Errorf("a sequence of the future: %d", code)
	}
	b.Forget()
	if p := resume(seq).read(); p.Op != 9 || string(p.Data) != "false" {
		t.Errorf("a forgotten session: %+v", p)
	}
}

func TestReplayOfWhatWasReceived(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	c, session := b.identify(t, usual)
	b.Say(localdiscord.Say{Channel: b.channel.ID, Author: b.ada.ID, Content: "hm"})
	seq := c.event("MESSAGE_CREATE").Seq
	b.Drop(1)
	c.closed()
	c = b.dial(t)
	c.send(fmt.Sprintf(`{"op":6,"d":{"token":"local-token","session_id":%q,"seq":%d}}`, session, seq))
	if p := c.read(); p.Type != "MESSAGE_CREATE" || p.Seq != seq {
		t.Errorf("replayed %+v", p)
	}
}

func TestDisturbances(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	c, _ := b.identify(t, usual)
	b.AskReconnect()
	for p := c.read(); p.Op != 7; {
		p = c.read()
	}
	b.CloseGateway(4009)
	if code := c.closed(); code != 4009 {
		t.Errorf("closed with %d", code)
	}
	b.ChangeToken("new")
	c = b.dial(t)
	c.send(`{"op":2,"d":{"token":"local-token","intents":1}}`)
	if code := c.closed(); code != 4004 {
		t.Errorf("the old token: %d", code)
	}
}

func TestSilentClientIsCutOff(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{Heartbeat: time.Millisecond})
	c := b.dial(t)
	if code := c.closed(); code != websocket.CloseAbnormalClosure {
		t.Errorf("closed with %d, want no close frame at all", code)
	}
}

func TestBotSeesOnlyItsChannels(t *testing.T) {
	t.Parallel()
	b := start(t, localdiscord.Options{})
	hidden := b.AddChannel(b.guild.ID, "hidden", true)
	b.Overwrite(hidden.ID, localdiscord.Overwrite{ID: b.Me().ID, Type: 1, Deny: localdiscord.ViewChannel})
	c, _ := b.identify(t, usual)
	var g localdiscord.Guild
	if err := json.Unmarshal(c.event("GUILD_CREATE").Data, &g); err != nil || len(g.Channels) != 1 {
		t.Errorf("guild %+v, %v", g, err)
	}
	b.Say(localdiscord.Say{Channel: hidden.ID, Author: b.ada.ID, Content: "<@" + b.Me().ID + "> psst"})
	b.Say(localdiscord.Say{Channel: b.channel.ID, Author: b.ada.ID, Content: "<@" + b.Me().ID + "> hello"})
	var m localdiscord.Message
	if err := json.Unmarshal(c.event("MESSAGE_CREATE").Data, &m); err != nil || m.ChannelID != b.channel.ID {
		t.Errorf("message %+v, %v", m, err)
	}
}
