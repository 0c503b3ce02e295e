package slackbot_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

// outside adds a channel in which the bot is no member.
func outside(server *localslack.Server, kind localslack.Kind) string {
	server.AddChannel(localslack.Channel{ID: "C0OUTSIDE", Name: "outside", Kind: kind, Members: []string{alice}})
	return "C0OUTSIDE"
}

// given is a question given by /ask and heard.
func given(t *testing.T, server *localslack.Server, in *inbox, channel, text string) bots.Question {
	t.Helper()
	n := len(in.all())
	if _, err := server.Give(localslack.Command{Channel: channel, User: alice, Name: "/ask", Text: text}); err != nil {
		t.Fatal(err)
	}
	return in.next(t, n+1)
}

func TestCommandAsAMember(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{})
	bot, in := newBot(t, options(server)), newInbox()
	listen(t, bot, in)
	q := given(t, server, in, general, "who may <b>fire</b> me & @here?")
	if q.Text != "who may <b>fire</b> me & @here?" || q.Via == "" || q.Message != "" || q.Thread.Root != "" {
		t.Errorf("heard %+v", q)
	}
	eventually(t, "the acknowledgement is shown", func() bool { return len(mine(server, general)) == 1 })
	if ack := mine(server, general)[0]; ack.Only != alice || !strings.Contains(ack.Text, "looking") {
		t.Errorf("acknowledged with %+v", ack)
	}
	ref := open(t, bot, q)
	write(t, bot, ref, bots.Content{Text: "Nobody.", Final: true})
	own := mine(server, general)[1:]
	if len(own) != 2 || own[0].Thread != own[0].TS || own[1].Thread != own[0].TS {
		t.Fatalf("shown: %+v", own)
	}
	posted := own[0]
	if posted.Text != "*alice* asked:\n> who may &lt;b&gt;fire&lt;/b&gt; me &amp; @here?" || posted.Unfurls {
		t.Errorf("posted question: %+v", posted)
	}
	if !strings.Contains(own[1].Readable(), "Nobody.") {
		t.Errorf("answer: %q", own[1].Readable())
	}
	if pings := server.Pings(); len(pings) != 0 {
		t.Errorf("pinged: %v", pings)
	}

	turns, err := bot.Earlier(t.Context(), bots.Thread{Channel: general, Root: posted.TS}, 10)
	if err != nil || len(turns) != 2 {
		t.Fatalf("Earlier = %+v, %v", turns, err)
	}
	if turns[0].Own || turns[0].Asker != alice || turns[0].Text != q.Text {
		t.Errorf("the posted question is the turn %+v", turns[0])
	}
	if !turns[1].Own || !strings.Contains(turns[1].Text, "Nobody.") {
		t.Errorf("the answer is the turn %+v", turns[1])
	}
}

func TestCommandWithoutMembership(t *testing.T) {
	t.Parallel()
	for _, kind := range []localslack.Kind{localslack.Public, localslack.Private} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := fastServer(t, localslack.Options{})
			channel := outside(server, kind)
			bot, in := newBot(t, options(server)), newInbox()
			listen(t, bot, in)
			q := given(t, server, in, channel, "年假有几天？")
			ref := open(t, bot, q)
			if ref.Via != q.Via || ref.Message != "" {
				t.Fatalf("ref = %+v", ref)
			}
			if _, found, err := bot.Find(t.Context(), q); found || err != nil {
				t.Errorf("Find = %v, %v where nothing was posted", found, err)
			}
			write(t, bot, ref, bots.Content{Text: "五"})
			final := bots.Content{Text: "五天 [1]。", Final: true, Language: "zh", Sources: []bots.Source{{N: 1, Title: "条例"}}}
			for range 2 {
				write(t, bot, ref, final)
			}
			eventually(t, "the acknowledgement is shown, too", func() bool { return len(mine(server, channel)) == 2 })
			for _, m := range mine(server, channel) {
				if m.Only != alice {
					t.Errorf("everybody sees %q", m.Readable())
				}
			}
			if calls := server.Calls("response_url"); calls != 1 {
				t.Errorf("the response URL was used %d times, want 1", calls)
			}
		})
	}
}

func TestCommandAlone(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	q := bots.Question{ID: "slack:T:C:1", Alone: true, Via: "x", Thread: bots.Thread{Channel: general}}
	if ref := open(t, bot, q); ref.Message != "" || server.Calls("chat.postMessage") != 0 {
		t.Errorf("ref = %+v: an answer for one person was announced to all", ref)
	}
}

func TestPrivateAnswerIsBounded(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{})
	channel := outside(server, localslack.Public)
	bot, in := newBot(t, options(server)), newInbox()
	listen(t, bot, in)
	q := given(t, server, in, channel, "everything")
	ref := open(t, bot, q)
	write(t, bot, ref, bots.Content{Text: longText(400), Final: true, Sources: []bots.Source{{N: 1, Title: "The source"}}})
	if calls := server.Calls("response_url"); calls != 4 {
		t.Errorf("the response URL was used %d times, want 4", calls)
	}
	var all strings.Builder
	for _, m := range mine(server, channel) {
		all.WriteString(m.Readable())
	}
	if !strings.Contains(all.String(), "left out here") || !strings.Contains(all.String(), "The source") {
		t.Error("the cut is not told, or the sources are missing")
	}
}

func TestPrivateAnswerOverABadAddress(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	final := bots.Content{Text: "x", Final: true}
	const secret = "s3cr3t-canary"
	for name, address := range map[string]string{
		"used up":    server.URL() + "/commands/" + secret,
		"elsewhere":  "https://evil.example/" + secret,
		"a likeness": "https://hooks.slack.com.evil.example/" + secret,
		"no TLS":     "http://hooks.slack.com/" + secret,
		"no address": "://" + secret,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := bot.Write(t.Context(), bots.Ref{Via: address}, final)
			refusal, ok := errors.AsType[*bots.Refusal](err)
			if !ok || !refusal.Final {
				t.Fatalf("Write = %v, want a final refusal", err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error tells the address: %v", err)
			}
		})
	}
}

func TestResponseURLIsNotTold(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{})
	channel := outside(server, localslack.Public)
	var log logs
	o := options(server)
	o.Log = log.logger()
	bot, in := newBot(t, o), newInbox()
	listen(t, bot, in)
	q := given(t, server, in, channel, "hm?")
	server.Fail(localslack.Fault{Method: "response_url", Lost: true})
	err := bot.Write(t.Context(), open(t, bot, q), bots.Content{Text: "x", Final: true})
	if err == nil || strings.Contains(err.Error(), "/commands/") || strings.Contains(log.String(), "/commands/") {
		t.Errorf("Write = %v, want an error without the address", err)
	}
}

func TestCommandOpensOnce(t *testing.T) {
	t.Parallel()
	// The question is posted, but the placeholder below it is not, or nobody knows.
	faults := map[string][]localslack.Fault{
		"question lost":       {{Method: "chat.postMessage", Lost: true}},
		"placeholder refused": {{Method: "users.info", Error: "missing_scope"}, {Method: "chat.postMessage", Lost: true}},
	}
	for name, list := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fastServer(t, localslack.Options{})
			bot, in := newBot(t, options(server)), newInbox()
			listen(t, bot, in)
			q := given(t, server, in, general, "hm?")
			for _, fault := range list {
				server.Fail(fault)
			}
			if _, err := bot.Open(t.Context(), q); err == nil {
				t.Fatal("Open succeeded")
			}
			server.Heal()
			ref, found, err := bot.Find(t.Context(), q)
			if err != nil || !found {
				t.Fatalf("Find = %v, %v", found, err)
			}
			again, found, err := bot.Find(t.Context(), q)
			if err != nil || !found {
				t.Fatalf("Find = %v, %v", found, err)
			}
			diff(t, ref, again)
			questions := 0
			for _, m := range mine(server, general) {
				if strings.Contains(string(m.Metadata), "tribune_question") {
					questions++
				}
			}
			if questions != 1 {
				t.Errorf("the question is posted %d times", questions)
			}
		})
	}
}

func TestCommandInARateLimitedChannel(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{PostEvery: 1, PostBurst: 1})
	bot, in := newBot(t, options(server)), newInbox()
	listen(t, bot, in)
	q := given(t, server, in, general, "hm?")
	server.Fail(localslack.Fault{Method: "chat.postMessage", RetryAfter: 1})
	if _, err := bot.Open(t.Context(), q); err == nil {
		t.Fatal("Open succeeded although the question could not be posted")
	} else if _, refused := errors.AsType[*bots.Refusal](err); !refused {
		t.Errorf("Open = %v: nothing was posted, which is a refusal", err)
	}
	open(t, bot, q)
}

func TestCommandIsFoundInABusyChannel(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{Events: []string{"none"}})
	bot, in := newBot(t, options(server)), newInbox()
	listen(t, bot, in)
	q := given(t, server, in, general, "hm?")
	ref := open(t, bot, q)
	for range 250 {
		if _, err := server.Say(localslack.Say{Channel: general, User: alice, Text: "busy"}); err != nil {
			t.Fatal(err)
		}
	}
	again, found, err := bot.Find(t.Context(), q)
	if err != nil || !found {
		t.Fatalf("Find = %v, %v", found, err)
	}
	diff(t, ref, again)
}

func TestAFullQueueLeavesTheCommandUnacknowledged(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{})
	in := newInbox()
	in.fails = -1
	listen(t, newBot(t, options(server)), in)
	if _, err := server.Give(localslack.Command{Channel: general, User: alice, Name: "/ask", Text: "hm?"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the command is given up", func() bool { _, bad := acked(server); return bad >= 4 })
	if own := mine(server, general); len(own) != 0 {
		t.Errorf("told %q for a question that is not kept", own[0].Text)
	}
}

func TestVisibilityIsLearnt(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{Events: []string{"app_mention", "message.im"}})
	members := []string{alice, localslack.BotUser}
	server.AddChannel(localslack.Channel{ID: "C0CLOSED", Name: "closed", Kind: localslack.Private, Members: members})
	server.AddChannel(localslack.Channel{ID: "C0SHARED", Name: "shared", Kind: localslack.Public, Shared: true, Members: members})
	bot, in := newBot(t, options(server)), newInbox()
	listen(t, bot, in)
	eventually(t, "the channels are listed", func() bool { return server.Calls("users.conversations") == 1 })

	// A channel that came later: nothing is said until it is looked up.
	server.AddChannel(localslack.Channel{ID: "C0NEW", Name: "new", Kind: localslack.Public, Members: members})
	heard := func(channel string) bots.Visibility {
		n := len(in.all())
		if _, err := server.Say(localslack.Say{Channel: channel, User: alice, Text: localslack.Mention() + " hm?"}); err != nil {
			t.Fatal(err)
		}
		return in.next(t, n+1).Visibility
	}
	if got := heard("C0NEW"); got != "" {
		t.Errorf("an unknown channel is %q, want nothing said", got)
	}
	eventually(t, "the new channel is looked up", func() bool { return server.Calls("conversations.info") >= 1 })
	eventually(t, "it is known to be public", func() bool { return heard("C0NEW") == bots.Public })
	for channel, want := range map[string]bots.Visibility{
		general: bots.Public, "C0CLOSED": bots.Private, "C0SHARED": bots.Shared, server.OpenDM(alice): bots.Direct,
	} {
		if got := heard(channel); got != want {
			t.Errorf("%s is %q, want %q", channel, got, want)
		}
	}
}

func TestListenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{})
	server.Fail(localslack.Fault{Method: "auth.test", Status: 503, Times: -1})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- newBot(t, options(server)).Listen(ctx, newInbox()) }()
	eventually(t, "it tries", func() bool { return server.Calls("auth.test") > 0 })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Listen = %v", err)
	}
}
