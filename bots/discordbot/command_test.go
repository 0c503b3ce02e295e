package discordbot_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/discordbot"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

// opened opens an answer as a worker does, which comes again when it is told to.
func opened(tb testing.TB, b *discordbot.Bot, q bots.Question) bots.Ref {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	for {
		ref, err := b.Open(ctx, q)
		var refusal *bots.Refusal
		if err == nil {
			return ref
		}
		if !errors.As(err, &refusal) || refusal.After <= 0 {
			tb.Fatal(err)
		}
		timer := time.NewTimer(refusal.After)
		select {
		case <-timer.C:
		case <-ctx.Done():
			tb.Fatal(err)
		}
	}
}

// command makes somebody ask by command and returns the question as it was heard.
func (w *world) command(tb testing.TB, in *inbox, text string) bots.Question {
	tb.Helper()
	w.Say(tb, botstest.Said{Kind: botstest.Command, Text: text})
	return in.next(tb)
}

func TestCommandIsDeferredThenAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	q := w.command(t, in, "What about <@"+w.Me().ID+"> overtime?")
	asked := w.Interactions()[0]
	if q.ID != "discord:"+w.guild.ID+":"+w.channel.ID+":"+asked.ID || q.Message != "" || q.Via != asked.Token ||
		q.Text != "What about overtime?" || q.Asker != w.person("ada").ID || q.Visibility != bots.Public || q.Alone {
		t.Errorf("question %+v", q)
	}
	ref := opened(t, b, q)
	for _, c := range []bots.Content{{Text: "Paid"}, long(8), long(8)} {
		if err := b.Write(t.Context(), ref, c); err != nil {
			t.Fatal(err)
		}
	}
	shown := w.Shown(t, q)
	if len(shown) < 3 || shown[0].ID != ref.Message || !strings.HasPrefix(shown[0].Text, "> ❓ What about overtime?\nParagraph 0.") {
		t.Errorf("shown %+v", shown)
	}
	found, ok, err := b.Find(t.Context(), q)
	if err != nil || !ok || found != ref {
		t.Errorf("Find: %+v, %v, %v", found, ok, err)
	}
	obeyed(t, w)
}

func TestOpenBeforeTheDeferLanded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b := w.bot(t)
	type outcome struct {
		ref bots.Ref
		err error
	}
	results := make(chan outcome, 1)
	looked := func() bool {
		for _, c := range w.Calls() {
			if strings.HasSuffix(c.Path, "/@original") {
				return true
			}
		}
		return false
	}
	listen(t, b, hearFunc(func(ctx context.Context, e bots.Event) error {
		go func() {
			ref, err := b.Open(context.WithoutCancel(ctx), e.(bots.Question))
			results <- outcome{ref, err}
		}()
		return w.Wait(ctx, looked) // the worker was quicker than the acknowledgement
	}))
	w.Say(t, botstest.Said{Kind: botstest.Command, Text: "quick"})
	if got := <-results; got.err != nil || got.ref.Message == "" {
		t.Errorf("Open: %+v", got)
	}
}

type hearFunc func(context.Context, bots.Event) error

func (f hearFunc) Hear(ctx context.Context, e bots.Event) error { return f(ctx, e) }

func TestDeferThatNeverLanded(t *testing.T) {
	t.Parallel()
	clock := &clock{}
	w := newWorld(t, localdiscord.Options{Now: clock.Now})
	b, in := w.bot(t, func(o *discordbot.Options) { o.Now = clock.Now }), newInbox()
	listen(t, b, in)
	w.connected(t)
	w.Server.Fail(fault(`/callback$`, localdiscord.Fault{Status: 500}))
	q := w.command(t, in, "silence")
	_, err := b.Open(t.Context(), q)
	var refusal *bots.Refusal
	if !errors.As(err, &refusal) || refusal.Final || refusal.After != time.Second {
		t.Fatalf("Open: %v", err)
	}
	clock.advance(time.Minute)
	ref, err := b.Open(t.Context(), q)
	if err != nil || strings.Contains(ref.Via, q.Via) {
		t.Fatalf("Open after a minute: %+v, %v", ref, err)
	}
	again, err := b.Open(t.Context(), q)
	if err != nil || again != ref {
		t.Errorf("Open again: %+v, %v; want the same message", again, err)
	}
	obeyed(t, w)
}

// clock is the real time, shifted.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

func TestTokenThatRanOut(t *testing.T) {
	t.Parallel()
	for name, botKnows := range map[string]bool{"by the bot's clock": true, "by Discord's clock only": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, own := &clock{}, &clock{}
			w := newWorld(t, localdiscord.Options{Now: server.Now})
			b, in := w.bot(t, func(o *discordbot.Options) { o.Now = own.Now }), newInbox()
			listen(t, b, in)
			q := w.command(t, in, "slow")
			ref := opened(t, b, q)
			server.advance(16 * time.Minute)
			if botKnows {
				own.advance(16 * time.Minute)
			}
			if err := b.Write(t.Context(), ref, bots.Content{Text: "Better late.", Final: true}); err != nil {
				t.Fatal(err)
			}
			if shown := w.Shown(t, q); len(shown) != 1 || shown[0].Text != "> ❓ slow\nBetter late." {
				t.Errorf("shown %+v", shown)
			}
			obeyed(t, w)
		})
	}
}

func TestAnswerForTheAskerAlone(t *testing.T) {
	t.Parallel()
	server := &clock{}
	w := newWorld(t, localdiscord.Options{Now: server.Now})
	w.Overwrite(w.channel.ID, localdiscord.Overwrite{ID: w.Me().ID, Type: 1, Deny: localdiscord.SendMessages})
	b, in := w.bot(t, func(o *discordbot.Options) { o.Now = server.Now }), newInbox()
	listen(t, b, in)
	q := w.command(t, in, "may I?")
	if !q.Alone {
		t.Fatal("the bot may not write here, so the answer is for the asker alone")
	}
	ref := opened(t, b, q)
	for range 2 {
		if err := b.Write(t.Context(), ref, long(8)); err != nil {
			t.Fatal(err)
		}
	}
	shown := w.Shown(t, q)
	if len(shown) != 1 || shown[0].Only != q.Asker || !strings.Contains(shown[0].Text, "too long") || !strings.HasSuffix(shown[0].Text, "<https://docs.example/handbook>") {
		t.Errorf("shown %+v", shown)
	}
	server.advance(time.Hour)
	var refusal *bots.Refusal
	if err := b.Write(t.Context(), ref, long(1)); !errors.As(err, &refusal) || !refusal.Final {
		t.Errorf("Write after an hour: %v", err)
	}
	if _, err := b.Open(t.Context(), q); !errors.As(err, &refusal) || !refusal.Final {
		t.Errorf("Open after an hour: %v", err)
	}
	obeyed(t, w)
}

func TestCommandThatCannotBeKept(t *testing.T) {
	t.Parallel()
	for _, web := range []bool{false, true} {
		w := newWorld(t, localdiscord.Options{})
		b, in := w.bot(t), newInbox()
		in.refuse = func(int) error { return errors.New("queue away") }
		listen(t, b, in)
		w.connected(t)
		if web {
			w.SetInteractionURL(serve(t, b, in))
		}
		w.Ask(localdiscord.Ask{Channel: w.channel.ID, User: w.person("ada").ID, Command: "ask", Options: map[string]string{"question": "hm"}, Locale: "zh-CN"})
		w.until(t, "the asker is told", func() bool { return len(w.Messages(w.channel.ID)) == 1 })
		if m := w.Messages(w.channel.ID)[0]; m.Flags&localdiscord.FlagEphemeral == 0 || !strings.Contains(m.Content, "太忙") {
			t.Errorf("over HTTP %v: said %q, flags %d", web, m.Content, m.Flags)
		}
	}
}

func TestUnknownCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	in := newInbox()
	listen(t, w.bot(t), in)
	w.connected(t)
	w.Ask(localdiscord.Ask{Channel: w.channel.ID, User: w.person("ada").ID, Command: "sources"})
	w.until(t, "an answer", func() bool { return len(w.Messages(w.channel.ID)) == 1 })
	if m := w.Messages(w.channel.ID)[0]; !strings.Contains(m.Content, "/ask") || m.Flags&localdiscord.FlagEphemeral == 0 {
		t.Errorf("said %+v", m)
	}
	if n, _ := in.count(); n != 0 {
		t.Errorf("%d questions heard", n)
	}
}

func TestReplayedInteraction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	var log bytes.Buffer
	var mu sync.Mutex
	b := w.bot(t, func(o *discordbot.Options) { o.Log = slog.New(slog.NewTextHandler(locked{&mu, &log}, nil)) })
	in := newInbox()
	listen(t, b, in)
	w.command(t, in, "twice")
	w.Again()
	w.until(t, "the replay is answered", func() bool {
		n := 0
		for _, c := range w.Calls() {
			if strings.HasSuffix(c.Path, "/callback") {
				n++
			}
		}
		return n == 2
	})
	if n := len(w.Messages(w.channel.ID)); n != 1 {
		t.Errorf("%d messages", n)
	}
	mu.Lock()
	defer mu.Unlock()
	if strings.Contains(log.String(), "interaction-") || strings.Contains(log.String(), "40060") {
		t.Errorf("the log holds a token, or complains of the replay: %s", log.String())
	}
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func TestNoErrorHoldsAToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	q := w.command(t, in, "secret")
	ref := opened(t, b, q)
	for _, f := range []localdiscord.Fault{{}, {Status: 500}, {Status: 502, Times: 4}, {Status: 429, After: 3 * time.Second}, {Status: 403}, {Status: 404, Code: 10008}} {
		w.Server.Fail(fault(`/webhooks/`, f))
		err := b.Write(t.Context(), ref, bots.Content{Text: "x"})
		if err == nil || strings.Contains(err.Error(), q.Via) || strings.Contains(err.Error(), w.Token()) {
			t.Errorf("%d: %v", f.Status, err)
		}
	}
}

func TestInteractionsOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b, in := w.bot(t), newInbox()
	listen(t, b, in)
	w.connected(t)
	w.SetInteractionURL(serve(t, b, in))
	q := w.command(t, in, "over the web")
	if q.Visibility != bots.Public || q.Via == "" {
		t.Errorf("question %+v", q)
	}
	ref := opened(t, b, q)
	if err := b.Write(t.Context(), ref, bots.Content{Text: "Yes.", Final: true}); err != nil {
		t.Fatal(err)
	}
	if shown := w.Shown(t, q); len(shown) != 1 || shown[0].Text != "> ❓ over the web\nYes." {
		t.Errorf("shown %+v", shown)
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	other := newWorld(t, localdiscord.Options{})
	in := newInbox()
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	address := serve(t, w.bot(t, func(o *discordbot.Options) { o.Now = func() time.Time { return noon } }), in)
	at := func(d time.Duration) string { return strconv.FormatInt(noon.Add(d).Unix(), 10) }
	now := at(0)
	ping := []byte(`{"type":1,"id":"1","token":"t","version":1}`)
	ask := []byte(`{"type":2,"id":"100","token":"t","channel_id":"5","user":{"id":"7","username":"ada"},` +
		`"data":{"name":"ask","options":[{"name":"question","type":3,"value":"hello"}]}}`)
	huge := make([]byte, 300<<10)
	signed := func(stamp string, body []byte) []string { return []string{w.Sign(stamp, body)} }
	tests := []struct {
		name       string
		stamps     []string
		signatures []string
		body       []byte
		status     int
		answer     string
	}{
		{"ping", []string{now}, signed(now, ping), ping, 200, `{"type":1}`},
		{"command", []string{now}, signed(now, ask), ask, 200, `{"type":5}`},
		{"old, but not too old", []string{at(-300 * time.Second)}, signed(at(-300*time.Second), ask), ask, 200, `{"type":5}`},
		{"ahead, but not too far", []string{at(300 * time.Second)}, signed(at(300*time.Second), ask), ask, 200, `{"type":5}`},
		{"no headers", nil, nil, ask, 401, ""},
		{"another key", []string{now}, []string{other.Sign(now, ask)}, ask, 401, ""},
		{"another body", []string{now}, signed(now, ping), ask, 401, ""},
		{"another time", []string{at(-time.Second)}, signed(now, ask), ask, 401, ""},
		{"too old", []string{at(-301 * time.Second)}, signed(at(-301*time.Second), ask), ask, 401, ""},
		{"too far ahead", []string{at(301 * time.Second)}, signed(at(301*time.Second), ask), ask, 401, ""},
		{"two signatures", []string{now}, append(signed(now, ask), signed(now, ask)...), ask, 401, ""},
		{"two timestamps", []string{now, now}, signed(now, ask), ask, 401, ""},
		{"not hexadecimal", []string{now}, []string{"zz"}, ask, 401, ""},
		{"short signature", []string{now}, []string{"abcd"}, ask, 401, ""},
		{"timestamp in words", []string{"now"}, signed("now", ask), ask, 401, ""},
		{"huge body", []string{now}, signed(now, huge), huge, 401, ""},
		{"signed, but not JSON", []string{now}, signed(now, []byte("{")), []byte("{"), 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header["X-Signature-Timestamp"], req.Header["X-Signature-Ed25519"] = tt.stamps, tt.signatures
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != tt.status || tt.answer != "" && strings.TrimSpace(string(body)) != tt.answer {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
		})
	}
	t.Cleanup(func() { // after the parallel cases
		if heard, _ := in.count(); heard != 1 {
			t.Errorf("%d questions heard, want the signed one alone", heard)
		}
	})
}

func TestNoRouteWithoutAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localdiscord.Options{})
	b := w.bot(t, func(o *discordbot.Options) { o.PublicKey = "" })
	if routes := b.Routes(newInbox()); len(routes) != 0 {
		t.Errorf("routes %v", routes)
	}
}
