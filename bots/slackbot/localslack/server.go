package localslack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// The workspace's fixed inhabitants.
const (
	Team     = "T0LOCAL"
	App      = "A0LOCAL"
	BotUser  = "U0TRIBUNE" // the bot under test, as a user
	BotID    = "B0TRIBUNE" // the same, as bot_id of its messages
	OtherBot = "U0OTHERBOT"
	Slackbot = "USLACKBOT"
)

// Options say how the workspace behaves. The zero value is Slack's documented
// behaviour without a limit on posting.
type Options struct {
	BotToken      string // default "xoxb-local"
	AppToken      string // default "xapp-local"
	SigningSecret string // default "local-signing-secret"
	// RequestURL is the app's address for HTTP deliveries ("http://host:port");
	// empty means Socket Mode. SetRequestURL changes it later.
	RequestURL string
	// Events are the app's subscriptions; default: app_mention and every
	// message.* kind.
	Events []string
	// Scopes are what the bot token may do, as auth.test tells in a header; nil
	// leaves the header out. They are told, not enforced: Fault does that.
	Scopes []string
	// AckWait is how long a delivery may stay unacknowledged (default 3 s).
	AckWait time.Duration
	// Retries are the waits before each further try (default 0, 1 min, 5 min:
	// docs.slack.dev, Events API).
	Retries []time.Duration
	// PingEvery is the time between WebSocket pings (default 5 s).
	PingEvery time.Duration
	// PostEvery and PostBurst limit chat.postMessage per channel. Slack allows
	// about one message a second; 0 means no limit.
	PostEvery time.Duration
	PostBurst int
	Now       func() time.Time
	Log       *slog.Logger
}

func (o Options) withDefaults() Options {
	setDefault(&o.BotToken, "xoxb-local")
	setDefault(&o.AppToken, "xapp-local")
	setDefault(&o.SigningSecret, "local-signing-secret")
	setDefault(&o.AckWait, 3*time.Second)
	setDefault(&o.PingEvery, 5*time.Second)
	setDefault(&o.PostBurst, 1)
	if o.Events == nil {
		o.Events = []string{"app_mention", "message.channels", "message.groups", "message.im", "message.mpim", "reaction_added", "reaction_removed"}
	}
	if o.Retries == nil {
		o.Retries = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Server is the workspace. Its methods are safe for concurrent use.
type Server struct {
	o        Options
	mux      *http.ServeMux
	methods  map[string]method
	upgrader websocket.Upgrader
	client   *http.Client
	listener net.Listener
	server   *http.Server

	mu         sync.Mutex
	base       string // own address, "http://127.0.0.1:port"
	requestURL string
	state      state
	faults     []Fault
	calls      map[string]int
	posted     map[string]bucket // by channel, for the rate limit
	responses  map[string]*responseURL
	tickets    map[string]bool
	sockets    []*socket
	arrived    chan struct{} // closed and replaced when a socket connects
	silent     bool
	pending    map[string]*delivery
	last       []*delivery // what the last thing said caused
	attempts   []Attempt
	cancels    map[int]context.CancelFunc
	serial     int
	closed     bool
	wg         sync.WaitGroup
}

// New returns a workspace with one person ("U0ALICE"), two bots, and the
// public channel "C0GENERAL" in which all of them are.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		o: o, requestURL: o.RequestURL, mux: http.NewServeMux(),
		// The client library sends an Origin header that is not ours.
		upgrader:  websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }},
		client:    &http.Client{},
		state:     newState(),
		calls:     map[string]int{},
		posted:    map[string]bucket{},
		responses: map[string]*responseURL{},
		tickets:   map[string]bool{},
		arrived:   make(chan struct{}),
		pending:   map[string]*delivery{},
		cancels:   map[int]context.CancelFunc{},
	}
	s.methods = s.table()
	s.mux.HandleFunc("/api/{method}", s.api)
	s.mux.HandleFunc("GET /link", s.link)
	s.mux.HandleFunc("POST /commands/{id}", s.respond)
	return s
}

// Start listens on a free loopback port and serves until Close.
func (s *Server) Start(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("local Slack: %w", err)
	}
	s.mu.Lock()
	s.base = "http://" + listener.Addr().String()
	s.mu.Unlock()
	s.listener = listener
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.wg.Go(func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.o.Log.ErrorContext(ctx, "local slack stopped", "error", err)
		}
	})
	return nil
}

// Close ends all deliveries and connections, and waits for them.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, cancel := range s.cancels {
		cancel()
	}
	s.mu.Unlock()
	s.Drop()
	var err error
	if s.server != nil {
		err = s.server.Close()
	}
	s.wg.Wait()
	return err
}

// ServeHTTP answers the Web API, the sockets and the response URLs.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.base == "" { // served by somebody else's listener
		s.base = "http://" + r.Host
	}
	s.mu.Unlock()
	s.mux.ServeHTTP(w, r)
}

// URL is the server's own address.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

// APIURL is what SLACK_API_URL has to be.
func (s *Server) APIURL() string { return s.URL() + "/api/" }

// SetRequestURL switches to HTTP deliveries at that address, or to Socket Mode
// when it is empty.
func (s *Server) SetRequestURL(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requestURL = address
}

// background runs f until it returns; Close cancels its context and waits.
func (s *Server) background(f func(ctx context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.serial++
	id := s.serial
	s.cancels[id] = cancel
	s.wg.Go(func() {
		defer s.forget(id)
		f(ctx)
	})
}

func (s *Server) forget(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancels[id]()
	delete(s.cancels, id)
}

// wait returns false when ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
