package discord_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribunebot/tribune/bots/discordbot/localdiscord" //nolint:depguard // the kit that speaks Discord's protocol
	"github.com/tribunebot/tribune/knowledge"
	"github.com/tribunebot/tribune/knowledge/index"
	"github.com/tribunebot/tribune/knowledge/source/discord"
	"github.com/tribunebot/tribune/knowledge/source/ziptest"
)

const (
	canary        = "canary-51c"
	intentContent = 1 << 15
)

// clock is what the server's messages are dated by.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond) // no two ids of the same time
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a server with people and a channel.
type world struct {
	*localdiscord.Server
	clock    *clock
	guild    localdiscord.Guild
	general  localdiscord.Channel
	ada, bob localdiscord.User
	waits    []time.Duration
}

func start(t *testing.T, privileged int) *world {
	t.Helper()
	c := &clock{now: time.Date(2024, 5, 1, 8, 0, 0, 0, time.UTC)}
	s, err := localdiscord.Start(localdiscord.Options{Now: c.Now, Privileged: privileged})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{Server: s, clock: c, guild: s.AddGuild("team")}
	w.general = s.AddChannel(w.guild.ID, "general", false)
	w.ada, w.bob = s.AddUser("ada"), s.AddUser("李雷")
	return w
}

func (w *world) say(channel string, who localdiscord.User, text string) localdiscord.Message {
	w.clock.pass(time.Minute)
	return w.Say(localdiscord.Say{Channel: channel, Author: who.ID, Content: text})
}

func (w *world) options() discord.Options {
	return discord.Options{Token: w.Token(), API: w.URL(), Wait: func(ctx context.Context, d time.Duration) error {
		w.waits = append(w.waits, d)
		return ctx.Err()
	}}
}

func (w *world) source(t *testing.T, change func(*discord.Options), channels ...string) knowledge.Source {
	t.Helper()
	o := w.options()
	if change != nil {
		change(&o)
	}
	s, err := discord.New(channels, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shown is what was read with the ids of one run made the same in all.
func (w *world) shown(got ziptest.Got) string {
	out := got.String()
	var ids []string
	for _, id := range regexp.MustCompile(`\d{17,20}`).FindAllString(out, -1) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
			out = strings.ReplaceAll(out, id, fmt.Sprint("ID", len(ids)))
		}
	}
	return out
}

func TestAChannel(t *testing.T) {
	t.Parallel()
	w := start(t, intentContent)
	robot := w.AddBot("robot")
	first := w.say(w.general.ID, w.ada, "How do I reset **my** token? <@"+w.bob.ID+"> <#"+w.general.ID+"> <:wave:123456789012345678>")
	w.clock.pass(time.Minute)
	w.Say(localdiscord.Say{Channel: w.general.ID, Author: w.bob.ID, Content: "在 <https://id.example.com> 点“重置”", ReplyTo: first.ID})
	w.say(w.general.ID, robot, "I am a bot "+canary)
	w.Say(localdiscord.Say{Channel: w.general.ID, Author: w.ada.ID, Content: "by a webhook " + canary, Webhook: true})
	w.Say(localdiscord.Say{Channel: w.general.ID, Author: w.ada.ID, Content: "pinned " + canary, Type: 6})
	w.clock.pass(5 * time.Hour)
	root := w.say(w.general.ID, w.ada, "Where is the printer?")
	thread := w.AddThreadTo(w.general.ID, root.ID, "Printer: where?")
	w.say(thread.ID, w.bob, "In room 5")
	w.say(thread.ID, w.Me(), "an answer of ours "+canary)
	old := w.AddThread(w.general.ID, "Old decisions", false)
	w.say(old.ID, w.bob, "We use Go")
	w.Archive(old.ID)
	secret := w.AddThread(w.general.ID, "Secret "+canary, true)
	w.say(secret.ID, w.ada, "private thread "+canary)
	other := w.AddChannel(w.guild.ID, "other", false)
	w.say(other.ID, w.ada, "another channel "+canary)
	w.say(w.AddThread(other.ID, "of another channel", false).ID, w.ada, "its thread "+canary)
	w.clock.pass(20 * time.Hour)
	w.say(w.general.ID, w.bob, "good morning")

	s := w.source(t, nil, "https://discord.com/channels/"+w.guild.ID+"/"+w.general.ID)
	got := ziptest.Read(s.Documents(t.Context()))
	if strings.Contains(got.All(), canary) || got.Failed != nil {
		t.Errorf("%v: what does not belong there is in\n%s", got.Failed, got)
	}
	golden := ziptest.Got{Docs: []knowledge.Document{{ID: "channel", Text: w.shown(got)}}}
	golden.Golden(t, "channel")
	for _, d := range got.Docs {
		if !strings.HasPrefix(d.URL, "https://discord.com/channels/"+w.guild.ID+"/") || !strings.HasPrefix(d.Origin, "discord://"+w.guild.ID+"/"+w.general.ID+"/") {
			t.Errorf("%s is at %s", d.Origin, d.URL)
		}
	}
	// A private thread is read where somebody names it.
	all := ziptest.Read(w.source(t, nil, "discord://"+secret.ID).Documents(t.Context())).All()
	if !strings.Contains(all, "private thread") || !strings.Contains(all, "#general 2024-05-01") {
		t.Errorf("the thread by itself:\n%s", all)
	}
	if s.Name() != "discord://"+w.general.ID {
		t.Errorf("it is called %s", s.Name())
	}
	for range s.Documents(t.Context()) {
		break
	}
}

func TestAForum(t *testing.T) {
	t.Parallel()
	w := start(t, intentContent)
	forum := w.AddForum(w.guild.ID, "help")
	for i := range 130 { // more than a call lists
		post := w.AddThread(forum.ID, fmt.Sprint("Question ", i), false)
		w.say(post.ID, w.ada, fmt.Sprint("text of question ", i))
		w.say(post.ID, w.bob, "an answer")
		if i%4 > 0 {
			w.Archive(post.ID)
		}
	}
	got := ziptest.Read(w.source(t, nil, "discord://"+forum.ID).Documents(t.Context()))
	if len(got.Docs) != 130 || got.Failed != nil {
		t.Fatalf("%d documents, %v", len(got.Docs), got.Failed)
	}
	if d := got.Docs[0]; d.Title != "#help 2024-05-01: Question 129" || d.Text != "ada: text of question 129\n\n李雷: an answer" {
		t.Errorf("the newest is %+v", d)
	}
}

func TestALongHistoryIsReadFromItsEnd(t *testing.T) {
	t.Parallel()
	w := start(t, intentContent)
	var messages []localdiscord.Message
	for range 350 {
		w.clock.pass(20 * time.Minute)
		messages = append(messages, w.say(w.general.ID, w.ada, "something"))
	}
	s := w.source(t, func(o *discord.Options) { o.MaxMessages = 200 }, "discord://"+w.general.ID)
	got := ziptest.Read(s.Documents(t.Context()))
	if got.Failed != nil || len(got.Skips) != 1 || !strings.Contains(got.Skips[0], "it has more than 200 messages: those before 2024-05-04 are not read") {
		t.Errorf("%v %v", got.Failed, got.Skips)
	}
	whole := ziptest.Read(w.source(t, nil, "discord://"+w.general.ID).Documents(t.Context()))
	if diff := cmp.Diff(whole.Docs[len(whole.Docs)-len(got.Docs):], got.Docs); diff != "" || len(got.Docs) == len(whole.Docs) {
		t.Errorf("the end of the history is other (-whole +end):\n%s", diff)
	}
	p := s.(knowledge.Places)
	at := func(m localdiscord.Message) string {
		return "discord://" + w.guild.ID + "/" + w.general.ID + "/" + m.ID
	}
	if p.Covers(at(messages[0])) || p.Covers(at(messages[150])) || !p.Covers(at(messages[349])) || p.Gone(at(messages[0])) || !p.Gone(at(messages[348])) {
		t.Error("it speaks for what it read alone")
	}
	for _, origin := range []string{"discord://1/" + w.general.ID + "/5", "discord://" + w.guild.ID + "/1/5", "discord://x", "https://x.example/", at(messages[349]) + "x"} {
		if p.Covers(origin) {
			t.Errorf("it does not cover %s", origin)
		}
	}
}

// TestFedAgain: only what changed is indexed again, and what was deleted goes.
func TestFedAgain(t *testing.T) {
	t.Parallel()
	w := start(t, intentContent)
	x, err := index.Open(t.TempDir(), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	s := w.source(t, nil, "discord://"+w.general.ID)
	feed := func() knowledge.Report {
		t.Helper()
		r, err := x.Ingest(t.Context(), "talk", s, knowledge.IngestOptions{Prune: true})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	w.say(w.general.ID, w.ada, "The first subject")
	w.clock.pass(5 * time.Hour)
	second := w.say(w.general.ID, w.ada, "The second subject")
	thread := w.AddThread(w.general.ID, "A thread", false)
	w.say(thread.ID, w.ada, "The third subject")
	if r := feed(); r.Added != 3 {
		t.Errorf("first: %+v", r)
	}
	if r := feed(); r.Unchanged != 3 || r.Added+r.Changed+r.Removed > 0 {
		t.Errorf("again: %+v", r)
	}
	w.say(thread.ID, w.bob, "An answer")
	w.Remove(w.general.ID, second.ID)
	if r := feed(); r.Changed != 1 || r.Removed != 1 || r.Unchanged != 1 {
		t.Errorf("after an answer and a deletion: %+v", r)
	}
	w.RemoveChannel(thread.ID)
	if r := feed(); r.Removed != 1 {
		t.Errorf("after the thread was deleted: %+v", r)
	}
	w.Fail(localdiscord.Fault{Status: http.StatusForbidden, Code: 50001})
	if r, err := x.Ingest(t.Context(), "talk", s, knowledge.IngestOptions{Prune: true}); err == nil || r.Removed > 0 {
		t.Errorf("a channel that can't be read loses nothing: %+v, %v", r, err)
	}
}

func TestWhatCanNotBeRead(t *testing.T) {
	t.Parallel()
	w := start(t, intentContent)
	hidden := w.AddChannel(w.guild.ID, "hidden", true)
	w.Overwrite(hidden.ID, localdiscord.Overwrite{ID: w.Me().ID, Type: 1, Deny: localdiscord.ViewChannel})
	direct := w.Direct(w.ada.ID)
	w.say(w.general.ID, w.ada, "a good channel")
	for name, test := range map[string]struct {
		channel, want string
		change        func(*discord.Options)
	}{
		"hidden":  {hidden.ID, "View Channel", nil},
		"direct":  {direct.ID, "private conversation", nil},
		"unknown": {"4711", "no such channel", nil},
		"token":   {w.general.ID, "check DISCORD_TOKEN", func(o *discord.Options) { o.Token = "wrong" }},
		"API":     {w.general.ID, "check DISCORD_API_URL", func(o *discord.Options) { o.API = strings.TrimSuffix(w.URL(), "/api/") + "/gateway" }},
		"nobody":  {w.general.ID, "is not reached", func(o *discord.Options) { o.API = "http://127.0.0.1:1/api" }},
	} {
		got := ziptest.Read(w.source(t, test.change, "discord://"+test.channel).Documents(t.Context()))
		if name == "API" && got.Failed != nil {
			continue // whatever it says, it ends
		}
		if got.Failed == nil || !strings.Contains(got.Failed.Error(), test.want) || strings.Contains(got.Failed.Error(), w.Token()) {
			t.Errorf("%s: %v", name, got.Failed)
		}
	}
	// One that can't be read does not hide the others.
	got := ziptest.Read(w.source(t, nil, "discord://"+hidden.ID, "discord://"+w.general.ID).Documents(t.Context()))
	if len(got.Docs) != 1 || got.Failed == nil || !strings.Contains(got.Failed.Error(), hidden.ID) {
		t.Errorf("two channels: %d documents, %v", len(got.Docs), got.Failed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := ziptest.Read(w.source(t, nil, "discord://"+w.general.ID).Documents(ctx)); !errors.Is(got.Failed, context.Canceled) {
		t.Errorf("after cancel: %v", got.Failed)
	}
}

func TestHiddenContentIsSaid(t *testing.T) {
	t.Parallel()
	w := start(t, 0)
	for range 4 {
		w.say(w.general.ID, w.ada, "what the bot is not shown")
	}
	w.say(w.general.ID, w.ada, "<@"+w.Me().ID+"> this it is shown")
	got := ziptest.Read(w.source(t, nil, "discord://"+w.general.ID).Documents(t.Context()))
	if got.Failed == nil || !strings.Contains(got.Failed.Error(), "Message Content Intent") || len(got.Docs) > 0 {
		t.Errorf("%v\n%s", got.Failed, got)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault localdiscord.Fault
		waits []time.Duration
		want  string
	}{
		"a limit":         {localdiscord.Fault{Status: 429, After: 1500 * time.Millisecond, Times: 2}, []time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond}, ""},
		"of all routes":   {localdiscord.Fault{Status: 429, After: 3 * time.Second, Global: true}, []time.Duration{3 * time.Second}, ""},
		"too long":        {localdiscord.Fault{Status: 429, After: time.Hour}, nil, "asks to wait 1h0m0s"},
		"without end":     {localdiscord.Fault{Status: 429, After: time.Second, Times: 99}, slices.Repeat([]time.Duration{time.Second}, 5), "asks to wait 1s"},
		"a failure":       {localdiscord.Fault{Status: 503, Times: 2}, []time.Duration{time.Second, 2 * time.Second}, ""},
		"a lost answer":   {localdiscord.Fault{Times: 2}, []time.Duration{time.Second}, ""},
		"down for longer": {localdiscord.Fault{Status: 500, Times: 99}, []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9}, "answered 500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, intentContent)
			w.say(w.general.ID, w.ada, "text")
			test.fault.Call = regexp.MustCompile(`GET /channels/\d+/messages$`)
			w.Fail(test.fault)
			got := ziptest.Read(w.source(t, nil, "discord://"+w.general.ID).Documents(t.Context()))
			if diff := cmp.Diff(test.waits, w.waits); diff != "" && name != "a lost answer" { // net/http tries that again by itself
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			switch {
			case test.want == "" && (got.Failed != nil || len(got.Docs) != 1):
				t.Errorf("%d documents, %v", len(got.Docs), got.Failed)
			case test.want != "" && (got.Failed == nil || !strings.Contains(got.Failed.Error(), test.want)):
				t.Errorf("failed: %v", got.Failed)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"discord://123": "discord://123", "discord://9/123": "discord://123", "https://discord.com/channels/9/123": "discord://123",
		"https://ptb.discord.com/channels/9/123/456": "discord://123", "https://discordapp.com/channels/9/123/": "discord://123",
	} {
		s, err := discord.New([]string{address}, discord.Options{Token: "x"})
		if err != nil || !discord.Is(address) || s.Name() != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"discord://", "discord://general", "discord://../1", "discord://12345678901234567890123", "https://discord.com/channels/9", "https://discord.com/channels/@me"} {
		if _, err := discord.New([]string{address}, discord.Options{Token: "x"}); err == nil || !strings.Contains(err.Error(), "names no channel") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"https://discord.com/blog", "https://evil.example/channels/1/2", "/tmp/x", "http://discord.com/channels/1/2"} {
		if discord.Is(address) {
			t.Errorf("%s is none", address)
		}
	}
	if _, err := discord.New(nil, discord.Options{Token: "x"}); err == nil {
		t.Error("no channel")
	}
	if _, err := discord.New([]string{"discord://1"}, discord.Options{}); err == nil || !strings.Contains(err.Error(), "DISCORD_TOKEN") {
		t.Errorf("no token: %v", err)
	}
}
