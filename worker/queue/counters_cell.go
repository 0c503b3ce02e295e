package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The counters' streams, and what is in them.
const (
	ratesStream = "RATES"
	moneyStream = "MONEY"

	rateSubjects  = "rate.>"  // requests, tokens: a number, by counter
	placeSubjects = "place.>" // who holds how many places, by counter
	moneySubjects = "money.>" // billionths of a dollar, by counter
)

func rateSubject(key string) string  { return "rate." + token(key) }
func placeSubject(key string) string { return "place." + token(key) }
func moneySubject(key string) string { return "money." + token(key) }

// ratesConfig: in memory, because a rate that is lost is only counted anew.
func (q *Queue) ratesConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: ratesStream, Description: "requests, tokens and places in use",
		Subjects: []string{rateSubjects, placeSubjects}, Replicas: q.replicas,
		Storage: jetstream.MemoryStorage, Retention: jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1, AllowMsgTTL: true, MaxBytes: maxMemory / 4,
	}
}

// moneyConfig: on disk. It has no limit of its own, because the server would
// make room by forgetting.
func (q *Queue) moneyConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: moneyStream, Description: "money that was spent",
		Subjects: []string{moneySubjects}, Replicas: q.replicas,
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1, AllowMsgTTL: true,
	}
}

// casTries bounds a compare-and-set loop; on one key some three of five writes
// win under contention, so that this many losses in a row mean something else
// is wrong.
const casTries = 50

// casPause is the longest pause after a first loss; it grows with each.
const casPause = 200 * time.Microsecond

var (
	// errChanged says that somebody else wrote first.
	errChanged = errors.New("somebody else wrote to the counter")
	// errBusy says that somebody else did so every time.
	errBusy = errors.New("a counter is written to by too many at once")
)

// guard is a lock that a caller can stop waiting for.
type guard chan struct{}

func newGuard() guard { return make(guard, 1) }

func (g guard) lock(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g guard) unlock() { <-g }

// ledger is a stream of counters.
type ledger struct {
	q      *Queue
	stream jetstream.Stream
}

// cell is one counter's message. Its owner has a guard.
type cell struct {
	ledger

	subject string
	known   bool   // seq is what it was when we last looked
	seq     uint64 // 0: there is no message
}

// read fetches the value; nil where there is none.
func (c *cell) read(ctx context.Context) ([]byte, error) {
	last, err := c.stream.GetLastMsgForSubject(ctx, c.subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		c.known, c.seq = true, 0
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a counter: %w", err)
	}
	c.known, c.seq = true, last.Sequence
	return last.Data, nil
}

// write replaces the value if it is still the one that was last seen, for ttl;
// 0: for ever. Any error leaves it unknown what the value is.
func (c *cell) write(ctx context.Context, value []byte, ttl time.Duration) error {
	opts := []jetstream.PublishOpt{jetstream.WithExpectLastSequencePerSubject(c.seq)}
	if ttl > 0 {
		opts = append(opts, jetstream.WithMsgTTL(max(ttl.Truncate(time.Second), time.Second)))
	}
	ack, err := c.q.js.PublishMsg(ctx, &nats.Msg{Subject: c.subject, Data: value}, opts...)
	if err == nil {
		c.seq = ack.Sequence
		return nil
	}
	c.known = false
	if conflict(err) {
		return errChanged
	}
	return fmt.Errorf("writing a counter: %w", err)
}

// retry calls do until it is not told errChanged.
func retry(ctx context.Context, do func() error) error {
	for try := range casTries {
		err := do()
		if !errors.Is(err, errChanged) {
			return err
		}
		if pause(ctx, rand.N(casPause*time.Duration(try+1))); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return errBusy
}
