package slackbot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/slackbot"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

func say(t *testing.T, server *localslack.Server, text string) string {
	t.Helper()
	ts, err := server.Say(localslack.Say{Channel: general, User: alice, Text: localslack.Mention() + " " + text})
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// acked counts the acknowledged deliveries and those that failed.
func acked(server *localslack.Server) (good, bad int) {
	for _, a := range server.Attempts() {
		if a.Failure == "" {
			good++
		} else {
			bad++
		}
	}
	return good, bad
}

func TestSocketAcknowledgesOnlyWhatIsKept(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{AckWait: 5 * time.Second, Events: []string{"app_mention"}})
	in := newInbox()
	in.gate = make(chan struct{})
	listen(t, newBot(t, options(server)), in)
	say(t, server, "how many days?")
	<-in.came
	if good, bad := acked(server); good+bad != 0 {
		t.Fatalf("%d acknowledged and %d failed while the question is not kept", good, bad)
	}
	close(in.gate)
	in.next(t, 1)
	eventually(t, "the event is acknowledged", func() bool { good, _ := acked(server); return good == 1 })
	if _, bad := acked(server); bad != 0 {
		t.Errorf("%d deliveries failed", bad)
	}
}

func TestSocketLeavesARefusedQuestionToSlack(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{Events: []string{"app_mention"}})
	in := newInbox()
	in.fails = 2
	listen(t, newBot(t, options(server)), in)
	ts := say(t, server, "again?")
	if q := in.next(t, 1); q.ID != "slack:"+localslack.Team+":"+general+":"+ts {
		t.Errorf("ID = %q", q.ID)
	}
	eventually(t, "the third delivery is acknowledged", func() bool { good, _ := acked(server); return good == 1 })
	if _, bad := acked(server); bad != 2 {
		t.Errorf("%d deliveries stayed unacknowledged, want 2", bad)
	}
}

func TestSocketSurvivesALostConnection(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{Events: []string{"app_mention"}})
	in := newInbox()
	in.gate = make(chan struct{})
	listen(t, newBot(t, options(server)), in)
	say(t, server, "where am I?")
	<-in.came
	server.Drop() // before the acknowledgement
	close(in.gate)
	in.next(t, 1)
	eventually(t, "the event is acknowledged over another connection", func() bool { good, _ := acked(server); return good == 1 })
	for _, q := range in.all() {
		if q.ID != in.all()[0].ID {
			t.Errorf("redelivered as %q, first heard as %q", q.ID, in.all()[0].ID)
		}
	}
}

func TestSocketConnectsAgain(t *testing.T) {
	t.Parallel()
	ways := map[string]func(*localslack.Server){
		"refresh": func(s *localslack.Server) { s.Disconnect("refresh_requested") },
		"warning": func(s *localslack.Server) { s.Disconnect("warning") },
		"drop":    func(s *localslack.Server) { s.Drop() },
		"silence": func(s *localslack.Server) { s.Silence(true) },
		"connection fails": func(s *localslack.Server) {
			s.Fail(localslack.Fault{Method: "apps.connections.open", Status: 503, Times: 3})
			s.Drop()
		},
	}
	for name, harm := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fastServer(t, localslack.Options{})
			o := options(server)
			o.Silence = 300 * time.Millisecond
			in := newInbox()
			listen(t, newBot(t, o), in)
			eventually(t, "a first connection", func() bool { return server.Sockets() == 1 })
			opened := server.Calls("apps.connections.open")
			harm(server)
			eventually(t, "another connection", func() bool {
				return server.Calls("apps.connections.open") > opened && server.Sockets() >= 1
			})
			server.Silence(false)
			say(t, server, "still there?")
			in.next(t, 1)
		})
	}
}

func TestListenEndsOnAWrongToken(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-canary"
	tests := map[string]struct {
		change func(*slackbot.Options)
		want   string
	}{
		"bot token":     {func(o *slackbot.Options) { o.BotToken = "xoxb-" + secret }, "is wrong, expired"},
		"app token":     {func(o *slackbot.Options) { o.AppToken = "xapp-" + secret }, "is wrong, expired"},
		"kind of token": {func(o *slackbot.Options) { o.AppToken = "xoxp-" + secret }, "is wrong, expired"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fastServer(t, localslack.Options{})
			var log logs
			o := options(server)
			o.Log = log.logger()
			test.change(&o)
			bot := newBot(t, o)
			for what, err := range map[string]error{"Listen": bot.Listen(t.Context(), newInbox()), "Check": bot.Check(t.Context())} {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s = %v, want %q in it", what, err, test.want)
				} else if strings.Contains(err.Error(), secret) {
					t.Errorf("%s tells the token: %v", what, err)
				}
			}
			if strings.Contains(log.String(), secret) {
				t.Error("the log tells the token")
			}
		})
	}
}

func TestListenWaitsForSlack(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{})
	server.Fail(localslack.Fault{Method: "auth.test", Status: 503})
	in := newInbox()
	listen(t, newBot(t, options(server)), in)
	say(t, server, "are you up?")
	in.next(t, 1)
}

func TestCheckNamesTheMissingScope(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		scopes []string
		fault  string
		want   string
	}{
		"all there": {[]string{"chat:write", "app_mentions:read", "commands"}, "", ""},
		"not told":  {nil, "", ""},
		"one less":  {[]string{"app_mentions:read"}, "", "lacks the scope chat:write"},
		"app token": {nil, "missing_scope", "lacks a scope"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fastServer(t, localslack.Options{Scopes: test.scopes})
			if test.fault != "" {
				server.Fail(localslack.Fault{Method: "apps.connections.open", Error: test.fault})
			}
			err := newBot(t, options(server)).Check(t.Context())
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Check = %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestListenIgnoresWhatIsNoQuestion(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{})
	in := newInbox()
	listen(t, newBot(t, options(server)), in)
	for _, s := range []localslack.Say{
		{Channel: general, User: alice, Text: "just talking"},
		{Channel: general, User: localslack.BotUser, Text: localslack.Mention() + " me"},
		{Channel: general, User: localslack.OtherBot, Text: localslack.Mention() + " bot"},
		{Channel: server.OpenDM(alice), User: localslack.Slackbot, Text: "reminder"},
		{Channel: general, User: alice, Text: localslack.Mention() + " has joined", SubType: "channel_join"},
		{Channel: general, User: alice, Text: localslack.Mention() + " once", SubType: "bot_message"},
	} {
		if _, err := server.Say(s); err != nil {
			t.Fatal(err)
		}
	}
	ts := say(t, server, "this one")
	if err := server.Edit(general, ts, localslack.Mention()+" another wording"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "everything is acknowledged", func() bool { good, _ := acked(server); return good >= 9 })
	ids := map[string]bool{}
	for _, q := range in.all() {
		ids[q.Message] = true
	}
	if len(ids) != 1 || !ids[ts] {
		t.Errorf("heard %v, want only %s", ids, ts)
	}
}

func TestOnePostIsOneQuestion(t *testing.T) {
	t.Parallel()
	subscriptions := map[string][]string{
		"both":     {"app_mention", "message.channels"},
		"mentions": {"app_mention"},
		"messages": {"message.channels"},
	}
	for name, events := range subscriptions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fastServer(t, localslack.Options{Events: events})
			in := newInbox()
			listen(t, newBot(t, options(server)), in)
			ts := say(t, server, "how long is the notice?")
			eventually(t, "all is delivered", func() bool { good, _ := acked(server); return good == len(events) })
			for _, q := range in.all() {
				q.Visibility = ""
				want := bots.Question{
					ID:      "slack:" + localslack.Team + ":" + general + ":" + ts,
					Thread:  bots.Thread{Platform: "slack", Team: localslack.Team, Channel: general, Root: ts},
					Message: ts, Asker: alice, Text: "how long is the notice?", AskedAt: q.AskedAt,
				}
				diff(t, want, q)
			}
			if len(in.all()) == 0 {
				t.Error("not heard at all")
			}
		})
	}
}
