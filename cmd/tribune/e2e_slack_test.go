package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
	"github.com/tribunebot/tribune/llm/llmtest"
)

const slackChannel = "C0GENERAL"

// slackWorkspace is a local Slack with one channel and one person. Its retries
// come soon.
func slackWorkspace(tb testing.TB) *localslack.Server {
	tb.Helper()
	server := localslack.New(localslack.Options{
		AckWait: 3 * time.Second, Retries: []time.Duration{0, 200 * time.Millisecond, time.Second},
	})
	if err := server.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = server.Close() })
	server.AddUser(localslack.User{ID: "U0ADA", Name: "ada"})
	for _, c := range server.Channels() {
		if c.ID == slackChannel {
			c.Members = append(c.Members, "U0ADA")
			server.AddChannel(c)
		}
	}
	return server
}

func slackSocket(server *localslack.Server) settings {
	return settings{"SLACK_BOT_TOKEN": "xoxb-local", "SLACK_APP_TOKEN": "xapp-local", "SLACK_API_URL": server.APIURL()}
}

func slackHTTP(server *localslack.Server) settings {
	return settings{"SLACK_BOT_TOKEN": "xoxb-local", "SLACK_SIGNING_SECRET": "local-signing-secret", "SLACK_API_URL": server.APIURL()}
}

// mention lets ada mention the bot, in a thread where one is given, and
// returns the message.
func mention(tb testing.TB, server *localslack.Server, text, thread string) string {
	tb.Helper()
	ts, err := server.Say(localslack.Say{
		Channel: slackChannel, User: "U0ADA", Thread: thread, Text: localslack.Mention() + " " + localslack.Escape(text),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return ts
}

// below returns the bot's messages in a thread, after a given message.
func below(server *localslack.Server, channel, root, after string) []botstest.Shown {
	var shown []botstest.Shown
	for _, m := range server.Messages(channel) {
		if m.User == localslack.BotUser && m.Thread == root && m.TS != root && m.TS > after {
			shown = append(shown, botstest.Shown{ID: m.TS, Text: m.Readable(), Only: m.Only})
		}
	}
	return shown
}

func TestEndToEndSlack(t *testing.T) {
	t.Parallel()

	for name, connect := range map[string]func(*localslack.Server) settings{"socket": slackSocket, "http": slackHTTP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server := slackWorkspace(t)
			gate := llmtest.NewGate(llmtest.AtStart)
			model, s := provider(t, quoteFirst().Hold(gate))
			app := start(t, t.TempDir(), with(s, connect(server)), Parts{})
			if name == "http" {
				server.SetRequestURL(app.base)
			} else {
				eventually(t, "the bot is connected", server.Connected)
			}

			ts := mention(t, server, "公司恶意辞退怎么办？", "")
			first := func() []botstest.Shown { return below(server, slackChannel, ts, ts) }
			eventually(t, "something is shown before there is an answer", func() bool { return len(first()) == 1 && first()[0].Text != "" })
			gate.Open()
			answer := one(t, first, "被公司辞退、开除怎么办")
			if !strings.Contains(answer.Text, "二选一") && !strings.Contains(answer.Text, "合法理由") {
				t.Errorf("answered %q", answer.Text)
			}

			next := mention(t, server, "那怀孕的呢？", ts)
			eventually(t, "the follow-up is answered", func() bool {
				s := below(server, slackChannel, ts, next)
				return len(s) == 1 && strings.Contains(s[0].Text, "1.")
			})
			if prompt := model.Requests()[1].Prompt(); !strings.Contains(prompt, "公司恶意辞退怎么办") {
				t.Errorf("the follow-up was asked without the earlier turn:\n%s", prompt)
			}

			dm := server.OpenDM("U0ADA")
			asked, err := server.Say(localslack.Say{Channel: dm, User: "U0ADA", Text: "How long may probation be?"})
			if err != nil {
				t.Fatal(err)
			}
			one(t, func() []botstest.Shown { return below(server, dm, asked, asked) }, "Probation")
			app.settled(t)
			for root, want := range map[string]int{ts: 2, asked: 1} {
				channel := slackChannel
				if root == asked {
					channel = dm
				}
				if shown := below(server, channel, root, root); len(shown) != want {
					t.Errorf("%d messages below %s, want %d: %v", len(shown), root, want, shown)
				}
			}
			if pings := server.Pings(); len(pings) > 0 {
				t.Errorf("pinged %v", pings)
			}
			if n := len(model.Requests()); n != 3 {
				t.Errorf("the model was asked %d times for three questions", n)
			}
		})
	}
}

func TestEndToEndSlackCommand(t *testing.T) {
	t.Parallel()

	server := slackWorkspace(t)
	_, s := provider(t, quoteFirst())
	start(t, t.TempDir(), with(s, slackSocket(server)), Parts{})
	eventually(t, "the bot is connected", server.Connected)
	if _, err := server.Give(localslack.Command{Channel: slackChannel, User: "U0ADA", Name: "/ask", Text: "加班费怎么算？"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the question is posted and answered below it", func() bool {
		for _, m := range server.Messages(slackChannel) {
			answers := below(server, slackChannel, m.TS, m.TS)
			if m.User == localslack.BotUser && strings.Contains(m.Readable(), "加班费怎么算") && len(answers) == 1 {
				return strings.Contains(answers[0].Text, "加班和加班费")
			}
		}
		return false
	})
}

// TestEndToEndSlackANewChannelIsLookedUp asks in a channel that came after the
// start, whose documents all public channels may see: the first question finds
// them already, in a private channel none does.
func TestEndToEndSlackANewChannelIsLookedUp(t *testing.T) {
	t.Parallel()

	server := slackWorkspace(t)
	dir := t.TempDir()
	write(t, dir, "tribune.yaml", "collections:\n  open: {sources: [{dir: ./open}], visible_to: [\"slack:T0LOCAL:public\"]}\n")
	write(t, dir, "open/badge.md", "# Badge\n\nA lost badge is replaced at the reception desk within one hour.\n")
	app := start(t, dir, slackSocket(server), Parts{})
	eventually(t, "the bot is connected", server.Connected)
	eventually(t, "the collection is fed", func() bool {
		all, err := app.Collections(t.Context())
		return err == nil && len(all.Collections) == 2
	})
	members := []string{localslack.BotUser, "U0ADA"}
	server.AddChannel(localslack.Channel{ID: "C0NEW", Name: "new", Kind: localslack.Public, Members: members})
	server.AddChannel(localslack.Channel{ID: "C0SECRET", Name: "secret", Kind: localslack.Private, Members: members})
	for channel, want := range map[string]string{"C0NEW": "reception desk", "C0SECRET": "do not answer"} {
		ts, err := server.Say(localslack.Say{Channel: channel, User: "U0ADA", Text: localslack.Mention() + " Where is a lost badge replaced?"})
		if err != nil {
			t.Fatal(err)
		}
		one(t, func() []botstest.Shown { return below(server, channel, ts, ts) }, want)
	}
}

func TestEndToEndSlackHugeEmptyAndEmoji(t *testing.T) {
	t.Parallel()

	server := slackWorkspace(t)
	start(t, t.TempDir(), slackSocket(server), Parts{})
	eventually(t, "the bot is connected", server.Connected)
	for text, want := range map[string]string{
		strings.Repeat("加班费怎么算？", 1<<20/21): "太长", "": "write your question", ":tada: 🎉": "could not read",
	} {
		ts := mention(t, server, text, "")
		one(t, func() []botstest.Shown { return below(server, slackChannel, ts, ts) }, want)
	}
}

func TestEndToEndForgedSlackCallQueuesNothing(t *testing.T) {
	t.Parallel()

	server := slackWorkspace(t)
	app := start(t, t.TempDir(), slackHTTP(server), Parts{})
	body := `{"type":"event_callback","team_id":"T0LOCAL","event":{"type":"app_mention","channel":"C0GENERAL","user":"U0ADA","text":"hi","ts":"1.1"}}`
	for name, sign := range map[string]func(http.Header){
		"unsigned": func(http.Header) {},
		"stale":    func(h http.Header) { server.Sign(h, []byte(body), time.Now().Add(-301*time.Second)) },
		"ahead":    func(h http.Header) { server.Sign(h, []byte(body), time.Now().Add(301*time.Second)) },
		"changed":  func(h http.Header) { server.Sign(h, []byte(body+" "), time.Now()) },
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app.base+"/slack/events", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		sign(req.Header)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: HTTP %d", name, resp.StatusCode)
		}
	}
	if state, err := app.QueueState(t.Context()); err != nil || state.Kept != 0 {
		t.Errorf("queued %d, %v", state.Kept, err)
	}
}
