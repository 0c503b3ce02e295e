// Package localdiscord is a Discord server for one machine: it speaks enough of
// the documented protocol (REST v9 and v10, the gateway, interactions over the
// gateway and over signed HTTP) that a client library runs unchanged against it.
//
// It is what the adapter is tested with and what the demonstration runs on. It
// knows one application with one bot. Guilds, channels and people are added by
// method calls; what people do is a method call too (Say, Edit, Ask). Faults can
// be scripted: rate limits, server errors, effects whose answer is lost, cut and
// refused connections.
//
// The figures (limits, codes, lifetimes) are those of Discord's developer
// documentation: topics/rate-limits, topics/opcodes-and-status-codes,
// resources/message, interactions/receiving-and-responding, events/gateway.
package localdiscord

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Options says what the server is like. The zero value works.
type Options struct {
	// Token is the bot's token (default "local-token").
	Token string
	// Privileged are the privileged intents that the application was granted;
	// asking for another closes the connection with 4014.
	Privileged int
	// Heartbeat is the interval that clients are told (default 41.25 s).
	Heartbeat time.Duration
	// InteractionURL, when set, receives interactions as signed POST requests;
	// then the gateway does not carry them.
	InteractionURL string
	// MessageLimit is how many creations, and how many edits, a channel takes
	// per 5 s before it answers 429 (default 5).
	MessageLimit int
	// Now is the clock (default time.Now): it dates messages and ends tokens.
	Now func() time.Time
}

// epoch is where Discord's snowflakes begin: 2015-01-01 (reference, "Snowflakes").
const epoch = 1420070400000

// Server is a running local Discord. Its methods are safe for concurrent use.
type Server struct {
	o       Options
	key     ed25519.PrivateKey
	base    string
	http    *http.Server
	running sync.WaitGroup
	done    chan struct{} // closed by Close

	mu       sync.Mutex
	last     int64
	me       User
	app      string
	users    map[string]*User
	guilds   map[string]*Guild
	order    []string // guild ids as they were added
	channels map[string]*Channel
	messages map[string][]*Message // by channel, oldest first
	nonces   map[string]nonce
	commands map[string][]Command // by guild id; "" holds the global ones
	asked    map[string]*Interaction
	sessions map[string]*session
	conns    map[*conn]bool
	repeat   int // events to send again at the next resume
	lastAsk  *Interaction
	denied   int // intents that are refused
	buckets  map[string]*bucket
	faults   []*Fault
	calls    []Call
	pings    []string
	typing   []string
	changed  chan struct{} // closed and replaced at every change
}

// Start listens on a free loopback port and serves until Close.
func Start(o Options) (*Server, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the application's key: %w", err)
	}
	lc := net.ListenConfig{}
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	s := newServer(withDefaults(o), key)
	s.base = "http://" + ln.Addr().String() + "/api/"
	s.http = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	s.running.Go(func() { _ = s.http.Serve(ln) })
	return s, nil
}

func withDefaults(o Options) Options {
	if o.Token == "" {
		o.Token = "local-token"
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = 41250 * time.Millisecond
	}
	if o.MessageLimit <= 0 {
		o.MessageLimit = 5
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func newServer(o Options, key ed25519.PrivateKey) *Server {
	s := &Server{
		o: o, key: key,
		users: map[string]*User{}, guilds: map[string]*Guild{}, channels: map[string]*Channel{},
		messages: map[string][]*Message{}, nonces: map[string]nonce{}, commands: map[string][]Command{},
		asked: map[string]*Interaction{}, sessions: map[string]*session{}, conns: map[*conn]bool{},
		buckets: map[string]*bucket{}, changed: make(chan struct{}), done: make(chan struct{}),
	}
	s.app = s.snowflake()
	s.me = User{ID: s.snowflake(), Username: "tribune", GlobalName: "Tribune", Bot: true}
	s.users[s.me.ID] = &s.me
	return s
}

// Close ends every connection and returns when all of them are gone.
func (s *Server) Close() error {
	close(s.done)
	err := s.http.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.cut()
	}
	s.mu.Unlock()
	s.running.Wait()
	return err
}

// URL is the API's base address, with a slash at its end: what DISCORD_API_URL
// is set to.
func (s *Server) URL() string { return s.base }

// Token is the bot's token.
func (s *Server) Token() string { return s.o.Token }

// PublicKey is the application's Ed25519 key in hexadecimal, with which
// interactions over HTTP are signed.
func (s *Server) PublicKey() string {
	public, _ := s.key.Public().(ed25519.PublicKey)
	return hex.EncodeToString(public)
}

// ApplicationID is the id of the one application.
func (s *Server) ApplicationID() string { return s.app }

// Me is the application's bot.
func (s *Server) Me() User { return s.me }

// snowflake makes an id; ids grow, and carry the time they were made at.
// The caller holds mu (or is the constructor).
func (s *Server) snowflake() string {
	id := max((s.o.Now().UnixMilli()-epoch)<<22, s.last+1)
	s.last = id
	return strconv.FormatInt(id, 10)
}

// touch tells everybody in Wait that something changed. The caller holds mu.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Wait returns once ok is true, looking again after every change, or with the
// context's error. ok is called without the server's lock and may call it.
func (s *Server) Wait(ctx context.Context, ok func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("local discord: waited in vain: %w", context.Cause(ctx))
		}
	}
}
