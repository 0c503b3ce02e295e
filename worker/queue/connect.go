package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The server must know message schedules, which came with 2.12.
const (
	oldestMajor = 2
	oldestMinor = 12
)

const (
	connectWait     = 5 * time.Second
	reconnectRemote = time.Second
	reconnectInside = 20 * time.Millisecond // the embedded server was restarted
	// reconnectFirst and reconnectMost are the pauses between looks for the
	// streams of a server that has only just come back.
	reconnectFirst = 100 * time.Millisecond
	reconnectMost  = 2 * time.Second
	// pingEvery finds a connection that died without a word, within twice
	// this time (nats.MaxPingsOutstanding).
	pingEvery = 10 * time.Second
)

// connect makes q.conn and q.js, and checks what the server can do.
func (q *Queue) connect(ctx context.Context, o Options) error {
	conn, err := nats.Connect(o.URL, q.clientOptions(o)...) //nolint:contextcheck // what the client calls back outlives ctx
	if err != nil {
		return connectError(o, err)
	}
	q.conn = conn
	if err := newEnough(conn.ConnectedServerVersion()); err != nil {
		return err
	}
	if q.js, err = jetstream.New(conn); err != nil {
		return fmt.Errorf("opening JetStream: %w", err)
	}
	account, err := q.js.AccountInfo(ctx)
	if err != nil {
		return jetStreamError(err)
	}
	if q.maxStore <= 0 {
		q.maxStore = account.Limits.MaxStore // -1: unlimited
	}
	if q.maxStore <= 0 {
		q.maxStore = defaultMaxStore
	}
	return nil
}

// clientOptions are the connection's settings: it reconnects for ever.
func (q *Queue) clientOptions(o Options) []nats.Option {
	opts := []nats.Option{
		nats.Name("tribune"), nats.Timeout(connectWait), nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectRemote), nats.PingInterval(pingEvery),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				q.log.LogAttrs(context.Background(), slog.LevelWarn, "the queue's connection is lost", slog.Any("error", err))
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { q.reconnected() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			q.log.LogAttrs(context.Background(), slog.LevelWarn, "the queue's client reports an error", slog.Any("error", err))
		}),
	}
	if q.embedded != nil {
		return append(opts, nats.InProcessServer(q.embedded), nats.ReconnectWait(reconnectInside), nats.ReconnectJitter(0, 0))
	}
	if o.Creds != "" {
		opts = append(opts, nats.UserCredentials(o.Creds))
	}
	if o.User != "" || o.Password != "" {
		opts = append(opts, nats.UserInfo(o.User, o.Password))
	}
	if o.CA != "" {
		opts = append(opts, nats.RootCAs(o.CA))
	}
	return opts
}

// reconnected makes the streams in memory again, which a server that was
// restarted has forgotten.
func (q *Queue) reconnected() {
	ctx := context.Background()
	q.log.InfoContext(ctx, "the queue's connection is back")
	if err := q.ensureSoon(ctx); err != nil && !q.conn.IsClosed() {
		q.log.ErrorContext(ctx, "the queue's streams cannot be made", "error", err)
	}
}

// ensureSoon is ensure for a server that has only just come back.
func (q *Queue) ensureSoon(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startWait, errors.New("the queue's streams could not be made after a reconnect"))
	defer cancel()
	for wait := reconnectFirst; ; wait *= 2 {
		// A request that went down with the old connection is never answered.
		try, end := context.WithTimeout(ctx, connectWait)
		err := q.ensure(try)
		end()
		if err == nil || ctx.Err() != nil || q.conn.IsClosed() || errors.Is(err, errNoRoom) {
			return err
		}
		q.log.DebugContext(ctx, "the queue's streams are not there yet", "error", err)
		pause(ctx, min(wait, reconnectMost))
	}
}

// connectError says what to do about a connection that was not made.
func connectError(o Options, err error) error {
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired):
		return fmt.Errorf("NATS does not let us in (check the credentials or user and password): %w", err)
	case o.URL == "":
		return fmt.Errorf("connecting to the embedded queue: %w", err)
	default:
		return fmt.Errorf("NATS at %s cannot be reached (is it running, and is the address right?): %w", hidePassword(o.URL), err)
	}
}

// hidePassword leaves out what stands before an @ in each address.
func hidePassword(urls string) string {
	list := strings.Split(urls, ",")
	for i, u := range list {
		if at := strings.LastIndex(u, "@"); at >= 0 {
			list[i] = u[at+1:]
		}
	}
	return strings.Join(list, ",")
}

// jetStreamError says what to do about a server without JetStream.
func jetStreamError(err error) error {
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) ||
		errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("JetStream is off on this NATS server or for this account (switch it on: jetstream {}): %w", err)
	}
	return fmt.Errorf("asking NATS about JetStream: %w", err)
}

// newEnough tells whether the server's version has what the queue needs.
func newEnough(version string) error {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) >= 2 {
		major, errMajor := strconv.Atoi(parts[0])
		minor, errMinor := strconv.Atoi(parts[1])
		if errMajor == nil && errMinor == nil &&
			(major > oldestMajor || major == oldestMajor && minor >= oldestMinor) {
			return nil
		}
	}
	return fmt.Errorf("the NATS server has version %q, which does not know scheduled messages: %d.%d or newer is needed",
		version, oldestMajor, oldestMinor)
}

// pause waits for d or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
