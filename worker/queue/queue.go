package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options say where the queue lives. A NATS account holds one queue: the names
// of its streams are fixed (see the package's comment).
type Options struct {
	// Dir holds the embedded server's files; used where URL is empty.
	Dir string

	URL      string // of a NATS cluster with JetStream; several, with commas between
	Creds    string // a credentials file
	User     string
	Password string
	CA       string // a PEM file with the authority that signed the server's certificate
	Replicas int    // copies of each stream; 0 means 1

	// Keep is how long a Durable store keeps a value that is not written again;
	// 0: for ever.
	Keep time.Duration
	// MaxStore is how many bytes the queue may take on disk. 0: for the
	// embedded server 10 GiB or half of what is free in Dir, whichever is
	// less; for a cluster what the account allows, and 10 GiB without a limit.
	MaxStore int64

	Log *slog.Logger     // nil: nothing is logged
	Now func() time.Time // nil: time.Now

	// ackWait replaces defaultAckWait in tests.
	ackWait time.Duration
}

// defaultAckWait is how long a worker may be silent before its questions go to
// another one. Workers report three times within it, so that one lost report
// is no harm; and somebody who asked is not kept waiting much longer than that
// by a worker that died.
const defaultAckWait = 10 * time.Second

// Queue is the queue, open. It is safe for concurrent use.
type Queue struct {
	log      *slog.Logger
	now      func() time.Time
	ackWait  time.Duration
	replicas int
	maxStore int64
	keep     time.Duration

	embedded *embedded // nil with Options.URL
	conn     *nats.Conn
	js       jetstream.JetStream

	questions jetstream.Stream
	waits     jetstream.Stream
	dead      jetstream.Stream
	leases    jetstream.Stream
	marks     jetstream.Stream
	records   *records

	mu      sync.Mutex
	crews   map[*crew]bool                    // at work in this process
	buckets map[string]Kind                   // the stores opened so far, to make them again after a loss
	more    map[string]jetstream.StreamConfig // streams that not every process needs: the same

	stalled atomic.Int32 // writes in a row that got no reply
	healing sync.Mutex
}

// Open starts the embedded server or connects to Options.URL, and makes the
// streams and buckets that are not there yet. Its errors say what to do.
func Open(ctx context.Context, o Options) (*Queue, error) {
	q := fromOptions(o)
	if o.URL == "" {
		server, err := startEmbedded(o.Dir, o.MaxStore, q.log)
		if err != nil {
			return nil, err
		}
		q.embedded, q.maxStore = server, server.maxStore
	}
	err := q.open(ctx, o)
	if errors.Is(err, errNoRoom) && q.embedded != nil {
		err = q.shrink(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, q.Close(context.WithoutCancel(ctx)))
	}
	return q, nil
}

func fromOptions(o Options) *Queue {
	q := &Queue{
		log: o.Log, now: o.Now, ackWait: o.ackWait, replicas: max(o.Replicas, 1), maxStore: o.MaxStore, keep: o.Keep,
		buckets: map[string]Kind{}, more: map[string]jetstream.StreamConfig{}, crews: map[*crew]bool{},
	}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	if q.now == nil {
		q.now = time.Now
	}
	if q.ackWait <= 0 {
		q.ackWait = defaultAckWait
	}
	return q
}

// open connects and makes what is missing.
func (q *Queue) open(ctx context.Context, o Options) error {
	if err := q.connect(ctx, o); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startWait, fmt.Errorf("the queue's storage did not answer in %s (is its disk busy or full?)", startWait))
	defer cancel()
	for {
		try, end := context.WithTimeout(ctx, firstWait)
		err := q.ensure(try)
		end()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("making the queue's streams: %w", context.Cause(ctx))
		case !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, nats.ErrTimeout):
			return fmt.Errorf("making the queue's streams: %w", err)
		}
		q.log.InfoContext(ctx, "the queue's storage is slow to answer, trying again", "error", err)
	}
}

// firstWait is how long the streams may take at the start before they are asked
// for again: the disk may be busy with something else.
const firstWait = 15 * time.Second

// shrink fits the streams into a limit that is lower than it was. The server
// changes nothing while the streams' old sizes are over its limit, so it runs
// with a higher one for a moment.
func (q *Queue) shrink(ctx context.Context) error {
	for _, limit := range []int64{math.MaxInt64 / 2, q.maxStore} {
		if err := q.restart(ctx, limit); err != nil {
			return err
		}
	}
	return nil
}

// restart restarts the embedded server with that limit on disk, and returns
// when the queue can be used again.
func (q *Queue) restart(ctx context.Context, limit int64) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startWait, errors.New("the embedded queue did not come back in time"))
	defer cancel()
	if err := q.embedded.restart(ctx, limit); err != nil {
		return err
	}
	for q.conn.ConnectedServerId() != q.embedded.id() {
		if pause(ctx, reconnectInside); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return q.ensureSoon(ctx)
}

// Close sends what is still to be sent, lets the connection go and, where the
// server is embedded, stops it and waits until its files are closed. End
// Consume first: questions that are still being worked on are not given back.
func (q *Queue) Close(ctx context.Context) error {
	var err error
	if q.conn != nil {
		if q.conn.IsConnected() {
			err = q.flush(ctx)
		}
		q.conn.Close()
	}
	if q.embedded != nil {
		err = errors.Join(err, q.embedded.close(ctx))
	}
	return err
}

// flush waits until the server has seen everything sent so far.
func (q *Queue) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, closeWait, errors.New("the queue's server did not take the last messages"))
	defer cancel()
	if err := q.conn.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("sending the last messages to the queue: %w", err)
	}
	return nil
}

// closeWait bounds the last exchange with the server.
const closeWait = 5 * time.Second
