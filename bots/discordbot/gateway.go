package discordbot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/tribunebot/tribune/bots"
)

const (
	// openTime is how long a connection may take from dialling to READY.
	openTime = 30 * time.Second
	// silence is how long a connection may be without a word: twice Discord's
	// usual heartbeat interval of 41.25 s, after which acknowledgements are due.
	silence = 90 * time.Second
	// maxWait is the longest pause between two attempts to connect; a bot may
	// identify 1,000 times a day (events/gateway).
	maxWait = 2 * time.Minute
	// anew is after how many failed attempts a session is given up for a new one.
	anew = 3
)

// intents is what the bot listens to. None of them needs an approval: the text
// of messages that mention the bot, and of direct ones, comes without the
// message content intent.
const intents = discordgo.IntentGuilds | discordgo.IntentGuildMessages | discordgo.IntentDirectMessages |
	discordgo.IntentGuildMessageReactions | discordgo.IntentDirectMessageReactions

// Listen implements bots.Listener. It ends with an error only where another try
// is useless: a refused token, refused intents.
func (b *Bot) Listen(ctx context.Context, in bots.Inbox) error {
	me, err := retry(ctx, b, func() (string, error) { return b.self(ctx) })
	if err != nil {
		return quiet(ctx, err)
	}
	e := b.ears(me, in)
	if err := e.seen.load(ctx, b.o.Store, b.o.Now()); err != nil {
		b.o.Log.WarnContext(ctx, "discord listener does not know how far it heard before", "error", err)
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx)) // what was heard is kept, even at the end
	defer stop()
	var workers sync.WaitGroup
	workers.Go(func() { e.run(work) })
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { return b.connect(inner, e) })
	g.Go(func() error { return b.register(inner) })
	g.Go(func() error { return e.search(inner) })
	g.Go(func() error { return e.keep(inner) })
	err = g.Wait()
	close(e.done)
	defer time.AfterFunc(graceTime, stop).Stop()
	workers.Wait()
	return quiet(ctx, err)
}

// quiet turns the error of a listener that was told to stop into nil.
func quiet(ctx context.Context, err error) error {
	if stopped(ctx) {
		return nil
	}
	return err
}

func stopped(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// retry calls do until it succeeds or its error is final.
func retry[T any](ctx context.Context, b *Bot, do func() (T, error)) (T, error) {
	for wait := time.Second; ; wait = min(2*wait, maxWait) {
		v, err := do()
		if err == nil || final(err) {
			return v, err
		}
		b.o.Log.WarnContext(ctx, "discord call failed, trying again", "error", err, "wait", wait)
		if r, ok := errors.AsType[*bots.Refusal](err); ok {
			wait = max(wait, r.After)
		}
		if err := pause(ctx, wait); err != nil {
			return v, err
		}
	}
}

func final(err error) bool {
	r, ok := errors.AsType[*bots.Refusal](err)
	return ok && r.Final
}

// connect keeps a connection to the gateway until ctx is done.
func (b *Bot) connect(ctx context.Context, e *ears) error {
	defer b.state.Store(nil)
	failed := 0
	for {
		err := b.hold(ctx, e, &failed)
		if stopped(ctx) || !errors.Is(err, errAnew) {
			return quiet(ctx, err)
		}
	}
}

// errAnew says that a session is of no use any more.
var errAnew = errors.New("discord: begin a new session")

// hold lives through one session: it opens it, waits until the connection is
// lost, and opens it again, whereupon the library resumes it.
// failed counts attempts without a lasting connection, over all sessions.
func (b *Bot) hold(ctx context.Context, e *ears, failed *int) error {
	w := &wire{}
	s, lost, err := b.gateway(ctx, e, w)
	if err != nil {
		return err
	}
	b.state.Store(s.State)
	for {
		began := time.Now()
		err := open(ctx, s, w, openTime)
		if err == nil {
			b.o.Log.InfoContext(ctx, "discord connected")
			await(ctx, lost)
		}
		if stopped(ctx) {
			b.close(s, err)
			return nil
		}
		if err := refused(err); err != nil {
			return err
		}
		*failed++
		if err != nil {
			b.o.Log.WarnContext(ctx, "discord connection failed", "error", classify(err))
		} else if time.Since(began) > silence {
			*failed = 1
		}
		if err := pause(ctx, backoff(*failed)); err != nil {
			return err
		}
		if errors.Is(err, errStuck) || err != nil && *failed%anew == 0 {
			return errAnew
		}
	}
}

// backoff is short after the first loss, for a resume, and grows to maxWait,
// spread so that many bots do not come back at once.
func backoff(failed int) time.Duration {
	d := min(50*time.Millisecond<<min(2*(failed-1), 30), maxWait)
	return d/2 + rand.N(d/2+1)
}

// await returns when the connection is lost or ctx is done.
func await(ctx context.Context, lost <-chan struct{}) {
	select {
	case <-lost:
	case <-ctx.Done():
	}
}

// gateway makes a session that hands its events to the ears. Events are handled
// by the connection's own reader, one after the other, so that the library's
// picture of the guilds is as old as the event, and so that no handler is left
// when the reader has ended.
func (b *Bot) gateway(ctx context.Context, e *ears, w *wire) (*discordgo.Session, <-chan struct{}, error) {
	rest := b.transport()
	s, err := b.session(roundTrip(func(r *http.Request) (*http.Response, error) { return rest.RoundTrip(r.WithContext(ctx)) }))
	if err != nil {
		return nil, nil, err
	}
	s.SyncEvents = true
	s.Identify.Intents = intents
	s.State.TrackPresences, s.State.TrackEmojis, s.State.TrackStickers, s.State.TrackVoice = false, false, false, false
	s.Dialer = &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: openTime, NetDialContext: w.dial}
	lost := make(chan struct{}, 1)
	s.AddHandler(func(*discordgo.Session, *discordgo.Ready) { e.ready() })
	s.AddHandler(func(_ *discordgo.Session, g *discordgo.GuildCreate) { e.guild(g.Guild) })
	s.AddHandler(func(_ *discordgo.Session, m *discordgo.MessageCreate) { e.message(m.Message) })
	s.AddHandler(func(_ *discordgo.Session, r *discordgo.MessageReactionAdd) { e.reacted(r.MessageReaction, false) })
	s.AddHandler(func(_ *discordgo.Session, r *discordgo.MessageReactionRemove) { e.reacted(r.MessageReaction, true) })
	s.AddHandler(func(_ *discordgo.Session, raw *discordgo.Event) { e.event(raw.Type, raw.RawData) })
	s.AddHandler(func(*discordgo.Session, *discordgo.Disconnect) {
		select {
		case lost <- struct{}{}:
		default:
		}
	})
	return s, lost, nil
}

// errStuck says that the library did not come back from opening a session.
var errStuck = errors.New("discord: the connection did not open")

// open opens or resumes a session. The library can neither be told to stop nor
// to hurry; what it waits for is its socket, which is closed under it. Should
// it hang even then (it locks itself out when it is told to reconnect before the
// session is open), the session is left behind.
func open(ctx context.Context, s *discordgo.Session, w *wire, within time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- s.Open() }()
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case err := <-done:
		return opened(err)
	case <-ctx.Done():
	case <-limit.C:
	}
	w.cut()
	limit.Reset(time.Second)
	select {
	case err := <-done:
		return opened(err)
	case <-limit.C:
		return errStuck
	}
}

func opened(err error) error {
	if errors.Is(err, discordgo.ErrWSAlreadyOpen) {
		return nil // a late report of a connection that was replaced since
	}
	return err
}

// close ends a session, unless it is stuck. The library takes a second for it.
func (b *Bot) close(s *discordgo.Session, err error) {
	if errors.Is(err, errStuck) {
		return
	}
	if err := s.Close(); err != nil {
		b.o.Log.Debug("discord connection closed with an error", "error", classify(err))
	}
}

// Close codes after which no other attempt can help (topics/opcodes-and-status-codes).
const (
	closeToken            = 4004
	closeInvalidShard     = 4010
	closeSharding         = 4011
	closeInvalidVersion   = 4012
	closeInvalidIntents   = 4013
	closeDisallowedIntent = 4014
)

// refused is the final error that a failed attempt stands for, or nil.
func refused(err error) error {
	c, ok := errors.AsType[*websocket.CloseError](err)
	if !ok {
		return nil
	}
	switch c.Code {
	case closeToken:
		return errToken
	case closeInvalidIntents, closeDisallowedIntent:
		return fmt.Errorf("%w (close code %d)", errIntents, c.Code)
	case closeSharding, closeInvalidShard:
		return errSharding
	case closeInvalidVersion:
		return fmt.Errorf("discord no longer speaks version %s of its gateway: update this program", discordgo.APIVersion)
	default:
		return nil
	}
}

// wire is the socket below the library's connection.
type wire struct {
	mu   sync.Mutex
	conn net.Conn
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: openTime}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conn = c
	return watched{c}, nil
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil {
		_ = w.conn.Close()
	}
}

// watched is a socket that fails when it is silent for too long: the library
// sets no deadlines, and takes minutes to miss its acknowledgements.
type watched struct{ net.Conn }

// Read implements net.Conn.
func (c watched) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}
