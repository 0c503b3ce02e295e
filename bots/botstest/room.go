package botstest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// Bounds of a Room.
const (
	maxPosts  = 10_000 // posts, people and answers that are kept; the oldest go first
	maxEvents = 10_000 // events that wait for a listener
	maxWrites = 1_000  // contents that are kept of one question
)

// The fixed places and people of a Room.
const (
	roomName    = "room"
	roomTeam    = "T1"
	roomChannel = "general"
	roomBot     = "tribune"
	roomPerson  = "ada"
)

// Room is a whole chat platform in memory: its server, which tests drive as a
// World and look into, and the platform's client, which is a bots.Platform, as
// if both had a network between them. Several processes of an end-to-end test
// may share one Room. It is safe for concurrent use. Make one with NewRoom and
// set its fields before anything else.
type Room struct {
	// Now is the server's clock; nil: time.Now.
	Now func() time.Time
	// OnOpen and OnWrite, where set, are called before Open and Write take
	// effect, on the caller's goroutine: a test holds a worker up there, or
	// kills it. An error makes the call fail without effect.
	OnOpen  func(q bots.Question) error
	OnWrite func(c bots.Content) error
	// MaxMessage is the most characters of a message; 0: 2,000.
	MaxMessage int
	// MinPace is what Pace returns.
	MinPace time.Duration

	mu      sync.Mutex
	changed chan struct{} // closed at the next change
	posts   []post
	last    int // the number of the last post or event
	events  chan event
	again   *event // what Redeliver sends
	pings   []string
	faults  []Fault
	people  map[string]bool
	answers map[string]*answer                       // by question
	order   []string                                 // the keys of answers, the oldest first
	write   func(c bots.Content, limit int) []string // rendering; tests of the kit break it
}

// post is one message in the room.
type post struct {
	id      string
	number  int
	channel string
	root    string // the post that its thread hangs on
	author  string
	text    string
	at      time.Time
	answers string // the id of the question that this post answers
	first   string // the first post of its answer
	part    int    // its place in an answer of several posts
}

// answer is what the room knows of a question.
type answer struct {
	noticed  bool
	writes   []bots.Content
	question bots.Question // once it was opened
}

// event is what the server tells the client.
type event struct {
	post   post
	kind   Kind
	direct bool
	edited bool
}

// NewRoom returns an empty room.
func NewRoom() *Room {
	return &Room{
		changed: make(chan struct{}),
		events:  make(chan event, maxEvents),
		people:  map[string]bool{},
		answers: map[string]*answer{},
		write:   render,
	}
}

func (r *Room) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

// answer returns what is known of a question, and makes room for a new one.
// r.mu is held.
func (r *Room) answer(id string) *answer {
	if a := r.answers[id]; a != nil {
		return a
	}
	if len(r.order) >= maxPosts {
		delete(r.answers, r.order[0])
		r.order = r.order[1:]
	}
	a := &answer{}
	r.answers[id], r.order = a, append(r.order, id)
	return a
}

// signal wakes all who wait for a change. r.mu is held.
func (r *Room) signal() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// Kinds implements World.
func (*Room) Kinds() []Kind { return []Kind{Mention, Direct, Command, Chatter, Bot, Self, Edit} }

// Say implements World.
func (r *Room) Say(tb testing.TB, s Said) {
	tb.Helper()
	r.Ask(tb, s)
}

// Ask is Say for end-to-end tests: it returns the question as a listener will
// hear it, if s is one.
func (r *Room) Ask(tb testing.TB, s Said) bots.Question {
	tb.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.signal()
	e := r.said(s)
	if s.Kind != Command {
		r.keep(e.post)
	}
	r.again = &e
	select {
	case r.events <- e:
	default:
		tb.Fatalf("%d events wait in the room, and nobody listens", maxEvents)
	}
	q, _ := heard(e)
	return q
}

// said makes an event of what somebody does.
func (r *Room) said(s Said) event {
	r.last++
	p := post{
		id: fmt.Sprintf("m%d", r.last), number: r.last, channel: roomChannel,
		author: s.Asker, text: s.Text, at: r.now(),
	}
	if p.author == "" {
		p.author = roomPerson
	}
	if len(r.people) < maxPosts {
		r.people[p.author] = true
	}
	switch s.Kind {
	case Mention:
		p.text = "@" + roomBot + " " + s.Text
	case Bot:
		p.author, p.text = "other-bot", "@"+roomBot+" "+s.Text
	case Self:
		p.author, p.text = roomBot, "@"+roomBot+" "+s.Text
	case Direct:
		p.channel = "dm-" + p.author
	case Edit:
		return r.edit(p)
	case Command, Chatter:
	}
	p.root = p.id
	if s.In != nil {
		p.channel, p.root = s.In.Thread.Channel, s.In.Thread.Root
	}
	return event{post: p, kind: s.Kind, direct: s.Kind == Direct}
}

// edit changes the last post of a person.
func (r *Room) edit(p post) event {
	for i, old := range slices.Backward(r.posts) {
		if old.author == p.author {
			r.posts[i].text = "@" + roomBot + " " + p.text
			return event{post: r.posts[i], kind: Edit, edited: true}
		}
	}
	return event{post: p, kind: Edit, edited: true}
}

// keep adds a post. r.mu is held.
func (r *Room) keep(p post) {
	if len(r.posts) >= maxPosts {
		r.posts = slices.Delete(r.posts, 0, maxPosts/10)
	}
	r.posts = append(r.posts, p)
}

// Redeliver implements World.
func (r *Room) Redeliver(tb testing.TB) {
	tb.Helper()
	r.mu.Lock()
	again := r.again
	r.mu.Unlock()
	if again == nil {
		tb.Fatal("nothing was said that could be sent again")
		return
	}
	r.events <- *again
}

// Shown implements World.
func (r *Room) Shown(_ testing.TB, q bots.Question) []Shown {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shown(q.ID)
}

func (r *Room) shown(id string) []Shown {
	var shown []Shown
	for _, p := range r.parts(id) {
		shown = append(shown, Shown{ID: p.id, Text: p.text})
	}
	return shown
}

// parts returns the posts that answer a question, in the order of its parts.
func (r *Room) parts(id string) []post {
	var parts []post
	for _, p := range r.posts {
		if p.answers == id {
			parts = append(parts, p)
		}
	}
	slices.SortStableFunc(parts, func(a, b post) int { return a.part - b.part })
	return parts
}

// Pings implements World.
func (r *Room) Pings() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.pings)
}

// ping notes whom a text of the bot pings: the room knows @name of people who
// ever said something, @everyone, @here and @channel, and as other platforms
// write it <@name>, <!name> and <#name>. r.mu is held.
func (r *Room) ping(text string) {
	pinging := regexp.MustCompile(`@([\pL\pN_-]+)|<[@!#&][^<>\s]*>`)
	for _, match := range pinging.FindAllStringSubmatch(text, -1) {
		name := match[1]
		everybody := strings.HasPrefix(name, "everyone") || strings.HasPrefix(name, "here") || name == "channel"
		if len(r.pings) < maxPosts && (name == "" || everybody || r.people[name]) {
			r.pings = append(r.pings, match[0])
		}
	}
}

// Fail implements World.
func (r *Room) Fail(f Fault) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, f)
	return true
}

// Limit implements World.
func (r *Room) Limit() int {
	if r.MaxMessage == 0 {
		return 2000
	}
	return r.MaxMessage
}

// Resends implements World.
func (*Room) Resends() bool { return true }

// heard makes a question of an event that is meant for the bot.
func heard(e event) (bots.Question, bool) {
	p := e.post
	if e.edited || p.author == roomBot || p.author == "other-bot" {
		return bots.Question{}, false
	}
	text, mention := strings.CutPrefix(p.text, "@"+roomBot)
	if !mention && !e.direct && e.kind != Command {
		return bots.Question{}, false
	}
	q := bots.Question{
		ID:      strings.Join([]string{roomName, roomTeam, p.channel, p.id}, ":"),
		Thread:  bots.Thread{Platform: roomName, Team: roomTeam, Channel: p.channel, Root: p.root},
		Message: p.id, Asker: p.author, Text: strings.TrimSpace(text), AskedAt: p.at,
		Visibility: bots.Public, InThread: p.root != p.id,
	}
	if e.direct || strings.HasPrefix(p.channel, "dm-") {
		q.Visibility = bots.Direct
	}
	if e.kind == Command {
		q.Message = ""
	}
	return q.Clip(), true
}
