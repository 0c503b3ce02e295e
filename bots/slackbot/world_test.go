package slackbot_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/slackbot"
	"github.com/tribunebot/tribune/bots/slackbot/localslack"
)

const (
	alice   = "U0ALICE"
	general = "C0GENERAL"
	// patience bounds every wait of these tests.
	patience = 10 * time.Second
)

// fastServer is a workspace whose retries come in milliseconds.
func fastServer(t *testing.T, o localslack.Options) *localslack.Server {
	t.Helper()
	if o.AckWait == 0 {
		o.AckWait = 300 * time.Millisecond
	}
	if o.Retries == nil {
		o.Retries = []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond}
	}
	if o.PingEvery == 0 {
		o.PingEvery = 50 * time.Millisecond
	}
	server := localslack.New(o)
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	})
	return server
}

// options are those of a bot in the workspace, over Socket Mode.
func options(server *localslack.Server) slackbot.Options {
	return slackbot.Options{BotToken: "xoxb-local", AppToken: "xapp-local", APIURL: server.APIURL()}
}

func newBot(t *testing.T, o slackbot.Options) *slackbot.Bot {
	t.Helper()
	bot, err := slackbot.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return bot
}

// overHTTP is a bot that is called over HTTP: Listen serves its routes and
// tells the workspace where they are.
type overHTTP struct {
	*slackbot.Bot
	server *localslack.Server
}

func (o overHTTP) Listen(ctx context.Context, in bots.Inbox) error {
	mux := http.NewServeMux()
	for pattern, handler := range o.Routes(in) {
		mux.Handle(pattern, handler)
	}
	app := httptest.NewServer(mux)
	defer app.Close()
	o.server.SetRequestURL(app.URL)
	return o.Bot.Listen(ctx, in)
}

// world drives the workspace for the conformance kit.
type world struct {
	server *localslack.Server
	mu     sync.Mutex
	last   localslack.Message // the last thing said
}

func (w *world) Kinds() []botstest.Kind {
	return []botstest.Kind{
		botstest.Mention, botstest.Direct, botstest.Command, botstest.Chatter,
		botstest.Bot, botstest.Self, botstest.Edit,
	}
}

// Say waits for the bot: Slack gives a command up when nobody takes it.
func (w *world) Say(tb testing.TB, s botstest.Said) {
	tb.Helper()
	eventually(tb, "the bot listens", w.server.Connected)
	if s.Asker == "" {
		s.Asker = alice
	}
	w.admit(s.Asker)
	text := localslack.Escape(s.Text)
	say := localslack.Say{Channel: general, User: s.Asker, Text: text}
	if s.In != nil {
		say.Channel, say.Thread = s.In.Thread.Channel, w.root(*s.In)
	}
	switch s.Kind {
	case botstest.Mention:
		say.Text = localslack.Mention() + " " + text
	case botstest.Direct:
		say.Channel = w.server.OpenDM(s.Asker)
	case botstest.Command:
		if _, err := w.server.Give(localslack.Command{Channel: say.Channel, User: s.Asker, Name: "/ask", Text: text}); err != nil {
			tb.Fatal(err)
		}
		return
	case botstest.Bot:
		say.User, say.Text = localslack.OtherBot, localslack.Mention()+" "+text
	case botstest.Self:
		say.User, say.Text = localslack.BotUser, localslack.Mention()+" "+text
	case botstest.Edit:
		w.edit(tb, text)
		return
	case botstest.Chatter:
	}
	ts, err := w.server.Say(say)
	if err != nil {
		tb.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = localslack.Message{Channel: say.Channel, TS: ts, Text: say.Text}
}

func (w *world) edit(tb testing.TB, text string) {
	tb.Helper()
	w.mu.Lock()
	last := w.last
	w.mu.Unlock()
	if strings.Contains(last.Text, localslack.Mention()) {
		text = localslack.Mention() + " " + text
	}
	if err := w.server.Edit(last.Channel, last.TS, text); err != nil {
		tb.Fatal(err)
	}
}

// admit makes a person known, in the usual channel.
func (w *world) admit(user string) {
	for _, u := range w.server.Users() {
		if u.ID == user {
			return
		}
	}
	w.server.AddUser(localslack.User{ID: user, Name: strings.ToLower(user)})
	for _, c := range w.server.Channels() {
		if c.ID == general {
			c.Members = append(c.Members, user)
			w.server.AddChannel(c)
		}
	}
}

// root is the message that q's thread hangs on: for a command, the question
// that the bot posted.
func (w *world) root(q bots.Question) string {
	if q.Thread.Root != "" {
		return q.Thread.Root
	}
	for _, m := range w.server.Messages(q.Thread.Channel) {
		if strings.Contains(string(m.Metadata), "tribune_question") && strings.Contains(string(m.Metadata), q.ID) {
			return m.TS
		}
	}
	return ""
}

func (w *world) Redeliver(testing.TB) { w.server.Redeliver() }

// Shown lists the bot's messages in the question's thread, but for those that
// their metadata gives to another question.
func (w *world) Shown(_ testing.TB, q bots.Question) []botstest.Shown {
	var shown []botstest.Shown
	root := w.root(q)
	answers := map[string]bool{}
	for _, m := range w.server.Messages(q.Thread.Channel) {
		below := m.Only == "" && root != "" && m.Thread == root && m.TS != root && m.TS > q.Message
		if m.User != localslack.BotUser || !below || !belongs(m, q.ID, answers) {
			continue
		}
		answers[m.TS] = true
		shown = append(shown, botstest.Shown{ID: m.TS, Text: m.Readable(), Only: m.Only})
	}
	return shown
}

func belongs(m localslack.Message, id string, answers map[string]bool) bool {
	meta := string(m.Metadata)
	if strings.Contains(meta, `"question_id"`) {
		return strings.Contains(meta, `"`+id+`"`)
	}
	if strings.Contains(meta, "tribune_part") {
		for ts := range answers {
			if strings.Contains(meta, `"`+ts+`"`) {
				return true
			}
		}
		return false
	}
	return true // a message of the bot that nobody can explain
}

func (w *world) Pings() []string { return w.server.Pings() }

func (w *world) Fail(f botstest.Fault) bool {
	switch f {
	case botstest.TooFast:
		w.server.Fail(localslack.Fault{RetryAfter: time.Second})
	case botstest.Lost:
		w.server.Fail(localslack.Fault{Method: "chat.postMessage", Lost: true})
	case botstest.Broken:
		w.server.Fail(localslack.Fault{Status: http.StatusInternalServerError})
	case botstest.Gone:
		w.server.Fail(localslack.Fault{Error: "channel_not_found"})
	default:
		return false
	}
	return true
}

// Limit is where Slack refuses a message with blocks.
func (w *world) Limit() int { return 13_200 }

func (w *world) Resends() bool { return true }

// inbox keeps what it hears, or fails as told.
type inbox struct {
	mu    sync.Mutex
	heard []bots.Question
	fails int
	gate  chan struct{} // not nil: Hear waits for it
	came  chan struct{}
}

func newInbox() *inbox { return &inbox{came: make(chan struct{}, 1000)} }

var errFull = errors.New("the queue is full")

func (i *inbox) Hear(ctx context.Context, e bots.Event) error {
	i.came <- struct{}{}
	if i.gate != nil {
		select {
		case <-i.gate:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fails != 0 {
		i.fails--
		return errFull
	}
	q, ok := e.(bots.Question)
	if !ok {
		return errors.New("no question")
	}
	i.heard = append(i.heard, q)
	return nil
}

func (i *inbox) all() []bots.Question {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.heard)
}

// next waits for the n-th question.
func (i *inbox) next(t *testing.T, n int) bots.Question {
	t.Helper()
	eventually(t, "a question is heard", func() bool { return len(i.all()) >= n })
	return i.all()[n-1]
}

// eventually polls until done says so.
func eventually(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline.C:
			tb.Fatalf("in vain: %s", what)
		case <-tick.C:
		}
	}
}

// listen runs a listener until the test ends, and checks that it ends well.
func listen(t *testing.T, l bots.Listener, in bots.Inbox) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Listen(ctx, in) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Listen returned %v", err)
			}
		case <-time.NewTimer(patience).C:
			t.Error("Listen does not return")
		}
	})
}

// logs is a logger whose lines can be searched.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
