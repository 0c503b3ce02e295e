package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// errHeld says that another worker has the thread.
var errHeld = errors.New("another worker has this thread")

// lease is one worker's right to work on a thread. It ends by the server's
// clock when it is not renewed, so that a worker that died or was frozen does
// not block the thread.
type lease struct {
	subject string
	owner   string // tells our own lease from another's, after a lost reply
	ttl     time.Duration

	mu      sync.Mutex
	seq     uint64    // the lease's message; 0: not held
	renewed time.Time // by the monotonic clock of this process
}

func (q *Queue) newLease(thread string) *lease {
	return &lease{subject: leaseSubject(thread), owner: rand.Text(), ttl: leaseTTL(q.ackWait)}
}

// leaseTTL is three quarters of what a silent worker gets, in whole seconds
// (the server counts in seconds): by the time its questions are delivered to
// somebody else its threads are free.
func leaseTTL(ackWait time.Duration) time.Duration {
	return max((ackWait * 3 / 4).Truncate(time.Second), time.Second)
}

// hold takes the lease, or makes sure that it is still held; errHeld where
// another worker has the thread.
func (q *Queue) hold(ctx context.Context, l *lease) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seq != 0 && time.Since(l.renewed) < l.ttl/2 {
		return nil
	}
	return q.write(ctx, l)
}

// renew prolongs a lease that is held.
func (q *Queue) renew(ctx context.Context, l *lease) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seq == 0 {
		return nil
	}
	return q.write(ctx, l)
}

// write takes or prolongs the lease. The caller has l.mu.
func (q *Queue) write(ctx context.Context, l *lease) error {
	begun := time.Now()
	err := q.writeAfter(ctx, l, l.seq)
	if conflict(err) {
		err = q.writeAgain(ctx, l)
	}
	if err == nil {
		l.renewed = begun
	}
	return err
}

// writeAgain looks who has the lease. It is ours when the reply to an earlier
// write was lost, and nobody's when it ran out or the server forgot it.
func (q *Queue) writeAgain(ctx context.Context, l *lease) error {
	last, err := q.leases.GetLastMsgForSubject(ctx, l.subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		err = q.writeAfter(ctx, l, 0)
	case err != nil:
	case string(last.Data) == l.owner:
		err = q.writeAfter(ctx, l, last.Sequence)
	default:
		err = errHeld
	}
	if errors.Is(err, errHeld) || conflict(err) {
		l.seq = 0
		return errHeld
	}
	return err
}

// writeAfter writes the lease if its last message is seq (0: there is none).
func (q *Queue) writeAfter(ctx context.Context, l *lease, seq uint64) error {
	msg := &nats.Msg{Subject: l.subject, Data: []byte(l.owner)}
	ack, err := q.js.PublishMsg(ctx, msg, jetstream.WithMsgTTL(l.ttl), jetstream.WithExpectLastSequencePerSubject(seq))
	if err != nil {
		return fmt.Errorf("the thread's lease: %w", err)
	}
	l.seq = ack.Sequence
	return nil
}

// release lets the thread go. Where that fails the lease runs out by itself.
func (q *Queue) release(ctx context.Context, l *lease) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seq == 0 {
		return nil
	}
	seq := l.seq
	l.seq = 0
	if err := q.leases.DeleteMsg(ctx, seq); err != nil && !errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		return fmt.Errorf("letting a thread go: %w", err)
	}
	return nil
}
