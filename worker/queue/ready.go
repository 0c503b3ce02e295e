package queue

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// readyLimit is what each check may take.
	readyLimit = 2 * time.Second
	// stalledTooOften is how many writes in a row go without a reply before
	// the embedded server is looked at: one may be a busy disk.
	stalledTooOften = 3
	// spareBytes must be free on the disk before a server that met a full one
	// is started again.
	spareBytes = 16 << 20
)

// Ready tells whether a question could be kept right now: it writes to the
// questions' and to the records' storage, reads back, and removes what it
// wrote. The error says what is wrong.
func (q *Queue) Ready(ctx context.Context) error {
	if !q.conn.IsConnected() {
		return errors.New("the queue's server cannot be reached")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit, fmt.Errorf("the queue's storage did not answer within %s (is its disk full?)", readyLimit))
	defer cancel()
	if err := q.probeQuestions(ctx); err != nil {
		return fmt.Errorf("the queue does not keep questions: %w", err)
	}
	if err := q.probeRecords(ctx); err != nil {
		return fmt.Errorf("the queue does not keep records: %w", err)
	}
	return nil
}

func (q *Queue) probeQuestions(ctx context.Context) error {
	probe := []byte(rand.Text())
	ack, err := q.publish(ctx, &nats.Msg{Subject: "probe." + string(probe), Data: probe})
	if err != nil {
		return err
	}
	read, err := q.questions.GetMsg(ctx, ack.Sequence)
	if err != nil {
		return withCause(ctx, err)
	}
	if !bytes.Equal(read.Data, probe) {
		return errors.New("what was read is not what was written")
	}
	return withCause(ctx, q.questions.DeleteMsg(ctx, ack.Sequence))
}

// probeKey cannot be a question's: token turns ':' into '=3A', never '/'.
const probeKey = "probe/ready"

func (q *Queue) probeRecords(ctx context.Context) error {
	probe := []byte(rand.Text())
	revision, err := q.records.bucket.Put(ctx, probeKey, probe)
	if err != nil {
		return withCause(ctx, err)
	}
	read, err := q.records.bucket.GetRevision(ctx, probeKey, revision)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil // another process wrote its own probe meanwhile
	case err != nil:
		return withCause(ctx, err)
	case !bytes.Equal(read.Value(), probe):
		return errors.New("what was read is not what was written")
	default:
		return nil
	}
}

// withCause says why time was up, where it was.
func withCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return err
}

// heal restarts an embedded server that takes no writes any more, as soon as
// there is room: a stream that met a full disk once refuses until then.
func (q *Queue) heal(ctx context.Context) {
	if q.embedded == nil || !q.healing.TryLock() {
		return
	}
	defer q.healing.Unlock()
	err := q.Ready(ctx)
	if err == nil || q.embedded.up() && !errors.Is(err, context.DeadlineExceeded) {
		return
	}
	if free, known := freeBytes(q.embedded.dir); known && free < spareBytes {
		q.log.ErrorContext(ctx, "the queue takes no writes: its disk is full", "free_bytes", free, "error", err)
		return
	}
	q.log.ErrorContext(ctx, "the queue takes no writes and is started again", "error", err)
	// Not cut short when the work ends: a half started server helps nobody.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startWait)
	defer cancel()
	if err := q.restart(ctx, q.embedded.maxStore); err != nil {
		q.log.ErrorContext(ctx, "the queue could not be started again", "error", err)
		return
	}
	q.stalled.Store(0)
}
