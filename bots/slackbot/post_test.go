package slackbot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/slackbot"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

// ask makes a question of alice's in the usual channel, without the bot hearing
// it.
func ask(t *testing.T, server *localslack.Server, text string) bots.Question {
	t.Helper()
	ts, err := server.Say(localslack.Say{Channel: general, User: alice, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return bots.Question{
		ID: "slack:T0LOCAL:" + general + ":" + ts, Message: ts, Asker: alice, Text: text,
		Thread: bots.Thread{Platform: "slack", Team: localslack.Team, Channel: general, Root: ts},
	}
}

func open(t *testing.T, bot *slackbot.Bot, q bots.Question) bots.Ref {
	t.Helper()
	ref, err := bot.Open(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func write(t *testing.T, bot *slackbot.Bot, ref bots.Ref, c bots.Content) {
	t.Helper()
	if err := bot.Write(t.Context(), ref, c); err != nil {
		t.Fatal(err)
	}
}

// quiet is a workspace without deliveries, and a bot in it.
func quiet(t *testing.T) (*localslack.Server, *slackbot.Bot) {
	t.Helper()
	server := fastServer(t, localslack.Options{Events: []string{"none"}})
	return server, newBot(t, options(server))
}

// mine lists what the bot shows in a channel.
func mine(server *localslack.Server, channel string) []localslack.Message {
	var own []localslack.Message
	for _, m := range server.Messages(channel) {
		if m.User == localslack.BotUser {
			own = append(own, m)
		}
	}
	return own
}

func TestOpenShowsAPlaceholderInTheThread(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"how long?": "Thinking…", "年假有几天？": "正在思考……"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			server, bot := quiet(t)
			q := ask(t, server, text)
			open(t, bot, q)
			own := mine(server, general)
			if len(own) != 1 || own[0].Text != want || own[0].Thread != q.Message {
				t.Fatalf("shown: %+v", own)
			}
			if own[0].Unfurls {
				t.Error("link previews are allowed")
			}
			var meta struct {
				Type    string            `json:"event_type"`
				Payload map[string]string `json:"event_payload"`
			}
			if err := json.Unmarshal(own[0].Metadata, &meta); err != nil {
				t.Fatal(err)
			}
			if meta.Type != "tribune_answer" || meta.Payload["question_id"] != q.ID {
				t.Errorf("metadata: %+v", meta)
			}
		})
	}
}

func TestOpenSaysWhatItsFailureMeans(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault   localslack.Fault
		refused bool
		final   bool
		after   time.Duration
		shown   int
	}{
		"too fast":    {localslack.Fault{RetryAfter: 3 * time.Second}, true, false, 3 * time.Second, 0},
		"bare 429":    {localslack.Fault{Status: http.StatusTooManyRequests}, true, false, time.Minute, 0},
		"ratelimited": {localslack.Fault{Error: "ratelimited"}, true, false, time.Minute, 0},
		"gone":        {localslack.Fault{Error: "channel_not_found"}, true, true, 0, 0},
		"not inside":  {localslack.Fault{Error: "not_in_channel"}, true, true, 0, 0},
		"archived":    {localslack.Fault{Error: "is_archived"}, true, true, 0, 0},
		"scope":       {localslack.Fault{Error: "missing_scope"}, true, false, 0, 0},
		"unheard of":  {localslack.Fault{Error: "brand_new_error"}, true, false, 0, 0},
		"500":         {localslack.Fault{Status: http.StatusInternalServerError}, false, false, 0, 0},
		"internal":    {localslack.Fault{Error: "internal_error"}, false, false, 0, 0},
		"fatal":       {localslack.Fault{Error: "fatal_error"}, false, false, 0, 0},
		"lost":        {localslack.Fault{Lost: true}, false, false, 0, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, bot := quiet(t)
			q := ask(t, server, "how long?")
			test.fault.Method = "chat.postMessage"
			server.Fail(test.fault)
			_, err := bot.Open(t.Context(), q)
			if err == nil {
				t.Fatal("Open succeeded")
			}
			refusal, refused := errors.AsType[*bots.Refusal](err)
			if refused != test.refused {
				t.Fatalf("Refusal: %v, want %v: %v", refused, test.refused, err)
			}
			if refused && (refusal.Final != test.final || refusal.After != test.after) {
				t.Errorf("final %v after %s, want %v after %s", refusal.Final, refusal.After, test.final, test.after)
			}
			if calls := server.Calls("chat.postMessage"); calls != 1 {
				t.Errorf("posted %d times: a second try may be a second message", calls)
			}
			if own := mine(server, general); len(own) != test.shown {
				t.Errorf("%d messages are shown, want %d", len(own), test.shown)
			}
			ref, found, err := bot.Find(t.Context(), q)
			if err != nil || found != (test.shown == 1) || found && !strings.HasPrefix(ref.Message, mine(server, general)[0].TS) {
				t.Errorf("Find = %v, %v, %v", ref, found, err)
			}
		})
	}
}

func TestOpenTimesOut(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	o := slackbot.Options{
		BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: "http://127.0.0.1:1/", CallWait: 20 * time.Millisecond,
		HTTPClient: &http.Client{Transport: stuck(block)},
	}
	_, err := newBot(t, o).Open(t.Context(), bots.Question{ID: "slack:T:C:1", Thread: bots.Thread{Channel: "C1", Root: "1"}})
	close(block)
	if err == nil || !strings.Contains(err.Error(), "no answer within 20ms") {
		t.Errorf("Open = %v, want the timeout named", err)
	}
	if _, refused := errors.AsType[*bots.Refusal](err); refused {
		t.Error("a timeout is no refusal")
	}
}

// stuck is a transport that answers nothing.
type stuck chan struct{}

func (s stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-s:
		return nil, errFull
	}
}

func TestFindKeepsTheElder(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	q := ask(t, server, "how long?")
	first := open(t, bot, q)
	open(t, bot, q)
	ref, found, err := bot.Find(t.Context(), q)
	if err != nil || !found {
		t.Fatalf("Find = %v, %v", found, err)
	}
	diff(t, first, ref)
	if own := mine(server, general); len(own) != 1 {
		t.Errorf("%d messages are left, want 1", len(own))
	}
}

func TestFindSeesOnlyItsOwnQuestion(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	q := ask(t, server, "how long?")
	open(t, bot, q)
	other := q
	other.ID, other.Message = q.ID+"1", q.Message
	if _, found, err := bot.Find(t.Context(), other); err != nil || found {
		t.Errorf("Find = %v, %v for a question that was not opened", found, err)
	}
}

func TestWriteIsIdempotent(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	q := ask(t, server, "how long?")
	ref := open(t, bot, q)
	write(t, bot, ref, bots.Content{Text: "The notice is one"})
	if own := mine(server, general); !strings.Contains(own[0].Readable(), "The notice is one") {
		t.Errorf("live text: %q", own[0].Readable())
	}
	final := bots.Content{Text: "The notice is one month [1].", Final: true, Sources: []bots.Source{{N: 1, Title: "Notice"}}}
	for range 3 {
		write(t, bot, ref, final)
	}
	own := mine(server, general)
	if len(own) != 1 || !strings.Contains(own[0].Readable(), "one month") {
		t.Fatalf("shown: %+v", own)
	}
	if own[0].Metadata == nil {
		t.Error("the metadata is gone: a repeat could not be found")
	}
}

func longText(paragraphs int) string {
	var b strings.Builder
	for i := range paragraphs {
		fmt.Fprintf(&b, "Paragraph %04d %s\n\n", i, strings.Repeat("word ", 30))
	}
	return b.String()
}

func TestWriteHangsFurtherPages(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	q := ask(t, server, "tell me everything")
	ref := open(t, bot, q)
	long := bots.Content{Text: longText(150), Final: true, Sources: []bots.Source{{N: 1, Title: "Everything"}}}
	write(t, bot, ref, long)
	pages := mine(server, general)
	if len(pages) < 3 {
		t.Fatalf("%d pages for %d characters", len(pages), len(long.Text))
	}
	var all strings.Builder
	for _, m := range pages {
		if m.Thread != q.Message || m.Unfurls {
			t.Errorf("a page outside of the thread, or with previews: %+v", m)
		}
		all.WriteString(m.Readable())
	}
	for i := range 150 {
		if n := strings.Count(all.String(), fmt.Sprintf("Paragraph %04d", i)); n != 1 {
			t.Errorf("paragraph %d is shown %d times", i, n)
		}
	}
	if last := pages[len(pages)-1].Readable(); !strings.Contains(last, "Everything") {
		t.Error("the sources are not on the last page")
	}

	restarted := newBot(t, options(server)) // another process
	write(t, restarted, ref, long)
	if again := mine(server, general); len(again) != len(pages) {
		t.Errorf("%d pages after a repeat, want %d", len(again), len(pages))
	}
	write(t, restarted, ref, bots.Content{Text: longText(70), Final: true})
	if shorter := mine(server, general); len(shorter) != 2 {
		t.Errorf("%d pages of a shorter answer, want 2", len(shorter))
	}
	write(t, restarted, ref, bots.Content{Text: "short", Final: true})
	if single := mine(server, general); len(single) != 1 {
		t.Errorf("%d pages of a short answer, want 1", len(single))
	}
}

func TestWriteFinishesWhatABrokenWriteBegan(t *testing.T) {
	t.Parallel()
	server, bot := quiet(t)
	q := ask(t, server, "tell me everything")
	ref := open(t, bot, q)
	long := bots.Content{Text: longText(150), Final: true}
	server.Fail(localslack.Fault{Method: "chat.postMessage", Lost: true})
	if err := bot.Write(t.Context(), ref, long); err == nil {
		t.Fatal("Write succeeded over a broken connection")
	}
	write(t, newBot(t, options(server)), ref, long)
	seen := map[string]bool{}
	for _, m := range mine(server, general) {
		if seen[m.Readable()] {
			t.Errorf("shown twice: %.60q", m.Readable())
		}
		seen[m.Readable()] = true
	}
}

func TestWriteWaitsForTheChannelsTurn(t *testing.T) {
	t.Parallel()
	server := fastServer(t, localslack.Options{Events: []string{"none"}, PostEvery: time.Second, PostBurst: 1})
	bot := newBot(t, options(server))
	ref := open(t, bot, ask(t, server, "tell me everything"))
	write(t, bot, ref, bots.Content{Text: longText(70), Final: true})
	if pages := mine(server, general); len(pages) != 2 {
		t.Errorf("%d pages, want 2", len(pages))
	}
}

func TestWriteFallsBackToSimplerForms(t *testing.T) {
	t.Parallel()
	for _, refusals := range []int{1, 2} {
		t.Run(strconv.Itoa(refusals), func(t *testing.T) {
			t.Parallel()
			server, bot := quiet(t)
			ref := open(t, bot, ask(t, server, "how long?"))
			server.Fail(localslack.Fault{Method: "chat.update", Error: "invalid_blocks", Times: refusals})
			write(t, bot, ref, bots.Content{
				Text: "**One month** [1] <!channel>", Final: true, Note: "a note",
				Sources: []bots.Source{{N: 1, Title: "Notice", URL: "https://law.example/1"}},
			})
			own := mine(server, general)[0]
			for _, want := range []string{"One month", "https://law.example/1", "Notice", "a note"} {
				if !strings.Contains(own.Readable(), want) {
					t.Errorf("%q is missing in %q", want, own.Readable())
				}
			}
			if hasBlocks := own.Blocks != nil; hasBlocks != (refusals == 1) {
				t.Errorf("blocks: %v after %d refusals", hasBlocks, refusals)
			}
		})
	}
	t.Run("no form", func(t *testing.T) {
		t.Parallel()
		server, bot := quiet(t)
		ref := open(t, bot, ask(t, server, "how long?"))
		server.Fail(localslack.Fault{Method: "chat.update", Error: "msg_too_long", Times: -1})
		err := bot.Write(t.Context(), ref, bots.Content{Text: "x", Final: true})
		if refusal, ok := errors.AsType[*bots.Refusal](err); !ok || !refusal.Final {
			t.Errorf("Write = %v, want a final refusal", err)
		}
	})
}

func TestNothingPings(t *testing.T) {
	t.Parallel()
	hostile := "<!channel> <!here> <!everyone> <@U0ALICE> <!subteam^S1> @channel @here <!channel|x> \\<!here> `<!channel>`\n\n" +
		"```\n<@U0ALICE>\n```\n\n| <!here> | b |\n|---|---|\n| <@U0ALICE> | c |\n\n> <!channel>\n\n[<!here>](https://x.example/<!channel>)"
	for refusals := range 3 {
		t.Run(strconv.Itoa(refusals), func(t *testing.T) {
			t.Parallel()
			server, bot := quiet(t)
			q := ask(t, server, "plain")
			q.Text = hostile
			ref := open(t, bot, q)
			for i := range len(hostile) {
				if i%7 == 0 { // as it streams
					write(t, bot, ref, bots.Content{Text: hostile[:i]})
				}
			}
			server.Fail(localslack.Fault{Method: "chat.update", Error: "invalid_blocks", Times: refusals})
			if refusals == 0 {
				server.Heal()
			}
			write(t, bot, ref, bots.Content{
				Text: hostile, Final: true, Note: hostile,
				Sources: []bots.Source{{N: 1, Title: hostile, URL: "https://x.example/<!here>"}, {N: 2, Ref: hostile, URL: "javascript:alert(1)"}},
			})
			if pings := server.Pings(); len(pings) != 0 {
				t.Errorf("pinged: %v", pings)
			}
			if text := mine(server, general)[0].Readable(); strings.Contains(text, "(javascript:") {
				t.Errorf("a source links to a script: %s", text)
			}
		})
	}
}
