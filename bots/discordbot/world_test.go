package discordbot_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
	"github.com/tribunebot/tribune/bots/botstest"
	"github.com/tribunebot/tribune/bots/discordbot"
	"github.com/tribunebot/tribune/bots/discordbot/localdiscord"
)

// patience is how long a test waits for something that must happen.
const patience = 20 * time.Second

// world is the local Discord as the conformance kit drives it.
type world struct {
	*localdiscord.Server

	guild   localdiscord.Guild
	channel localdiscord.Channel
	only    []botstest.Kind // the ways of asking, where not all

	mu     sync.Mutex
	people map[string]localdiscord.User
	said   localdiscord.Message // the last message
	asked  bool                 // the last thing said was a command
}

func newWorld(tb testing.TB, o localdiscord.Options) *world {
	tb.Helper()
	if o.MessageLimit == 0 {
		o.MessageLimit = 1000 // tests of limits set their own
	}
	s, err := localdiscord.Start(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	g := s.AddGuild("works council")
	return &world{Server: s, guild: g, channel: s.AddChannel(g.ID, "general", false), people: map[string]localdiscord.User{}}
}

func (w *world) bot(tb testing.TB, change ...func(*discordbot.Options)) *discordbot.Bot {
	tb.Helper()
	o := discordbot.Options{
		Token: w.Token(), ApplicationID: w.ApplicationID(), PublicKey: w.PublicKey(), APIURL: w.URL(),
		HTTPClient: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}},
	}
	for _, c := range change {
		c(&o)
	}
	b, err := discordbot.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// person finds or adds somebody by id or name.
func (w *world) person(id string) localdiscord.User {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id == "" {
		id = "ada"
	}
	for _, u := range w.Users() {
		if u.ID == id {
			return u
		}
	}
	if _, ok := w.people[id]; !ok {
		w.people[id] = w.AddUser(id)
	}
	return w.people[id]
}

func (w *world) Kinds() []botstest.Kind {
	if w.only != nil {
		return w.only
	}
	return []botstest.Kind{
		botstest.Mention, botstest.Direct, botstest.Command, botstest.Chatter, botstest.Bot, botstest.Self, botstest.Edit,
	}
}

// until waits for something in the server to become true.
func (w *world) until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	if err := w.Wait(ctx, ok); err != nil {
		tb.Fatalf("%s: %v", what, err)
	}
}

func (w *world) connected(tb testing.TB) {
	tb.Helper()
	w.until(tb, "the bot connects", func() bool { return w.Connected() > 0 })
}

func (w *world) Say(tb testing.TB, s botstest.Said) {
	tb.Helper()
	w.connected(tb)
	who := w.person(s.Asker)
	if s.Kind == botstest.Command {
		w.ask(s, who)
		return
	}
	mention := "<@" + w.Me().ID + "> "
	say := localdiscord.Say{Channel: w.channel.ID, Author: who.ID, Content: mention + s.Text}
	switch s.Kind {
	case botstest.Direct:
		say.Channel, say.Content = w.Direct(who.ID).ID, s.Text
	case botstest.Chatter:
		say.Content = s.Text
	case botstest.Bot:
		say.Author = w.AddBot("other").ID
	case botstest.Self:
		say.Author = w.Me().ID
	case botstest.Edit:
		w.edit(tb, mention+s.Text)
		return
	default: // a mention
	}
	if s.In != nil {
		say.Channel, say.ReplyTo = w.room(*s.In), w.tail(tb, *s.In)
	}
	w.note(w.Server.Say(say), false)
}

func (w *world) ask(s botstest.Said, who localdiscord.User) {
	channel := w.channel.ID
	if s.In != nil {
		channel = w.room(*s.In)
	}
	w.note(localdiscord.Message{}, true)
	text := []rune(s.Text)
	text = text[:min(len(text), 6000)] // Discord's own limit of an option
	w.Ask(localdiscord.Ask{Channel: channel, User: who.ID, Command: "ask", Options: map[string]string{"question": string(text)}})
}

func (w *world) note(m localdiscord.Message, asked bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said, w.asked = m, asked
}

func (w *world) edit(tb testing.TB, content string) {
	tb.Helper()
	w.mu.Lock()
	m := w.said
	w.mu.Unlock()
	if err := w.Edit(m.ChannelID, m.ID, content); err != nil {
		tb.Fatal(err)
	}
}

// room is the channel that a question really stands in: the third word of its ID.
func (w *world) room(q bots.Question) string { return strings.Split(q.ID, ":")[2] }

// tail is the message that somebody replies to who goes on talking with the bot.
func (w *world) tail(tb testing.TB, q bots.Question) string {
	tb.Helper()
	if shown := w.Shown(tb, q); len(shown) > 0 {
		return shown[0].ID
	}
	return q.Message
}

// Redeliver makes Discord send the last thing again: an interaction as it is, a
// message by a resume that begins too early.
func (w *world) Redeliver(tb testing.TB) {
	tb.Helper()
	w.mu.Lock()
	asked := w.asked
	w.mu.Unlock()
	if asked {
		w.Again()
		return
	}
	w.connected(tb)
	w.Drop(1000)
	w.until(tb, "the connection is lost", func() bool { return w.Connected() == 0 })
	w.connected(tb)
}

func (w *world) Shown(tb testing.TB, q bots.Question) []botstest.Shown {
	tb.Helper()
	asked := q.ID[strings.LastIndex(q.ID, ":")+1:]
	var shown []botstest.Shown
	mine := map[string]bool{}
	for _, m := range w.Messages(w.room(q)) {
		if m.Author.ID != w.Me().ID {
			continue
		}
		answer := m.Interaction != nil && m.Interaction.ID == asked
		if m.Reference != nil {
			answer = answer || m.Reference.MessageID == asked || mine[m.Reference.MessageID]
		}
		if !answer {
			continue
		}
		mine[m.ID] = true
		if m.Flags&localdiscord.FlagLoading != 0 {
			continue // Discord's own "is thinking", before there is any answer
		}
		s := botstest.Shown{ID: m.ID, Text: m.Content}
		if m.Flags&localdiscord.FlagEphemeral != 0 {
			s.Only = m.Interaction.User.ID
		}
		shown = append(shown, s)
	}
	return shown
}

func (w *world) Fail(f botstest.Fault) bool {
	posting := regexp.MustCompile(`^(POST|PATCH) /channels/\d+/messages(/\d+)?$|^(GET|PATCH) /webhooks/`)
	fault := localdiscord.Fault{Call: posting}
	if w.only != nil { // commands alone, which can be answered once they are acknowledged
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if w.Wait(ctx, w.acknowledged) != nil {
			return false
		}
		posting = regexp.MustCompile(`^PATCH /webhooks/`)
		fault.Call = posting
	}
	switch f {
	case botstest.TooFast:
		fault.Status, fault.After = http.StatusTooManyRequests, time.Second
	case botstest.Broken:
		fault.Status = http.StatusInternalServerError
	case botstest.Gone:
		fault.Status, fault.Code = http.StatusNotFound, 10003
	case botstest.Lost:
		fault.Effect = true
		if w.only == nil {
			fault.Call = regexp.MustCompile(`^POST /channels/\d+/messages$`)
		}
	default:
		return false
	}
	w.Server.Fail(fault)
	return true
}

// acknowledged tells whether every command has its reply.
func (w *world) acknowledged() bool {
	return !slices.ContainsFunc(w.Interactions(), func(i localdiscord.Interaction) bool { return i.Reply == "" })
}

func (w *world) Limit() int { return localdiscord.MaxContent }

// Resends is false: the gateway has no redelivery; the bot itself goes on trying.
func (w *world) Resends() bool { return false }

// inbox keeps what it hears.
type inbox struct {
	mu    sync.Mutex
	got   []bots.Question
	fresh chan bots.Question
	// refuse, when set, decides on every call.
	refuse func(n int) error
	calls  int
}

func newInbox() *inbox { return &inbox{fresh: make(chan bots.Question, 100)} }

func (i *inbox) Hear(_ context.Context, e bots.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls++
	if i.refuse != nil {
		if err := i.refuse(i.calls); err != nil {
			return err
		}
	}
	q := e.(bots.Question)
	if slices.ContainsFunc(i.got, func(have bots.Question) bool { return have.ID == q.ID }) {
		return nil
	}
	i.got = append(i.got, q)
	i.fresh <- q
	return nil
}

func (i *inbox) count() (heard, calls int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.got), i.calls
}

// next is the next question that was not heard before.
func (i *inbox) next(tb testing.TB) bots.Question {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	select {
	case q := <-i.fresh:
		return q
	case <-ctx.Done():
		tb.Fatal("no question was heard")
		return bots.Question{}
	}
}

// listen runs a bot until the test ends, and checks how it ended.
func listen(tb testing.TB, b *discordbot.Bot, in bots.Inbox) {
	tb.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(tb.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Listen(ctx, in) }()
	tb.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			tb.Errorf("Listen ended with %v", err)
		}
	})
}

// serve offers the bot's routes on a port of their own.
func serve(tb testing.TB, b *discordbot.Bot, in bots.Inbox) (address string) {
	tb.Helper()
	mux := http.NewServeMux()
	for pattern, h := range b.Routes(in) {
		mux.Handle(pattern, h)
	}
	s := httptest.NewServer(mux)
	tb.Cleanup(s.Close)
	return s.URL + "/discord/interactions"
}

// obeyed checks the rules that hold for everything the bot sends.
func obeyed(tb testing.TB, w *world) {
	tb.Helper()
	create := regexp.MustCompile(`^POST /channels/\d+/messages$`)
	change := regexp.MustCompile(`^(POST /channels/\d+/messages|PATCH .*/messages/[^/]+)$`)
	for _, c := range w.Calls() {
		call := c.Method + " " + c.Path
		if create.MatchString(call) && (!strings.Contains(c.Body, `"enforce_nonce":true`) || !regexp.MustCompile(`"nonce":"[^"]{20,25}"`).MatchString(c.Body)) {
			tb.Errorf("%s without a nonce: %s", call, c.Body)
		}
		if change.MatchString(call) && (!strings.Contains(c.Body, `"allowed_mentions":{"parse":[],"replied_user":false}`) || !strings.Contains(c.Body, `"flags":4`)) {
			tb.Errorf("%s allows mentions or embeds: %s", call, c.Body)
		}
	}
	if pings := w.Pings(); len(pings) > 0 {
		tb.Errorf("somebody was notified: %v", pings)
	}
}
