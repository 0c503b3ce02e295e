// Package webchat is a chat platform over HTTP and server-sent events, with its
// own page, or without one for another front end.
//
// A conversation is one value in a bots.Store, so that a restart, another
// process or a reload of the page loses nothing. What an answer looks like
// while it is written travels over a bots.Relay, which may lose it: whatever
// counts is read from the store again.
//
// What a browser may do is decided in guard.go, the questions come in through
// hear.go, answers are written by post.go and reach the reader by stream.go.
package webchat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tribunebot/tribune/bots"
)

// Options are what a Chat is made of. Name, Path, Store, Relay and Allow must
// be set.
type Options struct {
	// Name is the platform's name, the first word of every Thread: "web".
	Name string
	// Path is where the routes hang, without a slash at its end: "/ui/chat".
	Path string
	// Page says whether there is a page at Path with its assets and signing in.
	Page bool

	Store bots.Store // the conversations; must outlive the process
	Relay bots.Relay // answers while they are written; may lose some

	// Allow names the person who makes a request, or says why they may not.
	// A key from the page's sign-in arrives as an Authorization header. The
	// error is logged; the person reads a sentence of ours.
	Allow func(*http.Request) (asker string, err error)
	// Hosts are the names under which the server is reached, as a host, as
	// host:port or as a URL ("https://ask.example.com"; its origin is then
	// trusted too, which a proxy that changes the Host header needs). Loopback
	// names and plain IP addresses are always served: no one can point the DNS
	// name of another site at those.
	Hosts []string
	// Visibility is given to every question. Empty is bots.Private.
	Visibility bots.Visibility
	// Examples are questions to begin with, by language ("zh", "en"). A
	// language that is left out has the examples of the built-in handbook.
	Examples map[string][]string

	Log *slog.Logger     // nil: silent
	Now func() time.Time // nil: time.Now
}

// limits bound what a Chat holds in memory and in its store.
type limits struct {
	turns   int           // a conversation's turns; the oldest are dropped
	bytes   int           // a conversation in the store; under a queue's 1 MiB a value
	streams int           // open event streams in all
	each    int           // open event streams of one person
	bodies  int           // request bodies that are read at the same time
	keep    time.Duration // unfinished text is stored at most so often
	beat    time.Duration // a comment is sent after so long a silence
	poll    time.Duration // the store is read so often while an answer is awaited
	write   time.Duration // a reader that takes nothing for so long is cut
	life    time.Duration // a stream ends after this, so that rights are asked again
	hear    time.Duration // the queue's time to take a question
}

func defaults() limits {
	return limits{
		turns: 50, bytes: 512 << 10, streams: 512, each: 64, bodies: 32,
		keep: time.Second, beat: 15 * time.Second, poll: 2 * time.Second,
		write: 10 * time.Second, life: 30 * time.Minute, hear: 5 * time.Second,
	}
}

// pace is the least time between two writes to one message: a frame that a
// reader still sees as flowing text, far above what a stream of events costs.
const pace = 50 * time.Millisecond

// Chat is the platform. Make it with New.
type Chat struct {
	o      Options
	limits limits
	hosts  map[string]bool
	origin *http.CrossOriginProtection
	texts  texts
	page   *webPage // nil without Options.Page
	bodies chan struct{}

	mu      sync.Mutex
	closing chan struct{} // closed once nobody listens any more
	readers map[string]int
	open    sync.WaitGroup
}

// New checks the options and makes a Chat. It starts nothing.
func New(o Options) (*Chat, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("webchat: %w", err)
	}
	o.Visibility = cmp.Or(o.Visibility, bots.Private)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Chat{
		o: o, limits: defaults(), origin: http.NewCrossOriginProtection(),
		closing: make(chan struct{}), readers: map[string]int{},
	}
	c.bodies = make(chan struct{}, c.limits.bodies)
	if err := c.trust(o.Hosts); err != nil {
		return nil, fmt.Errorf("webchat: %w", err)
	}
	var err error
	if c.texts, err = readTexts(); err != nil {
		return nil, fmt.Errorf("webchat: %w", err)
	}
	if o.Page {
		p, err := newPage(o, c.texts)
		if err != nil {
			return nil, fmt.Errorf("webchat: %w", err)
		}
		c.page = p
	}
	return c, nil
}

func (o Options) check() error {
	switch {
	case o.Name == "" || strings.ContainsAny(o.Name, ":. "):
		return fmt.Errorf("the name %q must be one word without colons and dots", o.Name)
	case !strings.HasPrefix(o.Path, "/") || strings.HasSuffix(o.Path, "/") || strings.ContainsAny(o.Path, "{} "):
		return fmt.Errorf("the path %q must begin with a slash and end without one", o.Path)
	case o.Store == nil || o.Relay == nil:
		return errors.New("a store and a relay are needed")
	case o.Allow == nil:
		return errors.New("somebody must decide who is allowed: set Allow")
	}
	return nil
}

// Name is the first word of every Thread of this platform.
func (c *Chat) Name() string { return c.o.Name }

// Pace is the least time between two Writes to one message.
func (c *Chat) Pace() time.Duration { return pace }

// Listen blocks until ctx is done and every event stream has ended. Questions
// themselves are heard by Routes, as long as its handlers are served.
func (c *Chat) Listen(ctx context.Context, _ bots.Inbox) error {
	c.mu.Lock()
	if closed(c.closing) {
		c.closing = make(chan struct{}) // listening again
	}
	c.mu.Unlock()

	<-ctx.Done()

	c.mu.Lock()
	if !closed(c.closing) {
		close(c.closing)
	}
	c.mu.Unlock()
	c.open.Wait()
	return nil
}

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// Routes returns the handlers by pattern. They hand questions to in.
func (c *Chat) Routes(in bots.Inbox) map[string]http.Handler {
	p := c.o.Path
	routes := map[string]http.Handler{
		"POST " + p + "/questions":   c.guard(c.admit(c.ask(in))),
		"GET " + p + "/events":       c.guard(c.admit(c.events)),
		"GET " + p + "/conversation": c.guard(c.admit(c.show)),
	}
	if c.page != nil {
		routes["GET "+p] = c.guard(c.showPage)
		routes["GET "+p+"/{$}"] = c.guard(c.toPage)
		routes["GET "+p+"/assets/{file}"] = c.guard(c.page.asset)
		routes["GET "+p+"/assets/{version}/{file}"] = c.guard(c.page.asset)
		routes["POST "+p+"/sign-in"] = c.guard(c.signIn)
		routes["POST "+p+"/sign-out"] = c.guard(c.signOut)
	}
	return routes
}
